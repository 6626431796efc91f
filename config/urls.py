"""All addresses. Each room of an app has a URL module of its own."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.views.i18n import JavaScriptCatalog

from config.health import health

handler403 = "geo.views.errors.no_permission"  # says which posts have the act

urlpatterns = [
    path("healthz", health, name="health"),
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.account.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("jsi18n/", JavaScriptCatalog.as_view(), name="javascript-catalog"),
    path("", include("geo.urls")),
    path("", include("inspections.urls")),
    path("", include("clinics_map.urls")),
]
if settings.DEBUG:
    from geo.urls import debug

    urlpatterns.append(path("", include(debug)))
