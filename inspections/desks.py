"""What a post finds when it begins: its own work out of all that it may see, and the figures over it."""

from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum
from django.utils import timezone

from geo.models import User
from geo.roles import Act
from inspections.case_table import AREA, DUE_FIRST, SOON, STANDING, with_figures, with_stage_words
from inspections.models import Case, CaseRouting, CaseState, Determination, PenaltyDecision, PenaltyState

SHOWN = 20


def deadlines_of(user: User, *, now: datetime) -> dict[str, Any]:
    """Cases that wait for this person's post, overdue first, and how many there are of each kind."""
    waiting = with_figures(Case.objects.for_user(user), now=now).filter(_work_of(user))
    figures = waiting.aggregate(
        overdue=Count("pk", filter=Q(is_late=True)),
        soon=Count("pk", filter=Q(due_at__gte=now, due_at__lt=now + SOON)),
        to_route=Count("pk", filter=Q(state=CaseState.FOUND)),
        to_determine=Count("pk", filter=Q(state=CaseState.ROUTED)),
        all=Count("pk"),
    )
    return {
        "cases": _labelled(waiting.order_by(*DUE_FIRST)),
        "figures": figures,
        "more": max(0, figures["all"] - SHOWN),
        "routes": user.can(Act.ROUTE_CASES),
        "determines": user.can(Act.DETERMINE_CASES) or user.can(Act.MEASURE_CASES),
    }


def month_of(user: User, *, now: datetime) -> dict[str, Any]:
    """The office's month: standing area, drafts to approve, late cases; in the city's calendar."""
    begins = timezone.localtime(now).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    cases = with_figures(Case.objects.for_user(user), now=now)
    figures = cases.aggregate(
        total_m2=Sum("standing_m2", output_field=AREA),
        standing=Count("pk", filter=Q(state__in=STANDING)),
        overdue=Count("pk", filter=Q(is_late=True)),
        opened=Count("pk", filter=Q(opened_at__gte=begins)),
        closed=Count("pk", filter=Q(closed_at__gte=begins)),
    )
    decisions = PenaltyDecision.objects.for_user(user, Act.ISSUE_PENALTIES).select_related("county")
    late = cases.filter(is_late=True).order_by(*DUE_FIRST)
    return {
        "now": now,
        "figures": figures,
        "drafts": list(decisions.filter(state=PenaltyState.DRAFT).order_by("month", "county__code")),
        "undeducted": list(decisions.filter(state=PenaltyState.ISSUED).order_by("month", "county__code")),
        "cases": _labelled(late),
        "more": max(0, figures["overdue"] - SHOWN),
    }


def _labelled(cases: QuerySet[Case]) -> list[Case]:
    return with_stage_words(cases.select_related("unit")[:SHOWN])


def _work_of(user: User) -> Q:
    """The condition for cases in whose state one of this person's acts is next."""
    work = Q(pk__in=[])
    if user.can(Act.DEMOLISH):
        work |= _within(user, Act.DEMOLISH) & Q(state__in=STANDING)
    if user.can(Act.ROUTE_CASES):
        work |= _within(user, Act.ROUTE_CASES) & Q(state=CaseState.FOUND)
    if user.can(Act.MEASURE_CASES):
        work |= _within(user, Act.MEASURE_CASES) & Q(state=CaseState.ROUTED)
    if user.can(Act.DETERMINE_CASES):
        asked = CaseRouting.objects.filter(case=OuterRef("pk"), bureau__in=user.bureaux)
        spoken = Determination.objects.filter(case=OuterRef("pk"), bureau__in=user.bureaux)
        own = Exists(asked) & ~Exists(spoken)
        work |= _within(user, Act.DETERMINE_CASES) & Q(state=CaseState.ROUTED) & Q(own)
    return work


def _within(user: User, act: Act) -> Q:
    return Q(pk__in=Case.objects.for_user(user, act).values("pk"))
