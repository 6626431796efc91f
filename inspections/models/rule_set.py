"""Rule sets: every prescribed number as data, with the day it takes effect."""

import datetime

import pghistory
import pgtrigger
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from geo.models import ScopedQuerySet, Unit
from geo.roles import Act
from inspections.rules.errors import RulesError
from inspections.rules.values import RuleValues


class RuleSetQuerySet(ScopedQuerySet):
    see_act = Act.SEE_CASES
    special_area_lookup = None

    def in_force(self, *, unit: Unit, on: datetime.date) -> "RuleSet | None":
        """Return the rule set of the unit or its nearest ancestor that is in force on a day."""
        codes = [*unit.ancestor_codes, unit.code]
        return (
            self.filter(unit__code__in=codes, effective_from__lte=on)
            .order_by(models.functions.Length("unit__path").desc(), "-effective_from", "-pk")
            .first()
        )


@pghistory.track()
class RuleSet(models.Model):
    """A version of a jurisdiction's rules. Never edited: a change is a new version.

    A slip is put right by another version of the same day: of two, the one that was made last is in force.
    """

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="rule_sets", verbose_name=_("单位"))
    effective_from = models.DateField(_("生效日期"))
    values = models.JSONField(_("规则值"), default=dict)  # read through inspections.rules.values
    note = models.CharField(_("依据"), max_length=200, blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)
    made_at = models.DateTimeField(auto_now_add=True)

    objects = RuleSetQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("规则集")
        ordering = ["unit", "-effective_from", "-pk"]
        triggers = [pgtrigger.Protect(name="rule_set_is_kept", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.unit} {self.effective_from:%Y-%m-%d}"

    def clean(self) -> None:
        """Refuse values that the rules could not read: they would stop every draft from their day on."""
        super().clean()
        if not isinstance(self.values, dict):
            raise ValidationError({"values": _("规则值须为 JSON 对象。")})
        try:
            RuleValues.from_dict(self.values)
        except RulesError as error:
            raise ValidationError(
                {"values": ValidationError(_("规则值有误：%(error)s"), params={"error": str(error)})}
            ) from error
