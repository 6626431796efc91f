"""`manage.py import_census_zones FILE`: see docs/importing.md."""

from geo.importers.command import ImportCommand


class Command(ImportCommand):
    layer = "census_zones"
