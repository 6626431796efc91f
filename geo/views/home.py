"""/: everybody starts on their own work."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from geo.access import signed_in
from geo.templatetags.navigation import links_for


@signed_in
def home(request: HttpRequest) -> HttpResponse:
    """Go on to the first place of the person's posts; say so when there is none."""
    links = links_for(request)
    if links:
        return redirect(links[0].url)
    return render(request, "home_without_post.html", status=403)
