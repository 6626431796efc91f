"""Small files of known content, in every format that people send."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pyogrio.raw
import shapely
from shapely.geometry import Polygon, box, mapping

from geo.crs import reproject

WEST, SOUTH = 113.60, 34.70  # the corner of tests.factories' town
HOUSE_DEGREES = (0.0002, 0.0001)  # about 18 m by 11 m


def house(lon=WEST + 0.005, lat=SOUTH + 0.005, width=HOUSE_DEGREES[0], height=HOUSE_DEGREES[1]):
    return box(lon, lat, lon + width, lat + height)


def slipped_house(lon=WEST + 0.005, lat=SOUTH + 0.005):
    """A house of which one vertex slipped to a place 330 m south of the town; its middle is in the town."""
    return Polygon([(lon, lat), (lon + 0.0002, lat), (lon + 0.0001, SOUTH - 0.003)])


def houses(count):
    """Rectangles in a row from the town's south-west community, as (code, geometry) rows."""
    return [
        ({"code": f"H{n:04d}", "structure": "砖混", "storeys": 2}, house(WEST + 0.001 + 0.0003 * n, SOUTH + 0.004))
        for n in range(1, count + 1)
    ]


def write(path: Path, rows, *, srid=4490, geometry_type="Polygon", encoding=None, layer=None, append=False) -> Path:
    """Write (properties, lon/lat geometry) rows with pyogrio, in another CRS when asked. The ending says the format."""
    driver = {".gpkg": "GPKG", ".shp": "ESRI Shapefile", ".geojson": "GeoJSON"}[path.suffix]
    geometries = [g if g is None or srid in (4490, 4326) else reproject(g, 4490, srid) for _, g in rows]
    names = list(dict.fromkeys(name for properties, _ in rows for name in properties))
    columns = [_column([properties.get(name) for properties, _ in rows]) for name in names]
    options = {"encoding": encoding} if encoding else {}
    pyogrio.raw.write(
        path,
        np.array([None if g is None else shapely.to_wkb(g) for g in geometries], dtype=object),
        columns,
        names,
        geometry_type=geometry_type,
        crs=f"EPSG:{srid}",
        driver=driver,
        layer=layer,
        append=append,
        **options,
    )
    return path


def _column(values):
    if all(isinstance(value, int) and not isinstance(value, bool) for value in values):
        return np.array(values, dtype=np.int64)
    if all(isinstance(value, float | int) for value in values):
        return np.array(values, dtype=np.float64)
    return np.array(values, dtype=object)


def write_geojson(path: Path, rows, **members) -> Path:
    """Write (properties, geometry) rows as GeoJSON by hand, so that nothing is corrected on the way."""
    features = [
        {"type": "Feature", "properties": properties, "geometry": None if geometry is None else mapping(geometry)}
        for properties, geometry in rows
    ]
    document = {"type": "FeatureCollection", **members, "features": features}
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return path


def zipped(shapefile: Path, *, leave_out=(), folder="") -> Path:
    """A zip of all parts of a Shapefile."""
    target = shapefile.with_suffix(".zip")
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in sorted(shapefile.parent.glob(f"{shapefile.stem}.*")):
            if part != target and part.suffix not in leave_out:
                archive.write(part, f"{folder}{part.name}")
    return target
