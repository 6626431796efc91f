import io

import pytest
from PIL import Image, ImageEnhance

from inspections.photos import REUSED_WITHIN_BITS, as_signed, as_unsigned, check, hamming_distance
from tests.inspections.photos.drawn import draw_scene, encode


def hash_of(picture: Image.Image, format: str = "JPEG", **options: object) -> int:
    return check(encode(picture, format, **options), filename="a").perceptual_hash


@pytest.mark.parametrize("seed", range(6))
def test_a_photo_sent_again_smaller_brighter_or_re_encoded_is_within_the_limit(seed: int) -> None:
    scene = draw_scene(seed, (960, 720))
    original = hash_of(scene)
    again = [
        hash_of(scene.resize((480, 360))),
        hash_of(scene, quality=35),
        hash_of(scene, "WEBP"),
        hash_of(ImageEnhance.Brightness(scene).enhance(0.85)),
    ]
    assert max(hamming_distance(original, other) for other in again) <= REUSED_WITHIN_BITS


def test_different_scenes_are_beyond_the_limit() -> None:
    hashes = [hash_of(draw_scene(seed)) for seed in range(12)]
    distances = [hamming_distance(a, b) for i, a in enumerate(hashes) for b in hashes[:i]]
    assert min(distances) > REUSED_WITHIN_BITS


def test_the_hash_belongs_to_the_upright_picture() -> None:
    scene = draw_scene(3)
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = scene.transpose(Image.Transpose.ROTATE_90)
    assert hamming_distance(hash_of(scene), hash_of(turned, exif=exif)) <= 2


@pytest.mark.parametrize("value", [0, 1, 2**63 - 1, 2**63, 2**64 - 1])
def test_signed_and_unsigned_hold_the_same_bits(value: int) -> None:
    assert -(2**63) <= as_signed(value) < 2**63
    assert as_unsigned(as_signed(value)) == value
    assert hamming_distance(as_signed(value), value) == 0


def test_one_bit_is_one_bit_also_across_the_sign() -> None:
    assert hamming_distance(as_signed(2**63), 0) == 1
    assert hamming_distance(-1, 0) == 64


def test_a_derivative_hashes_like_its_original() -> None:
    photo = check(encode(draw_scene(5, (2400, 1800))), filename="a")
    shown = Image.open(io.BytesIO(photo.display.data))
    assert hamming_distance(photo.perceptual_hash, hash_of(shown.convert("RGB"), "PNG")) <= REUSED_WITHIN_BITS
