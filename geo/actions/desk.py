"""What people keep of how they work."""

from urllib.parse import urlencode

from django.contrib.gis.geos import Point
from django.db import IntegrityError, transaction
from django.http import QueryDict
from django.utils.translation import gettext as _

from geo.crs import STORAGE_SRID
from geo.models import MapPlace, SavedFilter, User
from geo.refusals import Refusal

# More than one person tells apart in a row of chips.
MOST_FILTERS = 20
# Where one is in a table is not what one looks for.
NOT_KEPT = ("page", "saved")


class CannotKeep(Refusal):
    """The filter has no name, or its name is taken, or there are too many."""


def kept_query(query: str) -> str:
    """The part of a query string that is a filter: in one order, without page and empty values."""
    asked = QueryDict(query)
    return urlencode([(key, asked[key]) for key in sorted(asked) if key not in NOT_KEPT and asked[key]])


@transaction.atomic
def save_filter(*, by: User, page: str, name: str, query: str) -> SavedFilter:
    """Keep a filter under a name; the same name again is put right. Raises CannotKeep."""
    kept = kept_query(query)
    if not name.strip() or not kept:
        raise CannotKeep(_("请先选择条件，再写一个名称。"))
    User.objects.select_for_update().get(pk=by.pk)  # two windows at once keep to the limit too
    mine = SavedFilter.objects.for_user(by).filter(page=page)
    if mine.exclude(name=name.strip()).count() >= MOST_FILTERS:
        raise CannotKeep(_("最多保存 %(most)d 个常用条件，请先删除不用的。") % {"most": MOST_FILTERS})
    row, _made = SavedFilter.objects.update_or_create(user=by, page=page, name=name.strip(), defaults={"query": kept})
    return row


@transaction.atomic
def rename_filter(*, by: User, row: SavedFilter, name: str) -> SavedFilter:
    """Give one's own filter another name. Raises CannotKeep."""
    row.name = name.strip()
    if not row.name:
        raise CannotKeep(_("请填写名称。"))
    try:
        with transaction.atomic():
            SavedFilter.objects.for_user(by).filter(pk=row.pk).update(name=row.name)
    except IntegrityError as error:
        raise CannotKeep(_("已有名为“%(name)s”的常用条件。") % {"name": row.name}) from error
    return row


@transaction.atomic
def make_default(*, by: User, row: SavedFilter, on: bool) -> SavedFilter:
    """Open the table with this filter from now on, or with none."""
    mine = SavedFilter.objects.for_user(by).filter(page=row.page)
    mine.filter(is_default=True).update(is_default=False)
    if on:
        mine.filter(pk=row.pk).update(is_default=True)
    row.is_default = on
    return row


def keep_place(*, by: User, lon: float, lat: float, zoom: int) -> None:
    """Remember where this person's map is."""
    MapPlace.objects.update_or_create(user=by, defaults={"centre": Point(lon, lat, srid=STORAGE_SRID), "zoom": zoom})
