"""Guards for addresses that scripts ask: a status and a sentence, never a redirect to a page."""

import functools
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from geo.access import MissingAct
from geo.roles import Act

View = Callable[..., HttpResponseBase]


def may_read(*acts: Act) -> Callable[[View], View]:
    """Let people through who may do one of `acts` anywhere: 401 for a visitor, 403 for the others."""

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return JsonResponse({"detail": _("请先登录。")}, status=401)
            if not any(request.user.can(act) for act in acts):
                needed = MissingAct(*acts)
                roles = pgettext("between words of a list", "、").join(needed.role_labels)
                detail = _("没有权限。由以下岗位使用：%(roles)s") % {"roles": roles}
                return JsonResponse({"detail": detail}, status=403)
            return view(request, *args, **kwargs)

        guarded.access = acts  # type: ignore[attr-defined]
        return guarded

    return decorate


def knows(view: View) -> View:
    """Let signed-in people through; 401 for a visitor."""

    @functools.wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return JsonResponse({"detail": _("请先登录。")}, status=401)
        return view(request, *args, **kwargs)

    guarded.access = "signed_in"  # type: ignore[attr-defined]
    return guarded
