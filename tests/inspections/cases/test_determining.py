from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pgtrigger
import pytest
from django.db import ProgrammingError, transaction
from django.utils import timezone
from shapely import wkb

from geo.measure import area_m2
from geo.models import Posting
from geo.refusals import NotAllowed
from geo.roles import Role
from inspections.actions.case_guards import MissingReason, WrongState, WrongTime
from inspections.actions.determination import (
    NotMeasured,
    NotRouted,
    PermitDoesNotHold,
    determine_case,
    standing_determination,
)
from inspections.actions.measurements import confirm_aerial, measure_typed
from inspections.actions.rule_sets import NoRuleSet
from inspections.models import Determination, RuleSet
from inspections.rules.clock import CITY_ZONE
from tests.factories import make_building, make_permit, make_user
from tests.inspections.cases.scene import (
    demolish,
    determine,
    determined_case,
    found_case,
    fresh,
    measured,
    routed_case,
)


def test_the_right_bureau_determines_and_the_stages_start(town, people):
    at = timezone.now() - timedelta(days=1)
    case = determined_case(town, people, at=at)
    assert case.state == "determined"
    determination = case.determinations.get()
    assert (determination.area_m2, determination.bureau) == (Decimal("128.40"), "planning")
    assert determination.rule_set == people.rules
    stages = list(case.stages.all())
    assert [(stage.kind, stage.owner) for stage in stages] == [
        ("township", town.townships[0][0]),
        ("supervised", town.counties[0]),
        ("collective", town.counties[0]),
    ]
    day = at.astimezone(CITY_ZONE).date()
    assert [(stage.due_at.astimezone(CITY_ZONE).date() - day).days for stage in stages] == [2, 5, 8]


def test_another_bureau_cannot_determine_in_its_name(town, people):
    case = routed_case(town, people)
    with pytest.raises(NotAllowed, match="不代表规划部门"):
        determine(case, people, by=people.land)
    assert not Determination.objects.exists()


def test_a_bureau_that_was_not_asked_cannot_determine(town, people):
    case = routed_case(town, people)
    with pytest.raises(NotRouted, match="国土部门"):
        determine(case, people, by=people.land, bureau="land")


def test_a_bureau_determines_only_on_grounds_routed_to_it(town, people):
    case = routed_case(town, people, grounds=["no_planning_permit", "illegal_land_use"])
    with pytest.raises(NotRouted):
        determine(case, people, grounds=["illegal_land_use"])


def test_an_account_with_all_rights_speaks_for_no_bureau(town, people):
    root = make_user(is_superuser=True)
    with pytest.raises(NotAllowed, match="不代表"):
        determine(routed_case(town, people), people, by=root)


def test_a_posting_elsewhere_does_not_count_even_when_another_role_reaches_the_case(town, people):
    person = make_user(Role.BUREAU, town.counties[1])
    Posting.objects.create(user=person, role=Role.COUNTY, unit=town.counties[0], starts_on="2020-01-01")
    with pytest.raises(NotAllowed):
        determine(routed_case(town, people), people, by=person)


def test_an_unrouted_case_cannot_be_determined(town, people):
    with pytest.raises(WrongState, match="已发现"):
        determine(found_case(town, people), people)


def test_unauthorised_needs_a_measurement(town, people):
    with pytest.raises(NotMeasured):
        determine(routed_case(town, people), people, measurement=None)


def test_an_area_from_the_air_counts_only_after_the_brigade_took_it_over(town, people):
    case = routed_case(town, people)
    aerial = case.measurements.get()
    with pytest.raises(NotMeasured, match="监察支队"):
        determine(case, people, measurement=aerial)
    confirmed = confirm_aerial(case=case, measurement=aerial, by=people.brigade)
    assert determine(case, people, measurement=confirmed).area_m2 == aerial.area_m2


def test_a_measurement_of_another_case_does_not_count(town, people):
    case, other = routed_case(town, people), routed_case(town, people, dx=0.007)
    with pytest.raises(NotMeasured, match="本案件"):
        determine(case, people, measurement=measured(other, people))


def test_the_determined_area_may_be_the_part_beyond_a_permit_but_never_more_than_measured(town, people):
    case = routed_case(town, people)
    with pytest.raises(NotMeasured, match=r"130\.00"):
        determine(case, people, area_m2=Decimal(130))
    with pytest.raises(NotMeasured):
        determine(case, people, area_m2=Decimal(0))
    assert determine(case, people, area_m2=Decimal("40.5")).area_m2 == Decimal("40.50")


def test_a_determination_says_why(town, people):
    with pytest.raises(MissingReason):
        determine(routed_case(town, people), people, reason=" ")


def test_a_determination_is_not_made_in_the_future(town, people):
    case = routed_case(town, people)
    measurement = measured(case, people)
    with pytest.raises(WrongTime):
        determine_case(
            case=case,
            bureau="planning",
            outcome="unauthorised",
            reason="未取得许可",
            measurement=measurement,
            by=people.planning,
            at=timezone.now() + timedelta(hours=1),
        )


def test_a_bureau_finds_after_it_was_asked_unless_a_paper_of_that_day_says_so(town, people):
    case = routed_case(town, people)
    earlier = timezone.now() - timedelta(days=2)
    with pytest.raises(WrongTime, match="补录"):
        determine(case, people, at=earlier, document=" ")
    found = determine(case, people, at=earlier, document="规认〔2026〕9号")
    assert (found.document, found.determined_at) == ("规认〔2026〕9号", earlier)
    assert found.recorded_at - earlier > timedelta(days=1)


def test_nothing_is_found_before_it_can_have_been_built(town, people):
    case = routed_case(town, people)
    flown_on = case.sources.get().flag.run.before.captured_on
    day_before = datetime.combine(flown_on, time(12), tzinfo=CITY_ZONE) - timedelta(days=1)
    with pytest.raises(WrongTime, match=flown_on.isoformat()):
        determine(case, people, at=day_before)


def test_after_a_demolition_a_new_area_is_measured_anew(town, people):
    case = determined_case(town, people, at=timezone.now() - timedelta(hours=5))
    stale = measured(case, people, at=timezone.now() - timedelta(hours=4))
    demolish(case, people, at=timezone.now() - timedelta(hours=3), remaining="28.40")
    with pytest.raises(NotMeasured, match="拆除"):
        determine(case, people, measurement=stale)
    assert determine(case, people, area="30").area_m2 == Decimal("30.00")


def test_without_a_rule_set_nothing_is_determined_as_unauthorised(town, people):
    with pgtrigger.ignore("inspections.RuleSet:rule_set_is_kept"):
        RuleSet.objects.update(effective_from=timezone.localdate() + timedelta(days=10))
    case = routed_case(town, people)
    with pytest.raises(NoRuleSet, match="东城区"):
        determine(case, people)
    assert fresh(case).state == "routed"


def test_a_permit_makes_it_authorised_and_ends_the_case(town, people):
    case = routed_case(town, people)
    permit = make_permit(town.communities[0][0], *town.spot())
    determine(case, people, outcome="authorised", permit=permit, measurement=None)
    assert fresh(case).state == "authorised"
    assert not case.stages.exists()


def test_one_permit_does_not_make_two_structures_lawful(town, people):
    first, second = routed_case(town, people), routed_case(town, people, dx=0.0052)
    size_m2 = area_m2(wkb.loads(bytes(first.footprint.wkb))).area_m2
    permit = make_permit(town.communities[0][0], *town.spot(), size=0.002, permitted_area_m2=1.3 * size_m2)
    determine(first, people, outcome="authorised", permit=permit, measurement=None)
    with pytest.raises(PermitDoesNotHold, match=permit.number):
        determine(second, people, outcome="authorised", permit=permit, measurement=None)


@pytest.mark.parametrize("fault", ["none", "revoked", "elsewhere", "expired", "later", "small"])
def test_authorised_needs_a_permit_that_holds_for_the_place(town, people, fault):
    case = routed_case(town, people)
    permit = {
        "none": lambda: None,
        "revoked": lambda: make_permit(town.communities[0][0], *town.spot(), revoked=True),
        "elsewhere": lambda: make_permit(town.communities[0][0], *town.spot(dx=0.008)),
        "expired": lambda: make_permit(
            town.communities[0][0], *town.spot(), valid_from=date(2019, 1, 1), valid_until=date(2020, 1, 1)
        ),
        "later": lambda: make_permit(town.communities[0][0], *town.spot(), valid_from=date(2031, 1, 1)),
        "small": lambda: make_permit(town.communities[0][0], *town.spot(), permitted_area_m2=20.0),
    }[fault]()
    with pytest.raises(PermitDoesNotHold):
        determine(case, people, outcome="authorised", permit=permit)
    assert fresh(case).state == "routed"


def test_one_bureau_finding_it_authorised_does_not_end_a_case_that_another_has_yet_to_judge(town, people):
    case = routed_case(town, people, grounds=["no_planning_permit", "illegal_land_use"])
    permit = make_permit(town.communities[0][0], *town.spot())
    determine(case, people, outcome="authorised", permit=permit)
    assert fresh(case).state == "routed"
    determine(case, people, by=people.land, bureau="land", reason="占用耕地")
    assert fresh(case).state == "determined"
    assert standing_determination(case).bureau == "land"


def test_the_case_is_authorised_when_the_last_bureau_agrees(town, people):
    case = routed_case(town, people, grounds=["no_planning_permit", "illegal_land_use"])
    permit = make_permit(town.communities[0][0], *town.spot())
    determine(case, people, outcome="authorised", permit=permit)
    determine(case, people, outcome="withdrawn", by=people.land, bureau="land", reason="不涉及用地")
    assert fresh(case).state == "authorised"


def test_a_new_area_supersedes_the_old_one_and_does_not_restart_the_limits(town, people):
    case = determined_case(town, people, at=timezone.now() - timedelta(days=3))
    due = list(case.stages.values_list("due_at", flat=True))
    second = determine(case, people, area="90", reason="复测")
    assert second.supersedes is not None
    assert standing_determination(case) == second
    assert list(case.stages.values_list("due_at", flat=True)) == due


def test_a_determination_cannot_be_dated_before_the_one_it_supersedes(town, people):
    case = determined_case(town, people, at=timezone.now() - timedelta(days=3))
    with pytest.raises(WrongTime, match="须晚于"):
        determine(case, people, at=timezone.now() - timedelta(days=4))


def test_the_bureau_that_determined_withdraws_and_no_other(town, people):
    case = routed_case(town, people, grounds=["no_planning_permit", "illegal_land_use"])
    determine(case, people)
    with pytest.raises(NotAllowed, match="本部门"):
        determine(case, people, outcome="withdrawn", by=people.land, bureau="land")
    determine(case, people, outcome="withdrawn", reason="补办许可")
    assert fresh(case).state == "routed"


def test_a_standing_unauthorised_structure_is_not_called_authorised(town, people):
    case = determined_case(town, people)
    permit = make_permit(town.communities[0][0], *town.spot())
    with pytest.raises(WrongState):
        determine(case, people, outcome="authorised", permit=permit)


def test_an_unknown_outcome_leaves_nothing(town, people):
    case = routed_case(town, people)
    with pytest.raises(Exception, match="结论"):
        determine(case, people, outcome="maybe")
    assert not case.determinations.exists()


def test_the_archive_entry_says_that_clearing_pays_nothing_until_the_finding_is_withdrawn(town, people):
    building = make_building(town.communities[0][0], *town.spot())
    case = determined_case(town, people, building=building)
    building.refresh_from_db()
    assert building.no_compensation
    determine(case, people, outcome="withdrawn", reason="补办许可")
    building.refresh_from_db()
    assert not building.no_compensation


def test_the_database_keeps_a_determination_as_it_is(town, people):
    case = determined_case(town, people)
    with (
        pytest.raises(ProgrammingError, match=r"Cannot update or delete .* inspections_determination"),
        transaction.atomic(),
    ):
        case.determinations.update(area_m2=1)


def test_a_brigade_posting_that_ended_before_the_measurement_does_not_count(town, people):
    case = routed_case(town, people)
    measurement = measure_typed(case=case, length_m=Decimal(10), width_m=Decimal(10), by=people.brigade)
    Posting.objects.filter(user=people.brigade).update(ends_on=timezone.localdate() - timedelta(days=1))
    with pytest.raises(NotMeasured, match="监察支队"):
        determine_case(
            case=case,
            bureau="planning",
            outcome="unauthorised",
            reason="未取得许可",
            measurement=measurement,
            by=people.planning,
        )


def test_a_closed_case_takes_no_further_determination(town, people):
    case = determined_case(town, people, at=timezone.now() - timedelta(days=1))
    demolish(case, people, at=timezone.now() - timedelta(hours=1))
    with pytest.raises(WrongState, match="结案"):
        determine_case(case=case, bureau="planning", outcome="withdrawn", reason="晚了", by=people.planning)


def test_a_new_area_is_not_dated_at_the_very_moment_of_a_demolition(town, people):
    case = determined_case(town, people, at=timezone.now() - timedelta(days=3))
    at = timezone.now() - timedelta(days=1)
    demolish(case, people, at=at, remaining="40")
    with pytest.raises(WrongTime):
        determine(case, people, at=at, area="30")
    assert case.determinations.count() == 1
