"""Finished censuses (R-808): what a unit's zones were in one version stays; a change makes a new version."""

from typing import Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from geo.models.scoped import ScopedQuerySet
from geo.models.unit import Unit
from geo.roles import Act


class FinishedCensusQuerySet(ScopedQuerySet):
    see_act = Act.SEE_MAP
    special_area_lookup = None

    def touching(self, unit: Unit, version: str) -> Self:
        """Return those that hold zones of a unit's sheet: of the unit, of one above it, or of one below it."""
        above = models.Q(unit__code__in=[*unit.ancestor_codes, unit.code])
        return self.filter(above | models.Q(unit__path__startswith=unit.path), version=version)


class FinishedCensus(models.Model):
    """One version of the zones under one unit, closed by somebody who draws there. It cannot be opened again."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("单位"))
    version = models.CharField(_("普查版本"), max_length=20)
    zone_count = models.PositiveIntegerField(_("图形数"))
    finished_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("完成人")
    )
    finished_at = models.DateTimeField(_("完成时间"), auto_now_add=True)

    objects = FinishedCensusQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("已完成的普查版本")
        ordering = ["-version", "unit"]
        constraints = [models.UniqueConstraint(name="census_finished_once", fields=["version", "unit"])]
        triggers = [pgtrigger.Protect(name="finished_census_is_kept", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.unit} {self.version}"
