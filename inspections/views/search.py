"""The page of the global search."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from geo.access import signed_in
from inspections.search import search

LONGEST_WORDS = 100


@require_safe
@signed_in
def search_page(request: HttpRequest) -> HttpResponse:
    """What matches `?q=` in the person's area."""
    words = request.GET.get("q", "")[:LONGEST_WORDS].strip()
    return render(request, "search/page.html", {"words": words, "groups": search(words, user=request.user)})
