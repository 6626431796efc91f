"""What the map's measuring tool sends, read strictly, and the shape that it means."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from shapely.geometry import LineString, Polygon

from geo.forms.drawing import Unreadable, read_body
from geo.refusals import Refusal
from geo.tiles.grid import MAX_ZOOM, ground_pixel_m

# By hand one sets some tens of points; a boundary of a township walked on the screen some hundreds.
MOST_POINTS = 500
LEAST_POINTS = {"length": 2, "area": 3}
# How near a click comes to the meant place, one standard deviation of an axis in screen pixels (our estimate: a mouse
# stays within two or three pixels, a finger within the eight that geo.views.identify grants it).
CLICK_SIGMA_PX = {"mouse": 1.5, "touch": 4.0}
FARTHEST_LAT = 85.0  # the web map's end
LARGEST = 1e9


@dataclass(frozen=True)
class Clicked:
    """Places clicked in order (lon, lat in EPSG:4490), what is asked of them, and how exactly they were clicked."""

    kind: str
    places: list[tuple[float, float]]
    sigma_m: float

    @property
    def line(self) -> LineString:
        return LineString(self.places)

    @property
    def polygon(self) -> Polygon:
        return Polygon(self.places)


def read_clicked(body: bytes) -> Clicked:
    """The clicks of a request. Raises Unreadable, and Refusal for too few or too many points."""
    asked = read_body(body)
    kind, points, zoom = asked.get("kind"), asked.get("points"), asked.get("zoom")
    sigma_px = CLICK_SIGMA_PX.get(str(asked.get("pointer")))
    if kind not in LEAST_POINTS or not isinstance(points, list) or sigma_px is None:
        raise Unreadable(_("提交的内容无法读取，请刷新页面后再试"))
    if len(points) > MOST_POINTS:
        counts = {"most": MOST_POINTS, "count": len(points)}
        raise Refusal(_("一次最多量 %(most)s 个点，现在有 %(count)s 个。") % counts)
    places = [read_place(point) for point in points]
    if len(set(places)) < LEAST_POINTS[kind]:
        raise Refusal(_("至少需要 %(count)s 个不同的点。") % {"count": LEAST_POINTS[kind]})
    if not (_is_number(zoom) and 0 <= zoom <= MAX_ZOOM):
        raise Unreadable(_("提交的内容无法读取，请刷新页面后再试"))
    middle_lat = sum(lat for _lon, lat in places) / len(places)
    return Clicked(kind, places, sigma_px * ground_pixel_m(middle_lat, zoom))


def read_place(point: object) -> tuple[float, float]:
    """Longitude and latitude of a list of two numbers. Raises Unreadable, and Refusal beyond the map."""
    if not (isinstance(point, list) and len(point) == 2 and all(_is_number(value) for value in point)):
        raise Unreadable(_("提交的内容无法读取，请刷新页面后再试"))
    lon, lat = float(point[0]), float(point[1])
    if abs(lon) > 180.0 or abs(lat) > FARTHEST_LAT:
        raise Refusal(_("有一个点不在地图范围内：经度 %(lon)s，纬度 %(lat)s。") % {"lon": point[0], "lat": point[1]})
    return lon, lat


def _is_number(value: object) -> bool:
    # JSON has whole numbers of any length: those are compared, never turned into a float.
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST
