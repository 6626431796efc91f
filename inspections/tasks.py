"""Jobs of cases, penalties and archive areas."""

import logging
from datetime import UTC, date, datetime, timedelta

from procrastinate.contrib.django import app

from geo.models import ArchiveArea, Unit, UnitLevel
from geo.refusals import Refusal
from inspections.actions.archive_areas import refresh_archive_areas
from inspections.actions.penalties import draft_county, rules_of_month
from inspections.actions.telling import tell_of_overdue_stages
from inspections.models import PenaltyDecision, PenaltyState
from inspections.rules.clock import Month, local_day
from inspections.rules.errors import RulesError
from inspections.rules.penalty import cut_off

log = logging.getLogger(__name__)


# procrastinate reads cron lines in UTC: 16:10 is ten past midnight in Asia/Shanghai, which has no summer time.
@app.periodic(cron="10 16 * * *")
@app.task(queue="penalties", queueing_lock="draft_due_penalties", pass_context=False)
def draft_due_penalties(timestamp: int) -> None:
    """Draft the counties whose checking day begins or has just ended (R-403): a forecast first, then the draft."""
    draft_for_day(datetime.fromtimestamp(timestamp, tz=UTC))


def draft_for_day(moment: datetime) -> int:
    """Draft the counties whose checking day is today or was yesterday, and those that missed it since.

    Returns how many were drafted; one county that cannot be drafted keeps no other from it.
    """
    today = local_day(moment)
    drafted = 0
    for county in Unit.objects.filter(level=UnitLevel.COUNTY):
        try:
            month = _month_due(county, today)
            decision = draft_county(county=county, month=month) if month is not None else None
        except (Refusal, RulesError) as error:
            log.warning("no draft for county %s: %s", county.code, error)
            continue
        drafted += decision is not None
    return drafted


def _month_due(county: Unit, today: date) -> Month | None:
    """The month to draft today: that whose checking day begins or just ended, or was passed without a draft."""
    month = Month.of(today)
    _rule_set, values = rules_of_month(county=county, month=month)
    if today.day == values.penalty_check_day:
        return month
    if today.day < values.penalty_check_day:
        month = month.previous()
        _rule_set, values = rules_of_month(county=county, month=month)
    as_of = cut_off(month, values)
    if local_day(as_of) == today - timedelta(days=1):
        return month
    known = PenaltyDecision.objects.filter(county=county, month=month.first_day).first()
    missed = known is None or (known.state == PenaltyState.DRAFT and known.drafted_at <= as_of)
    return month if missed else None


# Stages run out at the end of a day or at the hour they began: within the hour those concerned know.
@app.periodic(cron="5 * * * *")
@app.task(queue="penalties", queueing_lock="tell_of_overdue_stages", pass_context=False)
def tell_overdue(timestamp: int) -> None:
    """Tell townships and counties of the stages that have run out."""
    log.info("%s stages ran out of late", tell_of_overdue_stages(now=datetime.fromtimestamp(timestamp, tz=UTC)))


# Half past midnight in Asia/Shanghai: a rule set may take effect with the new day.
@app.periodic(cron="30 16 * * *")
@app.task(queue="penalties", queueing_lock="refresh_archive_areas", pass_context=False)
def refresh_all_archive_areas(timestamp: int) -> None:
    """Look again at what was taken of every archive area (R-107)."""
    moved = refresh_archive_areas(areas=ArchiveArea.objects.all())
    log.info("%s archive areas have another date", moved)
