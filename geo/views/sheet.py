"""/map/sheet.pdf: a picture of a map sheet, as the page drew it, on a page of exactly its paper's size."""

import io

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from PIL import Image, UnidentifiedImageError

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


class SheetForm(forms.Form):
    """The picture of a whole sheet, its title and paper."""

    title = forms.CharField(max_length=60)
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
        picture = read_sheet(form.cleaned_data["picture"], paper=form.cleaned_data["paper"])
    except Refusal as refusal:
        return JsonResponse({"detail": str(refusal)}, status=422)
    content = io.BytesIO()
    picture.save(
        content,
        "PDF",
        resolution=DOTS_PER_INCH,
        quality=JPEG_QUALITY,
        title=form.cleaned_data["title"],
        author=str(request.user),
    )
    return HttpResponse(
        content.getvalue(), content_type="application/pdf", headers={"Content-Disposition": "attachment"}
    )


def read_sheet(upload: UploadedFile, *, paper: str) -> Image.Image:
    """The picture of a sheet, decoded. Raises Refusal for what is no JPEG of exactly the paper's size."""
    if not upload.size or upload.size > MOST_BYTES:
        raise Refusal(_("图片太大，请换小一号的纸张。"))
    width_mm, height_mm = PAPERS_MM[paper]
    wanted = (round(width_mm / 25.4 * DOTS_PER_INCH), round(height_mm / 25.4 * DOTS_PER_INCH))
    try:
        picture = Image.open(upload, formats=["JPEG"])
        if picture.size != wanted:  # told by the head of the file, before anything is unpacked
            raise Refusal(_("图片大小与纸张不符，请重新出图。"))
        return picture.convert("RGB")
    except (UnidentifiedImageError, OSError) as error:
        raise Refusal(_("图片无法读取，请重新出图。")) from error
