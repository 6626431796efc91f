"""Administrative units 市→县(区)→乡镇/街道→社区(村), and special areas that overlap them."""

import json
from dataclasses import dataclass
from typing import Self

import pghistory
from django.contrib.gis.db import models
from django.contrib.gis.geos import GEOSGeometry
from django.core.validators import RegexValidator
from django.db import connection
from django.utils.translation import gettext_lazy as _

from geo.crs import STORAGE_SRID
from geo.models.scoped import ScopedQuerySet
from geo.roles import Act

unit_code = RegexValidator(r"^\d{12}$", _("区划代码为12位数字"))


class UnitLevel(models.TextChoices):
    CITY = "city", _("市")
    COUNTY = "county", _("县(区)")
    TOWNSHIP = "township", _("乡镇/街道")
    COMMUNITY = "community", _("社区(村)")


LEVEL_ORDER = [UnitLevel.CITY, UnitLevel.COUNTY, UnitLevel.TOWNSHIP, UnitLevel.COMMUNITY]


@dataclass(frozen=True)
class Place:
    """Where a geometry belongs: its deepest unit, and the special area over it if there is one."""

    unit_id: int
    special_area_id: int | None


class UnitQuerySet(ScopedQuerySet):
    see_act = Act.SEE_MAP
    special_area_lookup = None

    def in_scope(self, scope) -> models.Q:
        condition = models.Q(pk__in=[])
        for path in scope.unit_paths:
            condition |= models.Q(path__startswith=path)
        if scope.special_area_ids:
            condition |= models.Q(special_areas__in=scope.special_area_ids)
        return condition

    def for_user(self, user, act=None) -> Self:
        # The join to special areas may repeat a unit.
        rows = super().for_user(user, act)
        return rows if rows.query.is_empty() else self.filter(pk__in=rows.values("pk"))

    def under(self, unit: "Unit") -> Self:
        """Return the unit itself and everything below it."""
        return self.filter(path__startswith=unit.path)

    def places_of(self, points: list[tuple[float, float]]) -> list[Place | None]:
        """Return for each (lon, lat) the deepest unit and special area over it, or None outside all units.

        One query for any number of points. A point on a shared border goes to the unit with the lower code.
        """
        if not points:
            return []
        with connection.cursor() as cursor:
            cursor.execute(
                """
                WITH asked AS (
                    SELECT (item->>2)::int AS n,
                           ST_SetSRID(ST_MakePoint((item->>0)::float8, (item->>1)::float8), 4490) AS point
                    FROM jsonb_array_elements(%s::jsonb) AS item
                )
                SELECT asked.n, unit.id, area.id
                FROM asked
                JOIN LATERAL (
                    SELECT u.id FROM geo_unit u WHERE ST_Intersects(u.boundary, asked.point)
                    ORDER BY length(u.path) DESC, u.code LIMIT 1
                ) AS unit ON true
                LEFT JOIN LATERAL (
                    SELECT s.id FROM geo_specialarea s WHERE ST_Intersects(s.boundary, asked.point)
                    ORDER BY s.code LIMIT 1
                ) AS area ON true
                """,
                [json.dumps([[lon, lat, n] for n, (lon, lat) in enumerate(points)])],
            )
            found = {n: Place(unit_id, area_id) for n, unit_id, area_id in cursor.fetchall()}
        return [found.get(n) for n in range(len(points))]

    def place_of(self, geometry: GEOSGeometry) -> Place | None:
        """Return the place of a geometry by a point inside it, or None outside all units."""
        point = geometry if geometry.geom_type == "Point" else geometry.point_on_surface
        return self.places_of([(point.x, point.y)])[0]


@pghistory.track()
class Unit(models.Model):
    """An administrative unit with its boundary."""

    code = models.CharField(_("区划代码"), max_length=12, unique=True, validators=[unit_code])
    name = models.CharField(_("名称"), max_length=80)
    level = models.CharField(_("层级"), max_length=12, choices=UnitLevel)
    parent = models.ForeignKey(
        "self", models.PROTECT, related_name="children", null=True, blank=True, verbose_name=_("上级单位")
    )
    # Codes from the city down, each closed by "/": a prefix match finds everything below a unit.
    path = models.CharField(max_length=60, unique=True, editable=False)
    boundary = models.MultiPolygonField(_("边界"), srid=STORAGE_SRID)
    boundary_area_m2 = models.FloatField(_("面积(m²)"), null=True, editable=False)
    population = models.PositiveIntegerField(_("人口"), null=True, blank=True)

    objects = UnitQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("行政单位")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(name="unit_code_is_12_digits", condition=models.Q(code__regex=r"^\d{12}$")),
            models.CheckConstraint(
                name="unit_city_alone_has_no_parent",
                condition=models.Q(level=UnitLevel.CITY, parent=None)
                | (~models.Q(level=UnitLevel.CITY) & models.Q(parent__isnull=False)),
            ),
        ]
        indexes = [models.Index(fields=["path"], name="unit_path_prefix", opclasses=["varchar_pattern_ops"])]

    def __str__(self) -> str:
        return self.name

    def save(self, *args, **kwargs) -> None:
        self.path = f"{self.parent.path if self.parent_id else ''}{self.code}/"
        super().save(*args, **kwargs)

    @property
    def ancestor_codes(self) -> list[str]:
        """Codes from the city down to this unit's parent."""
        return self.path.rstrip("/").split("/")[:-1]

    def at_level(self, level: str) -> "Unit | None":
        """Return this unit or its ancestor of the given level."""
        return Unit.objects.filter(level=level, code__in=[*self.ancestor_codes, self.code]).first()


class SpecialAreaQuerySet(ScopedQuerySet):
    see_act = Act.SEE_MAP

    def in_scope(self, scope) -> models.Q:
        condition = models.Q(pk__in=scope.special_area_ids)
        for path in scope.unit_paths:
            condition |= models.Q(units__path__startswith=path)
        return condition

    def for_user(self, user, act=None) -> Self:
        rows = super().for_user(user, act)
        return rows if rows.query.is_empty() else self.filter(pk__in=rows.values("pk"))


@pghistory.track()
class SpecialArea(models.Model):
    """An area such as a new district 新区 that overlaps several counties and supervises what lies inside it."""

    code = models.CharField(_("编号"), max_length=30, unique=True)
    name = models.CharField(_("名称"), max_length=80)
    boundary = models.MultiPolygonField(_("边界"), srid=STORAGE_SRID)
    # The units that it touches, stored when it is written.
    units = models.ManyToManyField(Unit, related_name="special_areas", blank=True, verbose_name=_("涉及单位"))

    objects = SpecialAreaQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("特殊区域")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name
