import pytest

from inspections.rules.errors import NoGround, UnknownGround
from inspections.rules.routing import Bureau, Ground, bureaux_for, grounds_of


@pytest.mark.parametrize(
    ("ground", "bureau"),
    [
        ("no_planning_permit", "planning"),
        ("illegal_land_use", "land"),
        ("no_construction_permit", "housing"),
        ("harms_city_look", "city_management"),
    ],
)
def test_each_ground_goes_to_its_bureau(ground, bureau):
    assert bureaux_for([ground]) == (bureau,)
    assert grounds_of(bureau) == (ground,)


def test_several_grounds_go_to_several_bureaux_once_each_in_a_fixed_order():
    grounds = ["harms_city_look", "no_planning_permit", "harms_city_look"]
    assert bureaux_for(grounds) == (Bureau.PLANNING, Bureau.CITY_MANAGEMENT)


def test_every_ground_has_a_bureau_and_every_bureau_a_ground():
    assert set(bureaux_for(Ground)) == set(Bureau)


def test_no_ground_is_no_routing():
    with pytest.raises(NoGround):
        bureaux_for([])


def test_an_unknown_ground_is_named():
    with pytest.raises(UnknownGround, match="ugly"):
        bureaux_for(["ugly"])


def test_a_word_that_is_no_bureau_determines_nothing():
    assert grounds_of("health") == ()
