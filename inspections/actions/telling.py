"""Who is told of which act on tasks, cases, flags and penalties. Called inside the act's own transaction."""

from datetime import datetime, timedelta

from django.db import transaction
from django.urls import reverse

from geo.actions.notices import posted_at, tell
from geo.models import ChangeFlag, NoticeKind, User
from geo.roles import Act, Role
from inspections.models import (
    Case,
    CaseRouting,
    CaseState,
    DemolitionStage,
    Determination,
    InspectionTask,
    PenaltyDecision,
    SecondOpinion,
    StageKind,
)

# A stage that ran out longer ago is old news, also to somebody posted since; the list of cases shows it anyway.
NEWS = timedelta(days=7)
OWNERS = {
    # Who let it run out, and whose turn it is now (R-301…R-303).
    StageKind.TOWNSHIP: [Role.TOWNSHIP, Role.COUNTY],
    StageKind.SUPERVISED: [Role.COUNTY],
    StageKind.COLLECTIVE: [Role.COUNTY, Role.OFFICE],
}


def tell_of_task(task: InspectionTask, *, by: User) -> None:
    """An inspector has something to look at; given back and forth, each time is told."""
    tell(
        to=[task.assigned_to],
        kind=NoticeKind.TASK_ASSIGNED,
        key=f"task:{task.pk}:{task.events.count()}",
        link=reverse("field-task", kwargs={"task_id": task.pk}),
        by=by,
        facts={"task": task.title},
        act=Act.INSPECT,
        unit=task.unit,
        special_area_id=task.special_area_id,
    )


def tell_of_routing(routings: list[CaseRouting], *, case: Case, by: User) -> None:
    """A bureau has a case to determine."""
    for routing in routings:
        _of_case(
            case,
            kind=NoticeKind.CASE_ROUTED,
            key=f"routing:{routing.pk}",
            to_roles=[Role.BUREAU],
            bureau=routing.bureau,
            by=by,
        )


def tell_of_determination(determination: Determination, *, case: Case, by: User) -> None:
    """The township and the county have a structure to take down."""
    _of_case(
        case,
        kind=NoticeKind.CASE_DETERMINED,
        key=f"determination:{determination.pk}",
        to_roles=[Role.TOWNSHIP, Role.COUNTY],
        by=by,
    )


@transaction.atomic
def tell_of_overdue_stages(*, now: datetime) -> int:
    """Tell of the stages that ran out of late and of which nothing came; returns how many there are."""
    stages = DemolitionStage.objects.filter(
        done_at=None,
        due_at__lt=now,
        due_at__gte=now - NEWS,
        case__state__in=[CaseState.DETERMINED, CaseState.DEMOLISHING],
    ).select_related("case__unit")
    for stage in stages:
        _of_case(
            stage.case,
            kind=NoticeKind.STAGE_OVERDUE,
            key=f"stage:{stage.pk}:overdue",
            to_roles=OWNERS[StageKind(stage.kind)],
            by=None,
        )
    return len(stages)


def tell_of_question(opinion: SecondOpinion) -> None:
    """A colleague is asked about a flag."""
    _of_flag(
        opinion.flag,
        to=opinion.asked_of,
        kind=NoticeKind.OPINION_ASKED,
        key=f"opinion:{opinion.pk}:asked",
        by=opinion.asked_by,
        note=opinion.note,
    )


def tell_of_answers(flag: ChangeFlag, *, by: User) -> None:
    """A flag was decided that somebody had asked about; before the requests are closed."""
    for opinion in flag.opinions.open().select_related("asked_by"):
        _of_flag(
            flag, to=opinion.asked_by, kind=NoticeKind.OPINION_ANSWERED, key=f"opinion:{opinion.pk}:answered", by=by
        )


def tell_of_draft(decision: PenaltyDecision, *, by: User | None) -> None:
    """The office has a decision to look through and issue; redrawn, it is the same one."""
    _of_decision(decision, kind=NoticeKind.PENALTY_DRAFTED, roles=[Role.OFFICE], act=Act.ISSUE_PENALTIES, by=by)


def tell_of_issue(decision: PenaltyDecision, *, by: User) -> None:
    """Finance has to deduct it, and the county is charged."""
    _of_decision(
        decision,
        kind=NoticeKind.PENALTY_ISSUED,
        roles=[Role.FINANCE, Role.COUNTY],
        act=Act.SEE_PENALTIES,
        by=by,
    )


def _of_case(
    case: Case, *, kind: NoticeKind, key: str, to_roles: list[Role], by: User | None, bureau: str = ""
) -> None:
    tell(
        to=posted_at(unit=case.unit, special_area_id=case.special_area_id, roles=to_roles, bureau=bureau),
        kind=kind,
        key=key,
        link=reverse("case-detail", kwargs={"case_number": case.number}),
        by=by,
        facts={"case": case.number},
        act=Act.SEE_CASES,
        unit=case.unit,
        special_area_id=case.special_area_id,
    )


def _of_flag(flag: ChangeFlag, *, to: User, kind: NoticeKind, key: str, by: User, note: str = "") -> None:
    tell(
        to=[to],
        kind=kind,
        key=key,
        link=reverse("review-flag", kwargs={"flag_id": flag.pk}),
        by=by,
        facts={"flag": flag.number, "note": note},
        act=Act.REVIEW_FLAGS,
        unit=flag.unit,
        special_area_id=flag.special_area_id,
    )


def _of_decision(decision: PenaltyDecision, *, kind: NoticeKind, roles: list[Role], act: Act, by: User | None) -> None:
    tell(
        to=posted_at(unit=decision.county, roles=roles),
        kind=kind,
        key=f"decision:{decision.pk}:{kind.value}",
        link=reverse("penalty-detail", args=[decision.pk]),
        by=by,
        facts={
            "county": decision.county.name,
            "month": f"{decision.month:%Y-%m}",
            "number": decision.number or "",
        },
        act=act,
        unit=decision.county,
    )
