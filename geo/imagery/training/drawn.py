"""Drawn pairs of settlements: exact labels for what the real pairs lack (dense blocks, demolition, sun and season).

A scene is a list of things with colours per date; each date is rendered with its own ground colours, sun and haze.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Plane = NDArray[np.uint8]

_ROOFS = (
    (168, 82, 62), (150, 96, 78), (196, 120, 88), (86, 112, 168), (104, 134, 190), (150, 152, 156), (190, 188, 182),
    (222, 220, 214), (120, 116, 110), (92, 96, 104), (176, 160, 136), (70, 120, 110), (205, 70, 60),
)  # fmt: skip
_GROUNDS = (
    (118, 132, 78), (96, 118, 70), (150, 144, 98), (176, 156, 118), (140, 122, 96), (164, 158, 146), (110, 106, 92),
    (190, 176, 150), (134, 112, 84),
)  # fmt: skip


@dataclass(frozen=True)
class _House:
    corners: NDArray[np.float64]  # 4x2 pixel coordinates
    roof: tuple[int, int, int]
    height_px: float
    gable: bool
    before: bool
    after: bool
    wing: NDArray[np.float64] | None


@dataclass(frozen=True)
class _Tree:
    centre: tuple[float, float]
    radius: float
    before: bool
    after: bool


def _noise(rng: np.random.Generator, size: int, cell: int) -> NDArray[np.float32]:
    coarse = rng.standard_normal((size // cell + 2, size // cell + 2)).astype(np.float32)
    return cv2.resize(coarse, (size, size), interpolation=cv2.INTER_CUBIC)


def _rectangle(centre: NDArray[np.float64], length: float, width: float, angle: float) -> NDArray[np.float64]:
    c, s = np.cos(angle), np.sin(angle)
    offsets = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * (length / 2, width / 2)
    return centre + offsets @ np.array([[c, s], [-s, c]])


def _fill(image: NDArray[np.float32], corners: NDArray[np.float64], colour: NDArray[np.float32] | float) -> None:
    value = tuple(float(v) for v in np.broadcast_to(colour, (3,))) if image.ndim == 3 else float(np.max(colour))
    cv2.fillPoly(image, [np.round(corners * 16).astype(np.int32)], value, lineType=cv2.LINE_AA, shift=4)


def _layout(rng: np.random.Generator, size: int) -> list[_House]:
    angle = rng.uniform(0, np.pi)
    dense = rng.random() < 0.45
    pitch_u = rng.uniform(18, 34) if dense else rng.uniform(30, 60)
    pitch_v = rng.uniform(18, 34) if dense else rng.uniform(34, 70)
    fill = rng.uniform(0.82, 0.96) if dense else rng.uniform(0.4, 0.75)
    occupied = rng.uniform(0.6, 0.95) if dense else rng.uniform(0.2, 0.7)
    change = rng.uniform(0.05, 0.35)
    palette = [_ROOFS[i] for i in rng.choice(len(_ROOFS), size=4, replace=False)]
    flat = rng.random()
    houses = []
    c, s = np.cos(angle), np.sin(angle)
    reach = int(size / min(pitch_u, pitch_v)) + 1
    for i in range(-reach, reach + 1):
        for j in range(-reach, reach + 1):
            if dense and j % 3 == 2:
                continue
            at = np.array([i * pitch_u, j * pitch_v]) + rng.normal(0, 0.04 if dense else 0.12, 2) * (pitch_u, pitch_v)
            centre = np.array([c * at[0] - s * at[1], s * at[0] + c * at[1]]) + size / 2
            if not (-20 < centre[0] < size + 20 and -20 < centre[1] < size + 20) or rng.random() > occupied:
                continue
            length, width = pitch_u * fill * rng.uniform(0.75, 1.0), pitch_v * fill * rng.uniform(0.6, 1.0)
            turn = angle + rng.normal(0, 0.03)
            wing = None
            if not dense and rng.random() < 0.3:
                offset = np.array([np.cos(turn), np.sin(turn)]) * length * 0.35
                wing = _rectangle(centre + offset, length * 0.4, width * 1.5, turn)
            draw = rng.random()
            before, after = (False, True) if draw < change else (True, False) if draw < change * 1.5 else (True, True)
            houses.append(
                _House(
                    _rectangle(centre, length, width, turn),
                    palette[int(rng.integers(len(palette)))],
                    rng.uniform(2, 9) if rng.random() < 0.85 else rng.uniform(9, 26),
                    bool(rng.random() > flat),
                    before,
                    after,
                    wing,
                )
            )
    return houses


def _render(
    rng: np.random.Generator,
    size: int,
    houses: list[_House],
    trees: list[_Tree],
    texture: NDArray[np.float32],
    road: NDArray[np.float32],
    *,
    after: bool,
) -> Image:
    ground_a, ground_b = (np.array(_GROUNDS[i], np.float32) for i in rng.choice(len(_GROUNDS), size=2, replace=False))
    blend = 1 / (1 + np.exp(-3 * texture))
    image = ground_a * blend[..., None] + ground_b * (1 - blend[..., None])
    image += (rng.standard_normal((size, size, 1)) * rng.uniform(2, 9) + _noise(rng, size, 8)[..., None] * 5).astype(
        np.float32
    )
    image = image * (1 - road[..., None]) + np.float32(rng.uniform(95, 190)) * road[..., None]
    image = np.ascontiguousarray(image, np.float32)
    sun = rng.uniform(0, 2 * np.pi)
    direction = np.array([np.cos(sun), np.sin(sun)])
    slope = rng.uniform(0.4, 1.6)
    shade = np.zeros((size, size), np.float32)
    present = [h for h in houses if (h.after if after else h.before)]
    for house in present:
        for part in (house.corners, house.wing):
            if part is not None:
                moved = part + direction * house.height_px * slope
                hull = cv2.convexHull(np.vstack([part, moved]).astype(np.float32))[:, 0]
                _fill(shade, hull, 1.0)
    # Shadows whose cause is not in the picture: they come and go without anything being built.
    for _ in range(int(rng.integers(0, 3))):
        _fill(shade, _rectangle(rng.uniform(0, size, 2), rng.uniform(20, 110), rng.uniform(8, 40), sun), 1.0)
    standing = [t for t in trees if (t.after if after else t.before)]
    for tree in standing:
        at = np.array(tree.centre) + direction * tree.radius * slope * 0.8
        cv2.circle(shade, (int(at[0]), int(at[1])), max(1, int(tree.radius)), 1.0, -1, cv2.LINE_AA)
    image *= 1 - rng.uniform(0.35, 0.65) * cv2.GaussianBlur(shade, (0, 0), 0.8)[..., None]
    grain = rng.standard_normal((size, size, 1)).astype(np.float32)
    for house in present:
        base = np.array(house.roof, np.float32) * rng.uniform(0.88, 1.12)
        for part in (house.wing, house.corners):
            if part is None:
                continue
            _fill(image, part, base)
            if house.gable:
                for edge in range(0, 4, 2):
                    ridge = (part[[1, 2]].mean(0), part[[3, 0]].mean(0))
                    side = np.array([part[edge], part[edge + 1], ridge[0], ridge[1]])
                    if edge == 2:
                        side = np.array([part[2], part[3], ridge[1], ridge[0]])
                    normal = side[:2].mean(0) - part.mean(0)
                    normal /= np.linalg.norm(normal) + 1e-6
                    _fill(image, side, base * (1 - 0.22 * float(normal @ direction)))
            else:
                cv2.polylines(
                    image, [np.round(part * 16).astype(np.int32)], True, tuple(float(v) for v in base * 1.18), 1,
                    cv2.LINE_AA, 4,
                )  # fmt: skip
                if rng.random() < 0.5:
                    at = part.mean(0) + rng.normal(0, 2.5, 2)
                    _fill(image, _rectangle(at, 4, 3, 0.3), base * rng.uniform(0.6, 1.4))
    leaf = np.array([rng.uniform(45, 120), rng.uniform(75, 125), rng.uniform(40, 70)], np.float32)
    for tree in standing:
        at = (int(tree.centre[0]), int(tree.centre[1]))
        cv2.circle(image, at, max(1, int(tree.radius)), tuple(float(v) for v in leaf * rng.uniform(0.8, 1.2)), -1)
    for _ in range(int(rng.integers(0, 12))):
        _park(image, rng, size, length=rng.uniform(7, 12), width=rng.uniform(3, 5))
    # Lorries and containers are not buildings: present at one date, roofs' colours, their own short shadow.
    for _ in range(int(rng.integers(0, 6))):
        _park(image, rng, size, length=rng.uniform(12, 26), width=rng.uniform(5, 7))
    image += grain * rng.uniform(1, 5)
    return np.clip(image, 0, 255).astype(np.uint8)


def _park(image: NDArray[np.float32], rng: np.random.Generator, size: int, *, length: float, width: float) -> None:
    at, angle = rng.uniform(0, size, 2), rng.uniform(0, np.pi)
    colour = np.array(_ROOFS[int(rng.integers(len(_ROOFS)))] if rng.random() < 0.5 else (rng.uniform(40, 240),) * 3)
    shadow = _rectangle(at + rng.uniform(-3, 3, 2), length + 1, width + 1, angle)
    _fill(image, shadow, np.float32(rng.uniform(30, 80)))
    _fill(image, _rectangle(at, length, width, angle), colour.astype(np.float32))


def add_passing(rng: np.random.Generator, image: NDArray[np.float32]) -> Image:
    """A photograph (H, W, 3, 0..255) with cars, lorries and shadows on it that another date does not show."""
    size = image.shape[0]
    shade = np.zeros(image.shape[:2], np.float32)
    for _ in range(int(rng.integers(0, 4))):
        _fill(
            shade, _rectangle(rng.uniform(0, size, 2), rng.uniform(10, 80), rng.uniform(4, 30), rng.uniform(0, 3)), 1.0
        )
    image = image * (1 - rng.uniform(0.3, 0.6) * cv2.GaussianBlur(shade, (0, 0), 0.8)[..., None])
    for longest, widest, most in ((12, 5, 10), (30, 7, 6)):
        for _ in range(int(rng.integers(0, most))):
            _park(image, rng, size, length=rng.uniform(0.6, 1) * longest, width=rng.uniform(0.6, 1) * widest)
    return np.clip(image, 0, 255).astype(np.uint8)


def _footprints(size: int, houses: list[_House], *, after: bool) -> Plane:
    plane = np.zeros((size, size), np.uint8)
    for house in houses:
        if house.after if after else house.before:
            for part in (house.corners, house.wing):
                if part is not None:
                    cv2.fillPoly(plane, [np.round(part).astype(np.int32)], 1)
    return plane


def draw_pair(rng: np.random.Generator, size: int) -> tuple[Image, Image, Plane, Plane]:
    """A drawn pair of (size, size): before RGB, after RGB, footprints before (0/1), footprints after (0/1)."""
    houses = _layout(rng, size)
    texture = _noise(rng, size, int(rng.integers(24, 100))) + 0.4 * _noise(rng, size, 12)
    road = np.zeros((size, size), np.float32)
    for _ in range(int(rng.integers(0, 3))):
        angle, at = rng.uniform(0, np.pi), rng.uniform(0, size, 2)
        _fill(road, _rectangle(at, 3 * size, rng.uniform(6, 20), angle), 1.0)
    trees = []
    for _ in range(int(rng.integers(0, 45))):
        draw = rng.random()
        trees.append(_Tree(tuple(rng.uniform(0, size, 2)), rng.uniform(2, 9), draw > 0.12, draw < 0.88))
    before = _render(rng, size, houses, trees, texture, road, after=False)
    after = _render(rng, size, houses, trees, texture, road, after=True)
    return before, after, _footprints(size, houses, after=False), _footprints(size, houses, after=True)
