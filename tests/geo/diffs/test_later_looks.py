"""Pictures flown after a flag's own: what they show again confirms it, what two of them lack moves it to the end."""

from __future__ import annotations

import datetime

import pytest
from shapely import wkb

from geo.actions.diffs import start_diff
from geo.actions.later_looks import put_back
from geo.models import ChangeFlag, FlagState, LaterLook
from geo.refusals import NotAllowed, Refusal
from geo.roles import Role
from tests.factories import make_control_area, make_user
from tests.geo.diffs.scene import PARAMETERS, draw, outline, take_in, work_off

# "lonely" is a lorry that is parked there on one day, "southern" a house that stands from that day on.
LORRY, HOUSE = "lonely", "southern"
SEEN_ON = [(), (LORRY, HOUSE), (HOUSE,), (HOUSE,), (HOUSE,)]
# Each picture with the one before it, or each with the first one.
ORDERS = {"in a row": [(0, 1), (1, 2), (2, 3)], "with the first": [(0, 1), (0, 2), (0, 3)]}


@pytest.fixture
def centre(town):
    return make_user(Role.CENTRE, town.city)


@pytest.fixture
def pictures(town, tmp_path):
    return [
        take_in(town, tmp_path / f"day{number}.tif", draw(there, seed=number), datetime.date(2026, 1 + number, 15))
        for number, there in enumerate(SEEN_ON)
    ]


def compare(pictures, pair, centre):
    run = start_diff(before=pictures[pair[0]], after=pictures[pair[1]], parameters=PARAMETERS, by=centre)
    work_off()
    run.refresh_from_db()
    return run


def first_flag_of(thing: str) -> ChangeFlag:
    flags = ChangeFlag.objects.order_by("pk")
    return next(flag for flag in flags if wkb.loads(bytes(flag.geometry.wkb)).intersects(outline(thing)))


@pytest.mark.parametrize("order", ORDERS)
def test_a_lorry_that_two_later_pictures_lack_is_cleared_and_a_house_that_they_show_is_confirmed(
    pictures, centre, order
):
    first, second, third = ORDERS[order]
    compare(pictures, first, centre)
    compare(pictures, second, centre)
    lorry, house = first_flag_of(LORRY), first_flag_of(HOUSE)
    assert [row["look"] for row in lorry.evidence["later"]] == ["gone"]
    assert (lorry.later_look, house.later_look) == (LaterLook.OPEN, LaterLook.OPEN)  # one picture settles nothing
    run = compare(pictures, third, centre)
    lorry, house = first_flag_of(LORRY), first_flag_of(HOUSE)
    assert [row["look"] for row in lorry.evidence["later"]] == ["gone", "gone"]
    assert [row["look"] for row in house.evidence["later"]] == ["seen", "seen"]
    assert (lorry.later_look, lorry.state) == (LaterLook.CLEARED, FlagState.PENDING)
    assert (house.later_look, house.state) == (LaterLook.CONFIRMED, FlagState.PENDING)
    assert [row["on"] for row in lorry.evidence["later"]] == ["2026-03-15", "2026-04-15"]
    assert run.registration["cleared"] >= 1


def test_what_was_cleared_comes_last_in_the_queue_even_inside_a_control_area(pictures, centre, town):
    for pair in ORDERS["with the first"]:
        compare(pictures, pair, centre)
    lorry = first_flag_of(LORRY)
    ChangeFlag.objects.filter(pk=lorry.pk).update(control_area=make_control_area(town), confidence=1.0)
    assert list(ChangeFlag.objects.pending().in_review_order())[-1] == lorry


def test_a_flag_that_a_person_decided_is_never_touched(pictures, centre):
    compare(pictures, (0, 1), centre)
    lorry = first_flag_of(LORRY)
    ChangeFlag.objects.filter(pk=lorry.pk).update(state=FlagState.CONFIRMED)
    for pair in ORDERS["in a row"][1:]:
        compare(pictures, pair, centre)
    lorry.refresh_from_db()
    assert (lorry.state, lorry.later_look) == (FlagState.CONFIRMED, LaterLook.OPEN)
    assert "later" not in lorry.evidence


def test_what_was_put_back_stays_where_a_person_put_it(pictures, centre, town):
    for pair in ORDERS["in a row"]:
        compare(pictures, pair, centre)
    lorry = first_flag_of(LORRY)
    neighbour = make_user(Role.SUPERVISOR, town.counties[1])
    with pytest.raises(NotAllowed):
        put_back(flag_id=lorry.pk, by=neighbour)
    reviewer = make_user(Role.SUPERVISOR, town.counties[0])
    put_back(flag_id=lorry.pk, by=reviewer)
    lorry.refresh_from_db()
    assert (lorry.later_look, lorry.evidence["kept"]["by"]) == (LaterLook.KEPT, reviewer.pk)
    with pytest.raises(Refusal):
        put_back(flag_id=lorry.pk, by=reviewer)
    compare(pictures, (3, 4), centre)
    lorry.refresh_from_db()
    assert lorry.later_look == LaterLook.KEPT
