from __future__ import annotations

import numpy as np
import pytest
from shapely.geometry import box

from geo.ingest import errors as refused
from geo.ingest import inspect_dsm, inspect_raster
from tests.geo.ingest.drawing import town, write_geotiff


def heights(*, rows=150, columns=200):
    surface = np.full((1, rows, columns), 92.5, np.float32) + np.linspace(0, 4, columns, dtype=np.float32)
    surface[0, 10:30, 15:55] += 9.0
    return surface


def test_a_dsm_tells_its_heights_and_its_place(tmp_path):
    image = inspect_raster(write_geotiff(tmp_path / "a.tif", town()))
    surface = heights()
    surface[0, 100:, :] = np.nan
    facts = inspect_dsm(write_geotiff(tmp_path / "dsm.tif", surface, resolution=1.0), image_footprint=image.footprint)
    assert facts.min_m == pytest.approx(92.5)
    assert facts.max_m == pytest.approx(np.nanmax(surface))
    assert facts.resolution_m == pytest.approx(1.0, rel=1e-3)
    assert facts.valid_share == pytest.approx(2 / 3)


def test_a_declared_nodata_value_is_no_height(tmp_path):
    surface = heights()
    surface[0, :5] = -9999
    assert inspect_dsm(write_geotiff(tmp_path / "dsm.tif", surface, nodata=-9999)).min_m == pytest.approx(92.5)


def test_an_undeclared_nodata_value_is_refused_with_its_number(tmp_path):
    surface = heights()
    surface[0, :5] = -9999
    with pytest.raises(refused.ImplausibleHeights, match="-9999 m"):
        inspect_dsm(write_geotiff(tmp_path / "dsm.tif", surface))


def test_heights_in_centimetres_are_refused(tmp_path):
    with pytest.raises(refused.ImplausibleHeights):
        inspect_dsm(write_geotiff(tmp_path / "dsm.tif", heights() * 100))
    relief = heights() + np.linspace(0, 5000, 200, dtype=np.float32)
    with pytest.raises(refused.ImplausibleHeights, match="relief"):
        inspect_dsm(write_geotiff(tmp_path / "relief.tif", relief))


def test_a_photograph_is_no_dsm(tmp_path):
    with pytest.raises(refused.WrongBands):
        inspect_dsm(write_geotiff(tmp_path / "a.tif", town()))
    with pytest.raises(refused.WrongPixelType, match="uint8"):
        inspect_dsm(write_geotiff(tmp_path / "b.tif", town()[:1]))


def test_a_dsm_without_heights_is_refused(tmp_path):
    with pytest.raises(refused.NoContent):
        inspect_dsm(write_geotiff(tmp_path / "dsm.tif", heights() * np.nan))


def test_a_dsm_of_another_place_is_refused(tmp_path):
    path = write_geotiff(tmp_path / "dsm.tif", heights())
    with pytest.raises(refused.OutsideJurisdiction, match="covers only 0%"):
        inspect_dsm(path, image_footprint=box(113.7, 34.7, 113.71, 34.71))
