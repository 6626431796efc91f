from decimal import Decimal
from io import StringIO

import croniter
import pgtrigger
import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from geo.refusals import NotAllowed
from geo.roles import Role
from inspections.actions.cases import open_or_join_case, route_case
from inspections.actions.penalties import MonthNotCome, draft_county, draft_month, issue_decision
from inspections.actions.rule_sets import NoRuleSet
from inspections.models import PenaltyDecision, PenaltyLine, RuleSet
from inspections.rules.clock import Month
from inspections.rules.penalty import cut_off
from inspections.tasks import draft_for_day
from tests.factories import make_user
from tests.factories.records import make_line
from tests.inspections.cases.scene import demolish, determine, determined_case, make_flag_at
from tests.inspections.penalties.scene import LAST_MONTH, MONTH_BEFORE, THIS_MONTH, on


def test_a_draft_charges_what_stands_on_the_25th_at_three_hundred_yuan(town, people):
    case = determined_case(town, people, at=on(LAST_MONTH, 3))
    decision = draft_county(county=town.counties[0], month=LAST_MONTH)
    line = decision.lines.get()
    assert (line.case, line.area_m2, line.rate, line.amount) == (case, Decimal("128.40"), 300, Decimal("38520.00"))
    assert (decision.state, decision.area_m2, decision.amount) == ("draft", Decimal("128.40"), Decimal("38520.00"))
    assert decision.as_of == cut_off(LAST_MONTH)
    assert decision.rule_set == people.rules
    assert line.determination == case.determinations.get()


def test_the_last_minute_of_the_25th_counts_and_the_26th_does_not(town, people):
    last_minute = determined_case(town, people, at=on(LAST_MONTH, 25, 23, 59))
    determined_case(town, people, at=on(LAST_MONTH, 26, 0, 0), dx=0.007)
    decision = draft_county(county=town.counties[0], month=LAST_MONTH)
    assert [line.case for line in decision.lines.all()] == [last_minute]


def test_the_same_structure_counts_again_every_month_until_it_is_gone(town, people):
    case = determined_case(town, people, at=on(MONTH_BEFORE, 20))
    demolish(case, people, at=on(MONTH_BEFORE, 22), remaining="40")
    drafts = [draft_county(county=town.counties[0], month=month) for month in (MONTH_BEFORE, LAST_MONTH)]
    assert [draft.amount for draft in drafts] == [Decimal("12000.00")] * 2


def test_each_county_gets_its_own_decision(town, people):
    west, east = town.counties
    everywhere = make_user(Role.SUPERVISOR, town.city)
    clerk = make_user(Role.COUNTY, east)
    here = determined_case(town, people, at=on(LAST_MONTH, 3))
    case = open_or_join_case(flag=make_flag_at(town, county=1), by=everywhere)
    route_case(case=case, grounds=["no_planning_permit"], by=clerk)
    determine(case, people, at=on(LAST_MONTH, 4), area="50")
    drafted = {
        decision.county: [line.case for line in decision.lines.all()]
        for decision in draft_month(month=LAST_MONTH).decisions
    }
    assert drafted == {west: [here], east: [case]}


def test_drafting_again_changes_nothing_when_nothing_changed(town, people):
    determined_case(town, people, at=on(LAST_MONTH, 3))
    first = draft_county(county=town.counties[0], month=LAST_MONTH)
    lines = list(first.lines.values_list("pk", "amount"))
    second = draft_county(county=town.counties[0], month=LAST_MONTH)
    assert second == first
    assert list(second.lines.values_list("pk", "amount")) == lines


def test_drafting_again_follows_the_facts(town, people):
    gone = determined_case(town, people, at=on(LAST_MONTH, 22))
    stays = determined_case(town, people, at=on(LAST_MONTH, 3), dx=0.007)
    assert draft_county(county=town.counties[0], month=LAST_MONTH).lines.count() == 2
    demolish(gone, people, at=on(LAST_MONTH, 24))
    determine(stays, people, at=on(LAST_MONTH, 25), area="90", reason="复测")
    decision = draft_county(county=town.counties[0], month=LAST_MONTH)
    assert [(line.case, line.area_m2) for line in decision.lines.all()] == [(stays, Decimal("90.00"))]
    assert decision.amount == Decimal("27000.00")


def test_a_draft_with_nothing_left_disappears(town, people):
    case = determined_case(town, people, at=on(LAST_MONTH, 22))
    draft_county(county=town.counties[0], month=LAST_MONTH)
    demolish(case, people, at=on(LAST_MONTH, 24))
    assert draft_county(county=town.counties[0], month=LAST_MONTH) is None
    assert not PenaltyDecision.objects.exists()


def test_the_database_itself_refuses_a_second_line_of_a_case_and_month(town, people):
    case = determined_case(town, people, at=on(LAST_MONTH, 3))
    decision = draft_county(county=town.counties[0], month=LAST_MONTH)
    with pytest.raises(IntegrityError, match="penalty_line_once_per_case_and_month"), transaction.atomic():
        make_line(decision, case)


def test_the_rate_is_that_of_the_rule_set_in_force_on_the_25th(town, people):
    determined_case(town, people, at=on(MONTH_BEFORE, 3))
    dearer = RuleSet.objects.create(
        unit=town.city, effective_from=on(LAST_MONTH, 25).date(), values={"penalty_rate_yuan_per_m2": "312.50"}
    )
    before = draft_county(county=town.counties[0], month=MONTH_BEFORE)
    after = draft_county(county=town.counties[0], month=LAST_MONTH)
    assert (before.amount, before.rule_set) == (Decimal("38520.00"), people.rules)
    assert (after.amount, after.rule_set) == (Decimal("40125.00"), dearer)


def test_without_rules_there_is_no_draft(town, people):
    determined_case(town, people, at=on(LAST_MONTH, 3))
    with pgtrigger.ignore("inspections.RuleSet:rule_set_is_kept"):
        RuleSet.objects.update(effective_from=timezone.localdate())
    with pytest.raises(NoRuleSet):
        draft_county(county=town.counties[0], month=LAST_MONTH)


def test_a_month_that_has_not_begun_is_not_drafted(town, people):
    with pytest.raises(MonthNotCome):
        draft_county(county=town.counties[0], month=THIS_MONTH.next())


def test_only_the_office_drafts_by_hand(town, people):
    determined_case(town, people, at=on(LAST_MONTH, 3))
    with pytest.raises(NotAllowed):
        draft_county(county=town.counties[0], month=LAST_MONTH, by=people.county)
    assert draft_county(county=town.counties[0], month=LAST_MONTH, by=people.office).drafted_by == people.office


def test_the_command_drafts_and_says_what(town, people):
    determined_case(town, people, at=on(LAST_MONTH, 3))
    out = StringIO()
    call_command("draft_penalties", "--month", str(LAST_MONTH), stdout=out)
    assert out.getvalue().splitlines() == [
        f"419901000000 {LAST_MONTH}: 1 lines, 128.40 m2, 38520.00 yuan",
        f"419902000000 {LAST_MONTH}: nothing stands",
    ]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [(["--month", "2026/11"], "2026-11"), (["--month", "2026-10", "--county", "999999000000"], "999999000000")],
)
def test_the_command_refuses_what_it_cannot_mean(town, arguments, complaint):
    with pytest.raises(CommandError, match=complaint):
        call_command("draft_penalties", *arguments)


@pytest.mark.parametrize(("day", "drafted"), [(24, 0), (25, 1), (26, 1), (27, 1)])
def test_the_monthly_job_drafts_as_the_25th_begins_and_until_a_draft_is_there(town, people, day, drafted):
    determined_case(town, people, at=on(MONTH_BEFORE, 26))
    assert draft_for_day(on(LAST_MONTH, day, 0, 10)) == drafted
    assert PenaltyLine.objects.filter(month=LAST_MONTH.first_day).count() == drafted


def test_the_monthly_job_goes_on_when_one_county_has_no_rules(town, people, caplog):
    determined_case(town, people, at=on(MONTH_BEFORE, 3))
    with pgtrigger.ignore("inspections.RuleSet:rule_set_is_kept"):
        RuleSet.objects.update(unit=town.counties[0])
    assert draft_for_day(on(LAST_MONTH, 26, 0, 10)) == 1
    assert "419902000000" in caplog.text


def test_the_monthly_job_runs_ten_past_midnight_in_the_city():
    (line,) = [
        task.cron
        for task in app.periodic_registry.periodic_tasks.values()
        if task.task.name.endswith("draft_due_penalties")
    ]
    start = on(Month(2026, 11), 25, 20)
    following = croniter.croniter(line, start.timestamp()).get_next(ret_type=float)
    assert following == on(Month(2026, 11), 26, 0, 10).timestamp()


def impossible_case(town, people, **where):
    """A case whose demolition was written before it was determined, as no action allows."""
    case = determined_case(town, people, at=on(LAST_MONTH, 5), **where)
    case.demolitions.create(remaining_m2=Decimal(0), demolished_at=on(LAST_MONTH, 4), recorded_by=people.office)
    return case


def test_contradicting_facts_in_one_county_keep_no_other_from_its_draft(town, people, caplog):
    case = impossible_case(town, people)
    supervisor = make_user(Role.SUPERVISOR, town.city)
    other = open_or_join_case(flag=make_flag_at(town, county=1), by=supervisor)
    route_case(case=other, grounds=["no_planning_permit"], by=people.office)
    determine(other, people, at=on(LAST_MONTH, 3))
    assert draft_for_day(on(LAST_MONTH, 25, 0, 10)) == 1
    assert town.counties[0].code in caplog.text
    assert case.number in caplog.text
    PenaltyDecision.objects.all().delete()
    with pytest.raises(CommandError, match=case.number):
        call_command("draft_penalties", month=str(LAST_MONTH), stdout=StringIO())
    assert PenaltyDecision.objects.get().county == town.counties[1]


def test_a_changed_checking_day_takes_effect_with_the_next_month_and_the_draft_can_be_issued(town, people):
    for day, values in ((2, {"penalty_check_day": 20}), (22, {"penalty_rate_yuan_per_m2": "400"})):
        RuleSet.objects.create(unit=town.city, effective_from=LAST_MONTH.first_day.replace(day=day), values=values)
    determined_case(town, people, at=on(LAST_MONTH, 3))
    decision = draft_county(county=town.counties[0], month=LAST_MONTH)
    assert (decision.as_of, decision.lines.get().rate) == (cut_off(LAST_MONTH), Decimal(400))
    assert issue_decision(decision=decision, by=people.office).state == "issued"
