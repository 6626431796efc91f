"""Where a training crop comes from: real pairs, single dates paired with themselves, pasted houses, drawn scenes."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from geo.imagery.training.drawn import add_passing, draw_pair

Image = NDArray[np.uint8]
Plane = NDArray[np.uint8]

# Label value for "not known": left out of the loss.
UNKNOWN = 255
CROP_PX = 256
# Ground resolutions that crops are drawn at, of pairs as sharp as what the product reads (0.4 to 0.5 m) and of coarser
# ones. Enlarged to 0.36-0.66 m, the pairs of 1 m are all blur (half the training taught that houses have no edges);
# near their own resolution they are sharp, and show three times as many houses a crop.
RESOLUTIONS_M = (0.36, 0.66)
COARSE_RESOLUTIONS_M = (0.5, 1.0)
COARSE_FROM_M = 0.8
MISREGISTRATION_PX = 4.0


@dataclass(frozen=True)
class RealPair:
    before: Image
    after: Image
    changed: Plane
    resolution_m: float


@dataclass(frozen=True)
class SingleDate:
    image: Image
    buildings: Plane
    resolution_m: float


@dataclass(frozen=True)
class Crop:
    """One training example: RGB images (256,256,3), labels (256,256) of 0, 1 or UNKNOWN."""

    before: Image
    after: Image
    changed: Plane
    built_before: Plane
    built_after: Plane


def _rgb(path: Path) -> Image:
    data = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if data is None:
        raise ValueError(f"{path} is not a readable image")
    return np.asarray(data[..., ::-1], np.uint8).copy()


def _binary(path: Path) -> Plane:
    data = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if data is None:
        raise ValueError(f"{path} is not a readable label")
    return (data > 127).astype(np.uint8)


# In the folders of 256 px crops, pairs from this number on are whole scenes reduced to 256 px (2 m a pixel, houses of
# 6 px): LEVIR-CD's crops end before it. Seen on the sizes of labelled houses, 50 px there against 500 px elsewhere.
FIRST_REDUCED_NUMBER = 446
CROP_SUFFIX = "_256"


def is_reduced(crop: Path) -> bool:
    """Whether a file in a folder of crops shows a whole scene reduced to 2 m a pixel."""
    return crop.parent.parent.name.endswith(CROP_SUFFIX) and int(crop.stem.split("_")[-1]) >= FIRST_REDUCED_NUMBER


def read_pairs(folder: Path, resolution_m: float) -> list[RealPair]:
    """All pairs of a folder with A/, B/ and label/ that have the folder's resolution."""
    pairs = []
    for before in sorted((folder / "A").iterdir()):
        if is_reduced(before):
            continue
        after = next((folder / "B").glob(before.stem + ".*"))
        label = next((folder / "label").glob(before.stem + ".*"))
        pairs.append(RealPair(_rgb(before), _rgb(after), _binary(label), resolution_m))
    return pairs


def read_single_dates(folder: Path, resolution_m: float) -> list[SingleDate]:
    """Web-map tiles ``OAM-x-y-z.png`` of the most detailed place, mosaicked and reduced to one ground resolution."""
    groups: dict[int, dict[tuple[int, int], Path]] = defaultdict(dict)
    for path in sorted((folder / "image").iterdir()):
        x, y, z = (int(part) for part in path.stem.split("-")[1:])
        groups[z][x, y] = path
    scenes = []
    for z, tiles in sorted(groups.items()):
        for corner in _connected(set(tiles)):
            x0, y0 = min(x for x, _ in corner), min(y for _, y in corner)
            width, height = max(x for x, _ in corner) - x0 + 1, max(y for _, y in corner) - y0 + 1
            image = np.zeros((height * 256, width * 256, 3), np.uint8)
            label = np.zeros(image.shape[:2], np.uint8)
            for x, y in corner:
                window = np.s_[(y - y0) * 256 : (y - y0 + 1) * 256, (x - x0) * 256 : (x - x0 + 1) * 256]
                image[window] = _rgb(tiles[x, y])
                label[window] = _binary(folder / "label" / tiles[x, y].name)
            factor = 156543.034 / 2**z / resolution_m
            size = (round(image.shape[1] * factor), round(image.shape[0] * factor))
            if min(size) < CROP_PX // 2:
                continue
            shrunk = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
            buildings = (cv2.resize(label * 255, size, interpolation=cv2.INTER_AREA) > 127).astype(np.uint8)
            scenes.append(SingleDate(np.asarray(shrunk, np.uint8), buildings, resolution_m))
    return scenes


def _connected(tiles: set[tuple[int, int]]) -> list[list[tuple[int, int]]]:
    groups = []
    while tiles:
        stack, group = [min(tiles)], []
        while stack:
            tile = stack.pop()
            if tile in tiles:
                tiles.remove(tile)
                group.append(tile)
                x, y = tile
                stack += [(x + 1, y), (x - 1, y), (x, y + 1), (x, y - 1)]
        groups.append(group)
    return groups


def affine(
    rng: np.random.Generator, shape: tuple[int, int], *, scale: float, focus: tuple[float, float] | None
) -> NDArray[np.float64]:
    """Source pixel -> crop pixel: scale, any rotation by quarter turns plus a small one, mirror, random place."""
    height, width = shape
    angle = rng.integers(4) * np.pi / 2 + (rng.uniform(-np.pi / 4, np.pi / 4) if rng.random() < 0.4 else 0.0)
    flip = -1.0 if rng.random() < 0.5 else 1.0
    c, s = np.cos(angle), np.sin(angle)
    linear = scale * np.array([[c, -s], [s, c]]) @ np.diag([flip, 1.0])
    half = CROP_PX / 2 / scale
    if focus is None:
        centre = np.array([rng.uniform(min(half, width / 2), max(width - half, width / 2)),
                           rng.uniform(min(half, height / 2), max(height - half, height / 2))])  # fmt: skip
    else:
        centre = np.array(focus) + rng.uniform(-0.35, 0.35, 2) * 2 * half
        centre = np.clip(centre, [min(half, width / 2), min(half, height / 2)],
                         [max(width - half, width / 2), max(height - half, height / 2)])  # fmt: skip
    return np.column_stack([linear, CROP_PX / 2 - linear @ centre])


def warp(image: Image, matrix: NDArray[np.float64]) -> Image:
    size = (CROP_PX, CROP_PX)
    return np.asarray(
        cv2.warpAffine(image, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101), np.uint8
    )


def warp_label(plane: Plane, matrix: NDArray[np.float64]) -> Plane:
    return (warp(plane * 255, matrix) > 127).astype(np.uint8)


class Sampler:
    """Draws crops, each from a generator of its own, so that crop ``n`` of a seed is always the same."""

    # Shares of the kinds of example; real pairs carry the task, the others what the real pairs lack. What is drawn or
    # pasted has other edges than photographs, so there is little of it.
    REAL_SHARE, STILL_SHARE, SINGLE_SHARE = 0.82, 0.06, 0.06
    # Without pairs (openly licensed imagery shows one date): two places or a paste as two dates, then what was drawn.
    PAIRLESS_SHARES = 0.0, 0.15, 0.6
    FOCUS_SHARE = 0.6
    # Among crops centred on change, those of pairs at the product's resolution (a quarter of the pairs with change).
    SHARP_SHARE = 0.45
    PASTE_SHARE = 0.08
    # Labelled pairs show new houses alone; exchanged dates teach that demolition is change too.
    EXCHANGED_SHARE = 0.3

    def __init__(self, pairs: list[RealPair], singles: list[SingleDate], *, seed: int) -> None:
        self.pairs, self.singles, self.seed = pairs, singles, seed
        self.shares = (self.REAL_SHARE, self.STILL_SHARE, self.SINGLE_SHARE) if pairs else self.PAIRLESS_SHARES
        self.spots = [np.argwhere(pair.changed)[:: max(1, int(pair.changed.sum()) // 500)] for pair in pairs]
        changed = [i for i, spots in enumerate(self.spots) if len(spots)]
        self.sharp = [i for i in changed if pairs[i].resolution_m < COARSE_FROM_M]
        self.coarse = [i for i in changed if pairs[i].resolution_m >= COARSE_FROM_M]

    def crop(self, index: int) -> Crop:
        rng = np.random.default_rng((self.seed, index))
        draw = rng.random()
        real, still, single = self.shares
        if draw < real:
            crop = self._real(rng)
            if rng.random() < self.PASTE_SHARE:
                crop = self._paste(rng, crop)
        elif draw < real + still:
            crop = self._still(rng)
        elif draw < real + still + single and self.singles:
            crop = self._single(rng)
        else:
            crop = self._drawn(rng)
        if rng.random() < self.EXCHANGED_SHARE:
            crop = Crop(crop.after, crop.before, crop.changed, crop.built_after, crop.built_before)
        return Crop(
            photometric(rng, crop.before), photometric(rng, crop.after), crop.changed, crop.built_before,
            crop.built_after,
        )  # fmt: skip

    def _real(self, rng: np.random.Generator, *, focus: bool | None = None) -> Crop:
        focused = rng.random() < self.FOCUS_SHARE if focus is None else focus
        if focused:
            sharp = self.sharp and (not self.coarse or rng.random() < self.SHARP_SHARE)
            index = int(rng.choice(self.sharp if sharp else self.coarse))
        else:
            index = int(rng.integers(len(self.pairs)))
        pair, spots = self.pairs[index], self.spots[index]
        coarse = pair.resolution_m >= COARSE_FROM_M
        scale = pair.resolution_m / rng.uniform(*(COARSE_RESOLUTIONS_M if coarse else RESOLUTIONS_M))
        at = spots[int(rng.integers(len(spots)))] if focused else None
        matrix = affine(
            rng, pair.changed.shape, scale=scale, focus=None if at is None else (float(at[1]), float(at[0]))
        )
        moved = matrix.copy()
        if rng.random() < 0.7:
            moved[:, 2] += np.clip(rng.normal(0, 1.6, 2), -MISREGISTRATION_PX, MISREGISTRATION_PX)
        changed = warp_label(pair.changed, matrix)
        # What is changed was built between the dates; what else is built up is not labelled.
        return Crop(
            warp(pair.before, moved), warp(pair.after, matrix), changed,
            np.where(changed > 0, 0, UNKNOWN).astype(np.uint8), np.where(changed > 0, 1, UNKNOWN).astype(np.uint8),
        )  # fmt: skip

    def _cutout(self, rng: np.random.Generator) -> tuple[Image, Plane]:
        if self.singles and (not self.pairs or rng.random() < 0.35):
            image, buildings = self._single_crop(rng)
            keep = _some_objects(rng, buildings, share=0.4)
            return image, keep
        donor = self._real(rng, focus=True)
        return donor.after, donor.changed

    def _paste(self, rng: np.random.Generator, crop: Crop) -> Crop:
        """Houses of another place stand in the later image: new houses among houses."""
        image, mask = self._cutout(rng)
        soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 0.7)[..., None]
        after = (crop.after * (1 - soft) + image * soft).astype(np.uint8)
        inside = mask > 0
        return Crop(
            crop.before, after, np.where(inside, 1, crop.changed).astype(np.uint8),
            np.where(inside, UNKNOWN, crop.built_before).astype(np.uint8),
            np.where(inside, 1, crop.built_after).astype(np.uint8),
        )  # fmt: skip

    def _single_crop(self, rng: np.random.Generator) -> tuple[Image, Plane]:
        weights = np.array([scene.buildings.size for scene in self.singles], float)
        scene = self.singles[int(rng.choice(len(self.singles), p=weights / weights.sum()))]
        scale = scene.resolution_m / rng.uniform(*RESOLUTIONS_M)
        matrix = affine(rng, scene.buildings.shape, scale=scale, focus=None)
        return warp(scene.image, matrix), warp_label(scene.buildings, matrix)

    def _single(self, rng: np.random.Generator) -> Crop:
        image, buildings = self._single_crop(rng)
        if rng.random() < 0.4:
            # Two unrelated images as two dates: built up in one alone is a change (ChangeStar, Zheng et al. 2021).
            other, other_buildings = self._single_crop(rng)
            return Crop(image, other, buildings ^ other_buildings, buildings, other_buildings)
        donor, keep = self._cutout(rng)
        keep = keep & (1 - cv2.dilate(buildings, np.ones((3, 3), np.uint8))) if rng.random() < 0.5 else keep
        soft = cv2.GaussianBlur(keep.astype(np.float32), (0, 0), 0.7)[..., None]
        after = (image * (1 - soft) + donor * soft).astype(np.uint8)
        shift = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
        shift[:, 2] = np.clip(rng.normal(0, 1.6, 2), -MISREGISTRATION_PX, MISREGISTRATION_PX)
        return Crop(warp(image, shift), after, keep, buildings, buildings | keep)

    def _still(self, rng: np.random.Generator) -> Crop:
        """Nothing was built: one date twice, displaced, some roofs repainted, shadows and lorries come and gone."""
        if self.singles and (not self.pairs or rng.random() < 0.4):
            image, built = self._single_crop(rng)
            known = built
        else:
            pair = self._real(rng, focus=True)
            image, built = pair.after, pair.changed
            known = np.where(built > 0, 1, UNKNOWN).astype(np.uint8)
        other = image.astype(np.float32)
        roofs = _some_objects(rng, built, share=rng.uniform(0.1, 0.5))
        count, labels = cv2.connectedComponents(roofs, connectivity=4)
        tints = rng.uniform(0.5, 1.6, (count, 1)) * rng.uniform(0.75, 1.25, (count, 3))
        tints[0] = 1.0
        other *= cv2.GaussianBlur(tints[labels].astype(np.float32), (0, 0), 0.7)
        image, other = add_passing(rng, image.astype(np.float32)), add_passing(rng, other)
        shift = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
        shift[:, 2] = np.clip(rng.normal(0, 1.6, 2), -MISREGISTRATION_PX, MISREGISTRATION_PX)
        return Crop(warp(image, shift), other, np.zeros_like(built), known, known)

    def _drawn(self, rng: np.random.Generator) -> Crop:
        before, after, built_before, built_after = draw_pair(rng, CROP_PX)
        return Crop(before, after, built_before ^ built_after, built_before, built_after)


def _some_objects(rng: np.random.Generator, mask: Plane, *, share: float) -> Plane:
    count, labels = cv2.connectedComponents(mask, connectivity=4)
    keep = rng.random(count) < share
    keep[0] = False
    return keep[labels].astype(np.uint8)


def photometric(rng: np.random.Generator, image: Image) -> Image:
    """Another camera, light and season for one date: gain, offset, balance, saturation, gamma, blur, noise."""
    data = image.astype(np.float32) / 255.0
    if rng.random() < 0.9:
        grey = data.mean(axis=2, keepdims=True)
        data = grey + (data - grey) * np.float32(rng.uniform(0.4, 1.5))
        data = data * rng.uniform(0.88, 1.12, 3).astype(np.float32) * np.float32(rng.uniform(0.7, 1.35))
        data = np.clip(data + np.float32(rng.uniform(-0.1, 0.1)), 0, 1) ** np.float32(rng.uniform(0.7, 1.4))
    if rng.random() < 0.35:
        data = cv2.GaussianBlur(data, (0, 0), rng.uniform(0.4, 1.3))
    if rng.random() < 0.3:
        data = data + rng.standard_normal(data.shape, np.float32) * np.float32(rng.uniform(0.01, 0.04))
    return (np.clip(data, 0, 1) * 255).astype(np.uint8)
