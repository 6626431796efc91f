"""Does an image show the jurisdiction at all?"""

from __future__ import annotations

from pathlib import Path

from shapely.geometry.base import BaseGeometry
from shapely.ops import nearest_points

from geo.crs import LonLat
from geo.ingest.errors import OutsideJurisdiction
from geo.measure import distance_m, share_covered

# An image with less than this share of its footprint inside is misplaced: flights hug the boundary, but fly over it.
MIN_OVERLAP_SHARE = 0.01


def check_overlap(path: Path, footprint: BaseGeometry, jurisdiction: BaseGeometry) -> float:
    """Return the share (0..1) of the footprint inside the jurisdiction, both lon/lat EPSG:4490.

    Raises OutsideJurisdiction with place and distance when it is under MIN_OVERLAP_SHARE.
    """
    share = share_covered(jurisdiction, footprint)
    if share >= MIN_OVERLAP_SHARE:
        return share
    here, there = nearest_points(footprint, jurisdiction)
    distance_km = distance_m(LonLat(here.x, here.y), LonLat(there.x, there.y)) / 1000
    centre = footprint.centroid
    where = f"{centre.x:.4f}, {centre.y:.4f}"
    reason = f"lies at {where} (lon, lat), {distance_km:,.1f} km from the jurisdiction; is the coordinate system right?"
    if share > 0:
        reason = f"lies at {where} (lon, lat) and only {share:.2%} of it in the jurisdiction"
    raise OutsideJurisdiction(path, reason, lon=centre.x, lat=centre.y, distance_km=distance_km, share=share)
