"""The content security policy of our pages: nothing inline, nothing from elsewhere."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

HEADER = "Content-Security-Policy"
# The administration (django-unfold) brings inline scripts of its own; only staff open it.
ADMINISTRATION = "/admin/"
TIANDITU = "https://*.tianditu.gov.cn"


def policy() -> str:
    """Return the policy; photos that are not sent yet and made sheets are blobs of the page's own."""
    outside = f" {TIANDITU}" if settings.TIANDITU_KEY else ""
    return "; ".join(
        [
            "default-src 'self'",
            f"img-src 'self' data: blob:{outside}",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        ]
    )


def content_security_policy(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Send the policy with every answer that has none of its own (files have: geo.access.private_file)."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if not request.path.startswith(ADMINISTRATION):
            response.headers.setdefault(HEADER, policy())
        return response

    return middleware
