"""A hint that a photo was used before: 64-bit perceptual hashes and their distance.

A hint, never a proof: two photos of one plain wall may be close, and a crop may be far.
"""

import imagehash
from PIL import Image

HASH_BITS = 64
HASH_MASK = (1 << HASH_BITS) - 1
# Re-encoding, scaling and small brightness changes moved the hash by at most 6 bits in the drawn scenes of the tests,
# while different scenes were at least 16 apart; 8 leaves room on both sides.
REUSED_WITHIN_BITS = 8


def perceptual_hash(picture: Image.Image) -> int:
    """DCT hash (pHash) of an upright picture, 0 .. 2**64-1."""
    bits = imagehash.phash(picture.convert("L"), hash_size=8).hash.flatten()
    value: int = 0
    for bit in bits:
        value = value << 1 | int(bit)
    return value


def hamming_distance(first: int, second: int) -> int:
    """Number of differing bits of two hashes, 0..64; signed database values are taken as their 64 bits."""
    return ((first ^ second) & HASH_MASK).bit_count()


def as_signed(value: int) -> int:
    """The same 64 bits as a signed integer, which is what a bigint column holds."""
    return value - (1 << HASH_BITS) if value >= 1 << (HASH_BITS - 1) else value


def as_unsigned(value: int) -> int:
    """The inverse of ``as_signed``."""
    return value & HASH_MASK
