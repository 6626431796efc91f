"""What the desk says of a flag on pictures flown after its own, and why it stands where it does in the queue."""

from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from geo.imagery.later import Look
from geo.models import ChangeFlag, ChangeKind, LaterLook
from geo.templatetags.formatting import area_text, date_text


def later_of(flag: ChangeFlag) -> dict[str, Any]:
    """The sentence, and picture by picture what was seen."""
    words = {Look.SEEN: _("仍可见"), Look.GONE: _("未见"), Look.UNCLEAR: _("无法判断")}
    if flag.kind == ChangeKind.DEMOLISHED:  # what is seen again there is bare ground
        words |= {Look.SEEN: _("仍已拆除"), Look.GONE: _("有建筑")}
    looks = [
        {"on": date.fromisoformat(row["on"]), "words": words[Look(row["look"])], "look": row["look"]}
        for row in flag.evidence.get("later", [])
    ]
    return {"later_looks": looks, "later_text": _sentence(flag, looks), "limit_text": _limit(flag)}


def _sentence(flag: ChangeFlag, looks: list[dict[str, Any]]) -> str:
    known = [row for row in looks if row["look"] != Look.UNCLEAR]
    if not known:
        return ""
    if flag.later_look == LaterLook.CLEARED:
        days = _("、").join(date_text(row["on"]) for row in known)
        said = _("其后 %(count)s 期影像（%(days)s）中均未见，可能是临时停放或影像误差，已移到待审末尾。")
        if flag.kind == ChangeKind.DEMOLISHED:
            said = _("其后 %(count)s 期影像（%(days)s）中该处均有建筑，可能并未拆除，已移到待审末尾。")
        return said % {"count": len(known), "days": days}
    seen = sum(row["look"] == Look.SEEN for row in known)
    said = _("其后 %(all)s 期影像中 %(seen)s 期仍可见。")
    if flag.kind == ChangeKind.DEMOLISHED:
        said = _("其后 %(all)s 期影像中 %(seen)s 期该处仍已拆除。")
    return said % {"all": len(known), "seen": seen} + (
        _("已由审核员放回原来的位置。") if flag.later_look == LaterLook.KEPT else ""
    )


def _limit(flag: ChangeFlag) -> str:
    if not flag.below_limit or flag.control_area is None:
        return ""
    return _("小于%(area)s的最小图斑面积 %(limit)s：保留备查，不进入待审。") % {
        "area": flag.control_area.name,
        "limit": area_text(flag.control_area.min_area_m2),
    }
