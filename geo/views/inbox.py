"""/inbox/: what others did that concerns the reader."""

from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from geo.access import get_scoped, signed_in
from geo.actions.notices import mark_read
from geo.models import Notice, NoticeKind
from geo.notice_words import ICONS, sentence
from geo.tiles.guards import knows

NOTICES_A_PAGE = 30


@require_safe
@signed_in
def inbox(request: HttpRequest) -> HttpResponse:
    """The newest first; ?show=unread, ?kind=…"""
    mine = Notice.objects.for_user(request.user)
    counts = dict(mine.order_by().values_list("kind").annotate(Count("pk")))
    unread = mine.unread().count()
    rows, kind, show = mine, request.GET.get("kind", ""), request.GET.get("show", "")
    if kind in NoticeKind.values:
        rows = rows.filter(kind=kind)
    if show == "unread":
        rows = rows.unread()
    page = Paginator(rows, NOTICES_A_PAGE).get_page(request.GET.get("page"))
    for notice in page:
        notice.words, notice.icon = sentence(notice), ICONS.get(NoticeKind(notice.kind), "info")
    context = {
        "page": page,
        "unread": unread,
        "kinds": [(value, label, counts[value]) for value, label in NoticeKind.choices if counts.get(value)],
        "shows": [("unread", _("未读"), unread)],
        "is_filtered": bool(kind or show),
    }
    return render(request, "inbox/list.html", context)


@require_POST
@signed_in
def notice_open(request: HttpRequest, notice_id: int) -> HttpResponse:
    """Mark one as read and go to what it is about; ?stay does not go."""
    notice = get_scoped(Notice.objects.for_user(request.user), pk=notice_id)
    mark_read(notices=Notice.objects.filter(pk=notice.pk), by=request.user)
    return redirect("inbox" if request.POST.get("stay") else notice.link)


@require_POST
@signed_in
def inbox_read(request: HttpRequest) -> HttpResponse:
    """Mark all as read."""
    mark_read(notices=Notice.objects.all(), by=request.user)
    return redirect("inbox")


@never_cache
@require_safe
@knows
def inbox_count(request: HttpRequest) -> HttpResponse:
    """How many are unread, for the header of a page that stays open."""
    return JsonResponse({"unread": Notice.objects.for_user(request.user).unread().count()})
