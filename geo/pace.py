"""How often one person may ask for something that costs the server work."""

import functools
import time
from collections.abc import Callable
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.utils.translation import gettext as _

View = Callable[..., HttpResponseBase]


def at_most(count: int, *, per_s: int) -> Callable[[View], View]:
    """Answer 429 once a person has asked `count` times within a window of `per_s` seconds.

    Each process counts for itself: this keeps a stuck script from taking all the processor, it guards no secret.
    Goes inside the guard that says who may ask.
    """

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def paced(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            window = int(time.time() // per_s)
            key = f"pace:{view.__module__}.{view.__name__}:{request.user.pk}:{window}"
            cache.add(key, 0, timeout=2 * per_s)
            if cache.incr(key) > count:
                wait_s = per_s - int(time.time() % per_s)
                detail = _("请求太频繁，请 %(seconds)s 秒后再试。") % {"seconds": wait_s}
                return JsonResponse({"detail": detail}, status=429, headers={"Retry-After": str(wait_s)})
            return view(request, *args, **kwargs)

        return paced

    return decorate
