"""Demolition 拆除: plans, what was found standing afterwards, and closing with photos from the place (R-305, R-306)."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

import pghistory
from django.contrib.gis.db.models import QuerySet
from django.contrib.gis.geos import Point
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from shapely import wkb
from shapely.ops import nearest_points

from geo.crs import LonLat
from geo.measure import distance_m
from geo.models import User
from geo.refusals import Refusal
from geo.roles import Act
from geo.templatetags.formatting import listed, moment_text
from inspections.actions.case_guards import WrongTime, locked, require, require_past, require_state
from inspections.actions.penalty_facts import facts_of_case, standing_area_of
from inspections.checklists import Says, answers_saying, read_items
from inspections.models import (
    Case,
    CaseState,
    DemolitionPlan,
    DemolitionRecord,
    DemolitionStage,
    Inspection,
    Photo,
    StageKind,
)
from inspections.photos.cross_check import CLOCK_DIFFERS_S, POOR_ACCURACY_M
from inspections.rules.penalty import round_area

# A photo counts as from the place within this distance of the structure, beyond the phone's own accuracy: one stands
# back to have a building in the picture.
PHOTO_PLACE_M = 100.0
# A position worse than this says nothing about the place.
PHOTO_ACCURACY_LIMIT_M = 200.0

RUNNING = (CaseState.DETERMINED, CaseState.DEMOLISHING)


class NoPhotoFromPlace(Refusal):
    """Nothing shows that it is gone: no photo taken at the place after the demolition."""


class SeenStanding(Refusal):
    """Somebody was there after the demolition and reported a building."""


class PlanMissing(Refusal):
    """A collective demolition needs a plan 预案 first."""


class WrongRemainder(Refusal):
    """The remaining area is not less than what stood."""


@transaction.atomic
def attach_plan(
    *, case: Case, planned_on: date, forces: str, risks: str, stability_measures: str, by: User
) -> DemolitionPlan:
    """Attach a demolition plan (R-306)."""
    case = locked(case)
    require(by, Act.DEMOLISH, case=case)
    require_state(case, *RUNNING)
    parts = [forces.strip(), risks.strip(), stability_measures.strip()]
    if not all(parts):
        raise Refusal(_("预案须写明力量部署、风险评估和维稳措施。"))
    with pghistory.context(user=by.pk, act="attach_plan"):
        return DemolitionPlan.objects.create(
            case=case, planned_on=planned_on, forces=parts[0], risks=parts[1], stability_measures=parts[2], made_by=by
        )


@transaction.atomic
def record_demolition(
    *,
    case: Case,
    remaining_m2: Decimal,
    photos: Sequence[Photo],
    demolished_at: datetime,
    by: User,
    note: str = "",
) -> DemolitionRecord:
    """Record a demolition. Nothing remaining closes the case; a remaining area is what counts from then on.

    Raises NotAllowed, WrongState, WrongTime, WrongRemainder, NoPhotoFromPlace, SeenStanding, PlanMissing.
    """
    case = locked(case)
    require(by, Act.DEMOLISH, case=case)
    require_state(case, *RUNNING)
    require_past(demolished_at)
    facts = facts_of_case(case)
    if demolished_at <= max(fact.at for fact in facts):
        raise WrongTime(_("拆除时间须晚于认定和此前的拆除记录。"))
    standing = standing_area_of(case, at=demolished_at)
    remaining = round_area(remaining_m2)
    if not 0 <= remaining < standing:
        raise WrongRemainder(
            _("剩余面积 %(remaining)s m² 须不小于 0 且小于拆除前的 %(standing)s m²。")
            % {"remaining": remaining, "standing": round_area(standing)}
        )
    _require_plan(case, demolished_at=demolished_at)
    fitting = _photos_from_place(case, photos, demolished_at=demolished_at)
    if remaining == 0:
        _require_nobody_saw_it(case, after=demolished_at)
    record = DemolitionRecord.objects.create(
        case=case, remaining_m2=remaining, note=note.strip(), demolished_at=demolished_at, recorded_by=by
    )
    record.photos.set(fitting)
    with pghistory.context(user=by.pk, act="record_demolition"):
        if remaining > 0:
            case.demolish_part()
        else:
            case.close()
            case.closed_at = demolished_at
            for stage in case.stages.filter(done_at=None):
                stage.done_at = demolished_at
                stage.save(update_fields=["done_at"])
        case.save()
    return record


def photos_of(case: Case, *, user: User) -> QuerySet[Photo]:
    """The photos of a case that this person may see: its own and those of its inspections and tasks."""
    return Photo.objects.for_user(user).filter(Q(case=case) | Q(inspection__case=case) | Q(inspection__task__case=case))


def running_stage_of(case: Case, *, at: datetime) -> DemolitionStage | None:
    """The stage whose turn it is at a moment: the first that has not run out, else the last (R-304)."""
    stages = list(case.stages.order_by("due_at"))
    return next((stage for stage in stages if at <= stage.due_at), stages[-1] if stages else None)


def _require_plan(case: Case, *, demolished_at: datetime) -> None:
    stage = running_stage_of(case, at=demolished_at)
    if stage is not None and stage.kind == StageKind.COLLECTIVE and not case.plans.exists():
        raise PlanMissing(_("集中拆除须先附预案（日期、力量、风险、维稳措施）。"))


def _photos_from_place(case: Case, photos: Sequence[Photo], *, demolished_at: datetime) -> list[Photo]:
    """The photos, when each is of this case and taken there after the demolition; else raise, naming the first."""
    if not photos:
        raise NoPhotoFromPlace(_("请至少附一张拆除后在现场拍摄的照片（R-305）。"))
    for photo in photos:
        inspection = photo.inspection
        of_case = photo.case_id == case.pk or (
            inspection is not None
            and (inspection.case_id == case.pk or (inspection.task is not None and inspection.task.case_id == case.pk))
        )
        if not of_case:
            raise NoPhotoFromPlace(
                _("照片 %(photo)s 不属于案件 %(number)s。") % {"photo": photo.pk, "number": case.number}
            )
        if photo.taken_at < demolished_at:
            raise NoPhotoFromPlace(
                _("照片 %(photo)s 拍摄于 %(taken)s，早于拆除时间。")
                % {"photo": photo.pk, "taken": moment_text(photo.taken_at)}
            )
        if (photo.taken_at - photo.received_at).total_seconds() > CLOCK_DIFFERS_S:
            raise NoPhotoFromPlace(
                _("照片 %(photo)s 的拍摄时间晚于接收时间，不能证明拍摄于拆除之后。") % {"photo": photo.pk}
            )
        if photo.looks_like_id is not None:
            raise NoPhotoFromPlace(
                _("照片 %(photo)s 与此前的照片 %(twin)s 相似，请另附一张照片。")
                % {"photo": photo.pk, "twin": photo.looks_like_id}
            )
        away_m = _metres_away(case, photo)
        if away_m is None:
            raise NoPhotoFromPlace(_("照片 %(photo)s 没有可用的定位，不能证明在现场拍摄。") % {"photo": photo.pk})
        if away_m > PHOTO_PLACE_M:
            raise NoPhotoFromPlace(
                _("照片 %(photo)s 距现场 %(metres)d m，不是在现场拍摄的。") % {"photo": photo.pk, "metres": away_m}
            )
    return list(photos)


def _require_nobody_saw_it(case: Case, *, after: datetime) -> None:
    """What is gone cannot be reported as standing afterwards: then the time is wrong, or something remains."""
    seen = Inspection.objects.filter(Q(case=case) | Q(task__case=case), captured_at__gte=after).select_related(
        "checklist", "inspected_by"
    )
    for inspection in seen.order_by("captured_at"):
        items = read_items(inspection.checklist.items) if inspection.checklist is not None else []
        if said := answers_saying(Says.STANDING, items, inspection.answers):
            raise SeenStanding(
                _("%(person)s %(moment)s 的巡查记录为“%(said)s”，与全部拆除矛盾。请核实拆除时间，或填写剩余面积。")
                % {
                    "person": inspection.inspected_by,
                    "moment": moment_text(inspection.captured_at),
                    "said": listed(said),
                }
            )


def _metres_away(case: Case, photo: Photo) -> float | None:
    """Distance beyond the phone's accuracy, which excuses 50 m at most; None when there is no usable position."""
    accuracy_m = photo.accuracy_m or 0.0
    if photo.position is None or accuracy_m > PHOTO_ACCURACY_LIMIT_M:
        return None
    here: Point = photo.position
    there = (case.location.x, case.location.y)
    if case.footprint is not None:
        outline, spot = wkb.loads(bytes(case.footprint.wkb)), wkb.loads(bytes(here.wkb))
        nearest = nearest_points(outline, spot)[0]
        there = (nearest.x, nearest.y)
    return max(0.0, distance_m(LonLat(here.x, here.y), LonLat(*there)) - min(accuracy_m, POOR_ACCURACY_M))
