"""A raster that measuring can read block by block, made from an original that stays untouched."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4
from xml.sax.saxutils import escape

import numpy as np
import rasterio
from rasterio.errors import RasterioError
from rasterio.windows import Window

from geo.ingest.errors import ConversionFailed
from geo.ingest.facts import RasterFacts
from geo.ingest.opening import opened

TILE_PX = 512
_VRT_TYPES = {"uint8": "Byte", "uint16": "UInt16"}


def georeferenced_copy_or_vrt(facts: RasterFacts, destination: Path) -> Path:
    """Return a georeferenced, masked raster with the original's own pixels.

    A GeoTIFF that says everything itself is returned as it is. One whose place or mask had to be told gets a VRT beside
    `destination` pointing at it. A JPEG or PNG, which cannot be read out of order, is copied losslessly into tiles.
    `destination` has no suffix; the result adds .vrt or .tif. The original is only read.
    """
    if facts.driver != "GTiff":
        return _tiled_copy(facts, destination.with_name(destination.name + ".tif"))
    if facts.georeference_source == "file" and facts.mask_kind != "collar":
        return facts.path
    target = destination.with_name(destination.name + ".vrt")
    with replacing(target, facts.path) as partial:
        partial.write_text(vrt_xml(facts, bands=tuple(range(1, facts.band_count + 1))), encoding="utf-8")
    return target


@contextmanager
def replacing(target: Path, source: Path) -> Iterator[Path]:
    """Give a temporary path beside `target`, moved onto it at the end; removed on any failure.

    GDAL's and the system's own errors come out as ConversionFailed naming `source`.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{uuid4().hex}{target.suffix}")
    try:
        yield partial
        partial.replace(target)
    except (RasterioError, OSError, MemoryError) as error:
        raise ConversionFailed(source, f"its copy could not be written ({error})") from error
    finally:
        for leftover in target.parent.glob(f"{partial.name}*"):
            leftover.unlink(missing_ok=True)


def vrt_xml(facts: RasterFacts, *, bands: tuple[int, ...], to_8_bit: bool = False) -> str:
    """A GDAL VRT over the original: its proven georeference, its mask as a mask band, bands as asked.

    `to_8_bit` maps each 16-bit band's 2nd to 98th percentile, widened by a twentieth, onto 1..255.
    """
    kind = "Byte" if to_8_bit else _VRT_TYPES[facts.dtype]
    source = escape(os.fspath(facts.path.resolve()))
    meanings = ("Red", "Green", "Blue", "Undefined", "Alpha")
    lines = [
        f'<VRTDataset rasterXSize="{facts.width}" rasterYSize="{facts.height}">',
        f"<SRS>{escape(facts.crs_wkt)}</SRS>",
        f"<GeoTransform>{', '.join(repr(float(number)) for number in facts.transform.to_gdal())}</GeoTransform>",
    ]
    for place, band in enumerate(bands, start=1):
        meaning = meanings[facts.colour_bands.index(band)] if band in facts.colour_bands else "Alpha"
        lines += [f'<VRTRasterBand dataType="{kind}" band="{place}"><ColorInterp>{meaning}</ColorInterp>']
        if facts.mask_kind == "collar":
            lines += [f"<NoDataValue>{facts.collar_value}</NoDataValue>"]
        elif facts.mask_kind == "nodata" and not to_8_bit:
            lines += [f"<NoDataValue>{facts.nodata}</NoDataValue>"]
        stretch = _stretch(facts, band) if to_8_bit else ""
        lines += [
            f'<ComplexSource><SourceFilename relativeToVRT="0">{source}</SourceFilename>'
            f"<SourceBand>{band}</SourceBand>{stretch}</ComplexSource></VRTRasterBand>"
        ]
    # For looking there is always a mask: warping to the web's tiles leaves ground that the image does not cover.
    if facts.mask_kind in ("mask", "alpha") or (to_8_bit and facts.mask_kind != "collar"):
        lines += [
            '<MaskBand><VRTRasterBand dataType="Byte"><SimpleSource>'
            f'<SourceFilename relativeToVRT="0">{source}</SourceFilename><SourceBand>mask,1</SourceBand>'
            "</SimpleSource></VRTRasterBand></MaskBand>"
        ]
    return "".join([*lines, "</VRTDataset>"])


def _stretch(facts: RasterFacts, band: int) -> str:
    if facts.dtype == "uint8":
        return ""
    statistics = facts.statistics[facts.colour_bands.index(band)]
    margin = max(1.0, (statistics.p98 - statistics.p02) / 20)
    low, high = max(0.0, statistics.p02 - margin), statistics.p98 + margin
    return f"<LUT>{low}:1,{high}:255</LUT>"


def _tiled_copy(facts: RasterFacts, target: Path) -> Path:
    profile = {
        "driver": "GTiff",
        "width": facts.width,
        "height": facts.height,
        "count": facts.band_count,
        "dtype": facts.dtype,
        "crs": rasterio.crs.CRS.from_wkt(facts.crs_wkt),
        "transform": facts.transform,
        "nodata": facts.collar_value if facts.collar_value is not None else facts.nodata,
        "tiled": True,
        "blockxsize": TILE_PX,
        "blockysize": TILE_PX,
        "compress": "deflate",
        "predictor": 2,
        "zlevel": 1,
        "bigtiff": "if_safer",
    }
    with (
        opened(facts.path) as source,
        replacing(target, facts.path) as partial,
        rasterio.open(partial, "w", **profile) as copy,
    ):
        copy.colorinterp = source.colorinterp
        for top in range(0, facts.height, TILE_PX):  # rows in order: JPEG and PNG only read forward
            window = Window(0, top, facts.width, min(TILE_PX, facts.height - top))
            copy.write(np.asarray(source.read(window=window)), window=window)
    return target
