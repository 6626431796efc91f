"""Reading vector tiles back: a small decoder of our own, so that what PostGIS wrote is read by somebody else."""

import struct
from dataclasses import dataclass, field

import pytest


@dataclass
class TileFeature:
    """A feature of a tile: its id, kind of geometry (1 point, 2 line, 3 polygon) and attributes."""

    id: int | None = None
    kind: int = 0
    commands: list[int] = field(default_factory=list)
    attributes: dict[str, object] = field(default_factory=dict)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def _fields(data: bytes):
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, at = _varint(data, at)
        elif wire == 1:
            value, at = data[at : at + 8], at + 8
        elif wire == 5:
            value, at = data[at : at + 4], at + 4
        else:
            size, at = _varint(data, at)
            value, at = data[at : at + size], at + size
        yield number, value


def _packed(data: bytes) -> list[int]:
    values, at = [], 0
    while at < len(data):
        value, at = _varint(data, at)
        values.append(value)
    return values


def _value(data: bytes) -> object:
    for number, raw in _fields(data):
        match number:
            case 1:
                return raw.decode()
            case 2:
                return struct.unpack("<f", raw)[0]
            case 3:
                return struct.unpack("<d", raw)[0]
            case 6:
                return (raw >> 1) ^ -(raw & 1)
            case 7:
                return bool(raw)
            case _:
                return raw
    return None


def read_tile(content: bytes) -> dict[str, list[TileFeature]]:
    """Return the features of each layer of a tile."""
    layers: dict[str, list[TileFeature]] = {}
    for number, layer in _fields(content):
        assert number == 3, f"a tile holds layers only, not field {number}"
        name, keys, values, raw_features = "", [], [], []
        for part, raw in _fields(layer):
            if part == 1:
                name = raw.decode()
            elif part == 2:
                raw_features.append(raw)
            elif part == 3:
                keys.append(raw.decode())
            elif part == 4:
                values.append(_value(raw))
        for raw_feature in raw_features:
            feature, tags = TileFeature(), []
            for part, raw in _fields(raw_feature):
                if part == 1:
                    feature.id = raw
                elif part == 2:
                    tags = _packed(raw)
                elif part == 3:
                    feature.kind = raw
                elif part == 4:
                    feature.commands = _packed(raw)
            feature.attributes = {keys[k]: values[v] for k, v in zip(tags[::2], tags[1::2], strict=True)}
            layers.setdefault(name, []).append(feature)
    return layers


@pytest.fixture
def read():
    return read_tile
