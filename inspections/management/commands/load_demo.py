"""`manage.py load_demo [DIR]`: the demo town's registers, people, rules and checklists. Running again takes seconds."""

import datetime
import os
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from geo.demo.errors import DemoError
from geo.models import Building, Unit, UnitLevel
from inspections.actions.rule_sets import adopt_default_rules
from inspections.demo.checklists import add_checklists
from inspections.demo.people import PEOPLE, appoint_people, demo_user
from inspections.demo.town import NotATown, ensure_town, import_town, town_folder

DEFAULT_PASSWORD = "chengkan-demo-2026"  # noqa: S105 - a demo's, printed for everybody
RULES_FROM = datetime.date(2026, 1, 1)


class Command(BaseCommand):
    help = (
        "Generate (unless DIR holds one) and load the demo town through the real importers, with people of every role."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", nargs="?", type=Path, help="a folder of python -m geo.demo generate")
        parser.add_argument("--scale", default="full", choices=["full", "small"], help="when it must be generated")
        parser.add_argument("--seed", type=int, default=7, help="when it must be generated")
        parser.add_argument("--password", help="set for all demo people (default: DEMO_PASSWORD or a documented one)")
        parser.add_argument("--sign-ins", action="store_true", help="only print who can sign in")

    def handle(self, **options: Any) -> None:
        if options["sign_ins"]:
            self._print_sign_ins(options["password"])
            return
        start = time.monotonic()
        folder = options["folder"] or town_folder()

        def say(text: str) -> None:
            self.stdout.write(f"[{time.monotonic() - start:5.1f} s] {text}")
            self.stdout.flush()

        try:
            if ensure_town(folder, scale=options["scale"], seed=options["seed"], say=say):
                say(f"the town was generated into {folder}")
            import_town(folder, by=None, say=say, layers=("units", "special_areas"))
            wanted = options["password"] or os.environ.get("DEMO_PASSWORD")
            made, there = appoint_people(password=wanted, default_password=DEFAULT_PASSWORD)
            say(f"people: {made} appointed, {there} in post already")
            import_town(folder, by=demo_user("guihuayuan"), say=say)
        except (NotATown, DemoError) as error:
            raise CommandError(str(error)) from error
        city = Unit.objects.get(level=UnitLevel.CITY, name=PEOPLE[0].place)
        adopt_default_rules(city=city, effective_from=RULES_FROM, by=None)
        say(f"checklists: {add_checklists()}; rules in force since {RULES_FROM}")
        say(f"{Unit.objects.count()} units, {Building.objects.count()} buildings")

    def _print_sign_ins(self, password: str | None) -> None:
        known = password or os.environ.get("DEMO_PASSWORD") or DEFAULT_PASSWORD
        self.stdout.write(f"Demo sign-ins (password of all: {known})")
        for person in PEOPLE:
            role = person.role.label if person.role is not None else "管理员 (/admin/)"
            self.stdout.write(f"  {person.username:<14} {person.display_name} - {role}")
