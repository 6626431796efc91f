"""`manage.py import_units FILE`: see docs/importing.md."""

from geo.importers.command import ImportCommand


class Command(ImportCommand):
    layer = "units"
