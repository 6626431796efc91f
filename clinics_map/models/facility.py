"""Health facilities: community clinics 社区(村)卫生室 and the tree above them (R-712); a plain layer for now."""

import pghistory
from django.contrib.gis.db import models
from django.utils.translation import gettext_lazy as _

from geo.crs import STORAGE_SRID
from geo.models import Building, Located, ScopedQuerySet
from geo.roles import Act


class FacilityQuerySet(ScopedQuerySet):
    see_act = Act.SEE_CLINICS


class FacilityKind(models.TextChoices):
    HOSPITAL = "hospital", _("区医院")
    DISEASE_CONTROL = "disease_control", _("疾控中心")
    MATERNAL_CHILD = "maternal_child", _("妇幼保健院")
    SUPERVISION = "supervision", _("卫生监督所")
    SERVICE_CENTRE = "service_centre", _("社区卫生服务中心")
    TOWN_HOSPITAL = "town_hospital", _("乡镇卫生院")
    STATION = "station", _("社区卫生服务站")
    CLINIC = "clinic", _("社区(村)卫生室")


@pghistory.track()
class Facility(Located):
    """A facility at its place."""

    code = models.CharField(_("机构编号"), max_length=40, unique=True)
    name = models.CharField(_("名称"), max_length=120)
    kind = models.CharField(_("类别"), max_length=16, choices=FacilityKind, default=FacilityKind.CLINIC)
    parent = models.ForeignKey(
        "self", models.PROTECT, related_name="children", null=True, blank=True, verbose_name=_("上级机构")
    )
    location = models.PointField(_("位置"), srid=STORAGE_SRID)
    building = models.ForeignKey(Building, models.SET_NULL, related_name="+", null=True, blank=True)
    building_area_m2 = models.FloatField(_("建筑面积(m²)"), null=True, blank=True)
    population_served = models.PositiveIntegerField(_("服务人口"), null=True, blank=True)
    # R-705 counts these two apart; without the first the registered people of the catchment stand in.
    registered_population = models.PositiveIntegerField(_("户籍人口"), null=True, blank=True)
    other_residents = models.PositiveIntegerField(_("常住非户籍人口"), null=True, blank=True)
    staff = models.PositiveIntegerField(_("在岗人数"), null=True, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = FacilityQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("医疗卫生机构")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                name="facility_area_positive",
                condition=models.Q(building_area_m2=None) | models.Q(building_area_m2__gt=0),
            ),
        ]

    def __str__(self) -> str:
        return self.name
