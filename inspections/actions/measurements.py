"""Measuring the structure of a case: from the air and on the ground, all readings side by side (R-203)."""

from datetime import datetime
from decimal import Decimal

from django.contrib.gis.geos import GEOSGeometry, MultiPolygon
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from geo.crs import STORAGE_SRID, LonLat
from geo.errors import GeoError
from geo.measure import Area, WalkedPolygon, WalkedVertex, polygon_from_walk, typed_dimensions_area
from geo.models import ChangeFlag, User
from geo.refusals import Refusal
from geo.roles import Act
from inspections.actions.case_guards import locked, require, require_past, require_state
from inspections.models import Case, CaseState, ChangeReview, Inspection, Measurement, MeasurementKind
from inspections.rules.penalty import round_area

MEASURABLE = (CaseState.FOUND, CaseState.ROUTED, CaseState.DETERMINED, CaseState.DEMOLISHING)


class CannotMeasure(Refusal):
    """The readings make no area."""


def measure_flag(*, case: Case, flag: ChangeFlag) -> Measurement:
    """Record the area that the snapshots gave. Part of opening a case: nobody has confirmed it yet."""
    return Measurement.objects.create(
        case=case,
        kind=MeasurementKind.AERIAL,
        area_m2=_stored(flag.area_m2),
        uncertainty_m2=_stored(flag.area_uncertainty_m2),
        method=_("影像比对 %(run)s") % {"run": flag.run},
        geometry=MultiPolygon(flag.geometry, srid=flag.geometry.srid),
        flag=flag,
        measured_at=flag.found_at,
    )


def measure_review(*, case: Case, review: ChangeReview) -> Measurement:
    """Record the area of the outline that the reviewer corrected, beside the machine's own. Part of deciding."""
    return Measurement.objects.create(
        case=case,
        kind=MeasurementKind.AERIAL,
        area_m2=_stored(review.outline_area_m2),
        uncertainty_m2=_stored(review.outline_uncertainty_m2),
        method=_("审核员调整的影像轮廓"),
        geometry=MultiPolygon(review.outline, srid=review.outline.srid),
        inputs={"review": review.pk},
        flag=review.flag,
        measured_by=review.reviewed_by,
        measured_at=review.reviewed_at,
    )


@transaction.atomic
def confirm_aerial(*, case: Case, measurement: Measurement, by: User) -> Measurement:
    """The brigade takes over an area from the air as its own (R-203): a new row beside the first."""
    case = _measurable(case, by=by)
    if measurement.case_id != case.pk or measurement.kind != MeasurementKind.AERIAL:
        raise CannotMeasure(_("只能确认本案件的影像量算。"))
    return Measurement.objects.create(
        case=case,
        kind=MeasurementKind.AERIAL,
        area_m2=measurement.area_m2,
        uncertainty_m2=measurement.uncertainty_m2,
        method=_("确认影像量算（%(method)s）") % {"method": measurement.method},
        geometry=measurement.geometry,
        inputs={"confirms": measurement.pk},
        flag=measurement.flag,
        measured_by=by,
        measured_at=timezone.now(),
    )


@transaction.atomic
def measure_typed(
    *,
    case: Case,
    length_m: Decimal,
    width_m: Decimal,
    by: User,
    at: datetime | None = None,
    inspection: Inspection | None = None,
) -> Measurement:
    """A rectangle measured on the ground with tape or laser."""
    case = _measurable(case, by=by)
    try:
        area = typed_dimensions_area(float(length_m), float(width_m))
    except GeoError as error:
        raise CannotMeasure(
            _("长 %(length)s m、宽 %(width)s m 算不出面积。") % {"length": length_m, "width": width_m}
        ) from error
    inputs = {"length_m": str(length_m), "width_m": str(width_m)}
    return _on_ground(case, MeasurementKind.TYPED, area, inputs=inputs, by=by, at=at, inspection=inspection)


@transaction.atomic
def measure_walked(
    *,
    case: Case,
    vertices: list[tuple[float, float, float]],
    by: User,
    at: datetime | None = None,
    inspection: Inspection | None = None,
) -> Measurement:
    """Corners walked on the ground: (lon, lat, accuracy_m) each, in walking order."""
    case = _measurable(case, by=by)
    try:
        walked = polygon_from_walk([WalkedVertex(LonLat(lon, lat), accuracy_m) for lon, lat, accuracy_m in vertices])
    except GeoError as error:
        raise CannotMeasure(
            _("走测的 %(count)d 个拐点围不成一个面：至少三个不同的点，按顺序走，边不能交叉。")
            % {"count": len(vertices)}
        ) from error
    # Both figures are geo.measure's own; nothing is measured here.
    match walked:
        case WalkedPolygon(polygon=polygon, area=measured):
            outline = MultiPolygon(GEOSGeometry(polygon.wkb_hex, srid=STORAGE_SRID), srid=STORAGE_SRID)
    inputs = {"vertices": [{"lon": lon, "lat": lat, "accuracy_m": accuracy} for lon, lat, accuracy in vertices]}
    return _on_ground(
        case, MeasurementKind.WALKED, measured, inputs=inputs, by=by, at=at, inspection=inspection, outline=outline
    )


def _measurable(case: Case, *, by: User) -> Case:
    case = locked(case)
    require(by, Act.MEASURE_CASES, case=case)
    require_state(case, *MEASURABLE)
    return case


def _on_ground(
    case: Case,
    kind: MeasurementKind,
    area: Area,
    *,
    inputs: dict[str, object],
    by: User,
    at: datetime | None,
    inspection: Inspection | None,
    outline: MultiPolygon | None = None,
) -> Measurement:
    moment = at or timezone.now()
    require_past(moment)
    area_m2 = _stored(area.area_m2)
    if area_m2 <= 0 or area_m2 >= Decimal(10) ** 8:
        raise CannotMeasure(_("%(area)s m² 不是一栋建筑的面积。") % {"area": area_m2})
    return Measurement.objects.create(
        case=case,
        kind=kind,
        area_m2=area_m2,
        uncertainty_m2=None if area.uncertainty_m2 is None else _stored(area.uncertainty_m2),
        method=area.method,
        geometry=outline,
        inputs=inputs,
        inspection=inspection,
        measured_by=by,
        measured_at=moment,
    )


def _stored(value_m2: float) -> Decimal:
    """To the hundredth of a square metre that is stored, half up."""
    return round_area(Decimal(repr(float(value_m2))))
