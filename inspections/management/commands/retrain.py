"""`manage.py retrain --by centre`: let the detector learn from reviews; see docs/detector-models.md."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from geo.models import User
from geo.refusals import Refusal
from inspections.actions.learning import retrain


class Command(BaseCommand):
    """Takes some minutes of the processor; a new model is offered on the page of models only when it is better."""

    help = "Fine-tune the detector in use on reviewed changes, compare both on held-out ones, offer the better one."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--by", required=True, help="user name of the person on record")
        parser.add_argument("--python", default="", help="interpreter with the training extra (TRAINING_PYTHON)")
        parser.add_argument("--steps", type=int, help="training steps of eight crops (default: the plan's)")
        parser.add_argument("--seed", type=int, default=1)

    def handle(self, *args: Any, **options: Any) -> None:
        by = User.objects.filter(username=options["by"]).first()
        if by is None:
            raise CommandError(f"there is no user {options['by']!r}")
        try:
            row = retrain(by=by, python=options["python"], steps=options["steps"], seed=options["seed"])
        except Refusal as refusal:
            raise CommandError(str(refusal)) from refusal
        told = row.report["comparison"]
        learned = row.report["learned_from"]
        self.stdout.write(
            f"{row.name}: learned from {learned['examples']} reviews ({learned['real']} real), "
            f"judged by {told['reviews']} held out at {told['places']} places"
        )
        for name in ("quality", "real_kept", "false_flagged", "area_error_median", "more"):
            self.stdout.write(f"  {name}: {told['current'][name]} -> {told['candidate'][name]}")
        verdict = "offered" if not told["shortcomings"] else f"not better ({', '.join(told['shortcomings'])})"
        self.stdout.write(f"{row.name}: {verdict}; ahead in {told['sure']:.0%} of resampled places")
