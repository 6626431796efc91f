"""Who is served, who is not."""

from clinics_map.models.catchment import CatchmentCommunity
from clinics_map.models.facility import Facility, FacilityKind
from clinics_map.models.standard_set import StandardSet

__all__ = ["CatchmentCommunity", "Facility", "FacilityKind", "StandardSet"]
