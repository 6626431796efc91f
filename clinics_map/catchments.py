"""Catchments as they hold now: whose they are, where, and how many people they take in (R-706)."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import shapely
from django.contrib.gis.db.models.functions import PointOnSurface
from django.db.models import Exists, F, FloatField, Func, OuterRef, QuerySet, Value
from django.db.models.functions import Coalesce, Greatest

from clinics_map.models import Catchment, CatchmentPiece, FacilityKind
from clinics_map.people import Homes, Settled, Settlement, settle
from geo.actions.snapshots import as_shapely
from geo.models import Building, BuildingUse, Unit

# What serves a community at its door, and what are written for.
CLINIC_KINDS = (FacilityKind.CLINIC, FacilityKind.STATION)
HOMES = (BuildingUse.RESIDENTIAL, BuildingUse.MIXED)


def homes() -> QuerySet[Building]:
    """Standing homes with their floor area: the footprint on every storey; one storey where none is registered."""
    return Building.objects.standing().filter(use__in=HOMES).annotate(floor_m2=_floor("storeys", "footprint_area_m2"))


def _floor(storeys: str, footprint: str) -> Any:
    return F(footprint) * Greatest(Coalesce(F(storeys), Value(1)), Value(1), output_field=FloatField())


def settled_in(communities: Iterable[Unit]) -> Settled:
    """The registered people of communities in their homes. Communities that nobody counted hold nobody."""
    counted = [unit for unit in communities if unit.population]
    spot = PointOnSurface("footprint")
    rows = list(
        homes()
        .filter(unit__in=[unit.pk for unit in counted])
        .annotate(
            lon=Func(spot, function="ST_X", output_field=FloatField()),
            lat=Func(spot, function="ST_Y", output_field=FloatField()),
        )
        .values_list("unit_id", "lon", "lat", "floor_m2")
    )
    keys, lon, lat, floor = zip(*rows, strict=True) if rows else ((), (), (), ())
    columns = (np.array(values, dtype=float) for values in (lon, lat, floor))
    settlements = [Settlement(unit.pk, unit.population, as_shapely(unit.boundary)) for unit in counted]
    return settle(settlements, Homes(np.array(keys, dtype=np.int64), *columns))


def catchments_over(communities: QuerySet[Unit]) -> dict[int, float]:
    """The share (0…1) of each of these communities' people that lives in a catchment, whosever; 0 is left out.

    Whose clinic it is does not matter to who is served, and is not told.
    """
    pieces = CatchmentPiece.objects.filter(community__in=communities).order_by().values_list("community", flat=True)
    shares = dict.fromkeys(pieces.distinct(), 1.0)
    drawn = Catchment.objects.filter(facility__kind__in=CLINIC_KINDS)
    touched = drawn.filter(boundary__intersects=OuterRef("boundary"))
    partly = list(communities.filter(Exists(touched)).exclude(pk__in=shares))
    if not partly:
        return shares
    settled = settled_in(partly)
    # One query for all of them: a city has hundreds of communities with a drawn catchment.
    near = Unit.objects.filter(pk__in=[unit.pk for unit in partly], boundary__intersects=OuterRef("boundary"))
    areas = np.array([as_shapely(area) for area in drawn.filter(Exists(near)).values_list("boundary", flat=True)])
    for unit in partly:
        over = areas[shapely.intersects(areas, as_shapely(unit.boundary))]
        share = _share(unit, settled, shapely.union_all(over))
        if share > 0:
            shares[unit.pk] = share
    return shares


def _share(unit: Unit, settled: Settled, outline: shapely.Geometry) -> float:
    """The share of a community's people inside an outline; of its ground where nobody counted them."""
    if unit.population:
        return settled.within(outline).get(unit.pk, 0.0) / unit.population
    ground = Settlement(unit.pk, 1, as_shapely(unit.boundary))
    return settle([ground], Homes(np.zeros(0, dtype=np.int64), *(np.zeros(0),) * 3)).within(outline).get(unit.pk, 0.0)


def people_of(drawn: Iterable[Catchment]) -> dict[int, dict[int, float]]:
    """People of each drawn catchment by community: {facility: {community: people}}."""
    catchments = list(drawn)
    if not catchments:
        return {}
    touched = Catchment.objects.filter(pk__in=[one.pk for one in catchments], boundary__intersects=OuterRef("boundary"))
    settled = settled_in(Unit.objects.filter(Exists(touched), level="community"))
    return {one.facility_id: settled.within(as_shapely(one.boundary)) for one in catchments}
