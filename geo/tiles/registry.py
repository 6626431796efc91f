"""The layers of the map. An app makes its own layers known from its `tiles.py`; geo knows none of its siblings.

register_layer(Layer(name="clinics", label=_("卫生机构"), rows=lambda user: Facility.objects.for_user(user), …))
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import Aggregate, Expression, QuerySet
from django.http import QueryDict
from django.utils.functional import Promise

from geo.errors import GeoError
from geo.models import User
from geo.roles import Act, Role
from geo.templatetags.tones import look_of

Words = str | Promise


class LayerFault(GeoError):
    """A layer was registered twice or asked for by a name that nobody registered."""


@dataclass(frozen=True)
class Picture:
    """An image that belongs to a described thing."""

    url: str
    alt: Words


@dataclass(frozen=True)
class Description:
    """What the drawer shows of one row: title and state, facts, pictures, where to go on."""

    title: Words
    facts: list[tuple[Words, Words]]
    state: str = ""
    state_label: Words = ""
    pictures: list[Picture] = field(default_factory=list)
    url: str = ""
    url_label: Words = ""

    def as_json(self) -> dict[str, Any]:
        """Return plain values for the browser; the state with its tone and icon. Facts without a value are left out."""
        look = look_of(self.state)
        state = {"key": self.state, "label": str(self.state_label), "tone": look.tone, "icon": look.icon}
        return {
            "title": str(self.title),
            "state": state if self.state else None,
            "facts": [[str(label), str(value)] for label, value in self.facts if value not in ("", None)],
            "pictures": [{"url": picture.url, "alt": str(picture.alt)} for picture in self.pictures],
            "url": self.url,
            "url_label": str(self.url_label),
        }


@dataclass(frozen=True)
class Layer:
    """One layer: whose rows, what of them goes into a tile, and how a row is told in words."""

    name: str
    label: Words
    act: Act  # who has this layer at all
    rows: Callable[[User], "QuerySet[Any]"]  # already scoped by for_user()
    geometry: str  # name of the geometry field
    describe: Callable[[Any, User], Description]
    # Attribute in the tile -> field or expression.
    attributes: Mapping[str, str | Expression]
    outline: str = ""  # field of the shape to light up when a row is chosen, where it differs from `geometry`
    label_attribute: str = ""  # the attribute written on the map
    min_zoom: int = 0
    outline_from_zoom: int = 0  # below it a polygon is drawn as a point
    labels_from_zoom: int = 0
    clustered_below_zoom: int = 0  # below it rows near each other are told as one point with their count
    cluster_hot: Aggregate | None = None  # how many of those wait for somebody
    # When a tile holds more than `most_rows`, those that come first by this order stay.
    order_by: tuple[str, ...] = ("pk",)
    most_rows: int = 8_000
    # In m²: what many chosen rows add up; without it they are not chosen many at a time.
    stored_area: str | Expression = ""
    told_by: tuple[str, ...] = ()  # the order in which identify tells rows, where it differs from `order_by`
    position: int = 50  # small is drawn first, and told last by identify
    shown: bool = True  # on when the map opens for the first time
    # Rows as the filters of the layer's table leave them: the same address narrows the table and the map.
    narrow: Callable[["QuerySet[Any]", QueryDict], "QuerySet[Any]"] | None = None
    filters: frozenset[str] = frozenset()  # the filters that `narrow` reads
    work_of: frozenset[Role] = frozenset()  # on for these even where `shown` is not: it is what they come for

    def is_for(self, user: User) -> bool:
        """Tell whether this person has the layer at all."""
        return user.can(self.act)

    def asked(self, question: QueryDict) -> dict[str, str]:
        """Return the filters of this layer that an address asks for."""
        return {name: question[name] for name in sorted(self.filters) if question.get(name)}

    def narrowed(self, question: QueryDict) -> "Layer":
        """Return this layer with the rows alone that an address asks for."""
        narrow = self.narrow
        if narrow is None or not self.asked(question):
            return self
        return replace(self, rows=lambda user: narrow(self.rows(user), question))

    def opens_for(self, user: User) -> bool:
        """Tell whether it is on when this person opens the map for the first time."""
        return self.shown or bool(self.work_of & set(user.roles))


@dataclass(frozen=True)
class SelectionAct:
    """What one may go on to with chosen rows of a layer: an address for one row, or for all of them."""

    layer: str
    act: Act
    label: Words
    of_one: Callable[[Any], str] | None = None
    of_all: Callable[[Sequence[Any]], str] | None = None  # nothing when there is nothing to do with these


_layers: dict[str, Layer] = {}
_selection_acts: list[SelectionAct] = []


def register_layer(layer: Layer) -> None:
    """Make a layer known. Raises LayerFault when its name is taken by another one."""
    if layer.name in _layers:
        raise LayerFault(f"a layer is called {layer.name} already")
    _layers[layer.name] = layer


def register_selection_act(act: SelectionAct) -> None:
    """Make known what may be done with chosen rows. Asked for by the person's acts, in the order of registering."""
    _selection_acts.append(act)


def selection_acts_for(user: User, layer: Layer) -> list[SelectionAct]:
    """Return what this person may go on to with rows of a layer."""
    return [act for act in _selection_acts if act.layer == layer.name and user.can(act.act)]


def layer_named(name: str) -> Layer:
    """Return a layer. Raises LayerFault when there is none of this name."""
    if name not in _layers:
        raise LayerFault(f"no layer is called {name}")
    return _layers[name]


def layer_names() -> list[str]:
    """Return the names of all layers that are registered."""
    return sorted(_layers)


def layers_for(user: User) -> list[Layer]:
    """Return the layers that this person has, in drawing order."""
    return sorted((layer for layer in _layers.values() if layer.is_for(user)), key=lambda layer: layer.position)
