"""Control areas 重点区域: where unauthorised building is watched for."""

import pghistory
from django.contrib.gis.db import models
from django.utils.translation import gettext_lazy as _

from geo.crs import STORAGE_SRID
from geo.models.scoped import CrossingQuerySet
from geo.models.unit import Unit
from geo.roles import Act


class ControlAreaQuerySet(CrossingQuerySet):
    see_act = Act.SEE_MAP


@pghistory.track()
class ControlArea(models.Model):
    """The planning area of the city or any area that the city adds to it."""

    code = models.CharField(_("编号"), max_length=30, unique=True)
    name = models.CharField(_("名称"), max_length=80)
    boundary = models.MultiPolygonField(_("边界"), srid=STORAGE_SRID)
    min_area_m2 = models.FloatField(_("最小图斑面积(m²)"), default=10.0)
    # The units that it touches, stored when it is written.
    units = models.ManyToManyField(Unit, related_name="control_areas", blank=True, verbose_name=_("涉及单位"))

    objects = ControlAreaQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("重点区域")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(name="control_area_min_area_positive", condition=models.Q(min_area_m2__gt=0)),
        ]

    def __str__(self) -> str:
        return self.name
