"""The permit register: what a valid permit covers is authorised."""

import datetime

import pghistory
from django.contrib.gis.db import models
from django.utils.translation import gettext_lazy as _

from geo.crs import STORAGE_SRID
from geo.models.scoped import Located, ScopedQuerySet
from geo.models.words import word_index
from geo.roles import Act


class PermitQuerySet(ScopedQuerySet):
    see_act = Act.SEE_MAP

    def valid_on(self, day: datetime.date) -> "PermitQuerySet":
        """Return the permits in force on a day."""
        return self.valid_between(day, day)

    def valid_between(self, first: datetime.date, last: datetime.date) -> "PermitQuerySet":
        """Return the permits in force on any day of a span, both ends included."""
        ends_after = models.Q(valid_until=None) | models.Q(valid_until__gte=first)
        return self.filter(ends_after, valid_from__lte=last, revoked=False)


class PermitKind(models.TextChoices):
    PLANNING = "planning", _("建设工程规划许可证")
    CONSTRUCTION = "construction", _("施工许可证")
    LAND = "land", _("用地批准")


@pghistory.track()
class Permit(Located):
    """A permit with its validity and permitted footprint."""

    number = models.CharField(_("许可证号"), max_length=60, unique=True)
    kind = models.CharField(_("种类"), max_length=14, choices=PermitKind)
    holder = models.CharField(_("持有人"), max_length=120, blank=True)
    valid_from = models.DateField(_("有效期起"))
    valid_until = models.DateField(_("有效期止"), null=True, blank=True)
    revoked = models.BooleanField(_("已撤销"), default=False)
    footprint = models.MultiPolygonField(_("许可范围"), srid=STORAGE_SRID)
    footprint_area_m2 = models.FloatField(_("许可范围面积(m²)"))
    permitted_area_m2 = models.FloatField(_("许可基底面积(m²)"))  # may be less than the plot drawn on the map
    updated_at = models.DateTimeField(_("更新时间"), auto_now=True)

    objects = PermitQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("许可")
        indexes = [word_index("number", "holder", name="permit_words")]
        ordering = ["number"]
        constraints = [
            models.CheckConstraint(name="permit_area_positive", condition=models.Q(permitted_area_m2__gt=0)),
            models.CheckConstraint(
                name="permit_ends_after_start",
                condition=models.Q(valid_until=None) | models.Q(valid_until__gte=models.F("valid_from")),
            ),
        ]

    def __str__(self) -> str:
        return self.number
