"""What the people of the demo town do after the first comparisons, through the very actions that the pages call.

A few flags are decided, cases opened, measured, determined, one demolished, the month drafted: so that every page has
something to show. Most flags stay pending for whoever looks at the demo.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import NAMESPACE_URL, uuid5

from django.utils import timezone

from geo.demo.score import TrueChange
from geo.models import ChangeFlag, FlagState, User
from geo.refusals import Refusal
from geo.roles import Act, Bureau, Role
from inspections.actions.cases import route_case
from inspections.actions.demolition import record_demolition
from inspections.actions.determination import determine_case
from inspections.actions.inspections import AnnouncedPhoto, FieldReport, assign_task, submit_inspection
from inspections.actions.measurements import confirm_aerial, measure_typed
from inspections.actions.penalties import draft_month
from inspections.actions.photos import store_photo
from inspections.actions.reviews import decide_flag, take_flag
from inspections.demo.people import demo_user, who_can
from inspections.demo.photo import draw_photo
from inspections.models import (
    Case,
    DeterminationOutcome,
    Ground,
    InspectionTask,
    Measurement,
    PenaltyDecision,
    Photo,
    RejectReason,
    ReviewOutcome,
)
from inspections.photos import PhonePosition
from inspections.rules.clock import Month, local_day
from inspections.rules.penalty import cut_off

# Two of the areas' supervisors decide some of what lies before them; the others have not begun.
DECIDERS = (("shenheyuan", 5), ("shenheyuan2", 3))
REJECTED_EACH = 2
AUTHORISED_EACH = 1
OPEN_TASKS = 4
REASONS = {
    "tarpaulin": RejectReason.TARPAULIN,
    "net": RejectReason.TARPAULIN,
    "container": RejectReason.CONTAINER,
    "heap": RejectReason.CONTAINER,
    "paved": RejectReason.GROUND,
}
METRES_PER_DEGREE = 111_000.0
STEP_BACK_M = 14.0  # how far from the structure a photo is taken


@dataclass
class Told:
    """What the story made, for the summary."""

    decided: int = 0
    cases: list[Case] = field(default_factory=list)
    photos: int = 0
    tasks: int = 0
    drafts: list[PenaltyDecision] = field(default_factory=list)


def tell(truth_of: dict[int, TrueChange | None], *, say: Callable[[str], None]) -> Told:
    """Do the work of some days. ``truth_of`` says by flag id what is really there; other flags are left alone."""
    told = Told()
    for username, confirmations in DECIDERS:
        told.cases += _review(demo_user(username), truth_of, confirmations, told)
    say(f"{told.decided} flags decided, {len(told.cases)} cases opened or joined")
    for place, case in enumerate(told.cases):
        _work_on(Case.objects.get(pk=case.pk), place, told)
    _hand_out_tasks(told)
    say(f"{told.photos} photos taken, {told.tasks} tasks still open")
    office = demo_user("bangongshi")
    told.drafts = draft_month(month=Month.of(local_day(timezone.now())), by=office).decisions
    say("drafted: " + (", ".join(f"{d.county} {d.area_m2} m² ¥{d.amount}" for d in told.drafts) or "nothing"))
    return told


def _review(by: User, truth_of: dict[int, TrueChange | None], confirmations: int, told: Told) -> list[Case]:
    """Confirm some true changes without permit, reject some false alarms, accept some that a permit covers."""
    queue = [
        flag
        for flag in ChangeFlag.objects.for_user(by, Act.REVIEW_FLAGS).pending().free_for(by).in_review_order()
        if flag.pk in truth_of
    ]
    cases: list[Case] = []
    rejected = authorised = 0
    for flag in queue:
        change = truth_of[flag.pk]
        if change is None or change.kind == "not_building":
            if rejected < REJECTED_EACH:
                rejected += 1
                reason = REASONS.get(change.what if change is not None else "", RejectReason.SHADOW)
                _decide(flag, ReviewOutcome.REJECTED, by=by, reason=reason, told=told)
        elif change.kind not in ("new", "enlarged"):
            continue
        elif change.permit_state == "permitted" and flag.permitted_m2 > 0 and authorised < AUTHORISED_EACH:
            authorised += 1
            _decide(flag, ReviewOutcome.AUTHORISED, by=by, told=told, note="轮廓外缘为墙影，建筑未超出许可。")
        elif change.permit_state in ("none", "exceeds", "expired") and len(cases) < confirmations:
            case = _decide(flag, ReviewOutcome.CONFIRMED, by=by, told=told)
            if case is not None and case.pk not in {known.pk for known in cases}:
                cases.append(case)
    return cases


def _decide(
    flag: ChangeFlag, outcome: ReviewOutcome, *, by: User, told: Told, reason: str = "", note: str = ""
) -> Case | None:
    take_flag(flag_id=flag.pk, by=by)
    told.decided += 1
    return decide_flag(flag_id=flag.pk, outcome=outcome, by=by, reason=reason, note=note).case


def _work_on(case: Case, place: int, told: Told) -> None:
    """Each case is a little further than the one before it: the list shows every state."""
    supervisor = who_can(
        Act.ASSIGN_INSPECTIONS, unit=case.unit, special_area_id=case.special_area_id, role=Role.SUPERVISOR
    )
    inspector = who_can(Act.INSPECT, unit=case.unit, role=Role.INSPECTOR) or demo_user("jiancha")
    if supervisor is not None:
        task = assign_task(by=supervisor, to=inspector, subject=case, due_at=timezone.now() + timedelta(days=1))
        _inspect(case, task, inspector, told)
    if place == 0:
        return  # found, inspected, not routed yet
    router = demo_user("bangongshi")
    route_case(
        case=case, grounds=[Ground.NO_PLANNING_PERMIT, *([Ground.ILLEGAL_LAND_USE] if place % 2 else [])], by=router
    )
    if place == 1:
        return  # routed, waiting for the bureaux
    measured = _measure(case, typed=place % 2 == 0)
    beyond = _beyond_permit(case, measured)
    covered = "" if beyond is None else f"；量算 {measured.area_m2:.1f} m²，扣除许可范围内的部分，认定 {beyond:.1f} m²"
    determine_case(
        case=case,
        bureau=Bureau.PLANNING,
        outcome=DeterminationOutcome.UNAUTHORISED,
        reason=f"未取得建设工程规划许可证擅自建设{covered}",
        by=demo_user("guihua"),
        measurement=measured,
        area_m2=beyond,
        at=_determined_at(place),
        document=f"规认〔{local_day(timezone.now()).year}〕{place + 1}号",
    )
    if place == 2:
        _demolish(Case.objects.get(pk=case.pk), measured, share=Decimal(0), told=told)
    elif place == 4:
        _demolish(Case.objects.get(pk=case.pk), measured, share=Decimal("0.4"), told=told)


def _determined_at(place: int) -> datetime:
    """Some days ago, so that limits run and run out; never after the checking day of the running month."""
    now = timezone.now()
    return min(
        now - timedelta(days=(0, 0, 3, 1, 4, 7, 2, 9)[place % 8], hours=2),
        cut_off(Month.of(local_day(now))) - timedelta(hours=8),
    )


def _beyond_permit(case: Case, measured: Measurement) -> Decimal | None:
    """What a valid permit covers is not unauthorised; None when nothing is covered."""
    flag = measured.flag or ChangeFlag.objects.filter(case_sources__case=case).first()
    if flag is None or flag.permitted_m2 <= 0:
        return None
    rest = measured.area_m2 - Decimal(str(round(flag.permitted_m2, 2)))
    return rest if rest > 0 else None


def _measure(case: Case, *, typed: bool) -> Measurement:
    """The brigade confirms the area from the air, or goes there with a laser."""
    brigade = demo_user("jiancha")
    aerial = case.measurements.order_by("pk").first()
    if aerial is None:
        raise Refusal(f"{case.number}: nothing was measured from the air")
    if not typed:
        return confirm_aerial(case=case, measurement=aerial, by=brigade)
    width = Decimal(str(round(math.sqrt(float(aerial.area_m2) * 0.62), 2)))
    length = (aerial.area_m2 * Decimal("0.98") / width).quantize(Decimal("0.01"))
    return measure_typed(
        case=case, length_m=length, width_m=width, by=brigade, at=timezone.now() - timedelta(minutes=40)
    )


def _inspect(case: Case, task: InspectionTask, inspector: User, told: Told) -> None:
    taken_at = timezone.now() - timedelta(minutes=45)  # before it is measured and, in places, demolished
    client_id = uuid5(NAMESPACE_URL, f"chengkan-demo/inspection/{case.number}")
    photo = _photograph(
        case, inspector, taken_at=taken_at, what="building", inspection_client_id=client_id, item="found"
    )
    submit_inspection(
        by=inspector,
        report=FieldReport(
            client_id=client_id,
            captured_at=taken_at,
            task_id=task.pk,
            answers={"found": "finished", "inhabited": False, "storeys": 2, "permit_shown": False},
            note="现场已建成,当事人未能出示许可。",
            position=_standing_at(case, taken_at),
            photos=[AnnouncedPhoto(client_id=photo.client_id, item="found")],
            sent_at=timezone.now(),
        ),
    )
    told.photos += 1


def _photograph(of: Case, by: User, *, taken_at: datetime, what: str, **beside: object) -> Photo:
    position = _standing_at(of, taken_at)
    seed = of.pk * 7 + (1 if what == "cleared" else 0)
    content = draw_photo(lon=position.lon, lat=position.lat, taken_at=taken_at, seed=seed, what=what)
    return store_photo(
        by=by,
        client_id=uuid5(NAMESPACE_URL, f"chengkan-demo/photo/{of.number}/{what}"),
        content=content,
        file_name=f"IMG_{taken_at:%Y%m%d_%H%M%S}.jpg",
        taken_at=taken_at,
        sent_at=timezone.now(),
        position=position,
        **beside,
    ).photo


def _standing_at(case: Case, read_at: datetime) -> PhonePosition:
    """Across the street from the structure."""
    turn = case.pk * 2.4
    east = STEP_BACK_M * math.cos(turn) / (METRES_PER_DEGREE * math.cos(math.radians(case.location.y)))
    north = STEP_BACK_M * math.sin(turn) / METRES_PER_DEGREE
    return PhonePosition(lat=case.location.y + north, lon=case.location.x + east, accuracy_m=6.0, read_at=read_at)


def _demolish(case: Case, measured: Measurement, *, share: Decimal, told: Told) -> None:
    """The township takes it down, wholly or but for a ``share``, with a photo from the place afterwards."""
    township = who_can(Act.DEMOLISH, unit=case.unit, special_area_id=case.special_area_id)
    if township is None:
        return
    demolished_at = timezone.now() - timedelta(minutes=30)
    photo = _photograph(case, township, taken_at=timezone.now() - timedelta(minutes=8), what="cleared", case=case)
    told.photos += 1
    standing = case.determinations.order_by("pk").last()
    area = standing.area_m2 if standing is not None and standing.area_m2 is not None else measured.area_m2
    record_demolition(
        case=case,
        remaining_m2=(area * share).quantize(Decimal("0.01")),
        photos=[photo],
        demolished_at=demolished_at,
        by=township,
        note="已组织拆除。" if share == 0 else "主体已拆除,其余部分限期清理。",
    )


def _hand_out_tasks(told: Told) -> None:
    """Some pending flags are to be looked at: the inspectors' phones are not empty."""
    for flag in ChangeFlag.objects.pending().in_review_order().select_related("unit"):
        if told.tasks == OPEN_TASKS:
            return
        inspector = who_can(Act.INSPECT, unit=flag.unit, role=Role.INSPECTOR)
        officer = who_can(Act.ASSIGN_INSPECTIONS, unit=flag.unit, role=Role.TOWNSHIP)
        if inspector is None or officer is None:
            continue
        assign_task(
            by=officer,
            to=inspector,
            subject=flag,
            instructions="请现场核查并拍照。",
            due_at=timezone.now() + timedelta(days=2),
        )
        told.tasks += 1


def already_told() -> bool:
    """Whether the story was told before: its people have decided something."""
    return (
        ChangeFlag.objects.exclude(state__in=[FlagState.PENDING, FlagState.SUPERSEDED])
        .filter(reviews__reviewed_by__username__in=[name for name, _ in DECIDERS])
        .exists()
    )
