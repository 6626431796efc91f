"""`manage.py import_permits FILE`: see docs/importing.md."""

from geo.importers.command import ImportCommand


class Command(ImportCommand):
    layer = "permits"
