"""Zones that tile their parent (R-801): snap, split, merge, and what overlaps, sticks out or is left uncovered.

Pure shapely and numpy on storage degrees (EPSG:4490). Metres are taken on a plane scaled around the place: scaling
keeps straight lines straight, so that coordinates are compared in metres and kept in degrees, bit for bit.
"""

from geo.zoning.errors import CutError, JoinError, ZoningError
from geo.zoning.merge import merge
from geo.zoning.shares import share_out
from geo.zoning.snap import SNAP_TOLERANCE_M, Snapped, noded, snap
from geo.zoning.split import split
from geo.zoning.tiling import SLIVER_WIDTH_M, gaps, outside, overlap

__all__ = [
    "SLIVER_WIDTH_M",
    "SNAP_TOLERANCE_M",
    "CutError",
    "JoinError",
    "Snapped",
    "ZoningError",
    "gaps",
    "merge",
    "noded",
    "outside",
    "overlap",
    "share_out",
    "snap",
    "split",
]
