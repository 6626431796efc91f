"""The map layer of health facilities."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinics_map.models import Facility
from geo.models import User
from geo.roles import Act, Role
from geo.templatetags.formatting import area_text
from geo.tiles.layers import page_of
from geo.tiles.registry import Description, Layer, register_layer


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
