"""Rows of people's work for tests: tasks, inspections, photos, cases, determinations, decisions."""

import datetime
import io
import itertools
import uuid
from decimal import Decimal

from django.conf import settings
from django.utils import timezone
from PIL import Image

from clinics_map.models import Catchment, Facility
from geo.actions.import_reports import write_report
from geo.importers.report import ImportReport, Outcome, ReportLine
from geo.models import CensusZone, ImportJob, ImportJobState, ImportRun, Unit
from inspections.models import (
    Account,
    AccountEntry,
    Case,
    CaseRouting,
    CaseSource,
    ChangeReview,
    ChecklistTemplate,
    Determination,
    Inspection,
    InspectionTask,
    Measurement,
    PenaltyDecision,
    PenaltyLine,
    Photo,
    RuleSet,
)
from tests.factories import make_user, measured_m2, multi, point, square

_numbers = itertools.count(1)


def make_checklist(**fields) -> ChecklistTemplate:
    defaults = {
        "code": f"patrol{next(_numbers)}",
        "name": "日常巡查",
        "items": [{"code": "standing", "label": "是否在建", "type": "yes_no", "required": True}],
    }
    return ChecklistTemplate.objects.create(**{**defaults, **fields})


def make_task(unit: Unit, lon: float, lat: float, *, assigned_to, **fields) -> InspectionTask:
    return InspectionTask.objects.create(
        **{
            "unit": unit,
            "title": f"核查任务{next(_numbers)}",
            "location": point(lon, lat),
            "checklist": fields.pop("checklist", None) or make_checklist(),
            "assigned_to": assigned_to,
            "assigned_by": assigned_to,
            "due_at": timezone.now() + datetime.timedelta(days=2),
            **fields,
        }
    )


def make_inspection(unit: Unit, lon: float, lat: float, *, by, **fields) -> Inspection:
    return Inspection.objects.create(
        **{
            "unit": unit,
            "client_id": uuid.uuid4(),
            "payload_sha256": "0" * 64,
            "position": point(lon, lat),
            "accuracy_m": 8.0,
            "captured_at": timezone.now(),
            "inspected_by": by,
            **fields,
        }
    )


def jpeg_bytes(*, colour=(120, 140, 90), size=(320, 240)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "JPEG")
    return buffer.getvalue()


def make_photo(unit: Unit, lon: float, lat: float, *, by, **fields) -> Photo:
    """Make a photo row with real small files behind it."""
    number = next(_numbers)
    paths = {}
    for variant in ("original", "display", "thumbnail"):
        relative = f"photos/test{number}/{variant}.jpg"
        path = settings.PRIVATE_ROOT / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(jpeg_bytes())
        paths[f"{variant}_path"] = relative
    return Photo.objects.create(
        **{
            "unit": unit,
            "client_id": uuid.uuid4(),
            "sha256": f"{number:064x}",
            "media_type": "image/jpeg",
            "size_bytes": 1000,
            "width_px": 320,
            "height_px": 240,
            "position": point(lon, lat),
            "accuracy_m": 8.0,
            "taken_at": timezone.now(),
            "taken_by": by,
            **paths,
            **fields,
        }
    )


def make_rule_set(unit: Unit, **fields) -> RuleSet:
    return RuleSet.objects.create(**{"unit": unit, "effective_from": datetime.date(2020, 1, 1), **fields})


def make_case(unit: Unit, lon: float, lat: float, **fields) -> Case:
    number = next(_numbers)
    return Case.objects.create(
        **{
            "unit": unit,
            "county": unit.at_level("county"),
            "number": f"SY2026{number:05d}",
            "title": f"疑似私搭乱建{number}",
            "location": point(lon, lat),
            "footprint": multi(square(lon, lat, 0.00015)),
            **fields,
        }
    )


def make_measurement(case: Case, area_m2: str = "128.40", *, kind: str = "typed", by=None, **fields) -> Measurement:
    return Measurement.objects.create(
        **{
            "case": case,
            "kind": kind,
            "area_m2": Decimal(area_m2),
            "uncertainty_m2": Decimal("2.10"),
            "method": "钢尺丈量",
            "measured_by": by,
            "measured_at": timezone.now(),
            **fields,
        }
    )


def make_determination(case: Case, *, by, rule_set: RuleSet, area_m2: str = "128.40", **fields) -> Determination:
    """Determine a case as unauthorised, row by row: the state is set without the action."""
    determination = Determination.objects.create(
        **{
            "case": case,
            "outcome": "unauthorised",
            "grounds": ["no_planning_permit"],
            "bureau": "planning",
            "area_m2": Decimal(area_m2),
            "measurement": make_measurement(case, area_m2),
            "reason": "未取得建设工程规划许可证",
            "rule_set": rule_set,
            "determined_by": by,
            "determined_at": timezone.now(),
            **fields,
        }
    )
    Case.objects.filter(pk=case.pk).update(state="determined")
    return determination


def make_decision(county: Unit, month: datetime.date, *, rule_set: RuleSet, **fields) -> PenaltyDecision:
    return PenaltyDecision.objects.create(
        **{
            "county": county,
            "month": month,
            "as_of": timezone.now(),
            "rule_set": rule_set,
            "area_m2": Decimal("128.40"),
            "amount": Decimal("38520.00"),
            "drafted_at": timezone.now(),
            **fields,
        }
    )


def make_line(decision: PenaltyDecision, case: Case, **fields) -> PenaltyLine:
    return PenaltyLine.objects.create(
        **{
            "decision": decision,
            "case": case,
            "month": decision.month,
            "area_m2": Decimal("128.40"),
            "rate": Decimal("300.00"),
            "amount": Decimal("38520.00"),
            **fields,
        }
    )


def make_facility(unit: Unit, lon: float, lat: float, **fields) -> Facility:
    number = next(_numbers)
    return Facility.objects.create(
        **{
            "unit": unit,
            "code": f"WS{number:04d}",
            "name": f"{unit.name}卫生室",
            "location": point(lon, lat),
            "building_area_m2": 120.0,
            **fields,
        }
    )


def make_catchment(facility: Facility, lon: float, lat: float, *, size: float = 0.0005) -> Catchment:
    """Draw a square around a clinic as its catchment."""
    boundary = multi(square(lon - size / 2, lat - size / 2, size))
    return Catchment.objects.create(
        facility=facility,
        code=facility.code,
        unit=facility.unit,
        special_area=facility.special_area,
        boundary=boundary,
        boundary_area_m2=measured_m2(boundary),
    )


def make_zone(unit: Unit, lon: float, lat: float, **fields) -> CensusZone:
    boundary = multi(square(lon, lat, 0.002))
    return CensusZone.objects.create(
        **{
            "unit": unit,
            "code": f"{unit.code}{next(_numbers) % 1000:03d}",
            "level": "block",
            "boundary": boundary,
            "boundary_area_m2": measured_m2(boundary),
            **fields,
        }
    )


def make_review(flag, *, by, outcome: str = "confirmed", **fields) -> ChangeReview:
    return ChangeReview.objects.create(flag=flag, outcome=outcome, reviewed_by=by, **fields)


def make_routing(case: Case, *, by=None, ground: str = "no_planning_permit", bureau: str = "planning") -> CaseRouting:
    return CaseRouting.objects.create(case=case, ground=ground, bureau=bureau, routed_by=by)


def make_source(case: Case, kind: str = "patrol", **fields) -> CaseSource:
    return CaseSource.objects.create(case=case, kind=kind, **fields)


def make_account_entry(unit: Unit, *, by=None, **fields) -> AccountEntry:
    return AccountEntry.objects.create(
        **{
            "unit": unit,
            "debit": Account.SPECIAL_FUND,
            "credit": Account.COUNTY_BUDGET,
            "amount": Decimal("38520.00"),
            "memo": "十一月扣缴",
            "entered_by": by or make_user(),
            **fields,
        }
    )


def make_import_job(*, by, file_name: str = "houses.csv", **fields) -> ImportJob:
    """A file that was imported, with its report: one row that changed nothing."""
    folder = f"imports/{uuid.uuid4().hex}"
    kept = settings.PRIVATE_ROOT / folder
    kept.mkdir(parents=True)
    (kept / "file.csv").write_text("code\n", encoding="utf-8")
    report = ImportReport(layer="buildings", file_name=file_name, source_crs="", encoding="UTF-8", sha256="0" * 64)
    report.lines.append(ReportLine(1, file_name, Outcome.UNCHANGED))
    write_report(kept, report)
    run = ImportRun.objects.create(layer="buildings", file_name=file_name, unchanged_count=1, imported_by=by)
    return ImportJob.objects.create(
        **{
            "layer": "buildings",
            "state": ImportJobState.DONE,
            "file_name": file_name,
            "size_bytes": 5,
            "sha256": "0" * 64,
            "stored_path": f"{folder}/file.csv",
            "titles": {"code": [file_name]},
            "counts": {"unchanged": 1},
            "run": run,
            "sent_by": by,
            **fields,
        }
    )
