"""The dated facts of cases, read from their determinations and demolitions for the rules (R-401)."""

from collections import defaultdict
from datetime import datetime

from geo.models import Unit
from inspections.models import Case, DemolitionRecord, Determination, DeterminationOutcome
from inspections.rules.penalty import AreaFact, FactKind


def facts_of_case(case: Case) -> list[AreaFact]:
    """All facts of one case, in time order."""
    return _by_case(Determination.objects.filter(case=case), DemolitionRecord.objects.filter(case=case)).get(
        case.pk, []
    )


def facts_of_county(county: Unit) -> dict[int, list[AreaFact]]:
    """The facts of every case of a county that was ever determined, by case id. Two queries."""
    return _by_case(
        Determination.objects.filter(case__county=county), DemolitionRecord.objects.filter(case__county=county)
    )


def _by_case(determinations, demolitions) -> dict[int, list[AreaFact]]:
    facts: dict[int, list[tuple[datetime, int, AreaFact]]] = defaultdict(list)
    for found in determinations.order_by("pk"):
        if found.outcome == DeterminationOutcome.UNAUTHORISED:
            fact = AreaFact(FactKind.DETERMINED, found.determined_at, found.area_m2)
        else:
            fact = AreaFact(FactKind.WITHDRAWN, found.determined_at)
        facts[found.case_id].append((found.determined_at, len(facts[found.case_id]), fact))
    for record in demolitions.order_by("pk"):
        if record.remaining_m2 > 0:
            fact = AreaFact(FactKind.PARTLY_DEMOLISHED, record.demolished_at, record.remaining_m2)
        else:
            fact = AreaFact(FactKind.CLOSED, record.demolished_at)
        facts[record.case_id].append((record.demolished_at, len(facts[record.case_id]), fact))
    return {
        case_id: [fact for _at, _order, fact in sorted(rows, key=lambda row: row[:2])]
        for case_id, rows in facts.items()
    }
