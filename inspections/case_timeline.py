"""What happened to a case, in clear words: from its records, and from the history that triggers keep of its row."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.utils.translation import gettext as _

from geo.models import User
from geo.roles import Bureau
from geo.templatetags.formatting import area_text, date_text, joined, listed, money_text
from geo.templatetags.tones import look_of
from inspections.case_table import ground_labels
from inspections.models import Case, CaseState, PenaltyLine, PenaltyState
from inspections.rules.clock import local_day

# Changes of the case row that a record of their own tells already.
TOLD_BY_RECORDS = {"route_case", "determine_case", "record_demolition"}
# Fields whose change is worth a line, with their words.
WATCHED = ("title", "address", "person_in_charge", "building_id", "footprint", "unit_id", "special_area_id")


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    """One line: what, when, by whom, in what words and tone (see components/timeline.html)."""

    at: datetime
    title: str
    by: str = ""
    text: str = ""
    tone: str = ""


def timeline_of(case: Case, *, with_names: bool = False) -> list[TimelineEvent]:
    """Everything that happened, newest first. `with_names` shows the words of a changed person in charge."""
    events = [
        *_sources(case),
        *_routings(case),
        *_measurements(case),
        *_inspections(case),
        *_determinations(case),
        *_plans(case),
        *_demolitions(case),
        *_charges(case),
        *_changes(case, with_names=with_names),
    ]
    return sorted(events, key=lambda event: event.at, reverse=True)


def _sources(case: Case) -> Iterable[TimelineEvent]:
    for source in case.sources.select_related("reported_by", "left_by"):
        kind = {"kind": source.get_kind_display()}
        yield TimelineEvent(
            source.reported_at, _("收到报告：%(kind)s") % kind, _name(source.reported_by), source.note, "found"
        )
        if source.left_at is not None:
            title = _("撤回报告：%(kind)s") % kind
            yield TimelineEvent(source.left_at, title, _name(source.left_by), source.left_reason, "found")


def _routings(case: Case) -> Iterable[TimelineEvent]:
    for routing in case.routings.select_related("routed_by"):
        title = _("移交%(bureau)s认定") % {"bureau": routing.get_bureau_display()}
        yield TimelineEvent(
            routing.routed_at, title, _name(routing.routed_by), str(routing.get_ground_display()), "found"
        )


def _measurements(case: Case) -> Iterable[TimelineEvent]:
    for row in case.measurements.select_related("measured_by"):
        title = _("%(kind)s：%(area)s") % {
            "kind": row.get_kind_display(),
            "area": area_text(row.area_m2, row.uncertainty_m2),
        }
        yield TimelineEvent(row.measured_at, title, _name(row.measured_by))


def _inspections(case: Case) -> Iterable[TimelineEvent]:
    for row in case.inspections.select_related("inspected_by"):
        yield TimelineEvent(row.captured_at, _("现场巡查"), _name(row.inspected_by), row.note)


def _determinations(case: Case) -> Iterable[TimelineEvent]:
    for row in case.determinations.select_related("determined_by"):
        bureau, outcome = Bureau(row.bureau).label, row.get_outcome_display()
        title = f"{bureau}：{outcome}" + (f"，{area_text(row.area_m2)}" if row.area_m2 else "")
        recorded = ""
        if row.document:
            words = {"document": row.document, "day": date_text(local_day(row.recorded_at))}
            recorded = _("依 %(document)s 补录于 %(day)s") % words
        text = joined([*ground_labels(row.grounds), row.reason, recorded])
        tone = "determined" if row.area_m2 else "authorised"
        yield TimelineEvent(row.determined_at, title, _name(row.determined_by), text, tone)


def _plans(case: Case) -> Iterable[TimelineEvent]:
    for plan in case.plans.select_related("made_by"):
        title = _("附上拆除预案，计划 %(day)s 拆除") % {"day": date_text(plan.planned_on)}
        yield TimelineEvent(plan.made_at, title, _name(plan.made_by), plan.forces, "demolition")


def _demolitions(case: Case) -> Iterable[TimelineEvent]:
    for record in case.demolitions.select_related("recorded_by"):
        if record.remaining_m2 > 0:
            title, tone = _("部分拆除，剩余 %(area)s") % {"area": area_text(record.remaining_m2)}, "demolition"
        else:
            title, tone = _("全部拆除，结案"), "closed"
        yield TimelineEvent(record.demolished_at, title, _name(record.recorded_by), record.note, tone)


def _charges(case: Case) -> Iterable[TimelineEvent]:
    lines = PenaltyLine.objects.filter(case=case).exclude(decision__state=PenaltyState.DRAFT)
    for line in lines.select_related("decision__issued_by"):
        title = _("计入 %(month)s 补偿金：%(amount)s") % {
            "month": f"{line.month:%Y-%m}",
            "amount": money_text(line.amount),
        }
        yield TimelineEvent(
            line.decision.issued_at, title, _name(line.decision.issued_by), line.reason or line.decision.number
        )


def _changes(case: Case, *, with_names: bool) -> Iterable[TimelineEvent]:
    """From the trigger-kept history: changes by whatever way, also those that no act of ours made."""
    history = (
        apps.get_model("inspections", "CaseEvent").objects.filter(pgh_obj_id=case.pk).select_related("pgh_context")
    )
    rows = list(history.order_by("pgh_id"))
    contexts = [row.pgh_context.metadata if row.pgh_context else {} for row in rows]
    people = User.objects.in_bulk({context["user"] for context in contexts if context.get("user")})
    before = None
    for row, context in zip(rows, contexts, strict=True):
        by = _name(people.get(context.get("user"))) or _("系统")
        if before is None:
            yield TimelineEvent(row.pgh_created_at, _("立案"), by, row.title, "found")
        else:
            if row.state != before.state and context.get("act") not in TOLD_BY_RECORDS:
                yield _state_change(before, row, by=by, reason=str(context.get("reason", "")))
            changed = [name for name in WATCHED if getattr(row, name) != getattr(before, name)]
            if changed:
                words = listed(_words_of(name, row, with_names=with_names) for name in changed)
                yield TimelineEvent(row.pgh_created_at, _("修改：%(fields)s") % {"fields": words}, by)
        before = row


def _state_change(before: Any, row: Any, *, by: str, reason: str) -> TimelineEvent:
    title = _("状态：%(before)s → %(after)s") % {
        "before": CaseState(before.state).label,
        "after": CaseState(row.state).label,
    }
    return TimelineEvent(row.pgh_created_at, title, by, reason, look_of(row.state).tone)


def _words_of(name: str, row: Any, *, with_names: bool) -> str:
    label = str(Case._meta.get_field(name.removesuffix("_id")).verbose_name)
    if name in ("title", "address") or (name == "person_in_charge" and with_names):
        return f"{label}“{getattr(row, name)}”"
    return label


def _name(user: User | None) -> str:
    return str(user) if user is not None else ""
