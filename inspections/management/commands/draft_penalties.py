"""Draft the monthly penalty decisions: `manage.py draft_penalties --month 2026-11 [--county 410185000000]`."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from geo.models import Unit, UnitLevel
from geo.refusals import Refusal
from inspections.actions.penalties import draft_county
from inspections.models import PenaltyState
from inspections.rules.clock import Month
from inspections.rules.errors import InvalidMonth, RulesError


class Command(BaseCommand):
    help = "Draft one penalty decision per county for a month. Issued decisions are left alone; running again is safe."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--month", required=True, metavar="YYYY-MM", help="the month to draft, e.g. 2026-11")
        parser.add_argument("--county", metavar="CODE", help="12-digit code of one county (default: all)")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            month = Month.parse(options["month"])
        except InvalidMonth as error:
            raise CommandError(str(error)) from error
        counties = Unit.objects.filter(level=UnitLevel.COUNTY)
        if options["county"]:
            counties = counties.filter(code=options["county"])
            if not counties:
                raise CommandError(f"no county has the code {options['county']}")
        failed = []
        for county in counties:
            try:
                decision = draft_county(county=county, month=month)
            except (Refusal, RulesError) as error:
                failed.append(f"{county.code}: {error}")
                continue
            if decision is None:
                self.stdout.write(f"{county.code} {month}: nothing stands")
            elif decision.state != PenaltyState.DRAFT:
                self.stdout.write(f"{county.code} {month}: already issued as {decision.number}, left alone")
            else:
                self.stdout.write(
                    f"{county.code} {month}: {decision.lines.count()} lines, "
                    f"{decision.area_m2} m2, {decision.amount} yuan"
                )
        if failed:
            raise CommandError("; ".join(failed))
