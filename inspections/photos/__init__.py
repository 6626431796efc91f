"""Photos as evidence: checked by content, described, compared. No Django in here."""

from inspections.photos.check import CheckedPhoto, check
from inspections.photos.cross_check import Finding, FindingCode, PhonePosition, PhotoTimes, cross_check
from inspections.photos.derivatives import Derivative
from inspections.photos.errors import PhotoError
from inspections.photos.exif import PhotoExif, read_exif
from inspections.photos.limits import DEFAULT_LIMITS, PhotoLimits
from inspections.photos.similarity import REUSED_WITHIN_BITS, as_signed, as_unsigned, hamming_distance, perceptual_hash

__all__ = [
    "DEFAULT_LIMITS",
    "REUSED_WITHIN_BITS",
    "CheckedPhoto",
    "Derivative",
    "Finding",
    "FindingCode",
    "PhonePosition",
    "PhotoError",
    "PhotoExif",
    "PhotoLimits",
    "PhotoTimes",
    "as_signed",
    "as_unsigned",
    "check",
    "cross_check",
    "hamming_distance",
    "perceptual_hash",
    "read_exif",
]
