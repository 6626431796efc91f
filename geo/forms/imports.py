"""The forms of an import: the file, and which of its columns is which of ours."""

from pathlib import Path
from typing import Any

from django import forms
from django.core.exceptions import FieldDoesNotExist
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from geo.actions.import_jobs import importers_of, remembered_mapping
from geo.importers.errors import ColumnError
from geo.importers.files import FORMAT_OF_SUFFIX
from geo.importers.layers.base import LayerImporter
from geo.importers.parsing import NO_SHIFT
from geo.importers.registry import importers
from geo.importers.schema import POINT, match_columns
from geo.importers.tables import PLACE_COLUMNS, PLACE_PAIRS, guessed_places
from geo.models import ImportJob, User
from geo.templatetags.formatting import listed

SUFFIXES = (*FORMAT_OF_SUFFIX, ".zip")
# A county's cadastre as a GeoPackage; larger ones are imported on the server by `manage.py import_…`.
MAX_UPLOAD_BYTES = 200 * 1024**2

PLACE_LABELS = {
    "lon": gettext_lazy("经度"),
    "lat": gettext_lazy("纬度"),
    "x": gettext_lazy("东坐标"),
    "y": gettext_lazy("北坐标"),
}
# Columns of files that are no field of the model.
OTHER_LABELS = {"unit_code": gettext_lazy("所属单位代码"), "parent_code": gettext_lazy("上级代码")}


class ImportFileForm(forms.Form):
    """A file and the layer that it is for."""

    layer = forms.ChoiceField(label=gettext_lazy("图层"))
    file = forms.FileField(
        label=gettext_lazy("文件"),
        help_text=gettext_lazy("GeoPackage、Shapefile(各部分打成一个zip)、GeoJSON、KML/KMZ、XLSX或CSV"),
        widget=forms.ClearableFileInput(attrs={"accept": ",".join(SUFFIXES)}),
    )
    source_layer = forms.CharField(
        label=gettext_lazy("文件中的图层或工作表"),
        required=False,
        max_length=120,
        help_text=gettext_lazy("文件有多个图层或工作表时填写"),
    )
    encoding = forms.ChoiceField(
        label=gettext_lazy("文字编码"),
        required=False,
        choices=[("", gettext_lazy("自动识别")), ("UTF-8", "UTF-8"), ("GB18030", "GB18030")],
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["layer"].choices = [(name, layer_label(known)) for name, known in importers_of(user).items()]

    def clean_file(self) -> Any:
        upload = self.cleaned_data["file"]
        if Path(upload.name).suffix.lower() not in SUFFIXES:
            raise forms.ValidationError(
                _("%(name)s 不是可用的文件类型，应为 %(kinds)s") % {"name": upload.name, "kinds": listed(SUFFIXES)}
            )
        if upload.size > MAX_UPLOAD_BYTES:
            raise forms.ValidationError(
                _("文件有 %(size)s，超过 %(limit)s；请分成几个文件，或由管理员在服务器上导入")
                % {"size": filesizeformat(upload.size), "limit": filesizeformat(MAX_UPLOAD_BYTES)}
            )
        return upload

    def reading(self) -> dict[str, Any]:
        """What is said of the file, as ImportOptions names it."""
        values = self.cleaned_data
        return {"layer": values["source_layer"] or None, "encoding": values["encoding"] or None}


class ImportMappingForm(forms.Form):
    """One choice of a column for each of ours, and what the coordinates are in."""

    map_shift = forms.ChoiceField(
        label=gettext_lazy("经纬度来自"),
        required=False,
        choices=[
            ("", gettext_lazy("未说明")),
            (NO_SHIFT, gettext_lazy("测绘或GPS(CGCS2000、WGS 84)")),
            ("gcj02", gettext_lazy("高德、腾讯等地图(GCJ-02)")),
            ("bd09", gettext_lazy("百度地图(BD-09)")),
        ],
        help_text=gettext_lazy("地图软件的经纬度有数百米偏移，说明后自动改正；表格和KML的经纬度必须说明"),
    )
    srid = forms.IntegerField(
        label=gettext_lazy("坐标系EPSG代码"),
        required=False,
        min_value=1024,
        max_value=32766,
        help_text=gettext_lazy("如4547；文件已写明或可由坐标判断时留空"),
    )

    def __init__(self, *args: Any, job: ImportJob, user: User, **kwargs: Any) -> None:
        self.job = job
        self.importer = importers()[job.layer]
        mapping = job.options.get("mapping")
        self.remembered = False
        if mapping is None:
            mapping = {theirs: ours for theirs, ours in remembered_mapping(job, user).items() if theirs in job.titles}
            self.remembered = bool(mapping)
        theirs_of = {ours: theirs for theirs, ours in mapping.items()} or self._guesses()
        given = {"map_shift": job.options.get("map_shift") or "", "srid": job.options.get("srid")}
        super().__init__(*args, initial={**given, **theirs_of}, **kwargs)
        choices = [("", _("— 不使用 —")), *((title, _with_sample(title, cells)) for title, cells in job.titles.items())]
        for name, label in self._wanted().items():
            theirs = theirs_of.get(name)
            self.fields[name] = forms.ChoiceField(
                label=label,
                choices=choices,
                required=name == self.importer.schema.key,
                help_text=_("例：%(samples)s") % {"samples": listed(job.titles[theirs])} if theirs else "",
                error_messages={"required": _("请选择文件中哪一列是%(label)s") % {"label": label}},
            )

    def column_fields(self) -> list[Any]:
        return [self[name] for name in self._wanted()]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        chosen: dict[str, str] = {}
        for name in self._wanted():
            theirs = values.get(name)
            if theirs and theirs in chosen.values():
                self.add_error(name, _("“%(title)s”已对应到另一列") % {"title": theirs})
            elif theirs:
                chosen[name] = theirs
        places = set(chosen) & set(PLACE_COLUMNS)
        if places and not any(places == set(pair) for pair in PLACE_PAIRS):
            self.add_error(None, _("位置须是经度和纬度，或东坐标和北坐标，成对选择；不选则只按编号更新"))
        if not self.job.is_table or places:
            for column in self.importer.schema.columns:
                if column.required and not values.get(column.name) and column.name not in self.errors:
                    self.add_error(column.name, _("新建记录必须有此列"))
        self.chosen = chosen
        return values

    def reading(self) -> dict[str, Any]:
        """What is said, as ImportOptions names it."""
        values = self.cleaned_data
        return {
            "mapping": {theirs: ours for ours, theirs in self.chosen.items()},
            "map_shift": values["map_shift"] or None,
            "srid": values["srid"],
        }

    def _wanted(self) -> dict[str, Any]:
        names: dict[str, Any] = {
            column.name: column_label(self.importer, column.name) for column in self.importer.schema.columns
        }
        if self.job.is_table and self.importer.schema.geometry_types == POINT:
            names |= PLACE_LABELS
        return names

    def _guesses(self) -> dict[str, str]:
        titles = list(self.job.titles)
        places = guessed_places(self.importer.schema, titles) if self.job.is_table else {}
        rest = [title for title in titles if title not in places.values()]
        try:
            return {**places, **match_columns(self.importer.schema, rest, {}, needs=()).theirs_of}
        except ColumnError:
            return places


def _with_sample(title: str, cells: list[str]) -> str:
    """A column as one chooses it: many are called F1 or Name, and told apart by what they hold."""
    return f"{title} · {cells[0]}" if cells else title


def layer_label(importer: type[LayerImporter]) -> str:
    return str(importer.model._meta.verbose_name)


def column_label(importer: type[LayerImporter], name: str) -> str:
    """What people call a column of ours."""
    if name == "geometry":
        return _("位置或轮廓")
    if name in PLACE_LABELS:
        return str(PLACE_LABELS[name])
    try:
        return str(importer.model._meta.get_field(name).verbose_name)
    except FieldDoesNotExist:
        return str(OTHER_LABELS.get(name, name))
