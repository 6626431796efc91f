"""What the page of one case shows: facts, stages, evidence, and the acts that this person may do now."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.forms import Form
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from geo.map_link import map_link
from geo.measure import METHOD_DIMENSIONS, METHOD_GEODESIC, METHOD_WALK
from geo.models import User
from geo.roles import Act
from geo.templatetags.formatting import joined, listed, moment_text
from inspections.actions.case_guards import brigade_measurements, bureaux_at, may_on
from inspections.actions.demolition import photos_of, running_stage_of
from inspections.actions.determination import standing_determination
from inspections.actions.measurements import MEASURABLE
from inspections.actions.penalty_facts import FactsContradict, standing_area_of
from inspections.case_table import ground_labels
from inspections.case_timeline import timeline_of
from inspections.forms import cases as forms
from inspections.marks import describe
from inspections.models import (
    Case,
    CaseState,
    DemolitionStage,
    Inspection,
    InspectionTask,
    Measurement,
    MeasurementKind,
)
from inspections.rules.deadlines import Stage, StageLimit, StageState, stage_state

# Areas from the air are within a third for nine of ten houses (docs/change-detection.md); half as much again is a slip.
ODD_RATIO = 1.5
MAP_ZOOM = 18  # a house and its neighbours

RUNNING = (CaseState.DETERMINED, CaseState.DEMOLISHING)
UNDETERMINED = (CaseState.FOUND, CaseState.ROUTED)


@dataclass(frozen=True, slots=True)
class CaseAct:
    """An act: its address, its form, the states in which it makes sense and the acts of roles that allow it."""

    name: str
    title: str | Promise
    button: str | Promise
    form: type[Form]
    states: tuple[CaseState, ...]
    acts: tuple[Act, ...]
    danger: bool = False


# In the order in which a case goes through them.
CASE_ACTS = (
    CaseAct(
        "route", gettext_lazy("移交认定部门"), gettext_lazy("移交"), forms.RouteForm, UNDETERMINED, (Act.ROUTE_CASES,)
    ),
    CaseAct(
        "confirm-aerial",
        gettext_lazy("确认影像量算的面积"),
        gettext_lazy("确认"),
        forms.ConfirmAerialForm,
        MEASURABLE,
        (Act.MEASURE_CASES,),
    ),
    CaseAct(
        "measure", gettext_lazy("录入实地丈量"), gettext_lazy("保存"), forms.TypedForm, MEASURABLE, (Act.MEASURE_CASES,)
    ),
    CaseAct(
        "walk", gettext_lazy("录入实地走测"), gettext_lazy("保存"), forms.WalkForm, MEASURABLE, (Act.MEASURE_CASES,)
    ),
    CaseAct(
        "determine",
        gettext_lazy("作出认定"),
        gettext_lazy("作出认定"),
        forms.DetermineForm,
        (CaseState.ROUTED, *RUNNING),
        (Act.DETERMINE_CASES,),
    ),
    CaseAct("plan", gettext_lazy("附拆除预案"), gettext_lazy("保存预案"), forms.PlanForm, RUNNING, (Act.DEMOLISH,)),
    CaseAct("demolish", gettext_lazy("登记拆除"), gettext_lazy("登记"), forms.DemolishForm, RUNNING, (Act.DEMOLISH,)),
    CaseAct(
        "source",
        gettext_lazy("补充来源"),
        gettext_lazy("补充"),
        forms.SourceForm,
        (*UNDETERMINED, *RUNNING),
        (Act.REPORT_CASES,),
    ),
    CaseAct(
        "describe",
        gettext_lazy("修改标题和地点"),
        gettext_lazy("保存"),
        forms.DescribeForm,
        (*UNDETERMINED, *RUNNING),
        (Act.REPORT_CASES, Act.ROUTE_CASES),
    ),
    CaseAct(
        "discard",
        gettext_lazy("撤销立案"),
        gettext_lazy("撤销"),
        forms.DiscardForm,
        UNDETERMINED,
        (Act.ROUTE_CASES,),
        danger=True,
    ),
)


def offered_acts(case: Case, *, user: User) -> list[CaseAct]:
    """The acts that make sense in this state and that this person may do here."""
    offered = [act for act in CASE_ACTS if case.state in act.states and may_on(user, *act.acts, case=case)]
    routed = set(case.routings.values_list("bureau", flat=True))
    if not bureaux_at(user, case=case) & routed:
        offered = [act for act in offered if act.name != "determine"]
    if not case.measurements.filter(kind=MeasurementKind.AERIAL).exists():
        offered = [act for act in offered if act.name != "confirm-aerial"]
    return offered


def case_context(case: Case, *, user: User, bound: tuple[str, Form] | None = None) -> dict[str, Any]:
    """The context of cases/detail.html. `bound` is the form of an act that came back with faults."""
    now = timezone.now()
    with_names = may_on(user, Act.SEE_HOUSEHOLDS, case=case)
    determination = standing_determination(case)
    standing, contradiction = None, ""
    try:
        standing = standing_area_of(case, at=now)
    except FactsContradict as error:  # the page is where it is looked into: it opens, and says so
        contradiction = str(error)
    return {
        "case": case,
        "map_url": _map_url(case, user=user),
        "facts": _facts(case, with_names=with_names),
        "contradiction": contradiction,
        "determination": determination,
        "standing_m2": standing,
        "stages": _stages(case, now=now),
        "is_overdue": _is_overdue(case, now=now),
        "photos": _photos(case, user=user),
        "flags": _flags(case),
        "measurements": _measurements(case),
        "timeline": timeline_of(case, with_names=with_names),
        "plan": case.plans.select_related("made_by").first(),
        "building_url": _building_url(case, user=user),
        "tasks": InspectionTask.objects.for_user(user).filter(case=case).select_related("assigned_to").due_first(),
        "inspections": _inspections(case, user=user),
        "may_assign": case.is_open and may_on(user, Act.ASSIGN_INSPECTIONS, case=case),
        "acts": [_act(act, case, user=user, bound=bound) for act in offered_acts(case, user=user)],
    }


def _map_url(case: Case, *, user: User) -> str:
    """The map at the place of the case, for those who may see the map there."""
    if not may_on(user, Act.SEE_MAP, case=case):
        return ""
    return map_link(case.location, zoom=MAP_ZOOM)


def _building_url(case: Case, *, user: User) -> str:
    """The archive page of the case's building, for those in whose area the building lies."""
    building = case.building
    if building is None or not user.can_at(Act.SEE_MAP, unit=building.unit, special_area_id=building.special_area_id):
        return ""
    return reverse("building-detail", args=[building.pk])


def _act(act: CaseAct, case: Case, *, user: User, bound: tuple[str, Form] | None) -> dict[str, Any]:
    is_bound = bound is not None and bound[0] == act.name
    form = bound[1] if bound is not None and is_bound else act.form(case=case, user=user, auto_id=f"{act.name}-%s")
    return {"act": act, "form": form, "is_open": is_bound, "url": reverse(f"case-{act.name}", args=[case.number])}


def _facts(case: Case, *, with_names: bool) -> list[tuple[str, Any]]:
    bureaux = dict.fromkeys(str(routing.get_bureau_display()) for routing in case.routings.all())
    facts: list[tuple[str, Any]] = [
        (_("案件编号"), case.number),
        (_("所属单位"), " · ".join(dict.fromkeys([case.county.name, case.unit.name]))),
        (_("地点"), case.address),
        (_("坐标（CGCS2000）"), f"{case.location.y:.6f}°N, {case.location.x:.6f}°E"),
        (_("重点区域"), case.control_area),
        (_("对应建筑"), case.building),
        (_("事由"), listed(ground_labels(case.grounds))),
        (_("认定部门"), listed(bureaux)),
        (_("立案"), f"{moment_text(case.opened_at)} {case.opened_by or ''}"),
    ]
    if with_names:
        facts.insert(3, (_("当事人"), case.person_in_charge))
    if case.special_area is not None:
        facts.insert(2, (_("特殊区域"), case.special_area))
    return facts


def _stages(case: Case, *, now: datetime) -> list[dict[str, Any]]:
    running = running_stage_of(case, at=now) if case.state in RUNNING else None
    labels = {StageState.PENDING: _("进行中"), StageState.DONE: _("已完成"), StageState.OVERDUE: _("已逾期")}
    rows = []
    for stage in case.stages.select_related("owner").order_by("due_at"):
        state = state_of_stage(stage, now=now)
        waiting = state is StageState.PENDING and now < stage.starts_at
        rows.append(
            {
                "stage": stage,
                "state": state.value,
                "label": _("未开始") if waiting else labels[state],
                "is_running": running is not None and stage.pk == running.pk,
            }
        )
    return rows if case.state in (*RUNNING, CaseState.CLOSED) else []


def state_of_stage(stage: DemolitionStage, *, now: datetime) -> StageState:
    """R-304: pending, done or overdue, by the clock."""
    limit = StageLimit(Stage(stage.kind), stage.starts_at, stage.due_at)
    return stage_state(limit, as_of=now, completed_at=stage.done_at)


def _is_overdue(case: Case, *, now: datetime) -> bool:
    return case.state in RUNNING and any(
        state_of_stage(stage, now=now) is StageState.OVERDUE for stage in case.stages.all()
    )


def _photos(case: Case, *, user: User) -> list[dict[str, Any]]:
    shown = []
    for photo in photos_of(case, user=user).select_related("taken_by").order_by("-taken_at"):
        try:
            url, thumbnail = (reverse("photo-file", args=[photo.pk, variant]) for variant in ("display", "thumbnail"))
        except NoReverseMatch:
            continue
        shown.append(
            {
                "url": url,
                "thumb_url": thumbnail,
                "alt": _("现场照片 %(number)s") % {"number": photo.pk},
                "taken_at": photo.taken_at,
                "by": str(photo.taken_by),
                "accuracy_m": photo.accuracy_m,
                "warning": joined(describe(mark) for mark in photo.marks),
            }
        )
    return shown


def _inspections(case: Case, *, user: User) -> list[dict[str, Any]]:
    """What came back from the field, with whatever looks odd about it."""
    rows = Inspection.objects.for_user(user).filter(Q(case=case) | Q(task__case=case)).select_related("inspected_by")
    return [{"inspection": row, "marks": [describe(mark) for mark in row.marks]} for row in rows]


def _flags(case: Case) -> list[Any]:
    """The flags from the air, with the snapshots before and after."""
    sources = case.sources.standing().exclude(flag=None).select_related("flag__run__before", "flag__run__after")
    return [source.flag for source in sources]


def _measurements(case: Case) -> dict[str, list[dict[str, Any]]]:
    """Air and ground side by side, the brigade's own marked."""
    columns: dict[str, list[dict[str, Any]]] = {"air": [], "ground": []}
    rows: list[Measurement] = list(case.measurements.select_related("measured_by").order_by("-measured_at", "-pk"))
    brigade = brigade_measurements(case, rows)
    aerial = next((float(row.area_m2) for row in rows if row.kind == MeasurementKind.AERIAL), None)
    for row in rows:
        column = "air" if row.kind == MeasurementKind.AERIAL else "ground"
        columns[column].append(
            {
                "row": row,
                "by_brigade": row.pk in brigade,
                "odd": _is_odd(row, aerial),
                "method": _method_words(row.method),
            }
        )
    return columns


def _is_odd(row: Measurement, aerial_m2: float | None) -> bool:
    """Whether an area on the ground is so far from that from the air that one of them must be a slip."""
    if row.kind == MeasurementKind.AERIAL or not aerial_m2:
        return False
    ratio = float(row.area_m2) / aerial_m2
    return not 1 / ODD_RATIO <= ratio <= ODD_RATIO


def _method_words(method: str) -> str:
    """The methods of geo.measure in words; whatever else was written down as it is."""
    return {METHOD_DIMENSIONS: _("长 × 宽"), METHOD_WALK: _("走测拐点"), METHOD_GEODESIC: _("椭球面积")}.get(
        method, method
    )
