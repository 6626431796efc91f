"""Deciding about change flags: taken by one supervisor at a time, decided once, undone while nothing rests on it."""

import datetime
import uuid
from collections.abc import Collection
from dataclasses import dataclass

import pghistory
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from geo.models import ChangeFlag, ChangeKind, FlagState, User
from geo.refusals import NotAllowed, Refusal
from geo.roles import Act
from inspections.actions.cases import leave_case_of_flag, open_or_join_case, tell_of_demolition
from inspections.actions.measurements import measure_review
from inspections.actions.spot_checks import draw_lot
from inspections.actions.telling import tell_of_answers
from inspections.models import Case, ChangeReview, RejectReason, ReviewOutcome, SecondOpinion
from inspections.outlines import Rings, measured, outline_on_ground

# Long enough to look and to be called to the telephone, short enough that a closed browser blocks nobody for long.
LOCK_TIME = datetime.timedelta(minutes=10)
# A decision can be taken back from the desk for this long; later the case is the place to correct it.
UNDO_TIME = datetime.timedelta(hours=12)


class FlagTaken(Refusal):
    """Somebody else has the flag on the desk just now."""

    def __init__(self, flag: ChangeFlag) -> None:
        self.taken_by, self.taken_until = flag.taken_by, flag.taken_until
        until = timezone.localtime(flag.taken_until) if flag.taken_until else None
        super().__init__(
            _("%(name)s 正在审核此图斑，保留至 %(time)s")
            % {"name": flag.taken_by, "time": f"{until:%H:%M}" if until else ""}
        )


class FlagSettled(Refusal):
    """The flag was decided or replaced in the meantime."""

    def __init__(self, flag: ChangeFlag) -> None:
        super().__init__(_("此图斑%(state)s，无需再审") % {"state": flag.get_state_display()})


class ReasonMissing(Refusal):
    """A decision lacks what must be said with it."""


class NothingToUndo(Refusal):
    """There is no decision that can still be taken back here."""


@dataclass(frozen=True)
class Decided:
    """A decision, and the case that a confirmation opened or joined."""

    review: ChangeReview
    case: Case | None


def next_flag(*, by: User, run_id: int | None = None, skipped: Collection[int] = ()) -> ChangeFlag | None:
    """The flag that this person would review next: on their desk, else asked about by a colleague, else free."""
    queue = ChangeFlag.objects.for_user(by, Act.REVIEW_FLAGS).pending().exclude(pk__in=skipped)
    if run_id is not None:
        queue = queue.filter(run_id=run_id)
    on_desk = queue.filter(taken_by=by, taken_until__gte=timezone.now()).order_by("taken_until", "pk").first()
    asked = SecondOpinion.objects.awaited()
    free = queue.free_for(by)
    return (
        on_desk
        or free.filter(pk__in=asked.filter(asked_of=by).values("flag")).in_review_order().first()
        or free.exclude(pk__in=asked.values("flag")).in_review_order().first()
    )


@transaction.atomic
def take_flag(*, flag_id: int, by: User) -> ChangeFlag:
    """Put a pending flag on this person's desk, or lengthen the time it stays there.

    Raises NotAllowed, FlagSettled, FlagTaken.
    """
    flag = _locked(flag_id, by)
    _require_free(flag, by)
    flag.taken_by, flag.taken_until = by, timezone.now() + LOCK_TIME
    flag.save(update_fields=["taken_by", "taken_until"])
    return flag


@transaction.atomic
def release_flag(*, flag_id: int, by: User) -> ChangeFlag:
    """Give a flag back to the queue; nothing happens when it is not on this person's desk."""
    flag = _locked(flag_id, by)
    if flag.taken_by_id == by.pk:
        flag.taken_by = flag.taken_until = None
        flag.save(update_fields=["taken_by", "taken_until"])
    return flag


@transaction.atomic
def decide_flag(
    *,
    flag_id: int,
    outcome: str,
    by: User,
    reason: str = "",
    note: str = "",
    rings: Rings | None = None,
    batch: uuid.UUID | None = None,
) -> Decided:
    """Record a decision about a pending flag; a confirmation opens a case or joins one.

    `rings` are a confirmed outline that was corrected on the flag's picture (pixels). The machine's own stays beside.

    Raises NotAllowed, FlagSettled, FlagTaken, ReasonMissing, UnusableOutline, and what opening a case may refuse.
    """
    flag = _locked(flag_id, by)
    _require_free(flag, by)
    outcome, reason, note = ReviewOutcome(outcome), reason.strip(), note.strip()
    if outcome == ReviewOutcome.REJECTED:
        if reason not in RejectReason.values:
            raise ReasonMissing(_("排除图斑须选择原因"))
        if reason == RejectReason.OTHER and not note:
            raise ReasonMissing(_("选择“其他”须写明原因"))
    else:
        reason = ""
    if outcome == ReviewOutcome.AUTHORISED and not note:
        _require_covered(flag)
    drawn = _drawn(flag, rings) if rings and outcome == ReviewOutcome.CONFIRMED else {}
    with pghistory.context(user=by.pk, act="decide_flag"):
        review = ChangeReview.objects.create(
            flag=flag, outcome=outcome, reason=reason, note=note, reviewed_by=by, batch=batch, **drawn
        )
        flag.state = FlagState(outcome.value)
        flag.taken_by = flag.taken_until = None
        flag.save(update_fields=["state", "taken_by", "taken_until"])
        tell_of_answers(flag, by=by)
        flag.opinions.open().update(closed_at=timezone.now())
        case = None
        if outcome == ReviewOutcome.CONFIRMED and flag.kind == ChangeKind.DEMOLISHED:
            case = tell_of_demolition(flag=flag, by=by)  # what is gone is nobody's offence
        elif outcome == ReviewOutcome.CONFIRMED:
            case = open_or_join_case(flag=flag, by=by, outline=review.outline)
            if review.outline is not None:
                measure_review(case=case, review=review)
        if outcome == ReviewOutcome.REJECTED:
            draw_lot(review=review)
    return Decided(review, case)


def last_review(*, by: User) -> ChangeReview | None:
    """This person's latest decision that can still be taken back."""
    return (
        ChangeReview.objects.for_user(by, Act.REVIEW_FLAGS)
        .standing()
        .filter(reviewed_by=by, reviewed_at__gte=timezone.now() - UNDO_TIME)
        .exclude(flag__state=FlagState.SUPERSEDED)
        .select_related("flag")
        .order_by("-pk")
        .first()
    )


@transaction.atomic
def undo_last_review(*, by: User) -> ChangeFlag:
    """Take this person's last decision back: the flag is on their desk again, a case resting on it alone is discarded.

    Decisions made together are taken back together. An undone decision stays on record.
    Raises NothingToUndo; Refusal when the case has gone on since.
    """
    found = last_review(by=by)
    if found is None:
        raise NothingToUndo(_("没有可以撤销的审核"))
    if found.batch is None:
        return _undone(found, by=by)
    together = ChangeReview.objects.standing().filter(batch=found.batch, reviewed_by=by).order_by("flag_id")
    flags = [_undone(review, by=by) for review in together]
    return flags[0]


def _undone(found: ChangeReview, *, by: User) -> ChangeFlag:
    flag = _locked(found.flag_id, by)
    review = ChangeReview.objects.select_for_update().get(pk=found.pk)
    if review.undone_at is not None:
        raise NothingToUndo(_("没有可以撤销的审核"))
    with pghistory.context(user=by.pk, act="undo_review"):
        if review.outcome == ReviewOutcome.CONFIRMED:
            leave_case_of_flag(flag=flag, reason=_("撤销图斑 %(number)s 的确认") % {"number": flag.number}, by=by)
        review.undone_by, review.undone_at = by, timezone.now()
        review.save(update_fields=["undone_by", "undone_at"])
        flag.state = FlagState.PENDING
        flag.taken_by, flag.taken_until = by, timezone.now() + LOCK_TIME
        flag.save(update_fields=["state", "taken_by", "taken_until"])
    return flag


def _drawn(flag: ChangeFlag, rings: Rings) -> dict[str, object]:
    outline = outline_on_ground(flag, rings)
    area = measured(flag, outline)
    return {
        "outline": outline,
        "outline_area_m2": area.area_m2,
        "outline_uncertainty_m2": area.uncertainty_m2,
    }


def _require_covered(flag: ChangeFlag) -> None:
    """What a known permit does not cover, beyond what the measurement leaves open, needs words of its own."""
    if flag.permitted_m2 <= 0:
        raise ReasonMissing(_("系统中没有覆盖此处的有效许可，请在备注中写明许可证号"))
    if flag.beyond_permit_m2 > flag.area_uncertainty_m2:
        raise ReasonMissing(
            _("超出许可 %(beyond).1f m²，请在备注中说明理由；确属超建的请选择“确认变化”")
            % {"beyond": flag.beyond_permit_m2}
        )


def _locked(flag_id: int, by: User) -> ChangeFlag:
    """The flag, its row locked; to somebody who may not review it there is none."""
    flag = (
        ChangeFlag.objects.for_user(by, Act.REVIEW_FLAGS)
        .select_for_update(of=("self",))
        .select_related("taken_by", "run", "unit")
        .filter(pk=flag_id)
        .first()
    )
    if flag is None:
        raise NotAllowed(_("此图斑不在您的审核范围内"))
    return flag


def _require_free(flag: ChangeFlag, by: User) -> None:
    if flag.state != FlagState.PENDING:
        raise FlagSettled(flag)
    if flag.taken_by_id not in (None, by.pk) and flag.taken_until and flag.taken_until > timezone.now():
        raise FlagTaken(flag)
