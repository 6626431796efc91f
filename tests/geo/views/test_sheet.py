"""A map sheet as PDF: what is no sheet is refused before it is unpacked."""

import io
import json

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from pypdf import PdfReader

from geo.roles import Role
from tests.factories import make_user

A4 = (2339, 1654)


@pytest.fixture(autouse=True)
def nobody_asked_yet():
    cache.clear()


def picture(size=A4, kind="JPEG") -> SimpleUploadedFile:
    content = io.BytesIO()
    Image.new("RGB", size, (200, 220, 200)).save(content, kind)
    return SimpleUploadedFile("sheet.jpg", content.getvalue())


@pytest.fixture
def ask(client, town):
    """A function that asks for the PDF of a picture."""
    client.force_login(make_user(Role.PLANNER, town.city, display_name="规划甲"))

    def asking(upload, **form):
        return client.post("/map/sheet.pdf", {"title": "图", "paper": "A4", "picture": upload, **form})

    return asking


def words(text="比例尺 1:1,000", **fields) -> str:
    return json.dumps([{"words": text, "x": 40, "y": 700, "sizePx": 12, "align": "left", "bold": False, **fields}])


def test_a_sheet_comes_back_as_a_pdf_of_its_paper_signed_by_the_person_who_asked_its_words_as_text(ask):
    response = ask(picture(), written=words("<b>比例尺</b> 1:1,000"))
    assert response["Content-Type"] == "application/pdf"
    read = PdfReader(io.BytesIO(response.content))
    assert read.metadata.author == "规划甲"
    [sheet] = read.pages
    assert (float(sheet.mediabox.width) / 72 * 25.4, float(sheet.mediabox.height) / 72 * 25.4) == pytest.approx(
        (297, 210), abs=0.1
    )
    assert "<b>比例尺</b> 1:1,000" in sheet.extract_text()
    [image] = sheet.images
    assert image.image.size == A4


@pytest.mark.parametrize(
    ("upload", "form", "said"),
    [
        (picture((100, 100)), {}, "与纸张不符"),
        (picture(), {"paper": "A3"}, "与纸张不符"),
        (picture(), {"paper": "A0"}, "无法读取"),
        (picture(), {"title": ""}, "无法读取"),
        (picture(), {"written": "{"}, "无法读取"),
        (picture(), {"written": words(x=-1)}, "无法读取"),
        (picture(), {"written": words(y="NaN")}, "无法读取"),
        (picture(), {"written": words(align="0; color: red")}, "无法读取"),
        (picture(kind="PNG"), {}, "图片无法读取"),
        (SimpleUploadedFile("sheet.jpg", b"\xff\xd8 no picture"), {}, "图片无法读取"),
        (SimpleUploadedFile("sheet.jpg", b"\xff" * (12 * 1024 * 1024 + 1)), {}, "图片太大"),
    ],
)
def test_what_is_no_sheet_of_that_paper_is_refused(ask, upload, form, said):
    upload.seek(0)
    response = ask(upload, **form)
    assert response.status_code == 422
    assert said in response.json()["detail"]


def test_a_visitor_gets_no_pdf(db, client):
    assert client.post("/map/sheet.pdf").status_code == 401
