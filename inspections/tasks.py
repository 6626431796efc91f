"""Jobs of cases and penalties."""

import logging
from datetime import UTC, datetime, timedelta

from procrastinate.contrib.django import app

from geo.models import Unit, UnitLevel
from geo.refusals import Refusal
from inspections.actions.penalties import draft_county
from inspections.actions.rule_sets import rules_in_force
from inspections.rules.clock import CITY_ZONE, Month, local_day

log = logging.getLogger(__name__)


# procrastinate reads cron lines in UTC: 16:10 is ten past midnight in Asia/Shanghai, which has no summer time.
@app.periodic(cron="10 16 * * *")
@app.task(queue="penalties", queueing_lock="draft_due_penalties", pass_context=False)
def draft_due_penalties(timestamp: int) -> None:
    """Draft the counties whose checking day begins or has just ended (R-403): a forecast first, then the draft."""
    draft_for_day(datetime.fromtimestamp(timestamp, tz=UTC))


def draft_for_day(moment: datetime) -> int:
    """Draft the counties whose checking day is today or was yesterday in the city; returns how many were drafted."""
    today = local_day(moment)
    drafted = 0
    for county in Unit.objects.filter(level=UnitLevel.COUNTY):
        try:
            _rule_set, values = rules_in_force(unit=county, at=moment.astimezone(CITY_ZONE))
            if values.penalty_check_day not in (today.day, (today - timedelta(days=1)).day):
                continue
            decision = draft_county(county=county, month=Month.of(today - timedelta(days=1)))
        except Refusal as refusal:
            log.warning("no draft for county %s: %s", county.code, refusal)
            continue
        drafted += decision is not None
    return drafted
