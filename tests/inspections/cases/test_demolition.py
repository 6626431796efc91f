from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import ProgrammingError, transaction
from django.utils import timezone

from geo.refusals import NotAllowed, Refusal
from geo.roles import Role
from inspections.actions.case_guards import WrongState, WrongTime
from inspections.actions.checklists import standard_checklist
from inspections.actions.demolition import (
    NoPhotoFromPlace,
    PlanMissing,
    SeenStanding,
    WrongRemainder,
    attach_plan,
    photos_of,
    record_demolition,
    running_stage_of,
)
from inspections.models import DemolitionRecord
from tests.factories import make_user
from tests.factories.records import make_inspection
from tests.inspections.cases.scene import demolish, determined_case, fresh, photo_at, routed_case


def ago(**duration):
    return timezone.now() - timedelta(**duration)


def record(case, people, *, photos, remaining="0", at=None, by=None):
    return record_demolition(
        case=case,
        remaining_m2=Decimal(remaining),
        photos=photos,
        demolished_at=at or ago(hours=2),
        by=by or people.township,
    )


def plan(case, people, **fields):
    return attach_plan(
        **{
            "case": case,
            "planned_on": date(2026, 11, 30),
            "forces": "执法人员20人",
            "risks": "无人居住",
            "stability_measures": "社区劝导",
            "by": people.county,
            **fields,
        }
    )


@pytest.fixture
def case(town, people):
    return determined_case(town, people, at=ago(days=1))


def test_a_demolition_with_a_photo_from_the_place_closes_the_case_and_all_stages(case, people):
    gone_at = ago(hours=2)
    done = demolish(case, people, at=gone_at)
    assert fresh(case).state == "closed"
    assert fresh(case).closed_at == gone_at
    assert set(case.stages.values_list("done_at", flat=True)) == {gone_at}
    assert done.photos.count() == 1


def test_a_partial_demolition_leaves_its_remaining_area_and_the_case_open(case, people):
    demolish(case, people, at=ago(hours=2), remaining="40.2")
    assert fresh(case).state == "demolishing"
    assert case.demolitions.get().remaining_m2 == Decimal("40.20")
    assert not case.stages.exclude(done_at=None).exists()
    demolish(case, people, at=ago(hours=1))
    assert fresh(case).state == "closed"


@pytest.mark.parametrize("remaining", ["128.40", "200", "-1"])
def test_what_remains_is_less_than_what_stood(case, people, remaining):
    with pytest.raises(WrongRemainder, match=r"128\.40"):
        demolish(case, people, at=ago(hours=2), remaining=remaining)
    assert fresh(case).state == "determined"


def test_without_a_photo_nothing_is_closed(case, people):
    with pytest.raises(NoPhotoFromPlace, match="至少附一张"):
        record(case, people, photos=[])
    assert fresh(case).state == "determined"
    assert not DemolitionRecord.objects.exists()


def test_a_photo_from_before_the_demolition_shows_nothing(case, people):
    early = photo_at(case, people.township, taken_at=ago(hours=3))
    with pytest.raises(NoPhotoFromPlace, match="早于拆除时间"):
        record(case, people, photos=[early])


def test_a_photo_taken_elsewhere_is_refused_with_its_distance(case, people):
    away = photo_at(case, people.township, taken_at=ago(hours=1), metres_east=200)
    with pytest.raises(NoPhotoFromPlace, match=r"距现场 1[78]\d m"):
        record(case, people, photos=[away])


def test_the_accuracy_of_the_phone_is_granted(case, people):
    vague = photo_at(case, people.township, taken_at=ago(hours=1), metres_east=150, accuracy_m=60.0)
    record(case, people, photos=[vague])
    assert fresh(case).state == "closed"


@pytest.mark.parametrize("fields", [{"position": None}, {"accuracy_m": 900.0}])
def test_a_photo_without_a_usable_position_proves_no_place(case, people, fields):
    photo = photo_at(case, people.township, taken_at=ago(hours=1), **fields)
    with pytest.raises(NoPhotoFromPlace, match="没有可用的定位"):
        record(case, people, photos=[photo])


def test_a_photo_of_another_case_is_refused(town, case, people):
    other = determined_case(town, people, dx=0.0054)
    photo = photo_at(other, people.township, taken_at=ago(hours=1))
    with pytest.raises(NoPhotoFromPlace, match="不属于"):
        record(case, people, photos=[photo])


def test_one_bad_photo_among_good_ones_is_named(case, people):
    good = photo_at(case, people.township, taken_at=ago(hours=1))
    bad = photo_at(case, people.township, taken_at=ago(hours=1), position=None)
    with pytest.raises(NoPhotoFromPlace, match=f"照片 {bad.pk} "):
        record(case, people, photos=[good, bad])


def test_demolition_comes_after_determination(case, people):
    with pytest.raises(WrongTime, match="须晚于认定"):
        demolish(case, people, at=ago(days=2))


def test_demolition_is_not_recorded_before_it_happened(case, people):
    photo = photo_at(case, people.township, taken_at=ago(hours=1))
    with pytest.raises(WrongTime, match="尚未到来"):
        record(case, people, photos=[photo], at=timezone.now() + timedelta(hours=1))


def test_a_case_that_nobody_determined_is_not_demolished(town, people):
    routed = routed_case(town, people)
    with pytest.raises(WrongState):
        demolish(routed, people, at=ago(hours=1))


def test_the_sibling_township_does_not_demolish_here(town, case, people):
    sibling = make_user(Role.TOWNSHIP, town.townships[0][1])
    with pytest.raises(NotAllowed):
        demolish(case, people, at=ago(hours=1), by=sibling)


def test_a_collective_demolition_needs_a_plan(town, people):
    late = determined_case(town, people, at=ago(days=9))
    with pytest.raises(PlanMissing):
        demolish(late, people, at=ago(hours=1), by=people.county)
    plan(late, people)
    demolish(late, people, at=ago(hours=1), by=people.county)
    assert fresh(late).state == "closed"


def test_under_supervision_no_plan_is_needed(town, people):
    demolish(determined_case(town, people, at=ago(days=4)), people, at=ago(hours=1))
    assert DemolitionRecord.objects.count() == 1


def test_the_turn_passes_on_when_a_limit_runs_out(town, people):
    late = determined_case(town, people, at=ago(days=20))
    turns = [running_stage_of(late, at=ago(days=20 - days)).kind for days in (1, 4, 7, 15)]
    assert turns == ["township", "supervised", "collective", "collective"]


def test_a_plan_says_who_what_could_go_wrong_and_how_to_keep_calm(case, people):
    with pytest.raises(Refusal, match="维稳"):
        plan(case, people, stability_measures=" ")
    assert plan(case, people).made_by == people.county


def test_a_plan_belongs_to_a_determined_case(town, people):
    with pytest.raises(WrongState):
        plan(routed_case(town, people), people)


def test_the_photos_of_a_case_are_those_the_person_may_see(town, case, people):
    photo = photo_at(case, people.township, taken_at=ago(hours=1))
    assert list(photos_of(case, user=people.county)) == [photo]
    assert not photos_of(case, user=make_user(Role.COUNTY, town.counties[1])).exists()


def test_the_database_keeps_a_demolition_as_it_is(case, people):
    demolish(case, people, at=ago(hours=1), remaining="5")
    with (
        pytest.raises(ProgrammingError, match=r"Cannot update or delete .* inspections_demolitionrecord"),
        transaction.atomic(),
    ):
        case.demolitions.update(remaining_m2=0)


@pytest.mark.parametrize("fault", ["future", "lookalike", "vague"])
def test_a_doubtful_photo_does_not_prove_that_it_is_gone(town, people, fault):
    case = determined_case(town, people, at=timezone.now() - timedelta(days=1))
    at = timezone.now() - timedelta(hours=1)
    taken_at = at + timedelta(minutes=5)
    twin = photo_at(case, people.township, taken_at=taken_at)
    photo = {
        "future": lambda: photo_at(case, people.township, taken_at=timezone.now() + timedelta(hours=1)),
        "lookalike": lambda: photo_at(case, people.township, taken_at=taken_at, looks_like=twin),
        "vague": lambda: photo_at(case, people.township, taken_at=taken_at, metres_east=200, accuracy_m=190.0),
    }[fault]()
    with pytest.raises(NoPhotoFromPlace):
        record_demolition(case=case, remaining_m2=Decimal(0), photos=[photo], demolished_at=at, by=people.township)
    record_demolition(case=case, remaining_m2=Decimal(0), photos=[twin], demolished_at=at, by=people.township)


def test_what_somebody_saw_standing_afterwards_is_not_recorded_as_gone(case, people):
    checklist, at = standard_checklist(), ago(hours=2)
    where = {"unit": case.unit, "lon": case.location.x, "lat": case.location.y, "by": people.township}

    def seen(answer, moment):
        return make_inspection(**where, case=case, checklist=checklist, answers={"found": answer}, captured_at=moment)

    seen("finished", at - timedelta(hours=1))  # before it went
    standing = seen("finished", at + timedelta(minutes=5))
    photos = [photo_at(case, people.township, taken_at=at + timedelta(minutes=5), inspection=standing)]
    with pytest.raises(SeenStanding, match="已经建成"):
        record(case, people, photos=photos, at=at)
    record(case, people, photos=photos, at=at, remaining="20")  # a part may well be seen standing
    assert fresh(case).is_open


def test_a_report_that_it_is_gone_closes_the_case(case, people):
    at = ago(hours=2)
    gone = make_inspection(
        case.unit,
        case.location.x,
        case.location.y,
        by=people.township,
        case=case,
        checklist=standard_checklist(),
        answers={"found": "nothing"},
        captured_at=at + timedelta(minutes=5),
    )
    photo = photo_at(case, people.township, taken_at=at + timedelta(minutes=5), inspection=gone)
    record(case, people, photos=[photo], at=at)
    assert not fresh(case).is_open
