"""Tasks out, inspections in. What was captured in the field is never refused for what happened meanwhile: it is kept
and marked."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.gis.geos import MultiPolygon, Point
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from geo.actions.locks import hold_lock
from geo.models import ArchiveArea, Building, ChangeFlag, FlagState, User
from geo.refusals import NotAllowed, Refusal
from geo.roles import Act, Role
from geo.storable import has_replacement
from inspections.actions.cases import Report, open_or_join_case
from inspections.actions.checklists import checklist_for, standard_checklist
from inspections.actions.photos import ForeignClientId, without_arrived
from inspections.actions.places import (
    Subject,
    as_shapely,
    default_title,
    location_of,
    place_capture,
    point_of,
    subject_of,
)
from inspections.actions.telling import tell_of_task
from inspections.checklists import find_faults, read_items
from inspections.marks import make_mark, mark_of
from inspections.models import (
    Case,
    CaseSource,
    ChecklistTemplate,
    Inspection,
    InspectionTask,
    Photo,
    SourceKind,
    TaskState,
)
from inspections.photos import PhonePosition, PhotoExif, PhotoTimes, cross_check


# --- tasks ------------------------------------------------------------------------------------------------------
@transaction.atomic
def assign_task(
    *,
    by: User,
    to: User,
    subject: Subject,
    checklist: ChecklistTemplate | None = None,
    title: str = "",
    instructions: str = "",
    due_at: datetime | None = None,
) -> InspectionTask:
    """Give an inspector the task to look at a flag, a case, a building or an archive area.

    Raises NotAllowed when `by` may not assign there, Refusal when `to` does not inspect there.
    """
    unit, special_area_id = subject.unit, subject.special_area_id
    if not by.can_at(Act.ASSIGN_INSPECTIONS, unit=unit, special_area_id=special_area_id):
        raise NotAllowed(_("您不能在%(unit)s派发巡查任务。") % {"unit": unit.name})
    _require_inspector(to, unit, special_area_id)
    task = InspectionTask.objects.create(
        unit=unit,
        special_area_id=special_area_id,
        title=title or default_title(subject),
        instructions=instructions,
        location=location_of(subject),
        flag=subject if isinstance(subject, ChangeFlag) else None,
        case=subject if isinstance(subject, Case) else None,
        building=subject if isinstance(subject, Building) else None,
        archive_area=subject if isinstance(subject, ArchiveArea) else None,
        checklist=checklist or checklist_for(subject),
        assigned_to=to,
        assigned_by=by,
        due_at=due_at,
    )
    tell_of_task(task, by=by)
    return task


@transaction.atomic
def reassign_task(*, by: User, task: InspectionTask, to: User) -> InspectionTask:
    """Give an open task to another inspector of its unit."""
    task = InspectionTask.objects.select_for_update().get(pk=task.pk)
    if not by.can_at(Act.ASSIGN_INSPECTIONS, unit=task.unit, special_area_id=task.special_area_id):
        raise NotAllowed(_("您不能在%(unit)s派发巡查任务。") % {"unit": task.unit.name})
    if task.state != TaskState.ASSIGNED:
        raise Refusal(_("任务“%(task)s”已%(state)s，不能改派。") % {"task": task, "state": task.get_state_display()})
    _require_inspector(to, task.unit, task.special_area_id)
    task.assigned_to, task.assigned_by = to, by
    task.save(update_fields=["assigned_to", "assigned_by"])
    tell_of_task(task, by=by)
    return task


@transaction.atomic
def cancel_task(*, by: User, task: InspectionTask) -> InspectionTask:
    """Withdraw an open task; one that was done stays done."""
    task = InspectionTask.objects.select_for_update().get(pk=task.pk)
    if not by.can_at(Act.ASSIGN_INSPECTIONS, unit=task.unit, special_area_id=task.special_area_id):
        raise NotAllowed(_("您不能在%(unit)s派发巡查任务。") % {"unit": task.unit.name})
    if task.state != TaskState.ASSIGNED:
        raise Refusal(_("任务“%(task)s”已%(state)s，不能取消。") % {"task": task, "state": task.get_state_display()})
    task.state = TaskState.CANCELLED
    task.save(update_fields=["state"])
    return task


def _require_inspector(to: User, unit: Any, special_area_id: int | None) -> None:
    if not to.is_active or not to.can_at(Act.INSPECT, unit=unit, special_area_id=special_area_id):
        raise Refusal(_("%(person)s不负责%(unit)s的巡查。") % {"person": to, "unit": unit.name})


# --- submissions --------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class AnnouncedPhoto:
    """A photo that the phone has for this inspection, here already or still under way."""

    client_id: UUID
    item: str = ""


@dataclass(frozen=True, kw_only=True)
class FieldReport:
    """What the phone sends for one inspection. ``correction`` is (lon, lat) of the pin moved by hand."""

    client_id: UUID
    captured_at: datetime
    task_id: int | None = None
    answers: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""
    position: PhonePosition | None = None
    correction: tuple[float, float] | None = None
    photos: Sequence[AnnouncedPhoto] = ()
    sent_at: datetime | None = None

    def content(self) -> dict[str, Any]:
        """What was said, without when it was sent: two sendings of the same report have the same content."""
        position = self.position
        return {
            "captured_at": self.captured_at.isoformat(),
            "task_id": self.task_id,
            "answers": dict(self.answers),
            "note": self.note,
            "position": None
            if position is None
            else {
                "lat": position.lat,
                "lon": position.lon,
                "accuracy_m": position.accuracy_m,
                "read_at": position.read_at.isoformat() if position.read_at else None,
            },
            "correction": list(self.correction) if self.correction else None,
            "photos": [{"client_id": str(photo.client_id), "item": photo.item} for photo in self.photos],
        }

    def content_sha256(self) -> str:
        text = json.dumps(self.content(), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Submitted:
    """``created`` is False when the inspection was here already; ``conflict`` when it came with other content."""

    inspection: Inspection
    created: bool
    conflict: bool = False


@transaction.atomic
def submit_inspection(*, by: User, report: FieldReport) -> Submitted:
    """Keep an inspection. The same client id again gives the same inspection; other content under it is kept beside.

    Raises ForeignClientId when the id belongs to another person's inspection.
    """
    hold_lock(report.client_id)
    known = Inspection.objects.filter(client_id=report.client_id).first()
    if known is not None:
        return _sent_again(by, known, report)
    marks: list[dict[str, Any]] = []
    task = _find_task(by, report, marks)
    case = _case_of(task)
    if case is not None and not case.is_open:
        marks.append(make_mark("case_closed", detail=f"{case.number} {case.get_state_display()}"))
    correction = None if report.correction is None else Point(*report.correction, srid=4490)
    place = place_capture(by=by, at=correction or point_of(report.position), task=task)
    findings = cross_check(
        phone=report.position,
        exif=PhotoExif(),
        subject=subject_of(task),
        times=PhotoTimes(taken_at=report.captured_at, sent_at=report.sent_at, received_at=timezone.now()),
        correction=None if correction is None else as_shapely(correction),
    )
    checklist = task.checklist if task is not None else standard_checklist()
    marks += [*place.marks, *(mark_of(finding) for finding in findings), *_answer_marks(checklist, report)]
    inspection = Inspection.objects.create(
        client_id=report.client_id,
        payload_sha256=report.content_sha256(),
        unit=place.unit,
        special_area_id=place.special_area_id,
        task=task,
        case=case,
        checklist=checklist,
        answers=dict(report.answers),
        note=report.note,
        position=point_of(report.position),
        accuracy_m=None if report.position is None else report.position.accuracy_m,
        corrected_position=correction,
        captured_at=report.captured_at,
        inspected_by=by,
        marks=marks,
    )
    _adopt_photos(by, inspection, report)
    if task is not None and task.state == TaskState.ASSIGNED and task.assigned_to_id == by.pk:
        task.state = TaskState.DONE
        task.save(update_fields=["state"])
    return Submitted(inspection=inspection, created=True)


def _sent_again(by: User, known: Inspection, report: FieldReport) -> Submitted:
    if known.inspected_by_id != by.pk:
        raise ForeignClientId
    sha256 = report.content_sha256()
    if sha256 == known.payload_sha256:
        return Submitted(inspection=known, created=False)
    inspection = Inspection.objects.select_for_update().get(pk=known.pk)
    if sha256 not in {conflict["sha256"] for conflict in inspection.conflicts}:
        kept = {"sha256": sha256, "received_at": timezone.now().isoformat(), "payload": report.content()}
        inspection.conflicts = [*inspection.conflicts, kept]
        if not any(mark["code"] == "payload_conflict" for mark in inspection.marks):
            inspection.marks = [*inspection.marks, make_mark("payload_conflict")]
        inspection.save(update_fields=["conflicts", "marks"])
    return Submitted(inspection=inspection, created=False, conflict=True)


def _find_task(by: User, report: FieldReport, marks: list[dict[str, Any]]) -> InspectionTask | None:
    """The task, if it is the person's or in their area; whatever happened to it meanwhile becomes a mark."""
    if report.task_id is None:
        return None
    task = InspectionTask.objects.select_for_update(of=("self",)).filter(pk=report.task_id).first()
    in_reach = task is not None and (
        task.assigned_to_id == by.pk or by.can_at(Act.INSPECT, unit=task.unit, special_area_id=task.special_area_id)
    )
    if task is None or not in_reach:
        marks.append(make_mark("task_unknown", detail=report.task_id))
        return None
    if task.assigned_to_id != by.pk:
        marks.append(make_mark("task_reassigned", detail=str(task.assigned_to)))
    if task.state == TaskState.DONE:
        marks.append(make_mark("task_done_before"))
    elif task.state == TaskState.CANCELLED:
        marks.append(make_mark("task_cancelled"))
    return task


def _case_of(task: InspectionTask | None) -> Case | None:
    if task is None:
        return None
    if task.case is not None:
        return task.case
    if task.flag is not None:
        source = CaseSource.objects.standing().filter(flag=task.flag).select_related("case").first()
        return source.case if source is not None else None
    return None


def _answer_marks(checklist: ChecklistTemplate, report: FieldReport) -> list[dict[str, Any]]:
    photographed = {photo.item for photo in report.photos if photo.item}
    faults = find_faults(read_items(checklist.items), report.answers, photographed=photographed)
    codes = {"missing": "answer_missing", "odd": "answer_odd", "unknown": "answer_unknown"}
    marks = []
    for kind in ("missing", "odd", "unknown", "photo_missing"):
        labels = [fault.label for fault in faults if fault.kind == kind]
        if labels:
            marks.append(make_mark(codes.get(kind, kind), detail="、".join(labels)))
    if has_replacement([dict(report.answers), report.note]):
        marks.append(make_mark("characters_replaced"))
    if not report.photos:
        marks.append(make_mark("no_photo"))
    return marks


def _adopt_photos(by: User, inspection: Inspection, report: FieldReport) -> None:
    """Take in the photos that came before their inspection, and note those still under way."""
    early = Photo.objects.filter(inspection_client_id=report.client_id, taken_by=by, inspection=None)
    for photo in early:
        photo.inspection, photo.case = inspection, photo.case or inspection.case
        photo.unit, photo.special_area_id = inspection.unit, inspection.special_area_id
        photo.save(update_fields=["inspection", "case", "unit", "special_area"])
    announced = [str(photo.client_id) for photo in report.photos]
    if announced:
        here = {str(client_id) for client_id in inspection.photos.values_list("client_id", flat=True)}
        waiting = make_mark("photos_pending", value=len(announced), client_ids=announced)
        marks = without_arrived([*inspection.marks, waiting], here)
        inspection.marks = marks
        inspection.save(update_fields=["marks"])


# --- from an inspection to a case -----------------------------------------------------------------------------------
@transaction.atomic
def report_case(*, by: User, inspection: Inspection) -> Case:
    """Open a case for what an inspection found, or join the open one of the same structure (R-101), photos and all.

    Raises Refusal when the inspection has a case already or no place, and what `open_or_join_case` raises.
    """
    inspection = Inspection.objects.select_for_update(of=("self",)).select_related("task").get(pk=inspection.pk)
    if inspection.case is not None:
        raise Refusal(_("该巡查记录已归入案件 %(number)s。") % {"number": inspection.case.number})
    task = inspection.task
    location = inspection.corrected_position or (task and task.location) or inspection.position
    if location is None:
        raise Refusal(_("该巡查记录没有位置，不能立案。"))
    flag = task.flag if task is not None else None
    if flag is not None and flag.state == FlagState.CONFIRMED:
        case = open_or_join_case(by=by, flag=flag)
        if not CaseSource.objects.filter(inspection=inspection).exists():
            CaseSource.objects.create(
                case=case, kind=_source_kind(inspection), inspection=inspection, note=inspection.note, reported_by=by
            )
    else:
        building = task.building if task is not None else None
        report = Report(
            kind=_source_kind(inspection),
            location=location,
            footprint=_outline_of(flag, building),
            building=building,
            inspection=inspection,
            title=task.title if task is not None else "",
            note=inspection.note,
        )
        case = open_or_join_case(by=by, report=report)
    inspection.case = case
    inspection.save(update_fields=["case"])
    inspection.photos.filter(case=None).update(case=case)
    return case


def _outline_of(flag: ChangeFlag | None, building: Building | None) -> MultiPolygon | None:
    """What is drawn already at the place. A flag that nobody confirmed lends its outline, but is no source of the case:
    that is the reviewer's to decide."""
    if flag is not None:
        return MultiPolygon(flag.geometry, srid=flag.geometry.srid)
    return building.footprint if building is not None else None


def _source_kind(inspection: Inspection) -> SourceKind:
    roles = set(inspection.inspected_by.roles)
    if Role.BRIGADE in roles:
        return SourceKind.BRIGADE
    return SourceKind.CENTRE if Role.CENTRE in roles else SourceKind.PATROL
