"""Two of everything, for the walk over all addresses: what lies in one place, and the same in another.

Every text field that can reach a page carries the marker of its place, so that a leak shows in the bytes of an answer.
"""

import datetime
from dataclasses import dataclass

import numpy
import rasterio
from django.apps import apps
from django.conf import settings
from django.utils import timezone
from rasterio.transform import from_bounds

from geo.models import (
    ChangeFlag,
    DiffRun,
    FilterPage,
    Located,
    Notice,
    SavedFilter,
    Snapshot,
    SpecialArea,
    Unit,
    UnitLevel,
)
from geo.roles import Act
from tests import factories
from tests.factories import records

# A word that all plots share: a search for it answers every plot that the asker may see.
COMMON_WORD = "围墙"


@dataclass
class Plot:
    """Everything that lies at one place of one unit, and what the addresses call it."""

    unit: Unit
    marker: str
    spot: tuple[float, float]
    arguments: dict[str, object]

    @property
    def queries(self) -> dict[str, list[str]]:
        """Query strings by the name of the address: what it is asked about besides its path."""
        lon, lat = self.spot
        of = self.arguments
        box = f"bbox={lon},{lat},{lon + 0.0001},{lat + 0.0001}"
        place = [f"unit={self.unit.code}", box]
        part_of_queue = [f"run={of['run_id']}", f"flags={of['flag_id']}", f"skip={of['flag_id']}"]
        tasks = [f"unit={self.unit.code}", f"q={of['case_number']}", f"person={of['person_id']}"]
        named = {
            "unit": [],
            "building": [f"code=B-{self.marker}"],
            "permit": [f"number=P-{self.marker}"],
            "control-area": [f"code={of['control_area_code']}"],
            "snapshot": [],
            "flag": [f"run={of['run_id']}", f"control_area={of['control_area_id']}"],
            "case": [],
        }
        api = {f"api-{name}-list": [*place, *more] for name, more in named.items()}
        # A row is looked for among what its query string leaves of the list.
        api |= {f"api-{name}-detail": ["&".join([*place, *more])] for name, more in named.items()}
        return api | {
            "identify": [
                f"lon={lon + 0.00005}&lat={lat + 0.00005}&zoom=17",
                f"lon={lon + 0.00005}&lat={lat + 0.00005}&zoom=17&narrowed=cases&q={COMMON_WORD}&unit={self.unit.code}",
            ],
            "task-new": [
                f"flag={of['flag_id']}",
                f"case={of['case_number']}",
                f"building={of['building_id']}",
                f"archive_area={of['area_id']}",
            ],
            "search": [f"q={COMMON_WORD}", f"q={of['case_number']}"],
            "search-list": [f"q={COMMON_WORD}", f"q={of['case_number']}"],
            "case-list": [f"unit={self.unit.code}", f"q={of['case_number']}"],
            "case-board": [f"unit={self.unit.code}", f"q={of['case_number']}"],
            "task-list": tasks,
            "task-board": tasks,
            "task-export": tasks,
            "vector-tile": [f"unit={self.unit.code}", f"q={of['case_number']}"],
            "map": [f"layer=cases&unit={self.unit.code}", f"layer=cases&q={of['case_number']}"],
            "bulk-assign": [f"case={of['case_number']}", f"task={of['task_id']}"],
            "case-export": [f"unit={self.unit.code}", f"q={of['case_number']}"],
            "diff-new": [f"after={of['snapshot_id']}"],
            "review-batch": part_of_queue,
            "review-queue": part_of_queue,
            "review-flag": ["part=desk", "&".join(part_of_queue)],
            "review-next": ["&".join(part_of_queue)],
            "building-list": [f"unit={self.unit.code}", "q=B-"],
            "building-export": [f"unit={self.unit.code}", "q=B-"],
            "archive-area-list": [f"unit={self.unit.code}", "q=DA-"],
            "archive-area-export": [f"unit={self.unit.code}", "q=DA-"],
            "clinic-list": [f"unit={self.unit.code}", "q=PLOT"],
            "drawing-list": ["theme=census_block", "theme=census_area", "theme=control_area", "theme=archive_area"],
        }

    def posts(self, own: "Plot") -> list[tuple[str, dict[str, object]]]:
        """Addresses of `own` with bodies that name the things of this plot: what a form is told besides its path."""
        of, now = self.arguments, timezone.localtime()
        case, decision = f"/cases/{own.arguments['case_number']}/", f"/penalties/{own.arguments['decision_id']}/"
        moment = f"{now:%Y-%m-%dT%H:%M}"
        return [
            ("/review/batch/", {"flag_ids": [of["open_flag_id"]], "reason": "shadow"}),
            ("/diffs/new/", {"before": of["snapshot_id"], "after": of["later_snapshot_id"]}),
            ("/penalties/draft/", {"month": f"{now:%Y-%m}", "county": of["county_id"]}),
            (f"{decision}correct/", _correction(of["case_number"])),
            (f"{decision}drop/", {"line": of["line_id"]}),
            (f"{case}confirm-aerial/", {"measurement": of["measurement_id"]}),
            (
                f"{case}determine/",
                {
                    "bureau": "planning",
                    "outcome": "unauthorised",
                    "measurement": of["measurement_id"],
                    "reason": "x",
                },
            ),
            (f"{case}demolish/", {"remaining_m2": 0, "demolished_at": moment, "photos": [of["photo_id"]]}),
            (f"/tasks/new/?flag={own.arguments['flag_id']}", {"to": of["person_id"]}),
            (f"/tasks/new/?flag={of['flag_id']}", {"to": own.arguments["person_id"]}),
            (f"/tasks/assign/?case={of['case_number']}", {"to": own.arguments["person_id"]}),
            (f"/tasks/assign/?task={of['task_id']}", {"to": own.arguments["person_id"]}),
            (f"/tasks/assign/?case={own.arguments['case_number']}", {"to": of["person_id"]}),
            ("/tasks/assign/undo/", {"task": [of["task_id"]]}),
            (f"/filters/{of['filter_id']}/", {"do": "delete"}),
            (f"/inbox/{of['notice_id']}/", {}),
            (f"/review/{own.arguments['open_flag_id']}/ask/", {"colleague_id": of["person_id"], "note": "x"}),
        ]

    def told_in(self, body: bytes, *, asked: str) -> bool:
        """Whether an answer tells something of this plot; what the question itself named does not count."""
        if self.marker.encode() in body:
            return True
        number = str(self.arguments["case_number"])
        return number not in asked and number.encode() in body


def _correction(case_number: object) -> dict[str, object]:
    return {"case_number": case_number, "corrects": "2026-10", "right_area_m2": 1, "reason": "x"}


def _write_raster(relative_path: str, bounds: tuple[float, float, float, float]) -> None:
    path = settings.PRIVATE_ROOT / relative_path
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = numpy.full((3, 256, 256), 120, dtype="uint8")
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=256,
        height=256,
        count=3,
        dtype="uint8",
        crs="EPSG:4490",
        transform=from_bounds(*bounds, 256, 256),
        tiled=True,
        blockxsize=256,
        blockysize=256,
    ) as raster:
        raster.write(pixels)


def make_plot(town: factories.Town, unit: Unit, spot: tuple[float, float], marker: str) -> Plot:
    """Fill one place with the things of one unit. Its snapshots are of this unit and those above it alone.

    The case number carries no marker: it stands in addresses, which a 404 page may repeat.
    """
    lon, lat = spot
    key = Unit.objects.filter(pk__lte=unit.pk).count()
    by = factories.make_user(username=f"bystander_{marker}")
    building = factories.make_building(
        unit, lon, lat, name=marker, household=marker, address=marker, code=f"B-{marker}"
    )
    permit = factories.make_permit(unit, lon, lat, number=f"P-{marker}", holder=marker)
    facility = records.make_facility(unit, lon, lat, name=marker)
    records.make_catchment(facility, lon, lat)
    factories.make_building(unit, lon + 0.0004, lat, code=f"H-{marker}", use="residential")  # no clinic's home
    zone = records.make_zone(unit, lon, lat, name=marker)
    archive_area = factories.make_archive_area(unit, lon, lat, size=0.0004, name=marker, code=f"DA-{marker}")
    archive_area.units.set([unit])
    control_area = factories.make_control_area(town, name=f"KZ-{marker}", boundary=unit.boundary)
    control_area.units.set([unit])

    above = list(Unit.objects.filter(code__in=[*unit.ancestor_codes, unit.code]))
    snapshots = []
    for month in (3, 6):
        snapshot: Snapshot = factories.make_snapshot(
            town, datetime.date(2026, month, 18), title=f"{marker}-{month}", footprint=unit.boundary, operator=marker
        )
        snapshot.units.set(above)
        for path in {snapshot.original_path, snapshot.web_path}:
            _write_raster(path, town.city.boundary.extent)  # pixels of everything: what is shown of them is cut
        Snapshot.objects.filter(pk=snapshot.pk).update(thumbnail_path=snapshot.web_path)
        snapshots.append(snapshot)
    run: DiffRun = factories.make_run(town, before=snapshots[0], after=snapshots[1], flag_count=1)
    flag: ChangeFlag = factories.make_flag(run, unit, lon, lat, evidence={"note": marker})
    for side in ("before", "after"):
        chip = f"runs/{run.pk}/{flag.index}-{side}.jpg"
        (settings.PRIVATE_ROOT / chip).parent.mkdir(parents=True, exist_ok=True)
        (settings.PRIVATE_ROOT / chip).write_bytes(records.jpeg_bytes())
        setattr(flag, f"chip_{side}_path", chip)
    flag.save()

    case = records.make_case(
        unit,
        lon,
        lat,
        number=f"SY2026-{key:04d}",
        county=county_of(unit) or town.counties[1],
        title=f"{marker}{COMMON_WORD}",
        person_in_charge=marker,
        building=building,
        address=marker,
    )
    records.make_source(case, "aerial", flag=flag, note=marker)
    records.make_routing(case)
    task = records.make_task(unit, lon, lat, assigned_to=by, title=marker, case=case)
    inspection = records.make_inspection(unit, lon, lat, by=by, note=marker, task=task, case=case)
    photo = records.make_photo(unit, lon, lat, by=by, inspection=inspection, case=case, file_name=marker)
    rule_set = records.make_rule_set(town.city, effective_from=datetime.date(2020, 1, key))
    # before the checking day of this month, whatever day the test runs on: its county's draft has a line
    determined_at = timezone.now() - datetime.timedelta(days=40)
    records.make_determination(case, by=by, rule_set=rule_set, reason=marker, determined_at=determined_at)
    measurement = records.make_measurement(case, by=by)
    review = records.make_review(flag, by=by, note=marker)
    notice = Notice.objects.create(
        to=by, kind="task_assigned", key=marker, link="/", facts={"task": marker}, act=Act.INSPECT, unit=unit
    )
    kept = SavedFilter.objects.create(user=by, page=FilterPage.CASES, name=marker, query="state=found")
    return Plot(
        unit,
        marker,
        spot,
        {
            "unit_code": unit.code,
            "building_id": building.pk,
            "permit_id": permit.pk,
            "facility_id": facility.pk,
            "area_id": archive_area.pk,
            "control_area_id": control_area.pk,
            "control_area_code": control_area.code,
            "number": zone.events.latest("pgh_id").pgh_id,
            "snapshot_id": snapshots[0].pk,
            "run_id": run.pk,
            "flag_id": flag.pk,
            "open_flag_id": factories.make_flag(run, unit, lon + 0.0002, lat).pk,
            "review_id": review.pk,
            "case_number": case.number,
            "task_id": task.pk,
            "inspection_id": inspection.pk,
            "photo_id": photo.pk,
            "later_snapshot_id": snapshots[1].pk,
            "measurement_id": measurement.pk,
            "county_id": case.county_id,
            "person_id": by.pk,
            "notice_id": notice.pk,
            "filter_id": kept.pk,
            "import_id": records.make_import_job(by=by, file_name=marker).pk,
        },
    )


def county_of(unit: Unit) -> Unit | None:
    return unit if unit.level == UnitLevel.COUNTY else unit.at_level(UnitLevel.COUNTY)


def give_to(area: SpecialArea, plot: Plot) -> None:
    """Put everything of a plot into a special area as well."""
    for model in apps.get_models():
        if issubclass(model, Located):
            model._base_manager.filter(unit=plot.unit).update(special_area=area)


def add_decision(plot: Plot) -> None:
    """Put the plot's case into its county's decision of the month, and book the deduction."""
    from inspections.models import Case, PenaltyDecision, RuleSet

    case = Case.objects.select_related("county").get(number=plot.arguments["case_number"])
    county = case.county
    decision = PenaltyDecision.objects.filter(county=county).first() or records.make_decision(
        county, datetime.date(2026, 10, 1), rule_set=RuleSet.objects.first(), as_of=timezone.now()
    )
    plot.arguments["line_id"] = records.make_line(decision, case).pk
    plot.arguments["decision_id"] = decision.pk
    plot.arguments["entry_id"] = records.make_account_entry(county, memo=plot.marker).pk
