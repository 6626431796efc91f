"""Pages for what went wrong: what happened, and who can help."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from geo.access import MissingAct


def no_permission(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that the page is not for this post, and which posts have it."""
    roles = exception.role_labels if isinstance(exception, MissingAct) else []
    return render(request, "403.html", {"roles": roles}, status=403)
