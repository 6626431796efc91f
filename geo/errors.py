"""Errors of the pure modules of geo. Every message carries the values that caused it."""


class GeoError(Exception):
    """Base of every error that the pure modules of geo raise on purpose."""


class CrsError(GeoError):
    """The coordinate system of some input cannot be told or used."""


class UnknownCrsError(CrsError):
    """Nothing says which coordinate system the coordinates are in, and they fit none that is expected here."""


class AmbiguousCrsError(CrsError):
    """The coordinates fit more than one coordinate system."""


class SwappedAxesError(CrsError):
    """The coordinates make sense only when the first and second axis are exchanged."""


class WrongCrsError(CrsError):
    """The coordinates contradict the coordinate system that was stated for them."""


class DatumShiftNeededError(CrsError):
    """The datum (Xian 1980, Beijing 1954, ...) differs from CGCS2000 by metres and no transformation was given."""


class CoordinateError(GeoError):
    """A coordinate is not finite or outside the range of its axis."""


class MeasureError(GeoError):
    """A geometry cannot be measured."""


class EmptyGeometryError(MeasureError):
    """The geometry has no points."""


class GeometryTypeError(MeasureError):
    """The geometry is of a type that has no such measure (a point has no area)."""


class InvalidGeometryError(MeasureError):
    """The geometry crosses or touches itself so that its area has no single meaning."""


class TooSmallError(MeasureError):
    """The area is below what coordinates and arithmetic can resolve."""


class AntimeridianError(MeasureError):
    """The geometry spans more than half the globe, or crosses the antimeridian."""


class WalkError(MeasureError):
    """Walked vertices do not make a polygon."""
