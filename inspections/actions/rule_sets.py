"""Rule sets: the version in force, and the first one of a city."""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from geo.models import Unit, User
from geo.refusals import Refusal
from inspections.models import RuleSet
from inspections.rules.clock import local_day
from inspections.rules.values import RuleValues


class NoRuleSet(Refusal):
    """No rule set is in force there, so that nothing that depends on its numbers can be decided."""


def rules_in_force(*, unit: Unit, at: datetime) -> tuple[RuleSet, RuleValues]:
    """The rule set of the unit or its nearest ancestor on the day of a moment, and its values. Raises NoRuleSet."""
    day = local_day(at)
    rule_set = RuleSet.objects.in_force(unit=unit, on=day)
    if rule_set is None:
        raise NoRuleSet(_("%(unit)s在 %(day)s 没有生效的规则集。") % {"unit": unit.name, "day": day.isoformat()})
    return rule_set, RuleValues.from_dict(rule_set.values)


@transaction.atomic
def adopt_default_rules(*, city: Unit, effective_from: date, by: User | None = None) -> RuleSet:
    """The city's first rule set, with the numbers of the domain documents; what is there already stays."""
    Unit.objects.select_for_update(no_key=True).get(pk=city.pk)  # two at once adopt one
    there = RuleSet.objects.filter(unit=city, effective_from=effective_from).order_by("-pk").first()
    return there or RuleSet.objects.create(
        unit=city,
        effective_from=effective_from,
        values=RuleValues().to_dict(),
        note="市制止私搭乱建工作规定",
        made_by=by,
    )
