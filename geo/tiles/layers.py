"""The layers of geo itself: units, special and control areas, census zones, buildings, permits, change flags."""

from django.conf import settings
from django.db.models import Case, Count, F, IntegerField, Q, Value, When
from django.db.models.expressions import RawSQL
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from geo.drawing.links import control_area_link, record_link, zone_link
from geo.models import ArchiveArea, Building, CensusZone, ChangeFlag, ControlArea, Permit, SpecialArea, Unit, User
from geo.roles import Act, Role
from geo.templatetags.formatting import area_text, date_text, due_text
from geo.tiles.registry import Description, Layer, Picture, register_layer

# A level is told to the tile as its depth: 0 city, 1 county, 2 township, 3 community.
_DEPTH = Case(
    When(level="city", then=Value(0)),
    When(level="county", then=Value(1)),
    When(level="township", then=Value(2)),
    default=Value(3),
    output_field=IntegerField(),
)

# Whether an area's date has passed in office time.
_DAYS_LATE = Case(
    When(next_due__lt=RawSQL("(now() AT TIME ZONE %s)::date", [settings.TIME_ZONE]), then=Value(1)),
    default=Value(0),
    output_field=IntegerField(),
)


def page_of(name: str, **arguments: object) -> str:
    """Return the address of a page, or nothing where the page is not installed."""
    try:
        return reverse(name, kwargs=arguments)
    except NoReverseMatch:
        return ""


def sees_households(user: User, row: Building | Permit) -> bool:
    """Tell whether this person may read who lives in a building or holds a permit."""
    return user.can_at(Act.SEE_HOUSEHOLDS, unit=row.unit, special_area_id=row.special_area_id)


def describe_unit(unit: Unit, user: User) -> Description:
    """Tell a unit in words."""
    area_km2 = f"{unit.boundary_area_m2 / 1_000_000:,.2f} km²" if unit.boundary_area_m2 else ""
    return Description(
        title=unit.name,
        facts=[
            (_("层级"), unit.get_level_display()),
            (_("区划代码"), unit.code),
            (_("上级单位"), unit.parent.name if unit.parent else ""),
            (_("面积"), area_km2),
            (_("人口"), f"{unit.population:,}" if unit.population else ""),
        ],
    )


def describe_special_area(area: SpecialArea, user: User) -> Description:
    """Tell a special area in words."""
    return Description(title=area.name, facts=[(_("编号"), area.code)])


def describe_control_area(area: ControlArea, user: User) -> Description:
    """Tell a control area in words."""
    return Description(
        title=area.name,
        facts=[(_("编号"), area.code), (_("最小图斑面积"), area_text(area.min_area_m2))],
        url=control_area_link(area, user),
        url_label=_("绘制边界"),
    )


def describe_archive_area(area: ArchiveArea, user: User) -> Description:
    """Tell an archive area in words: what was taken last and when it is due again."""
    late = area.next_due < timezone.localdate()
    return Description(
        title=area.name,
        state="overdue" if late else "",
        state_label=due_text(area.next_due).text if late else "",
        facts=[
            (_("编号"), area.code),
            (_("类型"), area.get_kind_display()),
            (_("面积"), area_text(area.boundary_area_m2)),
            (_("下次到期"), f"{date_text(area.next_due)} · {due_text(area.next_due).text}"),
            (_("最近航拍"), date_text(area.last_aerial_on) if area.last_aerial_on else _("未拍摄")),
            (_("最近实地拍摄"), date_text(area.last_ground_on) if area.last_ground_on else _("未拍摄")),
            (_("所属单位"), area.unit.name),
        ],
        url=page_of("archive-area-detail", area_id=area.pk),
        url_label=_("打开建档页"),
    )


def describe_zone(zone: CensusZone, user: User) -> Description:
    """Tell a census zone in words."""
    return Description(
        title=zone.name or zone.code,
        facts=[
            (_("层级"), zone.get_level_display()),
            (_("普查代码"), zone.code),
            (_("普查版本"), zone.version),
            (_("户数"), "" if zone.households is None else f"{zone.households:,}"),
            (_("面积"), area_text(zone.boundary_area_m2)),
            (_("所属单位"), zone.unit.name),
        ],
        url=zone_link(zone, user),
        url_label=_("绘制边界"),
    )


def describe_building(building: Building, user: User) -> Description:
    """Tell a building in words; who lives there only to those who may know."""
    household = building.household if sees_households(user, building) else ""
    return Description(
        title=str(building),
        state=building.status,
        state_label=building.get_status_display(),
        facts=[
            (_("建筑编号"), building.code),
            (_("用途"), building.get_use_display()),
            (_("层数"), building.storeys or ""),
            (_("结构"), building.get_structure_display()),
            (_("基底面积"), area_text(building.footprint_area_m2)),
            (_("建成年份"), building.built_year or ""),
            (_("户主/产权人"), household),
            (_("地址"), building.address),
            (_("所属单位"), building.unit.name),
            (_("拆迁补偿"), _("不予补偿") if building.no_compensation else ""),
            (_("来源"), building.source),
        ],
        url=page_of("building-detail", building_id=building.pk),
        url_label=_("打开房屋档案"),
    )


def describe_permit(permit: Permit, user: User) -> Description:
    """Tell a permit in words; its holder only to those who may know."""
    until = date_text(permit.valid_until) if permit.valid_until else _("长期")
    return Description(
        title=permit.number,
        state="refused" if permit.revoked else "",
        state_label=_("已撤销") if permit.revoked else "",
        facts=[
            (_("种类"), permit.get_kind_display()),
            (_("有效期"), f"{date_text(permit.valid_from)} — {until}"),
            (_("许可基底面积"), area_text(permit.permitted_area_m2)),
            (_("持有人"), permit.holder if sees_households(user, permit) else ""),
            (_("所属单位"), permit.unit.name),
        ],
        url=record_link(permit, user),
        url_label=_("绘制边界"),
    )


def describe_flag(flag: ChangeFlag, user: User) -> Description:
    """Tell a change flag in words."""
    return Description(
        title=_("变化图斑 %(number)s") % {"number": flag.number},
        state=flag.state,
        state_label=flag.get_state_display(),
        facts=[
            (_("类型"), flag.get_kind_display()),
            (_("面积（影像量测）"), area_text(flag.area_m2, flag.area_uncertainty_m2)),
            (_("置信度"), f"{flag.confidence:.0%}"),
            (_("许可覆盖"), area_text(flag.permitted_m2) if flag.permitted_m2 else ""),
            (_("许可"), flag.permit.number if flag.permit else ""),
            (_("超出许可"), area_text(flag.beyond_permit_m2) if flag.permit else ""),
            (_("重点区域"), flag.control_area.name if flag.control_area else ""),
            (_("对应建筑"), str(flag.building) if flag.building else ""),
            (_("所属单位"), flag.unit.name),
            (_("前期影像"), date_text(flag.run.before.captured_on)),
            (_("后期影像"), date_text(flag.run.after.captured_on)),
        ],
        pictures=[
            Picture(page_of("chip-file", flag_id=flag.pk, side=side), f"{label} {date_text(taken.captured_on)}")
            for side, label, path, taken in (
                ("before", _("前期"), flag.chip_before_path, flag.run.before),
                ("after", _("后期"), flag.chip_after_path, flag.run.after),
            )
            if path
        ],
        url=page_of("review-flag", flag_id=flag.pk) if user.can(Act.REVIEW_FLAGS) else "",
        url_label=_("打开审核"),
    )


def register_geo_layers() -> None:
    """Make the layers of geo known; called once when the app is ready."""
    for layer in (
        Layer(
            name="units",
            label=gettext_lazy("行政边界"),
            act=Act.SEE_MAP,
            rows=lambda user: Unit.objects.for_user(user).select_related("parent"),
            geometry="boundary",
            describe=describe_unit,
            attributes={"code": "code", "name": "name", "level": _DEPTH},
            label_attribute="name",
            order_by=("path",),
            told_by=("-path",),  # a village before its city
            position=10,
        ),
        Layer(
            name="special_areas",
            label=gettext_lazy("特殊区域"),
            act=Act.SEE_MAP,
            rows=lambda user: SpecialArea.objects.for_user(user),
            geometry="boundary",
            describe=describe_special_area,
            attributes={"code": "code", "name": "name"},
            label_attribute="name",
            position=12,
        ),
        Layer(
            name="control_areas",
            label=gettext_lazy("重点区域"),
            act=Act.SEE_MAP,
            rows=lambda user: ControlArea.objects.for_user(user),
            geometry="boundary",
            describe=describe_control_area,
            attributes={"code": "code", "name": "name"},
            label_attribute="name",
            position=14,
        ),
        Layer(
            name="archive_areas",
            label=gettext_lazy("建档区域"),
            act=Act.SEE_ARCHIVE_AREAS,
            rows=lambda user: ArchiveArea.objects.for_user(user).select_related("unit"),
            geometry="boundary",
            describe=describe_archive_area,
            attributes={"code": "code", "name": "name", "kind": "kind", "late": _DAYS_LATE},
            label_attribute="name",
            labels_from_zoom=13,
            order_by=("-boundary_area_m2",),
            stored_area="boundary_area_m2",
            position=15,
        ),
        Layer(
            name="census_zones",
            label=gettext_lazy("普查区"),
            act=Act.SEE_MAP,
            rows=lambda user: CensusZone.objects.for_user(user).newest().select_related("unit__parent"),
            geometry="boundary",
            describe=describe_zone,
            attributes={
                "code": "code",
                "level": Case(When(level="area", then=Value(0)), default=Value(1), output_field=IntegerField()),
            },
            label_attribute="code",
            min_zoom=11,
            labels_from_zoom=15,
            order_by=("-boundary_area_m2",),
            position=16,
            shown=False,
            work_of=frozenset({Role.CENSUS}),
        ),
        Layer(
            name="buildings",
            label=gettext_lazy("建筑"),
            act=Act.SEE_MAP,
            rows=lambda user: Building.objects.for_user(user).standing().select_related("unit"),
            geometry="footprint",
            describe=describe_building,
            attributes={"code": "code", "use": "use", "status": "status", "storeys": "storeys"},
            label_attribute="code",
            min_zoom=12,
            outline_from_zoom=14,
            labels_from_zoom=19,
            order_by=("-footprint_area_m2",),
            stored_area="footprint_area_m2",
            position=20,
        ),
        Layer(
            name="permits",
            label=gettext_lazy("许可"),
            act=Act.SEE_MAP,
            rows=lambda user: Permit.objects.for_user(user).select_related("unit"),
            geometry="footprint",
            describe=describe_permit,
            attributes={"number": "number", "kind": "kind", "revoked": F("revoked")},
            label_attribute="number",
            min_zoom=12,
            outline_from_zoom=14,
            labels_from_zoom=18,
            order_by=("-footprint_area_m2",),
            position=30,
            shown=False,
        ),
        Layer(
            name="flags",
            label=gettext_lazy("变化图斑"),
            act=Act.SEE_FLAGS,
            rows=lambda user: (
                ChangeFlag.objects.for_user(user)
                .standing()
                .select_related("unit", "control_area", "permit", "building", "run__before", "run__after")
            ),
            geometry="geometry",
            describe=describe_flag,
            attributes={"kind": "kind", "state": "state", "confidence": "confidence", "area_m2": "area_m2"},
            outline_from_zoom=14,
            clustered_below_zoom=14,
            cluster_hot=Count("pk", filter=Q(state="pending")),
            order_by=("-confidence", "-area_m2"),
            stored_area="area_m2",
            position=40,
        ),
    ):
        register_layer(layer)
