"""/: everybody starts on their own work."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from geo.access import signed_in
from geo.templatetags.navigation import start_of


@signed_in
def home(request: HttpRequest) -> HttpResponse:
    """Go on to where the person's post begins; say so when there is none."""
    start = start_of(request)
    if start:
        return redirect(start)
    return render(request, "home_without_post.html", status=403)
