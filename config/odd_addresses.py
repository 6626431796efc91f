"""Addresses that nothing of ours can be called by."""

from collections.abc import Callable

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse

# PostgreSQL takes no text with it, and no name, code or search of ours holds it.
NULL, NULL_ENCODED = "\0", "%00"


def no_null_characters(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Take null characters out of a query string, and answer 400 to a path with one, before any view reads it."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if NULL in request.path:
            raise BadRequest("a null character in the address")
        asked = request.META.get("QUERY_STRING", "")
        while NULL_ENCODED in asked:  # what is left beside one may be another
            asked = asked.replace(NULL_ENCODED, "")
        request.META["QUERY_STRING"] = asked
        return get_response(request)

    return middleware
