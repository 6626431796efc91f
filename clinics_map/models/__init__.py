"""Who is served, who is not."""

from clinics_map.models.catchment import CatchmentCommunity
from clinics_map.models.facility import Facility, FacilityKind

__all__ = ["CatchmentCommunity", "Facility", "FacilityKind"]
