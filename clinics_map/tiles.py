"""The map layers of health: facilities, catchments, and the homes that lie in none (R-706)."""

from django.contrib.gis.db.models.functions import PointOnSurface
from django.db.models import Exists, F, OuterRef, QuerySet, Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinics_map.catchments import CLINIC_KINDS, homes
from clinics_map.models import Catchment, CatchmentPiece, Facility
from geo.models import Building, User
from geo.roles import Act, Role
from geo.templatetags.formatting import area_text
from geo.tiles.layers import page_of
from geo.tiles.registry import Description, Layer, register_layer

# Beyond the nearest zoom: these are told as dots however near one is.
DOTS_ONLY = 30
# Every home in the tile is looked for in every catchment (100,000 buildings in one tile: 0.5 s, and a city has more).
HOMES_FROM_ZOOM = 13


def describe_facility(facility: Facility, user: User) -> Description:
    """Tell a health facility in words."""
    return Description(
        title=facility.name,
        facts=[
            (_("类别"), facility.get_kind_display()),
            (_("机构编号"), facility.code),
            (_("上级机构"), facility.parent.name if facility.parent else ""),
            (_("建筑面积"), "" if facility.building_area_m2 is None else area_text(facility.building_area_m2)),
            (_("服务人口"), "" if facility.population_served is None else f"{facility.population_served:,}"),
            (_("所属单位"), facility.unit.name),
        ],
        url=page_of("clinic-detail", facility_id=facility.pk),
        url_label=_("打开机构页"),
    )


register_layer(
    Layer(
        name="clinics",
        label=gettext_lazy("医疗卫生机构"),
        act=Act.SEE_CLINICS,
        rows=lambda user: Facility.objects.for_user(user).select_related("unit", "parent"),
        geometry="location",
        describe=describe_facility,
        attributes={"name": "name", "kind": "kind"},
        label_attribute="name",
        labels_from_zoom=14,
        position=50,
        shown=False,
        work_of=frozenset({Role.HEALTH}),
    )
)


def describe_catchment(piece: CatchmentPiece, user: User) -> Description:
    """Tell a catchment, or a community of one, in words."""
    drawn = piece.community is None
    return Description(
        title=piece.facility.name,
        facts=[
            (_("类别"), _("服务范围")),
            (_("划定方式"), _("在图上绘制") if drawn else _("按社区：%(name)s") % {"name": piece.community.name}),
            (_("社区人口"), "" if drawn or piece.community.population is None else f"{piece.community.population:,}"),
        ],
        url=page_of("clinic-detail", facility_id=piece.facility_id),
        url_label=_("打开机构页"),
    )


def pieces_for(user: User) -> QuerySet[CatchmentPiece]:
    """Catchments of clinics that this person sees, as far as their ground is theirs to see."""
    clinics = Facility.objects.for_user(user)
    return CatchmentPiece.objects.for_user(user).filter(facility__in=clinics).select_related("facility", "community")


def homes_without(user: User) -> QuerySet[Building]:
    """Homes in no catchment, whosever the catchment is; where and how many they are, not who lives there."""
    whole = CatchmentPiece.objects.filter(community=OuterRef("unit"))
    drawn = Catchment.objects.filter(facility__kind__in=CLINIC_KINDS, boundary__intersects=OuterRef("spot"))
    rows = homes().for_user(user, Act.SEE_CLINICS)
    rows = rows.annotate(spot=PointOnSurface("footprint"))
    return rows.exclude(Exists(whole)).exclude(Exists(drawn)).select_related("unit")


def describe_home(home: Building, user: User) -> Description:
    """Tell a home that no clinic serves: its community, and how many of its people live here by floor area."""
    people = ""
    if home.unit.population:
        floor = homes().filter(unit=home.unit).aggregate(total=Sum("floor_m2"))["total"]
        people = _("约 %(count)s 人") % {"count": round(home.unit.population * home.floor_m2 / floor)}
    return Description(
        title=_("不在任何卫生室服务范围内的住宅"),
        facts=[
            (_("所属单位"), home.unit.name),
            (_("社区人口"), "" if home.unit.population is None else f"{home.unit.population:,}"),
            (_("此处人口（按住宅面积推算）"), people),
        ],
        url=page_of("clinic-list"),
        url_label=_("服务覆盖"),
    )


register_layer(
    Layer(
        name="catchments",
        label=gettext_lazy("服务范围"),
        act=Act.SEE_CLINICS,
        rows=pieces_for,
        geometry="boundary",
        describe=describe_catchment,
        attributes={"name": "facility__name", "clinic": F("facility_id")},
        label_attribute="name",
        labels_from_zoom=13,
        position=12,
        shown=False,
        work_of=frozenset({Role.HEALTH}),
    )
)
register_layer(
    Layer(
        name="uncovered_homes",
        label=gettext_lazy("未覆盖的住宅"),
        act=Act.SEE_CLINICS,
        rows=homes_without,
        geometry="footprint",
        describe=describe_home,
        attributes={"storeys": "storeys"},
        min_zoom=HOMES_FROM_ZOOM,
        outline_from_zoom=DOTS_ONLY,
        clustered_below_zoom=14,
        position=48,
        shown=False,
        work_of=frozenset({Role.HEALTH}),
    )
)
