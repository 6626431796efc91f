"""Who is served, who is not."""

from clinics_map.models.catchment import Catchment, CatchmentCommunity, CatchmentPiece
from clinics_map.models.facility import Facility, FacilityKind
from clinics_map.models.standard_set import StandardSet

__all__ = ["Catchment", "CatchmentCommunity", "CatchmentPiece", "Facility", "FacilityKind", "StandardSet"]
