"""Rules are checked where they are written, not where a draft would fail on them."""

import datetime

import pytest
from django.core.exceptions import ValidationError

from inspections.actions.rule_sets import adopt_default_rules
from inspections.models import RuleSet

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("values", "named"),
    [({"penalty_chek_day": 25}, "penalty_chek_day"), ({"penalty_check_day": "25"}, "whole"), ([], "JSON")],
)
def test_a_rule_set_that_no_rule_could_read_is_refused_with_its_key(town, values, named):
    rules = RuleSet(unit=town.city, effective_from=datetime.date(2026, 1, 1), values=values, note="x")
    with pytest.raises(ValidationError, match=named):
        rules.full_clean(exclude=["made_by"])
    rules.values = {"penalty_check_day": 24}
    rules.full_clean(exclude=["made_by"])


def test_a_slip_in_a_rule_set_is_put_right_by_another_of_the_same_day(town):
    day = datetime.date(2026, 1, 1)
    wrong = RuleSet.objects.create(unit=town.city, effective_from=day, values={"penalty_check_day": 2})
    right = RuleSet(unit=town.city, effective_from=day, values={"penalty_check_day": 25}, note="更正")
    right.full_clean(exclude=["made_by"])
    right.save()
    assert RuleSet.objects.in_force(unit=town.counties[0], on=day) == right
    assert list(RuleSet.objects.all()) == [right, wrong]
    # What an installation begins with is not made anew beside them.
    assert adopt_default_rules(city=town.city, effective_from=day) == right
    assert RuleSet.objects.count() == 2


def test_the_first_rules_of_a_city_are_adopted_once(town):
    day = datetime.date(2026, 1, 1)
    assert adopt_default_rules(city=town.city, effective_from=day) == adopt_default_rules(
        city=town.city, effective_from=day
    )
    assert RuleSet.objects.get().unit == town.city
