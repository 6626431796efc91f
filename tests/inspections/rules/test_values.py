from decimal import Decimal

import pytest

from inspections.rules.errors import InvalidRuleValue, RulesError, UnknownRuleKey
from inspections.rules.values import RuleValues


def test_the_defaults_are_the_numbers_of_the_city_documents():
    values = RuleValues()
    assert (values.township_demolition_days, values.supervision_days, values.collective_demolition_days) == (2, 3, 3)
    assert values.penalty_check_day == 25
    assert values.penalty_rate_yuan_per_m2 == Decimal(300)


def test_a_stored_rule_set_comes_back_unchanged():
    values = RuleValues(penalty_rate_yuan_per_m2=Decimal("312.50"), township_demolition_days=4)
    assert RuleValues.from_dict(values.to_dict()) == values
    assert values.to_dict()["penalty_rate_yuan_per_m2"] == "312.50"


def test_a_misspelt_key_is_named_and_never_becomes_a_default():
    with pytest.raises(UnknownRuleKey, match="penalty_rate_yuan_per_sqm"):
        RuleValues.from_dict({"penalty_rate_yuan_per_sqm": "300"})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("township_demolition_days", "2"),
        ("township_demolition_days", True),
        ("township_demolition_days", 0),
        ("penalty_check_day", 29),
        ("penalty_check_day", 0),
        ("penalty_rate_yuan_per_m2", 300.0),
        ("penalty_rate_yuan_per_m2", "three hundred"),
        ("penalty_rate_yuan_per_m2", "-1"),
        ("penalty_rate_yuan_per_m2", "0"),
        ("penalty_rate_yuan_per_m2", "NaN"),
        ("penalty_rate_yuan_per_m2", "300.005"),
        ("penalty_rate_yuan_per_m2", "1000000"),
    ],
)
def test_a_value_that_a_rule_cannot_mean_is_refused_by_its_key(key, value):
    with pytest.raises(InvalidRuleValue, match=key) as caught:
        RuleValues.from_dict({key: value})
    assert isinstance(caught.value, RulesError)
