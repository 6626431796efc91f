"""Errors of the work on zones."""

from geo.errors import GeoError


class ZoningError(GeoError):
    """Zones cannot be worked on as asked."""


class CutError(ZoningError):
    """A line does not cut a zone in pieces that can be zones."""


class JoinError(ZoningError):
    """Zones do not share a side, so that they do not join to one."""
