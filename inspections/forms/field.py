"""What a phone sends, and what an officer fills in to give out a task, read strictly."""

import datetime
from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib.gis.geos import Point
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from geo.crs import STORAGE_SRID
from geo.models import Posting, User
from geo.roles import Act, roles_with
from inspections.actions.inspections import AnnouncedPhoto, FieldReport
from inspections.photos import PhonePosition

MAX_ANSWERS = 200
MAX_ANNOUNCED_PHOTOS = 200


class PositionForm(forms.Form):
    """The phone's reading and the pin moved by hand. Half a position is no position."""

    lat = forms.FloatField(required=False, min_value=-90, max_value=90)
    lon = forms.FloatField(required=False, min_value=-180, max_value=180)
    accuracy_m = forms.FloatField(required=False, min_value=0)
    position_at = forms.DateTimeField(required=False)
    corrected_lat = forms.FloatField(required=False, min_value=-90, max_value=90)
    corrected_lon = forms.FloatField(required=False, min_value=-180, max_value=180)
    sent_at = forms.DateTimeField(required=False)

    def position(self) -> PhonePosition | None:
        lat, lon = self.cleaned_data.get("lat"), self.cleaned_data.get("lon")
        if lat is None or lon is None:
            return None
        return PhonePosition(
            lat=lat,
            lon=lon,
            accuracy_m=self.cleaned_data.get("accuracy_m"),
            read_at=self.cleaned_data.get("position_at"),
        )

    def correction(self) -> tuple[float, float] | None:
        lat, lon = self.cleaned_data.get("corrected_lat"), self.cleaned_data.get("corrected_lon")
        return None if lat is None or lon is None else (lon, lat)


class PhotoForm(PositionForm):
    """One photo beside its file."""

    client_id = forms.UUIDField()
    inspection_client_id = forms.UUIDField(required=False)
    item = forms.CharField(required=False, max_length=40)
    taken_at = forms.DateTimeField(required=False)
    # Not an ImageField: what is a photo is decided by inspections.photos, by content.
    file = forms.FileField(allow_empty_file=True, max_length=200)

    def store_arguments(self) -> dict[str, Any]:
        correction = self.correction()
        return {
            "client_id": self.cleaned_data["client_id"],
            "inspection_client_id": self.cleaned_data["inspection_client_id"],
            "item": self.cleaned_data["item"],
            "content": self.cleaned_data["file"].file,
            "file_name": self.cleaned_data["file"].name,
            "taken_at": self.cleaned_data["taken_at"],
            "sent_at": self.cleaned_data["sent_at"],
            "position": self.position(),
            "correction": None if correction is None else Point(*correction, srid=STORAGE_SRID),
        }


class PlainJsonField(forms.JSONField):
    """A part of a JSON body that was read already: text with JSON in it is none."""

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and value:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid", params={"value": value})
        return super().to_python(value)


class ReportForm(PositionForm):
    """One inspection, as a flat JSON object."""

    client_id = forms.UUIDField()
    task_id = forms.IntegerField(required=False, min_value=1)
    captured_at = forms.DateTimeField()
    answers = PlainJsonField(required=False)
    note = forms.CharField(required=False, max_length=5000)
    photos = PlainJsonField(required=False)

    def clean_answers(self) -> dict[str, Any]:
        answers = self.cleaned_data["answers"] or {}
        if not isinstance(answers, dict) or len(answers) > MAX_ANSWERS:
            raise forms.ValidationError(_("检查结果应为“项目：内容”的列表。"))
        if not all(isinstance(value, str | int | float | bool | None) for value in answers.values()):
            raise forms.ValidationError(_("检查结果只能是文字、数字或是否。"))
        return answers

    def clean_photos(self) -> list[AnnouncedPhoto]:
        photos = self.cleaned_data["photos"] or []
        if not isinstance(photos, list) or len(photos) > MAX_ANNOUNCED_PHOTOS:
            raise forms.ValidationError(_("照片清单格式不对。"))
        read = forms.UUIDField()
        return [
            AnnouncedPhoto(client_id=read.clean(photo.get("client_id")), item=str(photo.get("item") or "")[:40])
            for photo in photos
            if isinstance(photo, dict)
        ]

    def report(self) -> FieldReport:
        return FieldReport(
            client_id=self.cleaned_data["client_id"],
            task_id=self.cleaned_data["task_id"],
            captured_at=self.cleaned_data["captured_at"],
            answers=self.cleaned_data["answers"],
            note=self.cleaned_data["note"],
            position=self.position(),
            correction=self.correction(),
            photos=self.cleaned_data["photos"],
            sent_at=self.cleaned_data["sent_at"],
        )


class AssignForm(forms.Form):
    """Who is to look, by when, and at what in particular."""

    to = forms.ModelChoiceField(label=_("巡查员"), queryset=User.objects.none(), empty_label=_("请选择"))
    due_on = forms.DateField(
        label=_("完成期限"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("当日 18:00 前"),
    )
    instructions = forms.CharField(
        label=_("说明"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, subjects: Sequence[Any], **kwargs: Any) -> None:
        """Offer those who inspect at any of the places; each row is checked by the action."""
        super().__init__(*args, **kwargs)
        paths = {subject.unit.path for subject in subjects}
        areas = {subject.special_area_id for subject in subjects if subject.special_area_id is not None}
        postings = Posting.objects.in_force().filter(role__in=roles_with(Act.INSPECT)).select_related("unit")
        here = [
            posting.user_id
            for posting in postings
            if posting.special_area_id in areas
            or (posting.unit is not None and any(path.startswith(posting.unit.path) for path in paths))
        ]
        self.fields["to"].queryset = User.objects.filter(pk__in=here, is_active=True).order_by(
            "display_name", "username"
        )

    def clean_due_on(self) -> datetime.date | None:
        day: datetime.date | None = self.cleaned_data["due_on"]
        if day is not None and _end_of(day) <= timezone.now():
            raise forms.ValidationError(_("期限已过，请选择以后的日期。"))
        return day

    def due_at(self) -> datetime.datetime | None:
        day = self.cleaned_data["due_on"]
        return None if day is None else _end_of(day)


class HandOverForm(AssignForm):
    """The same for tasks that were given out already: their instructions stay."""

    instructions = None  # type: ignore[assignment]


def _end_of(day: datetime.date) -> datetime.datetime:
    """The end of a working day."""
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time(18)))
