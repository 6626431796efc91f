"""Models keep the direction of the imports: geo at the bottom, inspections and clinics_map beside each other on it."""

from django.apps import apps

from tests.architecture.tracked import APPS

MAY_POINT_AT = {
    "geo": {"geo"},
    "inspections": {"inspections", "geo"},
    "clinics_map": {"clinics_map", "geo"},
}


def relations():
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.get_fields(include_hidden=True):
            if field.is_relation and field.concrete and field.related_model is not None:
                yield model, field, field.related_model


def test_no_foreign_key_points_up_or_sideways():
    wrong = [
        f"{model._meta.label}.{field.name} → {target._meta.label}"
        for model, field, target in relations()
        if model._meta.app_label in MAY_POINT_AT
        and target._meta.app_label in APPS
        and target._meta.app_label not in MAY_POINT_AT[model._meta.app_label]
    ]

    assert wrong == []


def test_the_walk_sees_relations_of_every_app_with_models():
    seen = {model._meta.app_label for model, _, _ in relations()}

    assert {"geo", "inspections"} <= seen
