"""The form that takes a snapshot in."""

from pathlib import Path
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from pyproj import CRS
from pyproj.exceptions import CRSError

from geo.crs import LonLat
from geo.errors import CoordinateError
from geo.ingest import Declared
from geo.ingest.georeference import BESIDE_SUFFIXES, MAX_RESOLUTION_M, MIN_RESOLUTION_M
from geo.templatetags.formatting import listed

IMAGE_SUFFIXES = (".tif", ".tiff", ".jpg", ".jpeg", ".png")
DSM_SUFFIXES = (".tif", ".tiff")


def _accept(suffixes: tuple[str, ...]) -> dict[str, str]:
    return {"accept": ",".join(suffixes)}


class SnapshotForm(forms.Form):
    """An image with its date, and whatever the file does not say itself."""

    image = forms.FileField(
        label=_("影像文件"),
        help_text=_("GeoTIFF、COG、JPEG或PNG，3或4个波段，8或16位"),
        widget=forms.ClearableFileInput(attrs=_accept(IMAGE_SUFFIXES)),
    )
    title = forms.CharField(label=_("名称"), max_length=120, help_text=_("如“2026年第二期正射影像”"))
    captured_on = forms.DateField(label=_("拍摄日期"), widget=forms.DateInput(attrs={"type": "date"}))
    sensor = forms.CharField(label=_("传感器"), max_length=80, required=False)
    operator = forms.CharField(label=_("作业单位"), max_length=80, required=False)
    dsm = forms.FileField(
        label=_("数字表面模型(DSM)"),
        required=False,
        help_text=_("同一航次的单波段浮点高程，单位米；有它才能判断加层"),
        widget=forms.ClearableFileInput(attrs=_accept(DSM_SUFFIXES)),
    )
    world_file = forms.FileField(
        label=_("坐标文件"),
        required=False,
        help_text=_("JPEG、PNG的坐标文件，如.jgw、.pgw、.tfw"),
        widget=forms.ClearableFileInput(attrs=_accept(BESIDE_SUFFIXES)),
    )
    crs = forms.CharField(
        label=_("坐标系"),
        required=False,
        max_length=80,
        help_text=_("文件没有写明时填写，如EPSG:4547；留空则取当地3度带"),
    )
    lon = forms.FloatField(label=_("中心经度"), required=False, min_value=-180, max_value=180)
    lat = forms.FloatField(label=_("中心纬度"), required=False, min_value=-85, max_value=85)
    resolution_m = forms.FloatField(
        label=_("地面分辨率(m)"), required=False, min_value=MIN_RESOLUTION_M, max_value=MAX_RESOLUTION_M
    )

    def clean_captured_on(self) -> Any:
        day = self.cleaned_data["captured_on"]
        if day > timezone.localdate():
            raise forms.ValidationError(_("拍摄日期晚于今天"))
        return day

    def clean_image(self) -> Any:
        return self._of_kind("image", IMAGE_SUFFIXES)

    def clean_dsm(self) -> Any:
        return self._of_kind("dsm", DSM_SUFFIXES)

    def clean_world_file(self) -> Any:
        return self._of_kind("world_file", BESIDE_SUFFIXES)

    def clean_crs(self) -> str:
        text: str = self.cleaned_data["crs"].strip()
        if text:
            try:
                CRS.from_user_input(text)
            except CRSError as error:
                raise forms.ValidationError(_("坐标系无法识别，请填写如EPSG:4547")) from error
        return text

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        placed = [name for name in ("lon", "lat", "resolution_m") if values.get(name) is not None]
        if placed and len(placed) < 3:
            for name in {"lon", "lat", "resolution_m"} - set(placed):
                self.add_error(name, _("中心经度、中心纬度和分辨率须一并填写"))
        return values

    def declared(self) -> Declared | None:
        """What was said of the image's place; None when the file speaks for itself."""
        values = self.cleaned_data
        center = None
        if values.get("lon") is not None:
            try:
                center = LonLat(values["lon"], values["lat"])
            except CoordinateError:  # the fields' own limits are narrower
                return None
        if not (values["crs"] or center):
            return None
        return Declared(crs=values["crs"] or None, resolution_m=values.get("resolution_m"), center=center)

    def _of_kind(self, name: str, suffixes: tuple[str, ...]) -> Any:
        upload = self.cleaned_data.get(name)
        if upload and Path(upload.name).suffix.lower() not in suffixes:
            raise forms.ValidationError(
                _("%(name)s 不是可用的文件类型，应为 %(kinds)s") % {"name": upload.name, "kinds": listed(suffixes)}
            )
        return upload
