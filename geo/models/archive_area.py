"""Archive areas (R-107): urban villages, shanty areas and rural settlements that are photographed again and again."""

import pghistory
from django.contrib.gis.db import models
from django.utils.translation import gettext_lazy as _

from geo.crs import STORAGE_SRID
from geo.models.scoped import CrossingQuerySet, Located
from geo.models.unit import Unit
from geo.roles import Act

# 1 day to 10 years: what a digitised list may say; anything else is a slip of the keyboard.
SHORTEST_INTERVAL_DAYS = 1
LONGEST_INTERVAL_DAYS = 3_650


class ArchiveAreaQuerySet(CrossingQuerySet):
    see_act = Act.SEE_ARCHIVE_AREAS


class ArchiveAreaKind(models.TextChoices):
    URBAN_VILLAGE = "urban_village", _("城中村")
    SHANTY_AREA = "shanty_area", _("棚户区")
    RURAL_SETTLEMENT = "rural_settlement", _("农村居民点")


# What is computed changes by itself with every picture: a version is what somebody drew or wrote.
COMPUTED = ["last_aerial_on", "last_ground_on", "next_due"]


@pghistory.track(exclude=COMPUTED)
class ArchiveArea(Located):
    """An area with its interval. What was taken is looked up by `inspections.actions.archive_areas`, and stored here.

    The unit is the one in which its middle lies: whoever is sent there is sent by that unit.
    """

    code = models.CharField(_("编号"), max_length=30, unique=True)
    name = models.CharField(_("名称"), max_length=80)
    kind = models.CharField(_("类型"), max_length=20, choices=ArchiveAreaKind)
    boundary = models.MultiPolygonField(_("边界"), srid=STORAGE_SRID)
    boundary_area_m2 = models.FloatField(_("面积(m²)"))  # by geo.measure when the boundary is written
    # Empty: the rule set's (archive_interval_days), which changes with its date.
    interval_days = models.PositiveSmallIntegerField(_("拍摄周期(天)"), null=True, blank=True)
    first_due = models.DateField(_("首次建档期限"))  # while a kind of picture was never taken, this is its date
    # Computed from what was taken, and stored so that it can be filtered and sorted.
    last_aerial_on = models.DateField(_("最近航拍"), null=True, blank=True, editable=False)
    last_ground_on = models.DateField(_("最近实地拍摄"), null=True, blank=True, editable=False)
    next_due = models.DateField(_("下次到期"), editable=False)
    # The units that it touches, stored when it is written.
    units = models.ManyToManyField(Unit, related_name="archive_areas", blank=True, verbose_name=_("涉及单位"))

    objects = ArchiveAreaQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("建档区域")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(name="archive_area_area_positive", condition=models.Q(boundary_area_m2__gt=0)),
            models.CheckConstraint(
                name="archive_area_interval_plausible",
                condition=models.Q(interval_days=None)
                | models.Q(interval_days__range=(SHORTEST_INTERVAL_DAYS, LONGEST_INTERVAL_DAYS)),
            ),
        ]
        indexes = [models.Index(fields=["next_due", "code"], name="archive_area_by_due")]

    def __str__(self) -> str:
        return self.name

    def save(self, *args, **kwargs) -> None:
        if self.next_due is None:
            self.next_due = self.first_due
        super().save(*args, **kwargs)
