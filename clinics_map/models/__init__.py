"""Who is served, who is not."""

from clinics_map.models.facility import Facility, FacilityKind

__all__ = ["Facility", "FacilityKind"]
