"""Errors of geo.imagery. Every message carries the values that caused it, and the file where one is concerned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geo.errors import GeoError

if TYPE_CHECKING:
    from geo.imagery.grid import Grid
    from geo.imagery.registration import Registration


class ImageryError(GeoError):
    """Base of every error that geo.imagery raises on purpose."""


class UnreadableImageError(ImageryError):
    """A file is no image, or a part of it cannot be decoded."""


class NotGeoreferencedError(ImageryError):
    """An image does not say where on the ground it lies."""


class UnsupportedImageError(ImageryError):
    """An image has a band layout or pixel type that is not a photograph's."""


class NoOverlapError(ImageryError):
    """The two images share no ground, or too little of it."""


class RegistrationError(ImageryError):
    """The two images do not lie on one another within the named limit; ``found`` on ``grid`` tells where they do."""

    def __init__(self, message: str, *, found: Registration, grid: Grid) -> None:
        super().__init__(message)
        self.found, self.grid = found, grid


class ParameterError(ImageryError):
    """A parameter is out of its range."""


class PlanError(ImageryError):
    """A stored plan cannot be read, or belongs to other images."""


class PlanOutdatedError(PlanError):
    """A plan was made by an earlier version of the engine: what it began must be begun anew."""


class BlockMissingError(ImageryError):
    """Results of blocks are missing, so that a run cannot be put together."""


class BlockCorruptError(ImageryError):
    """The stored result of a block is damaged or belongs to another plan."""


class DetectorError(ImageryError):
    """A detector is unknown, or its model file cannot be used."""
