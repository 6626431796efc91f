"""The page of the global search, and the list under its field on every page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from geo.access import signed_in
from inspections.search import search

LONGEST_WORDS = 100
MOST_IN_THE_LIST = 4  # of a kind: all kinds together fit a phone's screen with the keyboard open, or nearly


def _words(request: HttpRequest) -> str:
    return request.GET.get("q", "")[:LONGEST_WORDS].strip()


@require_safe
@signed_in
def search_page(request: HttpRequest) -> HttpResponse:
    """What matches `?q=` in the person's area."""
    words = _words(request)
    return render(request, "search/page.html", {"words": words, "groups": search(words, user=request.user)})


@require_safe
@signed_in
def search_list(request: HttpRequest) -> HttpResponse:
    """The first of each kind as options of a list box, for who is still typing."""
    words = _words(request)
    groups = search(words, user=request.user, most=MOST_IN_THE_LIST)
    return render(request, "search/_list.html", {"words": words, "groups": groups})
