"""The guards in front of views: who is signed in, who may act, which rows they reach, which files they get."""

import functools
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.http import http_date, parse_etags, quote_etag

from geo.roles import Act, Role, roles_with

View = Callable[..., HttpResponseBase]
M = TypeVar("M", bound=Model)


class MissingAct(PermissionDenied):
    """A signed-in person lacks an act; the 403 page says which roles have it."""

    def __init__(self, *acts: Act) -> None:
        self.acts = acts
        super().__init__(f"needs {' or '.join(acts)}")

    @property
    def role_labels(self) -> list[str]:
        """Names of the roles that have one of the acts."""
        values = dict.fromkeys(role for act in self.acts for role in roles_with(act))
        return [str(Role(value).label) for value in values]


def signed_in(view: View) -> View:
    """Let signed-in people through; send others to sign in."""
    guarded = login_required(view)
    guarded.access = "signed_in"  # type: ignore[attr-defined]
    return guarded


def may(*acts: Act) -> Callable[[View], View]:
    """Let people through who may do one of `acts` anywhere; which rows they reach is for_user()'s matter."""

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not any(request.user.can(act) for act in acts):  # type: ignore[union-attr]
                raise MissingAct(*acts)
            return view(request, *args, **kwargs)

        outer = login_required(guarded)
        outer.access = acts  # type: ignore[attr-defined]
        return outer

    return decorate


def public(view: View) -> View:
    """Say that a view is meant for everybody: the walk over all addresses accepts only what says so."""
    view.access = "public"  # type: ignore[attr-defined]
    return view


def get_scoped(rows: QuerySet[M], **lookup: Any) -> M:
    """Return the one row or answer 404: to a foreigner it does not exist."""
    found = rows.filter(**lookup).first()
    if found is None:
        raise Http404
    return found


def private_file(
    request: HttpRequest, relative_path: str, *, content_type: str, download_name: str = ""
) -> HttpResponseBase:
    """Send a file below PRIVATE_ROOT to somebody who was already allowed to have it.

    Files are addressed by content or never rewritten, so that path, size and time make a sound ETag.
    """
    root = Path(settings.PRIVATE_ROOT).resolve()
    path = (root / relative_path).resolve()
    if not relative_path or not path.is_relative_to(root) or not path.is_file():
        raise Http404
    stat = path.stat()
    etag = quote_etag(hashlib.sha256(f"{relative_path}|{stat.st_size}|{stat.st_mtime_ns}".encode()).hexdigest()[:32])
    if etag in parse_etags(request.headers.get("If-None-Match", "")):
        response: HttpResponseBase = HttpResponse(status=304)
    elif settings.ACCEL_LOCATION:
        response = HttpResponse(content_type=content_type)
        response["X-Accel-Redirect"] = f"{settings.ACCEL_LOCATION}{quote(str(path.relative_to(root)))}"
    else:
        response = FileResponse(path.open("rb"), content_type=content_type)
    response["ETag"] = etag
    response["Last-Modified"] = http_date(stat.st_mtime)
    response["Cache-Control"] = "private, max-age=3600"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; sandbox"
    if download_name:
        response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(download_name)}"
    return response
