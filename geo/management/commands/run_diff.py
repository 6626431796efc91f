"""manage.py run_diff BEFORE AFTER --by centre: compare two snapshots."""

import argparse
import time
from typing import Any

import pghistory
from django.core.management.base import BaseCommand, CommandError

from geo.actions.diff_steps import detect_one, finish_run, prepare_run
from geo.actions.diffs import progress_of, start_diff
from geo.models import DiffRun, DiffRunState, Snapshot, User
from geo.refusals import Refusal

POLL_S = 1.0


class Command(BaseCommand):
    """Enqueues the comparison; --wait follows the workers, --inline does the work in this process."""

    help = "Compare two snapshots (numbers as in ingest_snapshot's output) and write what changed as flags."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("before", type=int, help="number of the earlier snapshot")
        parser.add_argument("after", type=int, help="number of the later snapshot")
        parser.add_argument("--by", required=True, help="user name of the person on record, who may run diffs")
        parser.add_argument("--detector", help="detector to use; default: the engine's own")
        parser.add_argument("--block-px", type=int, help="side of a block in pixels")
        how = parser.add_mutually_exclusive_group()
        how.add_argument("--wait", action="store_true", help="wait until the workers are done")
        how.add_argument("--inline", action="store_true", help="do the work here, without a worker")

    def handle(self, *args: Any, **options: Any) -> None:
        by = User.objects.filter(username=options["by"]).first()
        if by is None:
            raise CommandError(f"there is no user {options['by']!r}")
        pair = Snapshot.objects.in_bulk([options["before"], options["after"]])
        missing = {options["before"], options["after"]} - pair.keys()
        if missing:
            raise CommandError(f"there is no snapshot {', '.join(map(str, sorted(missing)))}")
        given = {"detector": options["detector"], "block_px": options["block_px"]}
        with pghistory.context(command="run_diff", user=by.pk):
            try:
                run = start_diff(
                    before=pair[options["before"]],
                    after=pair[options["after"]],
                    by=by,
                    parameters={name: value for name, value in given.items() if value is not None},
                )
            except Refusal as refusal:
                raise CommandError(str(refusal)) from refusal
            if options["inline"]:
                self._work(run)
            elif options["wait"]:
                self._wait(run)
        self._tell(DiffRun.objects.get(pk=run.pk))

    def _work(self, run: DiffRun) -> None:
        """Do every step here. Its jobs stay in the queue and will find nothing left to do."""
        prepare_run(run_id=run.pk)
        for index in run.blocks.values_list("index", flat=True):
            detect_one(run_id=run.pk, index=index)
        finish_run(run_id=run.pk)

    def _wait(self, run: DiffRun) -> None:
        last = -1
        while (run := DiffRun.objects.get(pk=run.pk)).is_active:
            progress = progress_of(run)
            if progress.total and progress.done != last:
                last = progress.done
                self.stdout.write(f"diff {run.pk}: {progress.done} of {progress.total} blocks")
            time.sleep(POLL_S)

    def _tell(self, run: DiffRun) -> None:
        if run.state == DiffRunState.FAILED:
            raise CommandError(f"diff {run.pk} failed: {run.error}")
        if run.state != DiffRunState.DONE:
            self.stdout.write(f"diff {run.pk}: {run.state}")
            return
        left_out = run.registration
        self.stdout.write(
            f"diff {run.pk}: {run.flag_count} flags of {left_out['findings']} findings "
            f"(too small {left_out['too_small']}, outside units {left_out['outside_units']}, "
            f"already known {len(left_out['repeated'])}, superseded {left_out['superseded']})"
        )
        cost = run.cost
        self.stdout.write(
            f"diff {run.pk}: {cost['km2']:.2f} km² at {cost['wall_seconds_per_km2']:.0f} s and "
            f"{cost['cpu_seconds_per_km2']:.0f} processor s per km², {cost['megapixels_per_second']:.2f} megapixels/s"
        )
