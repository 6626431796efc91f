"""What lies in an outline: each layer's rows that this person may see, how many, and what their areas add up to."""

import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.gis.db.models.functions import Centroid
from django.contrib.gis.geos import GEOSGeometry
from django.db.models import Count, F, FloatField, Sum
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from geo.models import User
from geo.tiles.registry import Description, Layer, layers_for, selection_acts_for
from geo.workbooks import new_workbook

# A list to look through; what lies beyond is counted and exported.
MOST_LISTED = 100
# A sheet that opens on an office machine; a county's flags of a year are some thousand.
MOST_EXPORTED = 5_000


@dataclass(frozen=True)
class Row:
    """One chosen thing in words, where it is, and what one may go on to."""

    told: Description
    area_m2: float | None
    lon: float
    lat: float
    acts: list[tuple[str, str]]  # address, label


@dataclass(frozen=True)
class Chosen:
    """What lies in the outline of one layer. The areas are those stored with the rows."""

    layer: Layer
    count: int
    area_m2: float
    without_area: int
    rows: list[Row]
    acts: list[tuple[str, str]]

    @property
    def unlisted(self) -> int:
        return self.count - len(self.rows)


def selectable_layers(user: User, names: Iterable[str]) -> list[Layer]:
    """Return the layers of these names that one chooses from many at a time, what matters most first."""
    wanted = set(names)
    return [layer for layer in reversed(layers_for(user)) if layer.stored_area and layer.name in wanted]


def choose(layer: Layer, user: User, outline: GEOSGeometry, *, most: int = MOST_LISTED) -> Chosen:
    """Return the rows of a layer that touch the outline."""
    area = Cast(F(layer.stored_area) if isinstance(layer.stored_area, str) else layer.stored_area, FloatField())
    inside = layer.rows(user).filter(**{f"{layer.geometry}__intersects": outline}).annotate(chosen_m2=area)
    sums = inside.order_by().aggregate(count=Count("pk"), total=Sum("chosen_m2"), measured=Count("chosen_m2"))
    listed = list(inside.annotate(chosen_at=Centroid(layer.geometry)).order_by(*layer.order_by)[:most])
    acts = selection_acts_for(user, layer)
    for_all = [(act.of_all(listed), str(act.label)) for act in acts if act.of_all]
    for_one = [(act.of_one, str(act.label)) for act in acts if act.of_one]
    return Chosen(
        layer=layer,
        count=sums["count"],
        area_m2=sums["total"] or 0.0,
        without_area=sums["count"] - sums["measured"],
        rows=[_row(layer, row, user, [(address(row), label) for address, label in for_one]) for row in listed],
        acts=[(address, label) for address, label in for_all if address],
    )


def _row(layer: Layer, row: Any, user: User, acts: list[tuple[str, str]]) -> Row:
    told = layer.describe(row, user)
    return Row(told, row.chosen_m2, row.chosen_at.x, row.chosen_at.y, acts)


def selection_sheet(chosen: list[Chosen]) -> bytes:
    """Return what was chosen as XLSX, a sheet a layer, with the facts that the drawer tells of each row."""
    content = io.BytesIO()
    with new_workbook(content) as book:
        head = book.add_format({"bold": True, "bottom": 1})
        metres = book.add_format({"num_format": "#,##0.0"})
        for part in chosen:
            sheet = book.add_worksheet(str(part.layer.label)[:31])
            labels = [str(label) for label, _value in part.rows[0].told.facts] if part.rows else []
            titles = [_("名称"), _("状态"), _("面积(m²)"), _("经度"), _("纬度"), *labels]
            sheet.write_row(0, 0, titles, head)
            sheet.freeze_panes(1, 1)
            sheet.set_column(0, len(titles), 16)
            for line, row in enumerate(part.rows, start=1):
                facts = {str(label): str(value) for label, value in row.told.facts}
                sheet.write_row(line, 0, [str(row.told.title), str(row.told.state_label)])
                if row.area_m2 is not None:
                    sheet.write_number(line, 2, row.area_m2, metres)
                sheet.write_row(line, 3, [round(row.lon, 7), round(row.lat, 7)])
                sheet.write_row(line, 5, [facts.get(label, "") for label in labels])
        if not chosen:
            book.add_worksheet()
    return content.getvalue()
