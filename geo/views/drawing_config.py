"""What the drawing page's script is told: addresses, imagery, words of the sheet."""

from typing import Any

from django.urls import reverse

from geo.drawing.sheets import Sheet
from geo.views.map import flights_for

ACTS = ("data", "check", "split", "merge", "save", "versions")


def config_of(sheet: Sheet) -> dict[str, Any]:
    """Return the configuration of one sheet's page."""
    arguments = {"theme": sheet.theme.name, "unit_code": sheet.unit.code}
    query = f"?version={sheet.version}"
    addresses = {act: reverse(f"drawing-{act}", kwargs=arguments) + query for act in ACTS}
    version = reverse("drawing-version", kwargs={**arguments, "number": 0}) + query
    return {
        "sheet": f"{sheet.theme.name}/{sheet.unit.code}/{sheet.version}",
        "person": sheet.user.pk,
        "addresses": {**addresses, "version": version.replace("/0/", "/{number}/")},
        "tiles": sheet.theme.tiles,
        "finished": sheet.finished is not None,
        "named": sheet.theme.named,
        "households": sheet.theme.is_census,
        "held": sheet.theme.holders is not None,
        "fields": [field.as_json() for field in sheet.theme.fields],
        "bounds": sheet.unit.boundary.extent,
        "unit": sheet.unit.name,
        "flights": flights_for(sheet.user),
    }
