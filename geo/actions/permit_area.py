"""How much of a permit's area is still to be used: each permitted square metre covers one structure only."""

from collections.abc import Sequence

from shapely import union_all
from shapely.geometry.base import BaseGeometry

from geo.actions.snapshots import as_shapely
from geo.measure import overlap_m2
from geo.models import Building, Permit

# A structure of which a change covers this share is itself what changed: gone, rebuilt, or put up just now. What then
# sticks out of the change is the misregistration of two outlines of the same walls.
SHARE_CHANGED = 0.5


def left_of_permit(permit: Permit, *, standing: Sequence[BaseGeometry], changed: Sequence[BaseGeometry]) -> float:
    """The permitted m² that nothing standing on the permit's ground has used.

    `standing` are outlines in lon/lat; ground that `changed` covers is not counted as standing: it is what is asked
    about. What else was built by the permit and is known to nobody cannot be counted.
    """
    gone = union_all(list(changed))
    rest = []
    for structure in standing:
        covered_m2 = overlap_m2(structure, gone) if changed else 0.0
        if covered_m2 < SHARE_CHANGED * overlap_m2(structure, structure):
            rest.append(structure.difference(gone))
    parts = [part for part in rest if not part.is_empty]
    used_m2 = overlap_m2(union_all(parts), as_shapely(permit.footprint)) if parts else 0.0
    return max(0.0, permit.permitted_area_m2 - used_m2)


def may_be_built_by(permit: Permit, building: Building) -> bool:
    """Whether a building can have been put up by a permit: one that is older was not."""
    return building.built_year is None or building.built_year >= permit.valid_from.year
