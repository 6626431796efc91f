"""Rules are checked where they are written, not where a draft would fail on them."""

import datetime

import pytest
from django.core.exceptions import ValidationError

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
