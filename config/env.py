"""Strict, typed readers of the environment. Secrets may also come from a file named by `<NAME>_FILE`."""

import os
from pathlib import Path
from typing import overload
from urllib.parse import parse_qs, unquote, urlsplit


class EnvError(Exception):
    """A setting in the environment is missing or cannot be understood."""


_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}


def _raw(name: str) -> str | None:
    file_name = os.environ.get(f"{name}_FILE")
    if file_name is not None:
        if name in os.environ:
            raise EnvError(f"{name} and {name}_FILE are both set: keep one")
        try:
            return Path(file_name).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise EnvError(f"{name}_FILE={file_name!r} cannot be read: {error.strerror}") from error
    return os.environ.get(name)


@overload
def text(name: str) -> str: ...
@overload
def text(name: str, default: str) -> str: ...
def text(name: str, default: str | None = None) -> str:
    """Return the text of `name`; without a default a missing or empty one is an error."""
    value = _raw(name)
    if value:
        return value
    if default is None:
        raise EnvError(f"{name} must be set")
    return default


def flag(name: str, default: bool) -> bool:
    """Return a yes/no setting: 1/0, true/false, yes/no, on/off."""
    value = _raw(name)
    if value is None:
        return default
    word = value.strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise EnvError(f"{name}={value!r} is neither yes nor no")


def integer(name: str, default: int, *, at_least: int | None = None, at_most: int | None = None) -> int:
    """Return a whole number, within the given bounds."""
    value = _raw(name)
    if value is None or not value.strip():
        return default
    try:
        number = int(value)
    except ValueError as error:
        raise EnvError(f"{name}={value!r} is not a whole number") from error
    if at_least is not None and number < at_least:
        raise EnvError(f"{name}={number} is below {at_least}")
    if at_most is not None and number > at_most:
        raise EnvError(f"{name}={number} is above {at_most}")
    return number


def words(name: str, default: str = "") -> list[str]:
    """Return a comma-separated list without blanks."""
    return [word.strip() for word in text(name, default or " ").split(",") if word.strip()]


def database(name: str) -> dict[str, object]:
    """Return Django's settings for a `postgresql://user:password@host:port/name` address.

    `postgresql:///name?host=/socket/dir&port=5432&user=someone` addresses a Unix socket.
    """
    address = text(name)
    parts = urlsplit(address)
    if parts.scheme not in {"postgresql", "postgres", "postgis"}:
        raise EnvError(f"{name}: scheme {parts.scheme!r} is not postgresql")
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    database_name = unquote(parts.path.lstrip("/"))
    if not database_name:
        raise EnvError(f"{name} names no database")
    try:
        port = parts.port
    except ValueError as error:
        raise EnvError(f"{name}: the port is not a number") from error
    host = query.pop("host", None) or parts.hostname or ""
    port_text = query.pop("port", None) or (str(port) if port else "")
    user = query.pop("user", None) or unquote(parts.username or "")
    return {
        "ENGINE": "django.contrib.gis.db.backends.postgis",
        "NAME": database_name,
        "USER": user,
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": port_text,
        "OPTIONS": query,
    }
