"""What is known where a diff found something: buildings, permits, control areas, earlier flags."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q
from shapely import STRtree, union_all
from shapely.geometry import Polygon, box
from shapely.geometry.base import BaseGeometry

from geo.actions.permit_area import left_of_permit, may_be_built_by
from geo.actions.snapshots import as_geos, as_shapely
from geo.measure import area_m2, overlap_m2
from geo.models import Building, ChangeFlag, ChangeKind, ControlArea, DiffRun, FlagState, Permit

# A flag is of a known building when that building covers this share of it: a metre of misregistration along a ten-metre
# wall of a 60 m² annex is 1/6, so that one sixth or more is taken as touching the building itself, less as a neighbour.
SHARE_OF_BUILDING = 1 / 6
# Two outlines are of the same place when the smaller is covered by half: outlines of one building by two runs on drawn
# scenes overlap by 0.8 and more, those of neighbours by less than 0.1.
SHARE_SAME_PLACE = 0.5
# Decisions that settle a place: the same change is not asked about again. A bad image settles nothing.
SETTLING = [FlagState.PENDING, FlagState.CONFIRMED, FlagState.REJECTED, FlagState.AUTHORISED]


class Layer:
    """Rows with their outlines, found by place."""

    def __init__(self, rows: Sequence[Any], outlines: Sequence[BaseGeometry]) -> None:
        self.rows, self.outlines = list(rows), list(outlines)
        self.tree = STRtree(self.outlines)

    def overlaps(self, shape: BaseGeometry) -> list[tuple[float, Any, BaseGeometry]]:
        """Rows that share area with a shape: shared m², row and outline; the largest first, then by key."""
        found = []
        for index in sorted(self.tree.query(shape, predicate="intersects").tolist()):
            shared_m2 = overlap_m2(shape, self.outlines[index])
            if shared_m2 > 0:
                found.append((shared_m2, self.rows[index], self.outlines[index]))
        return sorted(found, key=lambda item: (-item[0], item[1].pk))


@dataclass(frozen=True)
class Surroundings:
    """What is known where a run found something, read in a handful of queries."""

    buildings: Layer
    permits: Layer
    control_areas: Layer
    settled: Layer
    bad_images: Layer
    # What the run found, in lon/lat: ground on which a building of the archive no longer stands as it did.
    found: STRtree
    # Permit → the permitted m² that no building and no flag of this run has used yet.
    _left_m2: dict[int, float] = field(default_factory=dict)

    @classmethod
    def of(cls, run: DiffRun, polygons: Sequence[Polygon]) -> "Surroundings":
        extent = _extent(polygons)
        # A permit that was in force on any day between the flights may be what was built by.
        in_force = Permit.objects.valid_between(run.before.captured_on, run.after.captured_on)
        permits = _layer(in_force.filter(footprint__bboverlaps=extent), "footprint")
        around = _extent([*polygons, *permits.outlines])
        earlier = (
            ChangeFlag.objects.filter(geometry__bboverlaps=around)
            .exclude(run=run)
            .select_related("run__before", "run__after")
            .order_by("pk")
        )
        return cls(
            buildings=_layer(Building.objects.standing().filter(footprint__bboverlaps=around), "footprint"),
            permits=permits,
            control_areas=_layer(ControlArea.objects.filter(boundary__bboverlaps=extent), "boundary"),
            settled=_layer(earlier.filter(state__in=SETTLING), "geometry"),
            bad_images=_layer(earlier.filter(Q(state=FlagState.BAD_IMAGE)), "geometry"),
            found=STRtree(polygons),
        )

    def control_area_of(self, polygon: Polygon) -> ControlArea | None:
        found = self.control_areas.overlaps(polygon)
        return found[0][1] if found else None

    def earlier_of(self, polygon: Polygon) -> list[ChangeFlag]:
        """The settled flags of other runs at the same place, the latest last."""
        return _same_place(self.settled, polygon)

    def bad_image_of(self, polygon: Polygon) -> ChangeFlag | None:
        return next(reversed(_same_place(self.bad_images, polygon)), None)

    def building_of(self, polygon: Polygon, measured_m2: float) -> tuple[Building | None, float]:
        """The known building that a change is of, and the share of the change it covers."""
        found = self.buildings.overlaps(polygon)
        if not found or found[0][0] / measured_m2 < SHARE_OF_BUILDING:
            return None, 0.0
        return found[0][1], min(1.0, found[0][0] / measured_m2)

    def use_permits(self, polygon: Polygon, measured_m2: float) -> tuple[Permit | None, float]:
        """The permit that covers most of a change, and the m² that permits in force cover of it.

        A permit covers no more than its permitted area, which may be less than the plot drawn on the map, and each of
        its square metres once: what stands there already has used its part, and so has what was asked about before, so
        that the order of asking matters. Ground under several permits counts once. Permits of different kinds are
        needed for one house beside each other: they do not add up, the kind that covers most counts.
        """
        found = self.permits.overlaps(polygon)
        covered_m2 = 0.0
        most: tuple[float, Permit | None] = (0.0, found[0][1] if found else None)
        for kind in dict.fromkeys(permit.kind for _shared_m2, permit, _outline in found):
            ground: list[BaseGeometry] = []
            total_m2 = 0.0
            for shared_m2, permit, outline in found:
                if permit.kind != kind:
                    continue
                ground.append(outline)
                reachable_m2 = min(overlap_m2(polygon, union_all(ground)), measured_m2) - total_m2
                left_m2 = self._left_of(permit, outline)
                used_m2 = max(0.0, min(shared_m2, left_m2, reachable_m2))
                self._left_m2[permit.pk] = left_m2 - used_m2
                total_m2 += used_m2
                if used_m2 > most[0]:
                    most = (used_m2, permit)
            covered_m2 = max(covered_m2, total_m2)
        return most[1], covered_m2

    def _left_of(self, permit: Permit, outline: BaseGeometry) -> float:
        if permit.pk not in self._left_m2:
            standing = self._structures_on(permit, outline)
            # All findings of a run may be thousands: those that touch no structure of the plot change none.
            near = {int(i) for shape in standing for i in self.found.query(shape, predicate="intersects")}
            changed = [self.found.geometries[i] for i in sorted(near)]
            self._left_m2[permit.pk] = left_of_permit(permit, standing=standing, changed=changed)
        return self._left_m2[permit.pk]

    def _structures_on(self, permit: Permit, outline: BaseGeometry) -> list[BaseGeometry]:
        """What stands on a plot: buildings of the archive, and structures found earlier that are not in it yet."""
        buildings = [
            shape for _shared_m2, row, shape in self.buildings.overlaps(outline) if may_be_built_by(permit, row)
        ]
        flags = [
            (flag, shape)
            for _shared_m2, flag, shape in self.settled.overlaps(outline)
            if flag.state != FlagState.REJECTED
        ]
        torn_down = [(flag, shape) for flag, shape in flags if flag.kind == ChangeKind.DEMOLISHED]
        return buildings + [
            shape
            for flag, shape in flags
            if flag.kind != ChangeKind.DEMOLISHED and not _is_gone(flag, shape, torn_down)
        ]


def _is_gone(flag: ChangeFlag, shape: BaseGeometry, torn_down: list[tuple[ChangeFlag, BaseGeometry]]) -> bool:
    """Whether a later flight shows that a structure was torn down."""
    whole_m2 = overlap_m2(shape, shape)
    return any(
        later.run.after.captured_on > flag.run.after.captured_on
        and overlap_m2(shape, place) >= SHARE_SAME_PLACE * whole_m2
        for later, place in torn_down
    )


def _extent(shapes: Sequence[BaseGeometry]) -> Any:
    bounds = union_all([box(*shape.bounds) for shape in shapes]).bounds if shapes else (0, 0, 0, 0)
    return as_geos(box(*bounds))


def _layer(rows: Any, name: str) -> Layer:
    listed = list(rows.order_by("pk"))
    return Layer(listed, [as_shapely(getattr(row, name)) for row in listed])


def _same_place(layer: Layer, polygon: Polygon) -> list[ChangeFlag]:
    own_m2 = area_m2(polygon).area_m2
    return sorted(
        (
            row
            for shared_m2, row, _outline in layer.overlaps(polygon)
            if shared_m2 / min(own_m2, row.area_m2) >= SHARE_SAME_PLACE
        ),
        key=lambda row: row.pk,
    )
