"""What the review desk shows about a flag, and how the work goes."""

import datetime
import json
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from geo.actions.diff_jobs import has_heights
from geo.detector_words import detector_of
from geo.models import ChangeFlag, FlagState, Unit, User
from geo.roles import Act
from inspections.actions.opinions import colleagues_for
from inspections.actions.reviews import last_review
from inspections.models import Case, CaseSource, ChangeReview, RejectReason, SpotCheck
from inspections.review_beside import beside
from inspections.review_later import later_of

# What a flag's picture can be laid over with, its key, what is said when it is not kept any more, and what it shows.
OVERLAYS = [
    (
        "probability",
        gettext_lazy("概率"),
        "h",
        gettext_lazy("这次比对的概率图已不再保存，不能叠加显示。"),
        gettext_lazy("颜色越亮，模型认为变化的可能越大"),
    ),
    (
        "height",
        gettext_lazy("高度"),
        "g",
        gettext_lazy("两期影像没有都带高程，或高程已不再保存，不能叠加高度变化。"),
        gettext_lazy("橙色升高，蓝色降低"),
    ),
    (
        "alignment",
        gettext_lazy("对齐"),
        "l",
        gettext_lazy("前期小图已不再保存，不能叠加边缘。"),
        gettext_lazy("青线是前期影像的边缘（含阴影和树）；没有变的道路和屋檐应与后期重合"),
    ),
]
# One key each; letters that are on every keyboard and need no shift.
REASON_KEYS = dict(
    zip(RejectReason.values, ["1", "2", "3", "4", "5", "6", "7", "8", "9", "0", "-", "=", ""], strict=True)
)
REASONS = [(value, label, REASON_KEYS[value]) for value, label in RejectReason.choices]
# The pace is that of the last hour: yesterday's and this morning's say little about now.
PACE_TIME = datetime.timedelta(hours=1)
# Fewer decisions make no pace.
PACE_DECISIONS = 3


def progress_of(user: User, *, run_id: int | None) -> dict[str, Any]:
    """Decided today, waiting, and the pace of the last hour with the time that the rest takes at it."""
    now = timezone.now()
    pending = ChangeFlag.objects.for_user(user, Act.REVIEW_FLAGS).pending()
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    mine = ChangeReview.objects.standing().filter(reviewed_by=user, reviewed_at__gte=min(midnight, now - PACE_TIME))
    if run_id:
        pending, mine = pending.filter(run_id=run_id), mine.filter(flag__run_id=run_id)
    moments = sorted(mine.values_list("reviewed_at", flat=True))
    done, left = sum(moment >= midnight for moment in moments), pending.count()
    recent = [moment for moment in moments if moment >= now - PACE_TIME]
    per_hour = minutes_left = None
    if len(recent) >= PACE_DECISIONS:
        hours = max((now - recent[0]) / datetime.timedelta(hours=1), 1 / 60)
        per_hour = max(1, round(len(recent) / hours))
        minutes_left = -(-left * 60 // per_hour)
    return {
        "done_today": done,
        "left": left,
        "queue_total": done + left,
        "per_hour": per_hour,
        "minutes_left": minutes_left,
        "pace_text": _pace_text(per_hour, minutes_left),
        "checks_due": SpotCheck.objects.due_for(user).count(),
    }


def _pace_text(per_hour: int | None, minutes_left: int | None) -> str:
    if per_hour is None or minutes_left is None:
        return ""
    if minutes_left < 60:
        return _("每小时 %(pace)s 个，照此还需 %(minutes)s 分钟") % {"pace": per_hour, "minutes": minutes_left}
    return _("每小时 %(pace)s 个，照此还需 %(hours)s 小时") % {"pace": per_hour, "hours": f"{minutes_left / 60:.1f}"}


def facts_of(flag: ChangeFlag, *, user: User) -> dict[str, Any]:
    """The context of one flag on the desk."""
    now = timezone.now()
    taken = flag.taken_until is not None and flag.taken_until > now
    review = flag.reviews.standing().select_related("reviewed_by").first()
    last = last_review(by=user)
    source = CaseSource.objects.standing().filter(flag=flag).values_list("case_id", flat=True).first()
    above = Unit.objects.filter(code__in=[*flag.unit.ancestor_codes, flag.unit.code]).order_by("path")
    width, height = flag.chip_info.get("width_px", 0), flag.chip_info.get("height_px", 0)
    drawn = flag.chip_info.get("outline_px", [])
    return {
        "flag": flag,
        "place": " / ".join(unit.name for unit in above if unit.level != "city"),
        "pending": flag.state == FlagState.PENDING,
        "taken_by_other": flag.taken_by if taken and flag.taken_by_id != user.pk else None,
        "review": review,
        "may_undo": review is not None and last is not None and last.pk == review.pk,
        "case": Case.objects.for_user(user).filter(pk=source).first() if source else None,
        "rings": json.dumps([ring[:-1] for ring in drawn]) if drawn else "",
        "overlays": overlays_of(flag),
        "opinion": flag.opinions.open().select_related("asked_by", "asked_of").first(),
        "colleagues": colleagues_for(flag, by=user) if flag.state == FlagState.PENDING else [],
        "user_may_review": user.can(Act.REVIEW_FLAGS),
        **beside(flag, user=user),
        **later_of(flag),
        "outline": svg_path(flag.chip_info.get("outline_px", [])),
        "chip_width": width,
        "chip_height": height,
        "detector": detector_of(flag.evidence.get("detector", "")),
        "confidence_percent": min(99, round(flag.confidence * 100)),  # nothing that was measured is certain
        "permitted_percent": round(100 * min(1.0, flag.permitted_m2 / flag.area_m2)),
        "reasons": REASONS,
        "centre": flag.geometry.centroid,
    }


def overlays_of(flag: ChangeFlag) -> list[dict[str, Any]]:
    """The overlays with whether what they are drawn from is still there."""
    sources = {"probability": flag.run.probability_path, "alignment": flag.chip_before_path}
    kept = {name: bool(path) and (settings.PRIVATE_ROOT / path).is_file() for name, path in sources.items()}
    kept["height"] = has_heights(flag.run)
    return [
        {
            "name": name,
            "label": label,
            "key": key,
            "gone": gone,
            "kept": kept[name],
            "meaning": meaning,
        }
        for name, label, key, gone, meaning in OVERLAYS
    ]


def svg_path(rings: list[list[list[float]]]) -> str:
    return "".join("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in ring) + "Z" for ring in rings)
