"""Pages for what went wrong: what happened, and who can help."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from geo.access import MissingAct


def no_permission(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that the page is not for this post, and which posts have it."""
    roles = exception.role_labels if isinstance(exception, MissingAct) else []
    return render(request, "403.html", {"roles": roles}, status=403)


def no_such_page(request: HttpRequest) -> HttpResponse:
    """Answer 404 for an address that a library offers and the product does not."""
    raise Http404
