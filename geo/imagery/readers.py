"""Opening photographs and surface models: band layout, pixel type, masks, and where a pixel lies on the ground."""

from __future__ import annotations

import logging
import warnings
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import cv2
import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.enums import ColorInterp
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.windows import Window as RasterWindow

from geo.imagery.errors import NotGeoreferencedError, UnreadableImageError, UnsupportedImageError
from geo.imagery.grid import Floats, transform_points
from geo.imagery.pixels import Bools

# rasterio repeats to the log what it raises; the error says it.
logging.getLogger("rasterio").setLevel(logging.CRITICAL)

SAMPLE_WINDOWS_PER_SIDE = 6
SAMPLE_WINDOW_PX = 256
# Sixteen-bit pictures use a part of their range; this part of the sampled values is spread over 0…255.
STRETCH_PERCENTILES = (0.5, 99.5)

Stretch = tuple[tuple[float, float], ...]


class Reader(Protocol):
    """What the resampling needs of a raster: native windows, masks, and the way from the ground to its pixels."""

    @property
    def name(self) -> str: ...
    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    def read(self, x: int, y: int, width: int, height: int) -> tuple[NDArray[np.generic], Bools]:
        """Native values (H, W, bands) and validity (H, W) of a window inside the raster."""
        ...

    def locate(self, metres: Floats, crs: str) -> Floats:
        """Points (n, 2) of ``crs`` -> pixel positions (corner of the first pixel = 0, 0)."""
        ...


class RasterReader:
    """A georeferenced raster file. Raises an ImageryError that names the file when it cannot be used."""

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        self._stack = ExitStack()
        try:
            with warnings.catch_warnings():
                # What the warning says is checked below and raised with the file's name.
                warnings.simplefilter("ignore", NotGeoreferencedWarning)
                self._file = self._stack.enter_context(rasterio.open(self.path))
        except RasterioError as error:
            raise UnreadableImageError(f"{self.path}: not a readable raster ({error})") from error
        if self._file.crs is None or self._file.transform.is_identity:
            self.close()
            raise NotGeoreferencedError(f"{self.path}: has no coordinate system or no position on the ground")
        self.crs = str(self._file.crs.to_wkt())
        self.width, self.height = int(self._file.width), int(self._file.height)
        self.bands: tuple[int, ...] = (1,)

    @property
    def name(self) -> str:
        return self.path.name

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._stack.close()

    def read(self, x: int, y: int, width: int, height: int) -> tuple[NDArray[np.generic], Bools]:
        window = RasterWindow(x, y, width, height)
        try:
            values = self._file.read(indexes=list(self.bands), window=window)
            valid = self._file.dataset_mask(window=window) > 0
        except RasterioError as error:
            place = f"columns {x}…{x + width - 1}, rows {y}…{y + height - 1}"
            raise UnreadableImageError(f"{self.path}: cannot be decoded at {place} ({error})") from error
        return np.moveaxis(values, 0, -1), np.asarray(valid, bool)

    def locate(self, metres: Floats, crs: str) -> Floats:
        points = transform_points(metres, crs, self.crs)
        inverse = ~self._file.transform
        return np.column_stack(
            [
                inverse.a * points[:, 0] + inverse.b * points[:, 1] + inverse.c,
                inverse.d * points[:, 0] + inverse.e * points[:, 1] + inverse.f,
            ]
        )

    def outline(self, crs: str, *, points_per_side: int = 9) -> Floats:
        """Points (n, 2) along the raster's edge, in ``crs``."""
        along = np.linspace(0.0, 1.0, points_per_side)
        ring = np.concatenate(
            [
                np.column_stack([along, np.zeros_like(along)]),
                np.column_stack([np.ones_like(along), along]),
                np.column_stack([along[::-1], np.ones_like(along)]),
                np.column_stack([np.zeros_like(along), along[::-1]]),
            ]
        ) * (self.width, self.height)
        forward = self._file.transform
        x = forward.a * ring[:, 0] + forward.b * ring[:, 1] + forward.c
        y = forward.d * ring[:, 0] + forward.e * ring[:, 1] + forward.f
        return transform_points(np.column_stack([x, y]), self.crs, crs)

    def sample_windows(self) -> list[tuple[int, int, int, int]]:
        """Native windows spread evenly over the raster, for statistics of bounded cost."""
        width, height = min(SAMPLE_WINDOW_PX, self.width), min(SAMPLE_WINDOW_PX, self.height)
        xs = np.unique(np.linspace(0, self.width - width, SAMPLE_WINDOWS_PER_SIDE).astype(int))
        ys = np.unique(np.linspace(0, self.height - height, SAMPLE_WINDOWS_PER_SIDE).astype(int))
        return [(int(x), int(y), width, height) for y in ys for x in xs]


class PhotoReader(RasterReader):
    """A photograph from the air: 1 or at least 3 bands (the first three colours are used), 8 or 16 bits."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        kinds = self._file.colorinterp
        colours = [i + 1 for i, kind in enumerate(kinds) if kind != ColorInterp.alpha]
        named = {kind: i + 1 for i, kind in enumerate(kinds)}
        wanted = (ColorInterp.red, ColorInterp.green, ColorInterp.blue)
        dtypes = {self._file.dtypes[i - 1] for i in colours}
        if not dtypes <= {"uint8", "uint16"} or len(dtypes) != 1:
            self.close()
            raise UnsupportedImageError(f"{path}: pixel type {', '.join(sorted(dtypes))} is not 8 or 16 bit unsigned")
        if all(kind in named for kind in wanted):
            self.bands = tuple(named[kind] for kind in wanted)
        elif len(colours) >= 3:
            self.bands = tuple(colours[:3])
        elif colours:
            self.bands = (colours[0],) * 3
        else:
            self.close()
            raise UnsupportedImageError(f"{path}: has no colour band")
        self.sixteen_bit = dtypes == {"uint16"}

    def stretch(self) -> Stretch | None:
        """For 16-bit pictures the range per band that is spread over 0…255; None for 8-bit ones."""
        if not self.sixteen_bit:
            return None
        values = []
        for window in self.sample_windows():
            data, valid = self.read(*window)
            values.append(data[valid][::7])
        sample = np.concatenate(values) if values else np.empty((0, 3))
        if not len(sample):
            return ((0.0, 65535.0),) * 3
        low, high = np.percentile(sample, STRETCH_PERCENTILES, axis=0)
        return tuple((float(a), float(max(b, a + 1))) for a, b in zip(low, high, strict=True))


class SurfaceReader(RasterReader):
    """A surface model: one band of metres."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        if self._file.count != 1:
            self.close()
            raise UnsupportedImageError(f"{path}: a surface model has one band, not {self._file.count}")

    def read(self, x: int, y: int, width: int, height: int) -> tuple[NDArray[np.generic], Bools]:
        values, valid = super().read(x, y, width, height)
        metres = values[..., :1].astype(np.float32)
        return metres, valid & np.isfinite(metres[..., 0])


class PlainReader:
    """A picture without georeference, taken as lying at (0, 0) with a given ground resolution."""

    def __init__(self, path: Path, *, resolution_m: float) -> None:
        # Pictures of test sets are small; a decoder of its own also reads what GDAL has no driver for.
        data = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR) if path.stat().st_size else None
        if data is None:
            raise UnreadableImageError(f"{path}: not a readable image")
        self.path, self.resolution_m = path, resolution_m
        self.pixels = np.ascontiguousarray(data[..., ::-1])
        self.height, self.width = self.pixels.shape[:2]
        self.sixteen_bit = False

    @property
    def name(self) -> str:
        return self.path.name

    def read(self, x: int, y: int, width: int, height: int) -> tuple[NDArray[np.generic], Bools]:
        return self.pixels[y : y + height, x : x + width], np.ones((height, width), bool)

    def locate(self, metres: Floats, crs: str) -> Floats:
        return np.column_stack([metres[:, 0], -metres[:, 1]]) / self.resolution_m
