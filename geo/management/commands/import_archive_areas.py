"""`manage.py import_archive_areas FILE`: see docs/importing.md."""

from geo.importers.command import ImportCommand


class Command(ImportCommand):
    layer = "archive_areas"
