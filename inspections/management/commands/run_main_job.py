"""`manage.py run_main_job`: snapshots in, compared, decided, inspected, determined, charged. Again is quick."""

import os
import time
from argparse import ArgumentParser
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from geo.demo.errors import DemoError
from geo.demo.score import TrueChange, read_truth
from geo.models import ChangeFlag, User
from geo.refusals import Refusal
from inspections.demo.aerial import Flown, NotTakenIn, compare, take_in
from inspections.demo.jobs import TookTooLong, WorkerDied
from inspections.demo.pair import NoPair, make_room, pairs_in
from inspections.demo.people import demo_user
from inspections.demo.report import lines_of, plain_lines, score_run
from inspections.demo.story import already_told, tell
from inspections.demo.town import town_folder, town_snapshots
from inspections.models import Case

# One process reads while another computes; more than this gains nothing on a demo of this size.
MOST_WORKERS = 4


class Command(BaseCommand):
    help = "Run the main job on the demo town of load_demo, or on a pair of images of your own with --pair."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--folder", type=Path, help="the generated town (default: the one of load_demo)")
        parser.add_argument("--pair", type=Path, help="a folder with two georeferenced images, or with A/ and B/")
        parser.add_argument("--resolution-m", type=float, help="of plain images in A/ and B/, metres per pixel")
        parser.add_argument("--most", type=int, default=4, help="how many pairs of A/ and B/ at most (default 4)")
        parser.add_argument(
            "--workers", type=int, default=min(os.cpu_count() or 1, MOST_WORKERS), help="worker processes; 0: this one"
        )

    def handle(self, **options: Any) -> None:
        start = time.monotonic()

        def say(text: str) -> None:
            self.stdout.write(f"[{time.monotonic() - start:6.1f} s] {text}")
            self.stdout.flush()

        try:
            centre = demo_user("shuzizhongxin")
        except User.DoesNotExist as error:
            raise CommandError("there is no demo town in the database: run manage.py load_demo first") from error
        try:
            # No context round it all: every action says who acted, and one around them would name one person for all.
            if options["pair"] is not None:
                self._pair(options, centre, say)
            else:
                self._town(options["folder"] or town_folder(), options["workers"], centre, say)
        except (NotTakenIn, NoPair, DemoError, Refusal, WorkerDied, TookTooLong) as error:
            raise CommandError(str(error)) from error

    def _town(self, folder: Path, workers: int, centre: User, say: Callable[[str], None]) -> None:
        flown = [
            Flown(one.title, one.image, one.captured_on, one.dsm, one.sensor, one.operator)
            for one in town_snapshots(folder)
        ]
        snapshots = take_in(flown, by=centre, workers=workers, say=say)
        truth = read_truth(folder)
        really: dict[int, TrueChange | None] = {}
        for before, after in pairwise(snapshots):
            run = compare(before, after, by=centre, workers=workers, say=say)
            found, there = score_run(run, truth)
            really.update(there)
            say("\n           ".join(lines_of(run, found)))
        if already_told():
            say("people have decided already; nothing is done twice")
        else:
            tell(really, say=say)
        pending, cases = ChangeFlag.objects.pending().count(), Case.objects.count()
        say(f"{pending} flags wait for review, {cases} cases in the ledger")

    def _pair(self, options: dict[str, Any], centre: User, say: Callable[[str], None]) -> None:
        pairs = pairs_in(options["pair"], resolution_m=options["resolution_m"], most=options["most"])
        make_room(pairs, people=[centre, demo_user("shenheyuan")], say=say)
        centre = User.objects.get(pk=centre.pk)  # postings are read once for an object
        for pair in pairs:
            snapshots = take_in([pair.before, pair.after], by=centre, workers=options["workers"], say=say)
            run = compare(snapshots[0], snapshots[1], by=centre, workers=options["workers"], say=say)
            say("\n           ".join(plain_lines(run)))
