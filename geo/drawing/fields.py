"""What is written beside an outline: the columns of the layer's importer, so that a form refuses what a file would."""

from dataclasses import dataclass, replace
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.translation import gettext as _

from geo.importers.cells import CellError, cleaned
from geo.importers.layers.base import LayerImporter
from geo.importers.schema import Column, ParsedRow

KINDS: tuple[tuple[type[models.Field], str], ...] = (
    (models.BooleanField, "yes_no"),
    (models.DateField, "date"),
    (models.IntegerField, "whole"),
    (models.FloatField, "number"),
)


@dataclass(frozen=True)
class Field:
    """One field of the form: its column, what kind of input it takes, and its words."""

    name: str
    label: Any
    kind: str
    column: Column
    choices: tuple[tuple[str, Any], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Plain values for the browser."""
        return {
            "name": self.name,
            "label": str(self.label),
            "kind": self.kind,
            "required": self.column.required,
            "choices": [[value, str(label)] for value, label in self.choices],
        }


@dataclass(frozen=True)
class FieldFault:
    """A field that cannot be stored as it is filled in."""

    field: str
    text: str


def fields_of(importer: type[LayerImporter], *names: str) -> tuple[Field, ...]:
    """The fields of a layer by the names of its columns."""
    return tuple(_field(importer, name) for name in names)


def _field(importer: type[LayerImporter], name: str) -> Field:
    stored = importer.model._meta.get_field(name)
    column, choices = importer.schema.column(name), tuple(stored.choices or ())
    kind = "choice" if choices else next((kind for type_, kind in KINDS if isinstance(stored, type_)), "text")
    return Field(name, stored.verbose_name, kind, column, choices)


def told_fields(fields: tuple[Field, ...], row: Any) -> dict[str, str]:
    """What a row or an event of it holds, as a form shows it."""
    return {field.name: _told(getattr(row, field.name, None)) for field in fields}


def _told(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    return f"{value:g}" if isinstance(value, float) and value == round(value, 1) else str(value)


def read_fields(
    importer_type: type[LayerImporter], fields: tuple[Field, ...], row: ParsedRow, stored: Any | None
) -> tuple[dict[str, Any], list[FieldFault]]:
    """The values to be written, and what is wrong with them. `row.values` holds what the form sent, as text.

    What the form did not send stays as it is stored.
    """
    values, faults = {}, []
    key = importer_type.schema.column(importer_type.schema.key)
    for field in (_key_field(importer_type, key), *fields):
        if field.name not in row.values:
            if stored is None and field.column.required:
                faults.append(FieldFault(field.name, _("请填写“%(field)s”") % {"field": field.label}))
            continue
        try:
            cell = cleaned(row.values[field.name])
            values[field.name] = field.column.empty if cell is None else field.column.parse(cell)
        except CellError:
            words = {"field": field.label, "value": str(row.values[field.name])[:40]}
            faults.append(FieldFault(field.name, _("“%(field)s”不能是“%(value)s”") % words))
        else:
            if cell is None and field.column.required:
                faults.append(FieldFault(field.name, _("请填写“%(field)s”") % {"field": field.label}))
    if faults:
        return {}, faults
    importer = importer_type()
    importer.stored = {} if stored is None else {importer.identity_of(stored): stored}
    before = {} if stored is None else {field.name: getattr(stored, field.name) for field in fields}
    whole = replace(row, values={**before, **values})
    labels = {field.name: field.label for field in fields}
    found = [
        FieldFault(problem.field, _("“%(field)s”与其他资料矛盾") % {"field": labels.get(problem.field, problem.field)})
        for problem in importer.check([whole])
    ]
    return importer.own_fields(whole), found


def _key_field(importer: type[LayerImporter], key: Column) -> Field:
    try:
        label = importer.model._meta.get_field(key.name).verbose_name
    except FieldDoesNotExist:
        label = key.name
    return Field(key.name, label, "text", key)
