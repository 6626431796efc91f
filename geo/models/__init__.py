"""The spatial base: one model per file, gathered here for Django."""

from geo.models.archive_area import ArchiveArea, ArchiveAreaKind
from geo.models.building import Building, BuildingStatus, BuildingStructure, BuildingUse
from geo.models.census_zone import CensusZone, CensusZoneLevel
from geo.models.change_flag import ChangeFlag, ChangeKind, FlagState, LaterLook
from geo.models.control_area import ControlArea
from geo.models.desk import FilterPage, MapPlace, SavedFilter
from geo.models.detector_model import DetectorChoice, DetectorModel, DetectorOrigin, DetectorState
from geo.models.diff_run import DiffBlock, DiffBlockState, DiffRun, DiffRunState
from geo.models.finished_census import FinishedCensus
from geo.models.import_job import ImportJob, ImportJobState, ImportMapping
from geo.models.import_run import ImportRun
from geo.models.notice import Notice, NoticeKind
from geo.models.permit import Permit, PermitKind
from geo.models.scoped import Located, ScopedQuerySet
from geo.models.snapshot import Snapshot, SnapshotState
from geo.models.unit import Place, SpecialArea, Unit, UnitLevel
from geo.models.user import Posting, Scope, User

__all__ = [
    "ArchiveArea",
    "ArchiveAreaKind",
    "Building",
    "BuildingStatus",
    "BuildingStructure",
    "BuildingUse",
    "CensusZone",
    "CensusZoneLevel",
    "ChangeFlag",
    "ChangeKind",
    "ControlArea",
    "DetectorChoice",
    "DetectorModel",
    "DetectorOrigin",
    "DetectorState",
    "DiffBlock",
    "DiffBlockState",
    "DiffRun",
    "DiffRunState",
    "FilterPage",
    "FinishedCensus",
    "FlagState",
    "ImportJob",
    "ImportJobState",
    "ImportMapping",
    "ImportRun",
    "LaterLook",
    "Located",
    "MapPlace",
    "Notice",
    "NoticeKind",
    "Permit",
    "PermitKind",
    "Place",
    "Posting",
    "SavedFilter",
    "Scope",
    "ScopedQuerySet",
    "Snapshot",
    "SnapshotState",
    "SpecialArea",
    "Unit",
    "UnitLevel",
    "User",
]
