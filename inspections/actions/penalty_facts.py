"""The dated facts of cases, read from their determinations and demolitions for the rules (R-401)."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from geo.models import Unit
from geo.refusals import Refusal
from inspections.models import Case, DemolitionRecord, Determination, DeterminationOutcome
from inspections.rules.clock import Month
from inspections.rules.errors import ImpossibleFacts
from inspections.rules.penalty import AreaFact, FactKind, Line, monthly_line, standing_area
from inspections.rules.values import RuleValues


class FactsContradict(Refusal):
    """The dated facts of a case cannot all be true (written past the actions: an import, a repair by hand)."""

    def __init__(self, number: str, error: ImpossibleFacts) -> None:
        self.case_number = number
        super().__init__(
            _("案件 %(number)s 的认定与拆除记录互相矛盾，无法计算面积：%(error)s") % {"number": number, "error": error}
        )


def facts_of_case(case: Case) -> list[AreaFact]:
    """All facts of one case, in time order."""
    return _by_case(Determination.objects.filter(case=case), DemolitionRecord.objects.filter(case=case)).get(
        case.pk, []
    )


def facts_of_counties(counties: Sequence[Unit]) -> dict[int, list[AreaFact]]:
    """The facts of every case of some counties that was ever determined, by case id. Two queries."""
    return _by_case(
        Determination.objects.filter(case__county__in=counties),
        DemolitionRecord.objects.filter(case__county__in=counties),
    )


def standing_area_of(case: Case, *, at: datetime) -> Decimal:
    """What stands of a case at a moment, by its facts. Raises FactsContradict."""
    try:
        return standing_area(facts_of_case(case), as_of=at)
    except ImpossibleFacts as error:
        raise FactsContradict(case.number, error) from error


def line_due(number: str, facts: Sequence[AreaFact], *, month: Month, values: RuleValues) -> Line | None:
    """The regular line of one case for a month, None when nothing stands. Raises FactsContradict."""
    try:
        return monthly_line(number, facts, month=month, values=values)
    except ImpossibleFacts as error:
        raise FactsContradict(number, error) from error


def standing_findings(determinations: Iterable[Determination]) -> dict[int, Determination]:
    """By case id the finding whose area counts: of each bureau the last word, of those the largest area."""
    last: dict[tuple[int, str], Determination] = {}
    for found in sorted(determinations, key=lambda found: found.pk):
        last[(found.case_id, found.bureau)] = found
    counting: dict[int, Determination] = {}
    for found in last.values():
        if found.outcome == DeterminationOutcome.UNAUTHORISED:
            known = counting.get(found.case_id)
            if known is None or (found.area_m2, found.pk) > (known.area_m2, known.pk):
                counting[found.case_id] = found
    return counting


def _by_case(determinations, demolitions) -> dict[int, list[AreaFact]]:
    facts: dict[int, list[tuple[datetime, int, AreaFact]]] = defaultdict(list)
    dated = ("case_id", "outcome", "bureau", "area_m2", "determined_at")
    for found in determinations.only(*dated).order_by("pk"):
        if found.outcome == DeterminationOutcome.UNAUTHORISED:
            fact = AreaFact(FactKind.DETERMINED, found.determined_at, found.area_m2, finder=found.bureau)
        else:
            fact = AreaFact(FactKind.WITHDRAWN, found.determined_at, finder=found.bureau)
        facts[found.case_id].append((found.determined_at, len(facts[found.case_id]), fact))
    for record in demolitions.only("case_id", "remaining_m2", "demolished_at").order_by("pk"):
        if record.remaining_m2 > 0:
            fact = AreaFact(FactKind.PARTLY_DEMOLISHED, record.demolished_at, record.remaining_m2)
        else:
            fact = AreaFact(FactKind.CLOSED, record.demolished_at)
        facts[record.case_id].append((record.demolished_at, len(facts[record.case_id]), fact))
    return {
        case_id: [fact for _at, _order, fact in sorted(rows, key=lambda row: row[:2])]
        for case_id, rows in facts.items()
    }
