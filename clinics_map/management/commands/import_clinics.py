"""`manage.py import_clinics FILE`: see docs/importing.md."""

from geo.importers.command import ImportCommand


class Command(ImportCommand):
    layer = "clinics"
