"""Marks in words: what looks odd about a photo or an inspection, with its numbers. A mark never refuses anything."""

from collections.abc import Mapping
from typing import Any

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from inspections.photos import Finding

WORDS: dict[str, str | Promise] = {
    # position
    "position_missing": _("没有手机定位"),
    "accuracy_poor": _("定位精度较差：%(value)s（限 %(limit)s）"),
    "position_stale": _("定位早于拍摄 %(value)s"),
    "far_from_subject": _("距检查对象 %(value)s（限 %(limit)s）"),
    "exif_position_differs": _("手机定位与照片内记录相差 %(value)s（限 %(limit)s）"),
    "pin_moved_far": _("手动修正移动了 %(value)s（限 %(limit)s）"),
    "outside_units": _("位置不在任何行政单位内"),
    "outside_area": _("位置在%(detail)s，不在本人负责区域"),
    # time
    "exif_time_differs": _("照片内记录的时间与拍摄时间相差 %(value)s"),
    "phone_clock_differs": _("手机时钟与服务器相差 %(value)s"),
    "taken_in_future": _("拍摄时间比接收时间晚 %(value)s"),
    "taken_time_missing": _("没有拍摄时间，以接收时间代替"),
    "sent_late": _("拍摄后 %(value)s 才送达"),
    # photo
    "reused_photo": _("与此前的照片 #%(photo_id)s 相似，可能重复使用"),
    "other_persons_inspection": _("所属检查由他人提交，未与之关联"),
    # inspection
    "answer_missing": _("必填项未填：%(detail)s"),
    "answer_odd": _("填写内容不符合要求：%(detail)s"),
    "answer_unknown": _("检查表中没有的项：%(detail)s"),
    "characters_replaced": _("含有无法保存的字符，以 � 代替，请核对原话"),
    "photo_missing": _("缺少照片：%(detail)s"),
    "no_photo": _("没有照片"),
    "photos_pending": _("还有 %(value)s 张照片尚未送达"),
    "task_unknown": _("所附任务不存在或不归本人：#%(detail)s"),
    "task_reassigned": _("任务已改派给%(detail)s"),
    "task_done_before": _("任务此前已提交过"),
    "task_cancelled": _("任务已取消"),
    "case_closed": _("案件已结：%(detail)s"),
    "payload_conflict": _("同一编号收到不同内容，均已保留"),
}


def make_mark(code: str, **numbers: Any) -> dict[str, Any]:
    """A mark as it is kept on the row: code, Chinese text, numbers. Raises KeyError for a code without words."""
    mark = {"code": code, **{name: value for name, value in numbers.items() if value not in (None, "")}}
    with translation.override("zh-hans"):
        return {**mark, "text": describe(mark)}


def mark_of(finding: Finding) -> dict[str, Any]:
    """The mark of a finding of the photo checks."""
    return make_mark(**finding.as_json())  # type: ignore[arg-type]


def describe(mark: Mapping[str, Any]) -> str:
    """A mark in the reader's language."""
    words = WORDS.get(mark["code"])
    if words is None:
        return str(mark.get("text") or mark["code"])
    unit = mark.get("unit", "")
    shown = {name: _quantity(value, unit) if name in ("value", "limit") else value for name, value in mark.items()}
    return str(words) % {"value": "", "limit": "", "detail": "", "photo_id": "", **shown}


def _quantity(value: Any, unit: str) -> str:
    if unit == "s":
        return _duration(abs(float(value)))
    if unit == "m":
        return f"{float(value):,.0f} m"
    return str(value)


def _duration(seconds: float) -> str:
    if seconds >= 2 * 86_400:
        return str(_("%(count)d 天") % {"count": seconds // 86_400})
    if seconds >= 2 * 3600:
        return str(_("%(count)d 小时") % {"count": seconds // 3600})
    return str(_("%(count)d 分钟") % {"count": max(1, seconds // 60)})
