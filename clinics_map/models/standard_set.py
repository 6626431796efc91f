"""The figures of the clinic standards as data, with the day from which they hold."""

import datetime

import pghistory
import pgtrigger
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from clinics_map.standards import Standards
from geo.models import ScopedQuerySet, Unit
from geo.roles import Act


class StandardSetQuerySet(ScopedQuerySet):
    see_act = Act.SEE_CLINICS
    special_area_lookup = None

    def in_force(self, on: datetime.date) -> "StandardSetQuerySet":
        """Return the sets in force on a day, the one of each unit that holds last: later ones push earlier ones out."""
        begun = self.filter(effective_from__lte=on)
        return begun.order_by("unit_id", "-effective_from", "-pk").distinct("unit_id").select_related("unit")


@pghistory.track()
class StandardSet(models.Model):
    """A version of a jurisdiction's clinic standards. Never edited: a change is a new version.

    A slip is put right by another version of the same day: of two, the one that was made last is in force.
    """

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("单位"))
    effective_from = models.DateField(_("生效日期"))
    values = models.JSONField(_("标准值"), default=dict, blank=True)  # read through clinics_map.standards
    note = models.CharField(_("依据"), max_length=200, blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)
    made_at = models.DateTimeField(auto_now_add=True)

    objects = StandardSetQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("卫生室标准")
        ordering = ["unit", "-effective_from", "-pk"]
        triggers = [pgtrigger.Protect(name="standard_set_is_kept", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.unit} {self.effective_from:%Y-%m-%d}"

    def clean(self) -> None:
        """Refuse figures that the checks could not read: they would stop every page from their day on."""
        super().clean()
        try:
            Standards.from_dict(self.values)
        except ValueError as error:
            words = _("标准值有误：%(error)s")
            raise ValidationError({"values": ValidationError(words, params={"error": str(error)})}) from error
