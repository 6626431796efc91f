"""What people did in the city of bench/_town.py: cases with all that follows from them, tasks, inspections, months."""

import datetime
import random
import uuid
from decimal import Decimal

from django.contrib.gis.geos import Point
from django.db import connection
from django.utils import timezone

from bench._town import City
from geo.models import Building, ChangeFlag, Unit
from inspections.actions.rule_sets import adopt_default_rules
from inspections.models import (
    AccountEntry,
    Case,
    CaseRouting,
    CaseSource,
    ChangeReview,
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
)
from tests.factories import multi, square
from tests.factories.records import make_checklist

# Twenty cases of the order in which a city has them: some new, many standing, most of the old ones closed.
STATES = (
    *("determined",) * 5,
    *("found",) * 3,
    *("routed",) * 3,
    *("demolishing",) * 2,
    *("closed",) * 5,
    "authorised",
    "withdrawn",
)
EVER_DETERMINED = {"determined", "demolishing", "closed"}
MONTHS = 12
FLAGS_A_CASE = 5
PHOTOS_OF_A_VISIT = 2
RATE = Decimal(300)


def rules(city: City) -> RuleSet:
    """The rule set of the city, made at the first call."""
    found = RuleSet.objects.first()
    return found or adopt_default_rules(
        city=city.units[0], effective_from=timezone.localdate() - datetime.timedelta(days=800)
    )


def fill_work(city: City) -> None:
    """Decide the flags, open a case from every fifth one, and let everybody do their part in it."""
    flags = list(
        ChangeFlag.objects.filter(index__in=range(0, ChangeFlag.objects.count(), FLAGS_A_CASE)).order_by("index")
    )
    reviewer = city.people["supervisor"]
    ChangeReview.objects.bulk_create(
        ChangeReview(
            flag=flag,
            outcome=flag.state,
            reason="shadow" if flag.state == "rejected" else "",
            reviewed_by=reviewer,
        )
        for flag in ChangeFlag.objects.filter(reviews=None).exclude(state="pending")
    )
    cases = _cases(city, flags)
    _findings(city, cases)
    _visits(city, cases)
    _months(city)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _age(n: int) -> datetime.datetime:
    """When the n-th case was opened: spread over the last 400 days."""
    return timezone.now() - datetime.timedelta(days=1 + n * 7 % 400, hours=n % 11)


def _cases(city: City, flags: list[ChangeFlag]) -> list[Case]:
    counties = {county.code[:6]: county for county in city.counties}
    houses = list(Building.objects.order_by("pk").values_list("pk", flat=True)[: len(flags)])
    rows = []
    for n, flag in enumerate(flags):
        state, unit = STATES[n % len(STATES)], flag.unit
        west, south, _east, _north = flag.geometry.extent
        rows.append(
            Case(
                number=f"SY2026{n:05d}",
                unit=unit,
                county=counties[unit.code[:6]],
                title=f"{unit.name}{('加建砖房', '彩钢棚', '围墙', '楼顶加层')[n % 4]}",
                address=f"{unit.name}建业路{n % 300 + 1}号",
                location=Point(west + 0.00005, south + 0.00005, srid=4490),
                footprint=multi(square(west, south, 0.0001)),
                building_id=houses[n],
                person_in_charge=f"当事人{n}",
                grounds=["no_planning_permit"] if state != "found" else [],
                state=state,
                opened_by=city.people["supervisor"],
                closed_at=_age(n) + datetime.timedelta(hours=12) if state == "closed" else None,
            )
        )
    made = Case.objects.bulk_create(rows)
    with connection.cursor() as cursor:  # the field fills itself with now
        cursor.executemany(
            "UPDATE inspections_case SET opened_at = %s WHERE id = %s",
            [(_age(n), case.pk) for n, case in enumerate(made)],
        )
    CaseSource.objects.bulk_create(
        CaseSource(case=case, kind="aerial", flag=flag, reported_by=city.people["supervisor"])
        for case, flag in zip(made, flags, strict=True)
    )
    CaseRouting.objects.bulk_create(
        CaseRouting(case=case, ground="no_planning_permit", bureau="planning", routed_by=city.people["office"])
        for case in made
        if case.state != "found"
    )
    return made


def _findings(city: City, cases: list[Case]) -> None:
    """Measurements, determinations, stages and demolitions of the cases that came so far."""
    measured = Measurement.objects.bulk_create(
        Measurement(
            case=case,
            kind=kind,
            area_m2=Decimal(60 + case.pk % 240),
            uncertainty_m2=Decimal("3.10"),
            method="钢尺丈量" if kind == "typed" else "影像量算",
            measured_by=city.people["brigade"],
            measured_at=_opened(case),
        )
        for case in cases
        if case.state in EVER_DETERMINED
        for kind in ("aerial", "typed")
    )
    found = Determination.objects.bulk_create(
        Determination(
            case=measure.case,
            outcome="unauthorised",
            grounds=["no_planning_permit"],
            bureau="planning",
            area_m2=measure.area_m2,
            measurement=measure,
            reason="未取得建设工程规划许可证",
            rule_set=rules(city),
            determined_by=city.people["bureau"],
            determined_at=_opened(measure.case) + datetime.timedelta(hours=2),
        )
        for measure in measured
        if measure.kind == "typed"
    )
    units = {unit.pk: unit for unit in city.units}
    DemolitionStage.objects.bulk_create(
        DemolitionStage(
            case=finding.case,
            determination=finding,
            kind=kind,
            owner=units[units[finding.case.unit_id].parent_id] if kind == "township" else finding.case.county,
            starts_at=finding.determined_at + datetime.timedelta(days=after),
            due_at=finding.determined_at + datetime.timedelta(days=after + days),
            done_at=finding.case.closed_at,
        )
        for finding in found
        for kind, after, days in (("township", 0, 2), ("supervised", 2, 3), ("collective", 5, 3))
    )
    DemolitionRecord.objects.bulk_create(
        DemolitionRecord(
            case=finding.case,
            remaining_m2=Decimal(0) if finding.case.state == "closed" else finding.area_m2 / 2,
            demolished_at=finding.determined_at + datetime.timedelta(hours=9),
            recorded_by=city.people["township"],
        )
        for finding in found
        if finding.case.state in ("closed", "demolishing")
    )


def _opened(case: Case) -> datetime.datetime:
    return _age(int(case.number[6:]))


def _visits(city: City, cases: list[Case]) -> None:
    """A task for every case, two thirds of them done: an inspection with its photos, of which there are no files."""
    checklist = make_checklist()
    inspectors = [person for name, person in city.people.items() if name.startswith("inspector")]
    ids = random.Random(1)  # noqa: S311
    now = timezone.now()
    tasks = InspectionTask.objects.bulk_create(
        InspectionTask(
            unit=case.unit,
            title=f"核查{case.title}",
            location=case.location,
            case=case,
            checklist=checklist,
            state="assigned" if n % 3 == 0 else "done",
            assigned_to=inspectors[n % len(inspectors)],
            assigned_by=city.people["supervisor"],
            due_at=now + datetime.timedelta(days=n % 12 - 6),
        )
        for n, case in enumerate(cases)
    )
    visits = Inspection.objects.bulk_create(
        Inspection(
            unit=task.unit,
            client_id=uuid.UUID(int=ids.getrandbits(128)),
            payload_sha256="0" * 64,
            task=task,
            case=task.case,
            checklist=checklist,
            answers={"standing": True},
            note="仍在施工",
            position=task.location,
            accuracy_m=8.0,
            captured_at=now - datetime.timedelta(days=3),
            inspected_by=task.assigned_to,
        )
        for task in tasks
        if task.state == "done"
    )
    Photo.objects.bulk_create(
        Photo(
            unit=visit.unit,
            client_id=uuid.UUID(int=ids.getrandbits(128)),
            inspection=visit,
            case=visit.case,
            sha256=f"{ids.getrandbits(256):064x}",
            media_type="image/jpeg",
            size_bytes=2_000_000,
            width_px=4_000,
            height_px=3_000,
            original_path="none.jpg",
            display_path="none.jpg",
            thumbnail_path="none.jpg",
            position=visit.position,
            accuracy_m=8.0,
            taken_at=visit.captured_at,
            taken_by=visit.inspected_by,
        )
        for visit in visits
        for _n in range(PHOTOS_OF_A_VISIT)
    )


def _months(city: City) -> None:
    """Decisions of the last months with a line for every case that stood then; all but the newest month issued."""
    found = list(Determination.objects.select_related("case").prefetch_related("case__demolitions"))
    month = timezone.localdate().replace(day=1)
    for back in range(1, MONTHS + 1):
        month = (month - datetime.timedelta(days=1)).replace(day=1)
        as_of = timezone.make_aware(datetime.datetime.combine(month.replace(day=25), datetime.time.max))
        for county in city.counties:
            standing = {
                finding: area
                for finding in found
                if finding.case.county_id == county.pk
                and finding.determined_at <= as_of
                and (area := _left(finding, as_of)) > 0
            }
            if standing:
                _decide(city, county, month, as_of, standing, issued=back > 1)


def _left(finding: Determination, as_of: datetime.datetime) -> Decimal:
    gone = [record.remaining_m2 for record in finding.case.demolitions.all() if record.demolished_at <= as_of]
    return min([finding.area_m2, *gone])


def _decide(
    city: City,
    county: Unit,
    month: datetime.date,
    as_of: datetime.datetime,
    standing: dict[Determination, Decimal],
    *,
    issued: bool,
) -> None:
    area = sum(standing.values(), Decimal(0))
    decision = PenaltyDecision.objects.create(
        county=county,
        month=month,
        as_of=as_of,
        rule_set=rules(city),
        area_m2=area,
        amount=area * RATE,
        drafted_at=as_of,
        drafted_by=city.people["office"],
    )
    PenaltyLine.objects.bulk_create(
        PenaltyLine(
            decision=decision,
            case=finding.case,
            month=month,
            determination=finding,
            area_m2=left,
            rate=RATE,
            amount=left * RATE,
        )
        for finding, left in standing.items()
    )
    if issued:
        PenaltyDecision.objects.filter(pk=decision.pk).update(
            state="issued",
            number=f"嵩治办扣〔{month:%Y}〕{month:%m}-{county.code[2:6]}号",
            issued_at=as_of,
            issued_by=city.people["office"],
            pdf_sha256="0" * 64,
        )
        AccountEntry.objects.create(
            unit=county,
            debit="special_fund",
            credit="county_budget",
            amount=area * RATE,
            memo=f"{county.name} {month:%Y-%m}",
            entered_by=city.people["finance"],
        )
