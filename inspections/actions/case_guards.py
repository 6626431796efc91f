"""What every act on a case asks first: the case itself, locked, and whether this person may do it there."""

from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from geo.models import Posting, Unit, UnitLevel, User
from geo.refusals import NotAllowed, Refusal
from geo.roles import Act, Role
from geo.templatetags.formatting import moment_text
from inspections.models import Case, CaseState, Measurement
from inspections.rules.clock import local_day


class WrongState(Refusal):
    """The case is in a state in which this act has no meaning."""


class WrongTime(Refusal):
    """A time lies in the future, or before what it must follow."""


class MissingReason(Refusal):
    """An act that must say why did not."""


def locked(case: Case) -> Case:
    """The case as it is now in the database, locked until the transaction ends."""
    return Case.objects.select_for_update(of=("self",)).select_related("unit", "county").get(pk=case.pk)


def require(by: User, *acts: Act, case: Case) -> None:
    """Raise NotAllowed unless the person may do one of the acts where the case lies."""
    if not may_on(by, *acts, case=case):
        raise NotAllowed(_("您没有权限对案件 %(number)s 执行此操作。") % {"number": case.number})


def may_on(by: User, *acts: Act, case: Case) -> bool:
    """Whether the person may do one of the acts where the case lies."""
    return any(by.can_at(act, unit=case.unit, special_area_id=case.special_area_id) for act in acts)


def bureaux_at(by: User, *, case: Case) -> set[str]:
    """The bureaux for which this person speaks where the case lies; an account without such a posting has none."""
    if not by.is_active:
        return set()
    return {
        posting.bureau for posting in by.current_postings if posting.role == Role.BUREAU and _covers(posting, case=case)
    }


def brigade_measurements(case: Case, rows: Sequence[Measurement]) -> set[int]:
    """Those measurements of a case (by key) made by somebody who was posted to the planning inspection brigade
    for that place on that day (R-203). One query."""
    postings = [
        posting
        for posting in Posting.objects.filter(
            user__in={row.measured_by_id for row in rows}, role=Role.BRIGADE
        ).select_related("unit")
        if _covers(posting, case=case)
    ]
    return {
        row.pk
        for row in rows
        if any(
            posting.user_id == row.measured_by_id and posting.is_in_force(local_day(row.measured_at))
            for posting in postings
        )
    }


def _covers(posting: Posting, *, case: Case) -> bool:
    if posting.unit is not None:
        return case.unit.path.startswith(posting.unit.path)
    return posting.special_area_id is not None and posting.special_area_id == case.special_area_id


def require_state(case: Case, *states: CaseState) -> None:
    """Raise WrongState unless the case is in one of the states."""
    if case.state not in states:
        raise WrongState(
            _("案件 %(number)s 目前为“%(state)s”，不能执行此操作。")
            % {"number": case.number, "state": CaseState(case.state).label}
        )


def require_reason(reason: str) -> str:
    """The reason without blanks around it; raise MissingReason when nothing is left."""
    if not reason.strip():
        raise MissingReason(_("请填写理由。"))
    return reason.strip()


def require_past(moment: datetime) -> None:
    """Raise WrongTime for a time that has not come yet."""
    if moment > timezone.now():
        raise WrongTime(_("时间 %(time)s 尚未到来。") % {"time": moment_text(moment)})


def unit_above(unit: Unit, level: UnitLevel) -> Unit | None:
    """The unit itself or the one above it at a level, read once."""
    return unit if unit.level == level else unit.at_level(level)
