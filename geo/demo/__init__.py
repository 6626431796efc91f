"""A made-up town as ordinary files: vectors, orthophotos of three dates, heights, and the truth about what changed."""

from geo.demo.errors import DemoError, UnknownScaleError

__all__ = ["DemoError", "UnknownScaleError"]
