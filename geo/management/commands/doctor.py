"""`manage.py doctor`: is everything there that the product needs, and what should be known of the model in use."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from geo.doctor import Health, examine

MARKS = {Health.FINE: "✓", Health.WORTH_KNOWING: "!", Health.BROKEN: "✗"}


class Command(BaseCommand):
    """Ends with an error when something is broken, so that a monitor can ask it."""

    help = "Look at database, tables, worker, detector model, storage, front end, fonts and languages."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        broken = 0
        for finding in examine():
            broken += finding.health == Health.BROKEN
            self.stdout.write(f"{MARKS[finding.health]} {finding.name}: {finding.words}")
        if broken:
            raise CommandError(_("%(count)d 项有问题") % {"count": broken})
