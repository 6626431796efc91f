import itertools
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspections.rules.clock import CITY_ZONE, Month
from inspections.rules.errors import ImpossibleFacts, NaiveTime
from inspections.rules.penalty import (
    AreaFact,
    Decision,
    FactKind,
    Line,
    amount_of,
    correction_line,
    cut_off,
    deduction_due,
    monthly_line,
    round_area,
    standing_area,
)
from inspections.rules.values import RuleValues

NOVEMBER, DECEMBER = Month(2026, 11), Month(2026, 12)
AREAS = st.decimals(min_value="0.01", max_value="99999", places=3)


def at(day, hour=12, minute=0, month=11):
    return datetime(2026, month, day, hour, minute, tzinfo=CITY_ZONE)


def determined(when, area_m2):
    return AreaFact(FactKind.DETERMINED, when, Decimal(area_m2))


def partly_demolished(when, remaining_m2):
    return AreaFact(FactKind.PARTLY_DEMOLISHED, when, Decimal(remaining_m2))


def closed(when):
    return AreaFact(FactKind.CLOSED, when)


def withdrawn(when):
    return AreaFact(FactKind.WITHDRAWN, when)


def test_a_determined_structure_costs_three_hundred_yuan_per_square_metre():
    line = monthly_line("case 1", [determined(at(3), "128.40")], month=NOVEMBER)
    assert line == Line("case 1", NOVEMBER, Decimal("128.40"), Decimal(300), Decimal("38520.00"))


def test_determined_in_the_last_minute_of_the_25th_counts_this_month_and_on_the_26th_the_next():
    last_minute, next_day = at(25, 23, 59), at(26, 0, 0)
    assert monthly_line("a", [determined(last_minute, 100)], month=NOVEMBER) is not None
    assert monthly_line("a", [determined(next_day, 100)], month=NOVEMBER) is None
    assert monthly_line("a", [determined(next_day, 100)], month=DECEMBER) is not None


def test_the_25th_is_the_25th_in_the_city_whatever_zone_the_fact_was_stored_in():
    # 25 November 15:59 UTC is 23:59 in the city; 16:00 UTC is already the 26th.
    assert monthly_line("a", [determined(datetime(2026, 11, 25, 15, 59, tzinfo=UTC), 100)], month=NOVEMBER) is not None
    assert monthly_line("a", [determined(datetime(2026, 11, 25, 16, 0, tzinfo=UTC), 100)], month=NOVEMBER) is None


def test_it_counts_again_every_month_until_it_is_gone():
    facts = [determined(at(3), 50), closed(at(24, month=12))]
    assert monthly_line("a", facts, month=NOVEMBER) is not None
    assert monthly_line("a", facts, month=DECEMBER) is None


def test_gone_on_the_26th_still_costs_that_month():
    assert monthly_line("a", [determined(at(3), 50), closed(at(26, 0, 0))], month=NOVEMBER) is not None


def test_a_partial_demolition_leaves_its_remaining_area():
    facts = [determined(at(3), 200), partly_demolished(at(10), "80.5"), partly_demolished(at(28), 20)]
    assert standing_area(facts, as_of=cut_off(NOVEMBER)) == Decimal("80.5")
    assert standing_area(facts, as_of=cut_off(DECEMBER)) == Decimal(20)


def test_a_withdrawn_determination_costs_nothing_from_then_on():
    facts = [determined(at(3), 200), withdrawn(at(25, 10))]
    assert monthly_line("a", facts, month=NOVEMBER) is None


def test_a_later_determination_replaces_the_area_even_after_a_partial_demolition():
    facts = [determined(at(3), 200), partly_demolished(at(5), 80), determined(at(9), 310)]
    assert standing_area(facts, as_of=cut_off(NOVEMBER)) == Decimal(310)


def test_a_structure_built_again_after_closing_is_determined_again():
    facts = [determined(at(3), 200), closed(at(5)), determined(at(20), 40)]
    assert standing_area(facts, as_of=cut_off(NOVEMBER)) == Decimal(40)


def test_the_order_in_which_facts_arrive_does_not_matter():
    facts = [closed(at(9)), determined(at(3), 200), partly_demolished(at(5), 80)]
    assert standing_area(facts, as_of=at(6)) == Decimal(80)


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ([partly_demolished(at(3), 10)], "nothing was standing"),
        ([closed(at(3))], "nothing was standing"),
        ([determined(at(3), 10), closed(at(4)), partly_demolished(at(5), 5)], "nothing was standing"),
        ([determined(at(3), 10), partly_demolished(at(4), 10)], "not less than 10"),
        ([determined(at(3), 10), partly_demolished(at(4), 11)], "not less than 10"),
    ],
)
def test_facts_that_contradict_each_other_are_refused(facts, why):
    with pytest.raises(ImpossibleFacts, match=why):
        standing_area(facts, as_of=at(25))


@pytest.mark.parametrize("area", [None, Decimal(0), Decimal(-1), Decimal("NaN")])
def test_a_determination_needs_an_area(area):
    with pytest.raises(ImpossibleFacts, match="needs an area"):
        AreaFact(FactKind.DETERMINED, at(3), area)


def test_a_closing_has_no_area():
    with pytest.raises(ImpossibleFacts, match="leaves nothing"):
        AreaFact(FactKind.CLOSED, at(3), Decimal(1))


def test_a_fact_without_zone_is_refused():
    with pytest.raises(NaiveTime):
        AreaFact(FactKind.CLOSED, datetime(2026, 11, 3))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("area", "rounded"), [("10.004", "10.00"), ("10.005", "10.01"), ("10.015", "10.02"), ("0.005", "0.01")]
)
def test_areas_are_rounded_half_up_to_a_hundredth(area, rounded):
    assert str(round_area(Decimal(area))) == rounded


def test_amounts_are_rounded_half_up_to_the_fen_after_the_area_was_rounded():
    assert amount_of(Decimal("10.01"), Decimal("0.5")) == Decimal("5.01")
    assert amount_of(Decimal("10.005"), Decimal(300)) == Decimal("3003.00")


def test_what_rounds_to_nothing_is_no_line():
    assert monthly_line("a", [determined(at(3), "0.004")], month=NOVEMBER) is None


def test_the_totals_of_a_decision_are_the_sums_of_its_printed_lines():
    lines = tuple(monthly_line(str(n), [determined(at(3), "33.335")], month=NOVEMBER) for n in range(3))
    decision = Decision(NOVEMBER, lines)
    assert decision.area_m2 == Decimal("100.02")
    assert decision.amount_yuan == Decimal("30006.00")


def test_finance_deducts_by_the_last_day_of_the_month():
    assert deduction_due(Month(2026, 2)) == datetime(2026, 2, 28, 23, 59, 59, 999999, tzinfo=CITY_ZONE)


def test_a_correction_adds_the_difference_as_a_line_of_a_later_month():
    charged = monthly_line("a", [determined(at(3), "128.40")], month=NOVEMBER)
    line = correction_line(
        [charged],
        right_area_m2=Decimal("118.4"),
        rate_yuan_per_m2=Decimal(300),
        corrects=NOVEMBER,
        month=DECEMBER,
        case="a",
    )
    assert (line.area_m2, line.amount_yuan) == (Decimal("-10.00"), Decimal("-3000.00"))
    assert (line.month, line.corrects) == (DECEMBER, NOVEMBER)


def test_a_second_correction_takes_the_first_into_account():
    charged = monthly_line("a", [determined(at(3), 100)], month=NOVEMBER)
    arguments = {"rate_yuan_per_m2": Decimal(300), "corrects": NOVEMBER, "case": "a"}
    first = correction_line([charged], right_area_m2=Decimal(90), month=DECEMBER, **arguments)
    assert correction_line([charged, first], right_area_m2=Decimal(90), month=Month(2027, 1), **arguments) is None
    back = correction_line([charged, first], right_area_m2=Decimal(100), month=Month(2027, 1), **arguments)
    assert back.amount_yuan == Decimal("3000.00")


def test_corrections_do_not_count_as_standing_area():
    charged = monthly_line("a", [determined(at(3), 100)], month=NOVEMBER)
    back = Line("b", NOVEMBER, Decimal("-5.00"), Decimal(300), Decimal("-1500.00"), corrects=Month(2026, 10))
    decision = Decision(NOVEMBER, (charged, back))
    assert (decision.area_m2, decision.amount_yuan) == (Decimal("100.00"), Decimal("28500.00"))


def test_a_correction_in_the_same_month_is_refused():
    with pytest.raises(ImpossibleFacts, match="later month"):
        correction_line(
            [], right_area_m2=Decimal(1), rate_yuan_per_m2=Decimal(300), corrects=NOVEMBER, month=NOVEMBER, case="a"
        )


def test_a_line_of_another_case_or_month_cannot_be_corrected():
    stranger = monthly_line("b", [determined(at(3), 100)], month=NOVEMBER)
    with pytest.raises(ImpossibleFacts, match="do not charge a"):
        correction_line(
            [stranger],
            right_area_m2=Decimal(1),
            rate_yuan_per_m2=Decimal(300),
            corrects=NOVEMBER,
            month=DECEMBER,
            case="a",
        )


@st.composite
def histories(draw):
    """A possible life of a structure: determinations, shrinking, closing, withdrawal, in time order."""
    moment, standing, facts = at(1, month=1), Decimal(0), []
    for _ in range(draw(st.integers(1, 6))):
        moment += timedelta(hours=draw(st.integers(1, 2000)))
        kinds = [FactKind.DETERMINED]
        if standing > Decimal("0.002"):
            kinds += [FactKind.PARTLY_DEMOLISHED, FactKind.CLOSED, FactKind.WITHDRAWN]
        kind = draw(st.sampled_from(kinds))
        if kind is FactKind.DETERMINED:
            standing = draw(AREAS)
        elif kind is FactKind.PARTLY_DEMOLISHED:
            standing = draw(st.decimals(min_value="0.001", max_value=standing - Decimal("0.001"), places=3))
        else:
            standing = Decimal(0)
        facts.append(AreaFact(kind, moment, standing or None))
    return facts


@given(histories())
def test_what_stands_is_never_negative_and_never_above_what_was_determined(facts):
    determined_areas = [fact.area_m2 for fact in facts if fact.kind is FactKind.DETERMINED]
    for month in (Month(2026, 1 + n) for n in range(12)):
        area = standing_area(facts, as_of=cut_off(month))
        assert 0 <= area <= max(determined_areas)


@given(histories())
def test_without_a_new_determination_what_stands_only_shrinks(facts):
    for before, after in itertools.pairwise(facts):
        if after.kind is not FactKind.DETERMINED:
            assert standing_area(facts, as_of=after.at) < standing_area(facts, as_of=before.at)


@given(AREAS, AREAS)
def test_more_area_never_costs_less(one, other):
    smaller, larger = sorted((one, other))
    assert 0 <= amount_of(smaller, Decimal(300)) <= amount_of(larger, Decimal(300))


@given(st.lists(AREAS, min_size=1, max_size=30), st.decimals(min_value="0.01", max_value=2000, places=2))
def test_the_total_is_within_half_a_step_a_line_of_the_unrounded_truth(areas, rate):
    values = RuleValues(penalty_rate_yuan_per_m2=rate)
    lines = [
        monthly_line(str(n), [determined(at(3), area)], month=NOVEMBER, values=values) for n, area in enumerate(areas)
    ]
    decision = Decision(NOVEMBER, tuple(line for line in lines if line))
    assert decision.amount_yuan == sum((line.amount_yuan for line in decision.lines), Decimal(0))
    step = Decimal("0.005") * rate + Decimal("0.005")
    assert abs(decision.amount_yuan - sum(areas) * rate) <= step * len(areas)


@given(st.lists(AREAS, min_size=1, max_size=30))
def test_at_a_whole_rate_the_total_is_the_rate_times_the_total_area(areas):
    lines = [monthly_line(str(n), [determined(at(3), area)], month=NOVEMBER) for n, area in enumerate(areas)]
    decision = Decision(NOVEMBER, tuple(line for line in lines if line))
    assert decision.amount_yuan == decision.area_m2 * 300


@given(AREAS, st.lists(AREAS, min_size=1, max_size=4))
def test_after_any_chain_of_corrections_the_month_is_charged_for_the_last_area(first, later):
    charged, month = [Line("a", NOVEMBER, round_area(first), Decimal(300), amount_of(first, Decimal(300)))], NOVEMBER
    for area in later:
        month = month.next()
        line = correction_line(
            charged, right_area_m2=area, rate_yuan_per_m2=Decimal(300), corrects=NOVEMBER, month=month, case="a"
        )
        charged += [line] if line else []
    assert sum(line.amount_yuan for line in charged) == amount_of(later[-1], Decimal(300))
    assert sum(line.area_m2 for line in charged) == round_area(later[-1])


def test_of_several_findings_the_largest_counts_and_each_is_withdrawn_by_its_own_finder():
    facts = [
        AreaFact(FactKind.DETERMINED, at(3), Decimal(128), finder="planning"),
        AreaFact(FactKind.DETERMINED, at(4), Decimal(10), finder="land"),
        AreaFact(FactKind.PARTLY_DEMOLISHED, at(6), Decimal(40)),
        AreaFact(FactKind.WITHDRAWN, at(8), finder="planning"),
        AreaFact(FactKind.WITHDRAWN, at(9), finder="land"),
    ]
    assert [standing_area(facts, as_of=at(day)) for day in (3, 4, 6, 8, 9)] == [128, 128, 40, 10, 0]
