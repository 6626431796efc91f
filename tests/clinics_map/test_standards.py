"""The standards of community clinics at their limits."""

import pytest

from clinics_map.standards import (
    Basis,
    Result,
    Standards,
    check_name,
    check_premises,
    check_staff,
    expected_name,
    required_premises_m2,
    staff_needed,
)


@pytest.mark.parametrize(
    ("people", "required"),
    [(0, 80), (1, 80), (999, 80), (1000, 120), (1001, 120), (1999, 120), (2000, 120), (2001, 160), (30_000, 160)],
)
def test_the_premises_grow_with_the_people_served(people, required):
    assert required_premises_m2(people) == required


def test_fewer_than_no_people_are_refused():
    with pytest.raises(ValueError, match="-1 people"):
        required_premises_m2(-1)
    with pytest.raises(ValueError, match="-1 registered"):
        staff_needed(registered=-1)
    with pytest.raises(ValueError, match="-2 other"):
        staff_needed(registered=1, others=-2)


@pytest.mark.parametrize(
    ("people", "footprint", "storeys", "registered", "result", "basis", "found"),
    [
        # measured: footprint × storeys
        (999, 40.0, 2, None, Result.MET, Basis.MEASURED, 80.0),
        (999, 39.9, 2, None, Result.NOT_MET, Basis.MEASURED, 79.8),
        (1000, 40.0, 2, None, Result.NOT_MET, Basis.MEASURED, 80.0),
        (2000, 60.0, 2, None, Result.MET, Basis.MEASURED, 120.0),
        (2001, 60.0, 2, None, Result.NOT_MET, Basis.MEASURED, 120.0),
        (2001, 160.0, 1, None, Result.MET, Basis.MEASURED, 160.0),
        # a house that is too small settles it, whatever a list says
        (999, 79.9, 1, 300.0, Result.NOT_MET, Basis.MEASURED, 79.9),
        # the house is large enough, the list gives the clinic too little of it
        (999, 500.0, 3, 79.9, Result.CHECK, Basis.MEASURED, 1500.0),
        (999, 500.0, 3, 80.0, Result.MET, Basis.MEASURED, 1500.0),
        # storeys unknown: the footprint is the least that there is
        (999, 80.0, None, None, Result.MET, Basis.MEASURED_GROUND, 80.0),
        (999, 79.9, None, None, Result.CHECK, Basis.MEASURED_GROUND, 79.9),
        # no building known
        (999, None, None, 80.0, Result.MET, Basis.REGISTERED, 80.0),
        (999, None, 3, 79.9, Result.NOT_MET, Basis.REGISTERED, 79.9),
        (999, None, None, None, Result.UNKNOWN, Basis.NOTHING, None),
        # people unknown
        (None, 80.0, 1, None, Result.UNKNOWN, Basis.MEASURED, 80.0),
        (None, None, None, 80.0, Result.UNKNOWN, Basis.REGISTERED, 80.0),
    ],
)
def test_the_size_of_the_premises(people, footprint, storeys, registered, result, basis, found):
    premises = check_premises(people=people, footprint_m2=footprint, storeys=storeys, registered_m2=registered)
    assert (premises.result, premises.basis) == (result, basis)
    assert premises.found_m2 == pytest.approx(found)


@pytest.mark.parametrize(
    ("name", "township", "community", "result"),
    [
        ("南关街道古槐社区卫生室", "南关街道", "古槐社区", Result.MET),
        (" 南关街道 古槐社区卫生室", "南关街道", "古槐社区", Result.MET),
        ("白沙乡柳林村卫生室", "白沙乡", "柳林村", Result.MET),
        ("白沙乡柳林村卫生室", "白沙乡", "柳林村村民委员会", Result.MET),
        ("南关街道古槐社区卫生室", "南关街道", "古槐", Result.MET),
        ("南关街道古槐村卫生室", "南关街道", "古槐", Result.MET),
        ("南关街道古槐卫生室", "南关街道", "古槐", Result.NOT_MET),
        ("南关街道第1社区卫生室", "南关街道", "南关街道第1社区", Result.MET),
        ("古槐社区卫生室", "南关街道", "古槐社区", Result.NOT_MET),
        ("北关街道古槐社区卫生室", "南关街道", "古槐社区", Result.NOT_MET),
        ("南关街道古槐社区诊所", "南关街道", "古槐社区", Result.NOT_MET),
        ("南关街道古槐社区卫生室分室", "南关街道", "古槐社区", Result.NOT_MET),
        ("南关街道古槐社区卫生室", "", "古槐社区", Result.UNKNOWN),
    ],
)
def test_the_name_says_sub_district_and_community(name, township, community, result):
    assert check_name(name, township=township, community=community) is result


def test_the_expected_name_is_told():
    assert expected_name(township="南关街道", community="古槐社区") == "南关街道古槐社区卫生室"
    assert expected_name(township="南关街道", community="古槐") == "南关街道古槐社区(村)卫生室"


@pytest.mark.parametrize(
    ("registered", "others", "needed"),
    [
        (0, 0, 2),
        (1999, 0, 2),
        (2000, 0, 2),
        (2001, 0, 3),
        (3000, 0, 3),
        (3001, 0, 4),
        (2000, 1, 3),
        (2000, 2000, 3),
        (2000, 2001, 4),
        (4500, 5000, 8),
    ],
)
def test_the_staff_grows_with_the_people_and_a_started_thousand_counts_whole(registered, others, needed):
    assert staff_needed(registered=registered, others=others) == needed


@pytest.mark.parametrize(
    ("needed", "found", "result"),
    [
        (3, 3, Result.MET),
        (3, 4, Result.MET),
        (3, 2, Result.NOT_MET),
        (3, None, Result.UNKNOWN),
        (None, 3, Result.UNKNOWN),
    ],
)
def test_the_staff_that_works_there_is_held_against_what_is_needed(needed, found, result):
    assert check_staff(needed=needed, found=found) is result


def test_other_figures_move_the_limits():
    standards = Standards.from_dict({"premises_middle_from_people": 500, "premises_large_m2": 200, "staff_base": 3})

    assert [required_premises_m2(people, standards) for people in (499, 500, 2000, 2001)] == [80, 120, 120, 200]
    assert staff_needed(registered=2001, others=1, standards=standards) == 5


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ({"staff_bass": 3}, "unknown key"),
        ({"staff_base": 0}, "whole number"),
        ({"staff_base": True}, "whole number"),
        ({"staff_step_others": "2000"}, "whole number"),
        ({"premises_middle_from_people": 3000}, "above premises_middle_to_people"),
        ({"premises_small_m2": 130}, "never need smaller"),
        ([], "JSON object"),
    ],
)
def test_figures_that_no_check_could_read_are_refused(raw, says):
    with pytest.raises(ValueError, match=says):
        Standards.from_dict(raw)
