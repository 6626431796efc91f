"""`manage.py install_detector MODEL.onnx --name other --by centre`: see docs/detector-models.md."""

import argparse
from pathlib import Path
from typing import Any

import pghistory
from django.core.management.base import BaseCommand, CommandError

from geo.actions.detectors import install_detector
from geo.models import User
from geo.refusals import Refusal


class Command(BaseCommand):
    """Takes an ONNX model and the contract beside it into this city's models; it is chosen on the page of models."""

    help = "Install a detector model: an ONNX file with its contract (same name, .json) beside it."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("model", type=Path, help="the ONNX file")
        parser.add_argument("--name", required=True, help="name in this city: small letters, digits, hyphens")
        parser.add_argument("--by", required=True, help="user name of the person on record")

    def handle(self, *args: Any, **options: Any) -> None:
        by = User.objects.filter(username=options["by"]).first()
        if by is None:
            raise CommandError(f"there is no user {options['by']!r}")
        try:
            with pghistory.context(command="install_detector", user=by.pk):
                row = install_detector(model=options["model"], name=options["name"], by=by)
        except Refusal as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{row.name}: {row.title}, version {row.version}; choose it on the page of models")
