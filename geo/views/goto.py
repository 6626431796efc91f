"""/api/goto/: the place that somebody typed, for the map to go to."""

from django import forms
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from geo.coordinates import PlaceProblem, ReadPlace, System, read_place
from geo.roles import Act
from geo.tiles.guards import may_read

LONGEST_TEXT = 120


class GotoForm(forms.Form):
    """What was typed, in which system, and the longitude of the map's middle."""

    q = forms.CharField(max_length=LONGEST_TEXT, required=False)
    system = forms.ChoiceField(choices=[(system.value, system.value) for system in System])
    near = forms.FloatField(min_value=-180, max_value=180)


@require_safe
@may_read(Act.SEE_MAP)
def goto(request: HttpRequest) -> HttpResponseBase:
    """Answer longitude and latitude on CGCS2000 and how the text was read; 422 says what was not understood."""
    form = GotoForm(request.GET)
    if not form.is_valid():
        return JsonResponse(form.errors, status=400)
    system = System(form.cleaned_data["system"])
    try:
        read = read_place(form.cleaned_data["q"], system=system, near_lon=form.cleaned_data["near"])
    except PlaceProblem as problem:
        return JsonResponse({"detail": in_words(problem)}, status=422)
    return JsonResponse({"lon": read.place.lon, "lat": read.place.lat, "note": how_read(read, system)})


def how_read(read: ReadPlace, system: System) -> str:
    """Say how a text was understood."""
    if read.zone is not None:
        if read.zone_assumed:
            return _("按 CGCS2000 三度带第 %(zone)s 带读取，带号由地图位置推定。") % {"zone": read.zone}
        return _("按 CGCS2000 三度带第 %(zone)s 带读取。") % {"zone": read.zone}
    notes = [_("纬度在前，已对调。")] if read.latitude_first else []
    if system == System.GCJ02:
        notes.append(_("由 GCJ-02 换算，误差约 1 m。"))
    return "".join(notes) or _("按经纬度读取。")


def in_words(problem: PlaceProblem) -> str:
    """Say what was not understood, and how to write it."""
    about = {"text": problem.about}
    words = {
        "empty": _("请输入坐标，例如 113.6253, 34.7466。"),
        "strange": _("没有看懂“%(text)s”。只写数字、逗号、度分秒和东经北纬。"),
        "count": _("需要两个坐标，读到 %(text)s 个。"),
        "form": _("没有看懂“%(text)s”。例如 113.6253, 34.7466 或 113°37'31\" 34°44'48\"。"),
        "sixty": _("“%(text)s”中分和秒应小于 60。"),
        "twice": _("“%(text)s”两个都是经度或都是纬度。"),
        "longitude": _("经度“%(text)s”超出 ±180°。"),
        "latitude": _("纬度“%(text)s”超出地图范围（±85°）。"),
        "metres_system": _("平面坐标只按 CGCS2000 三度带读取，请改选 CGCS2000。"),
        "northing": _("“%(text)s”中没有恰好一个纵坐标（北向，七位整数，如 3846123.4）。"),
        "easting": _("“%(text)s”不像横坐标（东向，六位整数，前面可加两位带号，如 38512345.6）。"),
        "six_degrees": _("“%(text)s”是六度带坐标，这里只读三度带（带号 25 至 45）。"),
        "zone_needed": _("“%(text)s”没有带号，地图所在位置也推不出，请加上两位带号。"),
    }
    return words[problem.code] % about
