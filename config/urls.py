"""All addresses. Each room of an app has a URL module of its own."""

from django.contrib import admin
from django.urls import include, path, re_path
from django.views.i18n import JavaScriptCatalog

from config.health import health
from geo.views.errors import no_such_page

handler403 = "geo.views.errors.no_permission"  # says which posts have the act

urlpatterns = [
    path("healthz", health, name="health"),
    path("admin/", admin.site.urls),
    # Accounts are made by administrators and have no e-mail: what allauth offers for it leads nowhere.
    re_path(r"^accounts/(password/reset|confirm-email|email|reauthenticate)", no_such_page),
    path("accounts/", include("allauth.account.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("jsi18n/", JavaScriptCatalog.as_view(), name="javascript-catalog"),
    path("", include("geo.urls")),
    path("", include("inspections.urls")),
    path("", include("clinics_map.urls")),
]
