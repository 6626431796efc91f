"""What people decide and do about what was found."""

from inspections.models.case import Case, CaseRouting, CaseSource, CaseState, Ground, OfCaseQuerySet, SourceKind
from inspections.models.determination import (
    DemolitionPlan,
    DemolitionRecord,
    DemolitionStage,
    Determination,
    DeterminationOutcome,
    StageKind,
)
from inspections.models.inspection import ChecklistTemplate, Inspection, InspectionTask, TaskState
from inspections.models.measurement import Measurement, MeasurementKind
from inspections.models.penalty import (
    Account,
    AccountEntry,
    PenaltyDecision,
    PenaltyLine,
    PenaltyLineKind,
    PenaltyState,
)
from inspections.models.photo import Photo
from inspections.models.review import ChangeReview, RejectReason, ReviewOutcome
from inspections.models.rule_set import RuleSet
from inspections.models.second_look import SecondOpinion, SpotCheck

__all__ = [
    "Account",
    "AccountEntry",
    "Case",
    "CaseRouting",
    "CaseSource",
    "CaseState",
    "ChangeReview",
    "ChecklistTemplate",
    "DemolitionPlan",
    "DemolitionRecord",
    "DemolitionStage",
    "Determination",
    "DeterminationOutcome",
    "Ground",
    "Inspection",
    "InspectionTask",
    "Measurement",
    "MeasurementKind",
    "OfCaseQuerySet",
    "PenaltyDecision",
    "PenaltyLine",
    "PenaltyLineKind",
    "PenaltyState",
    "Photo",
    "RejectReason",
    "ReviewOutcome",
    "RuleSet",
    "SecondOpinion",
    "SourceKind",
    "SpotCheck",
    "StageKind",
    "TaskState",
]
