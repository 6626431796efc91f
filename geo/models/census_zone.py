"""Census zones 普查区 and blocks 普查小区 (R-801, R-802), a plain layer by census version."""

import pghistory
import pgtrigger
from django.contrib.gis.db import models
from django.utils.translation import gettext_lazy as _

from geo.crs import STORAGE_SRID
from geo.models.scoped import Located, ScopedQuerySet
from geo.roles import Act


class CensusZoneQuerySet(ScopedQuerySet):
    see_act = Act.SEE_MAP

    def newest(self) -> "CensusZoneQuerySet":
        """Return the zones of which there is no newer version in their unit."""
        newer = CensusZone.objects.filter(unit=models.OuterRef("unit"), level=models.OuterRef("level"))
        return self.exclude(models.Exists(newer.filter(version__gt=models.OuterRef("version"))))


# whether the zone with this unit and version belongs to a census that its unit, or one above, has finished.
_FINISHED = """EXISTS (
    SELECT 1 FROM geo_finishedcensus AS finished
    JOIN geo_unit AS closed ON closed.id = finished.unit_id
    JOIN geo_unit AS own ON own.id = {row}.unit_id
    WHERE finished.version = {row}.version AND starts_with(own.path, closed.path)
)"""


class CensusZoneLevel(models.TextChoices):
    AREA = "area", _("普查区")
    BLOCK = "block", _("普查小区")


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class CensusZone(Located):
    """A zone of one census: an area has the community's 12-digit code, a block adds 3 digits."""

    version = models.CharField(_("普查版本"), max_length=20, default="2026")
    code = models.CharField(_("普查代码"), max_length=15)
    name = models.CharField(_("名称"), max_length=80, blank=True)
    level = models.CharField(_("层级"), max_length=6, choices=CensusZoneLevel)
    boundary = models.MultiPolygonField(_("边界"), srid=STORAGE_SRID)
    boundary_area_m2 = models.FloatField(_("面积(m²)"))
    households = models.PositiveIntegerField(_("户数"), null=True, blank=True)

    objects = CensusZoneQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("普查区")
        ordering = ["version", "code"]
        constraints = [
            models.UniqueConstraint(name="census_zone_code_once_per_version", fields=["version", "code"]),
            models.CheckConstraint(
                name="census_zone_code_fits_level",
                condition=models.Q(level="area", code__regex=r"^\d{12}$")
                | models.Q(level="block", code__regex=r"^\d{15}$"),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="finished_zone_is_kept",
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                when=pgtrigger.Before,
                func=f"""
                IF TG_OP <> 'INSERT' AND {_FINISHED.format(row="OLD")} THEN
                    RAISE EXCEPTION 'pgtrigger: a finished census version is kept (R-808)';
                END IF;
                IF TG_OP = 'DELETE' THEN
                    RETURN OLD;
                END IF;
                IF {_FINISHED.format(row="NEW")} THEN
                    RAISE EXCEPTION 'pgtrigger: a finished census version is kept (R-808)';
                END IF;
                RETURN NEW;
                """,
            )
        ]

    def __str__(self) -> str:
        return self.name or self.code
