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

from geo.models import ChangeFlag, DiffRun, Located, Snapshot, SpecialArea, Unit, UnitLevel
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
        return {
            "identify": [f"lon={lon + 0.00005}&lat={lat + 0.00005}&zoom=17"],
            "task-new": [f"flag={of['flag_id']}", f"case={of['case_number']}", f"building={of['building_id']}"],
            "search": [f"q={COMMON_WORD}", f"q={of['case_number']}"],
            "case-list": [f"unit={self.unit.code}", f"q={of['case_number']}"],
            "case-export": [f"unit={self.unit.code}"],
            "diff-new": [f"after={of['snapshot_id']}"],
            "review-batch": [f"run={of['run_id']}"],
            "review-queue": [f"run={of['run_id']}"],
            "review-flag": ["part=desk"],
            "building-list": [f"unit={self.unit.code}", "q=B-"],
            "building-export": [f"unit={self.unit.code}"],
            "clinic-list": [f"unit={self.unit.code}"],
            "drawing-list": ["theme=census_block", "theme=census_area", "theme=control_area"],
        }

    def told_in(self, body: bytes, *, asked: str) -> bool:
        """Whether an answer tells something of this plot; what the question itself named does not count."""
        if self.marker.encode() in body:
            return True
        number = str(self.arguments["case_number"])
        return number not in asked and number.encode() in body


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
    zone = records.make_zone(unit, lon, lat, name=marker)
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
    records.make_determination(case, by=by, rule_set=rule_set, reason=marker)
    review = records.make_review(flag, by=by, note=marker)
    return Plot(
        unit,
        marker,
        spot,
        {
            "unit_code": unit.code,
            "building_id": building.pk,
            "permit_id": permit.pk,
            "facility_id": facility.pk,
            "control_area_id": control_area.pk,
            "number": zone.events.latest("pgh_id").pgh_id,
            "snapshot_id": snapshots[0].pk,
            "run_id": run.pk,
            "flag_id": flag.pk,
            "review_id": review.pk,
            "case_number": case.number,
            "task_id": task.pk,
            "inspection_id": inspection.pk,
            "photo_id": photo.pk,
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
    records.make_line(decision, case)
    plot.arguments["decision_id"] = decision.pk
    plot.arguments["entry_id"] = records.make_account_entry(county, memo=plot.marker).pk
