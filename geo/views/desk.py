"""Saved filters of tables, and the place of one's map."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from geo.access import get_scoped, may, signed_in
from geo.actions.desk import keep_place, make_default, rename_filter, save_filter
from geo.forms.desk import ChangeFilterForm, PlaceForm, SaveFilterForm
from geo.models import SavedFilter
from geo.refusals import Refusal
from geo.roles import Act
from geo.saved_filters import address_of


@require_POST
@signed_in
def filter_save(request: HttpRequest) -> HttpResponse:
    """Keep the filter of a table under a name, and show the table with it."""
    form = SaveFilterForm(request.POST)
    try:
        if not form.is_valid():
            raise Refusal(_("请先选择条件，再写一个名称。"))
        row = save_filter(by=request.user, **form.cleaned_data)
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect(form.cleaned_data["page"] if form.cleaned_data.get("page") else "home")
    messages.success(request, _("已保存常用条件“%(name)s”。") % {"name": row.name})
    return redirect(address_of(row))


@require_POST
@signed_in
def filter_change(request: HttpRequest, filter_id: int) -> HttpResponse:
    """Rename or delete one's own filter, or let the table open with it."""
    row = get_scoped(SavedFilter.objects.for_user(request.user), pk=filter_id)
    form = ChangeFilterForm(request.POST)
    back = address_of(row)
    try:
        if not form.is_valid():
            raise Refusal(_("请填写名称。"))
        do = form.cleaned_data["do"]
        if do == "rename":
            rename_filter(by=request.user, row=row, name=form.cleaned_data["name"])
            messages.success(request, _("已改名为“%(name)s”。") % {"name": row.name})
        elif do == "delete":
            row.delete()
            messages.success(request, _("已删除常用条件“%(name)s”。") % {"name": row.name})
        else:
            make_default(by=request.user, row=row, on=do == "default")
            said = _("以后打开时使用“%(name)s”。") if do == "default" else _("以后打开时不再使用“%(name)s”。")
            messages.success(request, said % {"name": row.name})
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return redirect(back)


@require_POST
@may(Act.SEE_MAP)
def map_place(request: HttpRequest) -> HttpResponse:
    """Remember where the map is; a place that is none is not remembered."""
    form = PlaceForm(request.POST)
    if not form.is_valid():
        return JsonResponse(form.errors, status=400)
    keep_place(by=request.user, **form.cleaned_data)
    return HttpResponse(status=204)
