"""Addresses that nothing of ours can be called by."""

from collections.abc import Callable

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse

# PostgreSQL takes no text with it, and no name, code or search of ours holds it.
NULL, NULL_ENCODED = "\0", "%00"


def no_null_characters(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Answer 400 to a path or query string with a null character before any view reads it."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if NULL in request.path or NULL_ENCODED in request.META.get("QUERY_STRING", ""):
            raise BadRequest("a null character in the address")
        return get_response(request)

    return middleware
