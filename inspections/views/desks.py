"""Where posts begin: an officer's deadlines, and the office's month."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from geo.access import may
from geo.roles import Act
from inspections.desks import deadlines_of, month_of


@require_safe
@may(Act.DEMOLISH, Act.DETERMINE_CASES, Act.MEASURE_CASES)
def deadline_desk(request: HttpRequest) -> HttpResponse:
    """The cases that wait for this person's post, overdue first; each a click away."""
    return render(request, "desks/deadlines.html", deadlines_of(request.user, now=timezone.now()))


@require_safe
@may(Act.ISSUE_PENALTIES)
def month_desk(request: HttpRequest) -> HttpResponse:
    """What stands, what is to be approved and issued, what is late."""
    return render(request, "desks/month.html", month_of(request.user, now=timezone.now()))
