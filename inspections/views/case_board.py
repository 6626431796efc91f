"""/cases/board/: the cases of the table, a column a state."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from geo.access import may
from geo.roles import Act
from inspections.board import board_of
from inspections.case_table import DUE_FIRST, filtered, totals_of, with_figures, with_stage_words
from inspections.models import Case, CaseState
from inspections.views.cases import filter_context


@require_safe
@may(Act.SEE_CASES)
def case_board(request: HttpRequest) -> HttpResponse:
    """All cases in the person's area by state, what is due first."""
    now = timezone.now()
    in_sight = Case.objects.for_user(request.user)
    cases = filtered(with_figures(in_sight, now=now), request.GET, now=now)
    # A filter may join rows that would make one case two cards.
    cards = with_figures(in_sight.filter(pk__in=cases.order_by().values("pk")), now=now).select_related("unit")
    columns = board_of(cards, states=CaseState.choices, always=Case.OPEN, order=DUE_FIRST)
    for column in columns:
        with_stage_words(column.cards)
    context = {**filter_context(request, in_sight), "columns": columns, "totals": totals_of(cases), "now": now}
    return render(request, "cases/board.html", context)
