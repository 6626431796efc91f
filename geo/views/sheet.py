"""/map/sheet.pdf: a map sheet as the page drew it, on a page of exactly its paper's size, its words as text."""

import base64
import io
import json
import math
from dataclasses import dataclass

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from PIL import Image, UnidentifiedImageError
from weasyprint import HTML
from weasyprint.urls import URLFetcher

from geo.pace import at_most
from geo.refusals import Refusal
from geo.roles import Act
from geo.tiles.guards import may_read

MOST_A_MINUTE = 10
DOTS_PER_INCH = 200  # as src/map/sheet-frame.ts
PAPERS_MM = {"A4": (297, 210), "A4-upright": (210, 297), "A3": (420, 297), "A3-upright": (297, 420)}
# A JPEG of an A3 at 200 dpi full of aerial imagery is 4 to 6 MB.
MOST_BYTES = 12 * 1024 * 1024
JPEG_QUALITY = 90
MOST_WORDS = 200  # a title, five notes, and the longest legend that an A3 holds
LONGEST_WORDS = 200
PX_PER_MM = 96 / 25.4
SIZES_PX = (4.0, 60.0)
# How far words are moved from the place that is told for them, by their alignment.
SHIFTS = {"left": "0", "center": "-50%", "right": "-100%"}


@dataclass(frozen=True)
class Written:
    """Words on the sheet: CSS pixels from its upper left corner, at their middle from above."""

    words: str
    x: float
    y: float
    size_px: float
    shift: str
    bold: bool


class SheetForm(forms.Form):
    """The picture of a whole sheet, the words to be written over it, its title and paper."""

    title = forms.CharField(max_length=60)
    written = forms.CharField(required=False)
    paper = forms.ChoiceField(choices=[(name, name) for name in PAPERS_MM])
    picture = forms.FileField()


@require_POST
@may_read(Act.SEE_MAP)
@at_most(MOST_A_MINUTE, per_s=60)
def sheet_pdf(request: HttpRequest) -> HttpResponseBase:
    """Answer the PDF; 422 for a picture that is no sheet of this paper. Nothing is kept."""
    form = SheetForm(request.POST, request.FILES)
    try:
        if not form.is_valid():
            raise Refusal(_("提交的内容无法读取，请刷新页面后再试"))
        asked = form.cleaned_data
        picture = read_sheet(asked["picture"], paper=asked["paper"])
        written = read_written(asked["written"], paper=asked["paper"])
    except Refusal as refusal:
        return JsonResponse({"detail": str(refusal)}, status=422)
    width_mm, height_mm = PAPERS_MM[asked["paper"]]
    html = render_to_string(
        "map/sheet.html",
        {
            "language": get_language(),
            "title": asked["title"],
            "author": str(request.user),
            "picture": base64.b64encode(picture).decode(),
            "written": written,
            "width_mm": width_mm,
            "height_mm": height_mm,
        },
    )
    # The sheet carries its picture in itself: nothing is loaded from disk or network while it is made.
    content = HTML(string=html, url_fetcher=URLFetcher(allowed_protocols=["data"])).write_pdf()
    return HttpResponse(content, content_type="application/pdf", headers={"Content-Disposition": "attachment"})


def read_written(text: str, *, paper: str) -> list[Written]:
    """The words around the map. Raises Refusal for what lies off the paper or is no text."""
    try:
        entries = json.loads(text or "[]")
        if not isinstance(entries, list) or len(entries) > MOST_WORDS:
            raise ValueError
        return [_written(entry, paper) for entry in entries]
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        raise Refusal(_("提交的内容无法读取，请刷新页面后再试")) from error


def _written(entry: dict[str, object], paper: str) -> Written:
    x, y, size = (float(entry[name]) for name in ("x", "y", "sizePx"))  # type: ignore[arg-type]
    wide, high = (side * PX_PER_MM for side in PAPERS_MM[paper])
    if not (0 <= x <= wide and 0 <= y <= high and SIZES_PX[0] <= size <= SIZES_PX[1]) or math.isnan(x + y + size):
        raise ValueError
    words = str(entry["words"])[:LONGEST_WORDS].replace("\x00", "")
    return Written(words, x, y, size, SHIFTS[str(entry["align"])], entry.get("bold") is True)


def read_sheet(upload: UploadedFile, *, paper: str) -> bytes:
    """The picture of a sheet as a clean JPEG. Raises Refusal for what is no JPEG of exactly the paper's size."""
    if not upload.size or upload.size > MOST_BYTES:
        raise Refusal(_("图片太大，请换小一号的纸张。"))
    width_mm, height_mm = PAPERS_MM[paper]
    wanted = (round(width_mm / 25.4 * DOTS_PER_INCH), round(height_mm / 25.4 * DOTS_PER_INCH))
    try:
        picture = Image.open(upload, formats=["JPEG"])
        if picture.size != wanted:  # told by the head of the file, before anything is unpacked
            raise Refusal(_("图片大小与纸张不符，请重新出图。"))
        content = io.BytesIO()
        picture.convert("RGB").save(content, "JPEG", quality=JPEG_QUALITY)
        return content.getvalue()
    except (UnidentifiedImageError, OSError) as error:
        raise Refusal(_("图片无法读取，请重新出图。")) from error
