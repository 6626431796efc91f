"""What the API tells of each kind of row: GeoJSON features with measured areas and units in the names."""

from typing import Any

from rest_framework import serializers
from rest_framework_gis.fields import GeometryField
from rest_framework_gis.serializers import GeoFeatureModelSerializer

from geo.models import Building, ChangeFlag, ControlArea, Permit, Snapshot, Unit
from geo.roles import Act

COORDINATE_DECIMALS = 7  # about a centimetre on the ground


class Feature(GeoFeatureModelSerializer):
    """A feature with the unit that it lies in, by code and name."""

    unit_code = serializers.CharField(source="unit.code", read_only=True)
    unit_name = serializers.CharField(source="unit.name", read_only=True)


class NamesForThoseWhoMayKnow(Feature):
    """Takes the field `name_of_person` out for those who may not read names where the row lies."""

    name_of_person = ""

    def to_representation(self, instance: Any) -> Any:
        feature = super().to_representation(instance)
        user = self.context["request"].user
        if not user.can_at(Act.SEE_HOUSEHOLDS, unit=instance.unit, special_area_id=instance.special_area_id):
            feature["properties"].pop(self.name_of_person)
        return feature


class UnitSerializer(GeoFeatureModelSerializer):
    boundary = GeometryField(precision=COORDINATE_DECIMALS)
    parent_code = serializers.CharField(source="parent.code", default=None, read_only=True)

    class Meta:
        model = Unit
        geo_field = "boundary"
        fields = ["id", "code", "name", "level", "parent_code", "population", "boundary_area_m2"]


class BuildingSerializer(NamesForThoseWhoMayKnow):
    name_of_person = "household"
    footprint = GeometryField(precision=COORDINATE_DECIMALS)

    class Meta:
        model = Building
        geo_field = "footprint"
        fields = [
            *("id", "code", "name", "use", "storeys", "structure", "household", "built_year", "address", "status"),
            *("footprint_area_m2", "no_compensation", "source", "unit_code", "unit_name", "updated_at"),
        ]


class PermitSerializer(NamesForThoseWhoMayKnow):
    name_of_person = "holder"
    footprint = GeometryField(precision=COORDINATE_DECIMALS)

    class Meta:
        model = Permit
        geo_field = "footprint"
        fields = [
            *("id", "number", "kind", "holder", "valid_from", "valid_until", "revoked", "footprint_area_m2"),
            *("permitted_area_m2", "unit_code", "unit_name"),
        ]


class ControlAreaSerializer(GeoFeatureModelSerializer):
    boundary = GeometryField(precision=COORDINATE_DECIMALS)

    class Meta:
        model = ControlArea
        geo_field = "boundary"
        fields = ["id", "code", "name", "min_area_m2"]


class SnapshotSerializer(GeoFeatureModelSerializer):
    footprint = GeometryField(precision=COORDINATE_DECIMALS)

    class Meta:
        model = Snapshot
        geo_field = "footprint"
        fields = [
            *("id", "title", "captured_on", "sensor", "operator", "state", "sha256", "source_crs", "resolution_m"),
            *("width_px", "height_px", "footprint_area_m2", "loaded_at"),
        ]


class FlagSerializer(Feature):
    geometry = GeometryField(precision=COORDINATE_DECIMALS)
    number = serializers.CharField(read_only=True)

    class Meta:
        model = ChangeFlag
        geo_field = "geometry"
        fields = [
            *("id", "number", "run", "kind", "state", "area_m2", "area_uncertainty_m2", "confidence"),
            *("height_change_m", "control_area", "permit", "permitted_m2", "building", "earlier"),
            *("unit_code", "unit_name", "found_at"),
        ]
