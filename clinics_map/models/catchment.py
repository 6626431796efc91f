"""Catchments 服务范围 of clinics (R-706): drawn on the map, or the communities that the clinic serves."""

import pghistory
from django.contrib.gis.db import models
from django.utils.translation import gettext_lazy as _

from clinics_map.models.facility import Facility
from geo.crs import STORAGE_SRID
from geo.models import Located, ScopedQuerySet, SpecialArea, Unit
from geo.roles import Act


class CatchmentCommunityQuerySet(ScopedQuerySet):
    see_act = Act.SEE_CLINICS
    unit_lookup = "facility__unit"
    special_area_lookup = "facility__special_area"


@pghistory.track(pghistory.InsertEvent(), pghistory.DeleteEvent())
class CatchmentCommunity(models.Model):
    """A community that a clinic serves beside the one it stands in, which it serves in any case."""

    facility = models.ForeignKey(Facility, models.CASCADE, related_name="catchment", verbose_name=_("机构"))
    community = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("社区(村)"))

    objects = CatchmentCommunityQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("服务范围")
        ordering = ["facility", "community"]
        constraints = [
            models.UniqueConstraint(name="catchment_community_once_per_clinic", fields=["facility", "community"])
        ]

    def __str__(self) -> str:
        return f"{self.facility} · {self.community}"


class CatchmentQuerySet(ScopedQuerySet):
    see_act = Act.SEE_CLINICS


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class Catchment(Located):
    """A drawn catchment. While there is one, it stands in place of the communities; `unit` is the clinic's own."""

    facility = models.OneToOneField(Facility, models.CASCADE, related_name="drawn", verbose_name=_("机构"))
    code = models.CharField(_("机构编号"), max_length=40, unique=True)  # the clinic's, by which a version is told
    boundary = models.MultiPolygonField(_("边界"), srid=STORAGE_SRID)
    boundary_area_m2 = models.FloatField(_("面积(m²)"))

    objects = CatchmentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("绘制的服务范围")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return self.facility.name


class CatchmentPieceQuerySet(ScopedQuerySet):
    see_act = Act.SEE_CLINICS


class CatchmentPiece(models.Model):
    """A view: each drawn catchment, and each community that a clinic without one serves. `unit` is where it lies."""

    unit = models.ForeignKey(Unit, models.DO_NOTHING, related_name="+", verbose_name=_("所属单位"))
    special_area = models.ForeignKey(SpecialArea, models.DO_NOTHING, related_name="+", null=True)
    facility = models.ForeignKey(Facility, models.DO_NOTHING, related_name="+", verbose_name=_("机构"))
    community = models.ForeignKey(Unit, models.DO_NOTHING, related_name="+", null=True, verbose_name=_("社区(村)"))
    boundary = models.MultiPolygonField(_("边界"), srid=STORAGE_SRID)

    objects = CatchmentPieceQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "clinics_map_catchmentpiece"
        verbose_name = verbose_name_plural = _("服务范围")

    def __str__(self) -> str:
        return str(self.facility)
