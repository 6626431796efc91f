"""`manage.py export_reviews FOLDER --by centre`: reviewed changes as a folder of labelled pairs."""

import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from geo.models import User
from geo.refusals import Refusal
from inspections.actions.learning import export_reviews


class Command(BaseCommand):
    """Both dates and the label of each reviewed change as PNG, with outlines and reasons in examples.json."""

    help = "Write what supervisors decided as a training set: A/, B/, label/ and examples.json."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help="an empty or new folder")
        parser.add_argument("--by", required=True, help="user name of the person on record")

    def handle(self, *args: Any, **options: Any) -> None:
        by = User.objects.filter(username=options["by"]).first()
        if by is None:
            raise CommandError(f"there is no user {options['by']!r}")
        folder: Path = options["folder"]
        try:
            if folder.exists() and any(folder.iterdir()):
                raise CommandError(f"{folder} is not empty")
            found = export_reviews(folder=folder, by=by)
        except (Refusal, OSError) as error:
            raise CommandError(str(error)) from error
        real = sum(example.objects[0].real for example in found.examples)
        self.stdout.write(f"{folder}: {len(found.examples)} examples, {real} real, {len(found.examples) - real} false")
        for why, count in sorted(found.left_out.items()):
            self.stdout.write(f"left out {count}: {why}")
