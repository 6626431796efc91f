"""The administrators' interface of inspections: rules and checklists are written here, everything else is read."""

from django.contrib import admin
from django.http import HttpRequest

from geo.admin.base import AddOnlyAdmin, DatedSetAdmin, ReadOnlyAdmin
from inspections.models import (
    AccountEntry,
    Case,
    CaseRouting,
    CaseSource,
    ChangeReview,
    ChecklistTemplate,
    DemolitionPlan,
    DemolitionRecord,
    DemolitionStage,
    Determination,
    Inspection,
    InspectionTask,
    Measurement,
    PenaltyDecision,
    PenaltyLine,
    Photo,
    RuleSet,
    SecondOpinion,
    SpotCheck,
)


@admin.register(RuleSet)
class RuleSetAdmin(DatedSetAdmin):
    """Results keep the version that made them."""


@admin.register(ChecklistTemplate)
class ChecklistTemplateAdmin(AddOnlyAdmin):
    """Answers name the version that was asked: a changed list is a new version."""

    list_display = ("code", "version", "name", "retired")
    list_filter = ("retired",)
    search_fields = ("code", "name")


@admin.register(ChangeReview)
class ChangeReviewAdmin(ReadOnlyAdmin):
    list_display = ("flag", "outcome", "reason", "reviewed_by", "reviewed_at", "undone_at")
    list_filter = ("outcome", "reason")
    list_select_related = ("flag", "reviewed_by")
    search_fields = ("=flag__run__pk", "note", "reviewed_by__username")
    date_hierarchy = "reviewed_at"


@admin.register(SecondOpinion)
class SecondOpinionAdmin(ReadOnlyAdmin):
    list_display = ("flag", "asked_by", "asked_of", "asked_at", "closed_at")
    list_select_related = ("flag", "asked_by", "asked_of")
    search_fields = ("=flag__run__pk", "note", "asked_by__username", "asked_of__username")
    date_hierarchy = "asked_at"


@admin.register(SpotCheck)
class SpotCheckAdmin(ReadOnlyAdmin):
    list_display = ("review", "checked_by", "checked_at", "agrees")
    list_filter = ("agrees",)
    list_select_related = ("review__flag", "checked_by")
    search_fields = ("=review__flag__run__pk", "checked_by__username")
    date_hierarchy = "checked_at"


@admin.register(Case)
class CaseAdmin(ReadOnlyAdmin):
    list_display = ("number", "title", "state", "county", "unit", "opened_at", "closed_at")
    list_filter = ("state",)
    list_select_related = ("county", "unit")
    search_fields = ("number", "title", "address")
    date_hierarchy = "opened_at"

    def get_fields(self, request: HttpRequest, obj: Case | None = None) -> list[str]:
        """Who built it is shown to superusers alone; all others see it on the case's own page if they may."""
        fields = super().get_fields(request, obj)
        return [name for name in fields if request.user.is_superuser or name != "person_in_charge"]


class OfCaseAdmin(ReadOnlyAdmin):
    """Rows of a case, found by its number."""

    list_select_related = ("case",)
    search_fields = ("case__number",)


@admin.register(CaseSource)
class CaseSourceAdmin(OfCaseAdmin):
    list_display = ("case", "kind", "reported_by", "reported_at")
    list_filter = ("kind",)
    list_select_related = ("case", "reported_by")


@admin.register(CaseRouting)
class CaseRoutingAdmin(OfCaseAdmin):
    list_display = ("case", "ground", "bureau", "routed_at")
    list_filter = ("bureau", "ground")


@admin.register(Measurement)
class MeasurementAdmin(OfCaseAdmin):
    list_display = ("case", "kind", "area_m2", "uncertainty_m2", "method", "measured_at")
    list_filter = ("kind",)


@admin.register(Determination)
class DeterminationAdmin(OfCaseAdmin):
    list_display = ("case", "outcome", "bureau", "area_m2", "determined_by", "determined_at")
    list_filter = ("outcome", "bureau")
    list_select_related = ("case", "determined_by")
    date_hierarchy = "determined_at"


@admin.register(DemolitionStage)
class DemolitionStageAdmin(OfCaseAdmin):
    list_display = ("case", "kind", "owner", "due_at", "done_at")
    list_filter = ("kind",)
    list_select_related = ("case", "owner")


@admin.register(DemolitionRecord)
class DemolitionRecordAdmin(OfCaseAdmin):
    list_display = ("case", "remaining_m2", "demolished_at", "recorded_by")
    list_select_related = ("case", "recorded_by")


@admin.register(DemolitionPlan)
class DemolitionPlanAdmin(OfCaseAdmin):
    list_display = ("case", "planned_on", "made_by", "made_at")
    list_select_related = ("case", "made_by")


@admin.register(InspectionTask)
class InspectionTaskAdmin(ReadOnlyAdmin):
    list_display = ("title", "state", "assigned_to", "unit", "due_at")
    list_filter = ("state",)
    list_select_related = ("assigned_to", "unit")
    search_fields = ("title", "case__number", "assigned_to__username")


@admin.register(Inspection)
class InspectionAdmin(ReadOnlyAdmin):
    list_display = ("pk", "task", "case", "inspected_by", "unit", "captured_at", "received_at")
    list_select_related = ("task", "case", "inspected_by", "unit")
    search_fields = ("client_id", "case__number", "inspected_by__username")
    date_hierarchy = "received_at"


@admin.register(Photo)
class PhotoAdmin(ReadOnlyAdmin):
    list_display = ("pk", "taken_by", "taken_at", "case", "media_type", "size_bytes", "unit")
    list_filter = ("media_type",)
    list_select_related = ("taken_by", "case", "unit")
    search_fields = ("sha256", "client_id", "case__number", "taken_by__username")
    date_hierarchy = "taken_at"


@admin.register(PenaltyDecision)
class PenaltyDecisionAdmin(ReadOnlyAdmin):
    list_display = ("number", "county", "month", "state", "area_m2", "amount", "issued_at")
    list_filter = ("state",)
    list_select_related = ("county",)
    search_fields = ("number", "county__name")
    date_hierarchy = "month"


@admin.register(PenaltyLine)
class PenaltyLineAdmin(ReadOnlyAdmin):
    list_display = ("decision", "case", "month", "kind", "area_m2", "rate", "amount")
    list_filter = ("kind",)
    list_select_related = ("decision__county", "case")
    search_fields = ("case__number", "decision__number")
    date_hierarchy = "month"


@admin.register(AccountEntry)
class AccountEntryAdmin(ReadOnlyAdmin):
    list_display = ("pk", "unit", "debit", "credit", "amount", "memo", "entered_by", "entered_at")
    list_filter = ("debit", "credit")
    list_select_related = ("unit", "entered_by")
    search_fields = ("memo", "decision__number")
    date_hierarchy = "entered_at"
