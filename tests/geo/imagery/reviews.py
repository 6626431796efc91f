"""Reviewed changes as examples, in pixels."""

from __future__ import annotations

from dataclasses import replace

from geo.imagery.learning.examples import Example, ReviewedObject


def rectangle(left, top, width, height):
    return ((left, top), (left + width, top), (left + width, top + height), (left, top + height), (left, top))


def thing(key, ring, *, real, exact=False, kind="new", reason="", place="1/1"):
    return ReviewedObject(key, place, (ring,), real, exact, kind, reason)


def example(*objects, stem="one", place=None):
    """``place`` stands for that of each object."""
    return Example(stem, 0.5, tuple(replace(item, place=place) if place else item for item in objects))
