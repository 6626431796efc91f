"""`{% load chengkan %}`: what every page is put together from. Shown with examples on /styleguide/."""

import datetime
import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect
from django.template.context import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language_info

from geo.roles import Act, Role, roles_with
from geo.templatetags import formatting
from geo.templatetags.navigation import BOTTOM_BAR_PLACES, links_for
from geo.templatetags.tones import look_of

register = template.Library()
Number = float | Decimal

ICONS: dict[str, str] = json.loads((Path(__file__).parent / "icons.json").read_text(encoding="utf-8"))


# --- words ----------------------------------------------------------------------------------------------------
@register.simple_tag
def icon(name: str) -> SafeString:
    """`{% icon "camera" %}`: a drawing beside words, hidden from screen readers."""
    return format_html('<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d="{}"/></svg>', ICONS[name])


@register.simple_tag
def state_badge(state: str, label: str) -> SafeString:
    """`{% state_badge case.state case.get_state_display %}`: colour, icon and word; `"overdue"` is the solid one."""
    look = look_of(state)
    return format_html('<span class="badge tone-{}">{}{}</span>', look.tone, icon(look.icon), label)


@register.simple_tag
def area(
    area_m2: float | Decimal | None, uncertainty_m2: float | Decimal | None = None, method: str = ""
) -> SafeString:
    """`{% area flag.area_m2 flag.area_uncertainty_m2 _("影像量测") %}`: 128.4 ± 6.1 m² and how it was measured."""
    if area_m2 is None:
        return SafeString("—")
    text = format_html('<span class="area">{}</span>', formatting.area_text(area_m2, uncertainty_m2))
    return format_html('{} <span class="area__method">{}</span>', text, method) if method else text


@register.filter
def area_number(area_m2: Number | None) -> str:
    """`{{ case.area_m2|area_number }}`: for table cells whose head names the unit."""
    return "—" if area_m2 is None else formatting.area_text(area_m2).removesuffix(" m²")


@register.filter
def share(value: float | None) -> str:
    """A share of one as a percentage: 86 %."""
    return "—" if value is None else f"{value:.0%}"


@register.filter
def money(amount_yuan: Decimal | int | None) -> str:
    """`{{ line.amount_yuan|money }}`: ¥38,520.00"""
    return "—" if amount_yuan is None else formatting.money_text(amount_yuan)


@register.filter
def day(value: datetime.date | None) -> str:
    """`{{ snapshot.captured_on|day }}`: 2026年11月22日"""
    return "—" if value is None else formatting.date_text(value)


@register.filter
def month_of(value: datetime.date) -> str:
    """`{{ month|month_of }}`: 2026年11月"""
    return formatting.month_text(value)


@register.filter
def moment(value: datetime.datetime | None) -> str:
    """`{{ case.opened_at|moment }}`: 2026年11月22日 14:05"""
    return "—" if value is None else formatting.moment_text(value)


@register.simple_tag
def deadline(due_at: datetime.datetime | None) -> SafeString:
    """`{% deadline stage.due_at %}`: 还剩 2 天 / 逾期 3 天, kept true by the page; the due moment is its title."""
    if due_at is None:
        return SafeString("—")
    said = formatting.deadline_text(due_at)
    return format_html(
        '<ck-deadline class="deadline deadline--{}"><time datetime="{}" title="{}">{}</time></ck-deadline>',
        said.tone,
        due_at.isoformat(),
        formatting.moment_text(due_at),
        said.text,
    )


@register.simple_tag
def due_day(day: datetime.date) -> SafeString:
    """`{% due_day area.next_due %}`: 还剩 2 天 / 今天到期 / 逾期 3 天, for a day without an hour."""
    said = formatting.due_text(day)
    words = (said.tone, day.isoformat(), formatting.date_text(day), said.text)
    return format_html('<span class="deadline deadline--{}"><time datetime="{}" title="{}">{}</time></span>', *words)


# --- frames ---------------------------------------------------------------------------------------------------
@register.simple_block_tag(takes_context=True, end_name="end_page_header")
def page_header(
    context: Context,
    content: str,
    title: str,
    subtitle: str = "",
    badge: str = "",
    back: str = "",
    back_label: str = "",
) -> SafeString:
    """`{% page_header title=… subtitle=… badge=… back=url back_label=… %} buttons {% end_page_header %}`"""
    return _render(
        context,
        "components/page_header.html",
        title=title,
        subtitle=subtitle,
        badge=badge,
        back=back,
        back_label=back_label,
        acts=SafeString(content.strip()),
    )


@register.simple_block_tag(takes_context=True, end_name="end_panel")
def panel(context: Context, content: str, title: str = "", flush: bool = False, id: str = "") -> SafeString:
    """`{% panel title=… %}…{% end_panel %}`; `flush=True` for a table that fills it."""
    return _render(context, "components/panel.html", title=title, flush=flush, id=id, content=SafeString(content))


@register.simple_block_tag(takes_context=True, end_name="end_state")
def page_state(
    context: Context, content: str, title: str, text: str = "", icon: str = "inbox", kind: str = "empty"
) -> SafeString:
    """`{% page_state title=… text=… icon=… kind="empty|error" %} buttons {% end_state %}`: nothing here."""
    return _render(
        context, "components/state.html", title=title, text=text, icon=icon, kind=kind, acts=SafeString(content.strip())
    )


@register.inclusion_tag("components/no_permission.html", takes_context=True)
def no_permission(context: Context, act: str = "") -> dict[str, Any]:
    """`{% no_permission act="review_flags" %}`: says which posts have the act; without it, the context's `roles`."""
    roles = [Role(role).label for role in roles_with(Act(act))] if act else context.get("roles", [])
    return {"roles": roles, "user": context.get("user")}


# --- lists ----------------------------------------------------------------------------------------------------
@register.inclusion_tag("components/filter_chips.html", takes_context=True)
def filter_chips(
    context: Context, label: str, name: str, choices: Iterable[tuple[Any, ...]], all_label: str = ""
) -> dict[str, Any]:
    """`{% filter_chips _("状态") "state" state_choices _("全部") %}`: links that set `?state=`.

    Choices are (value, label) or (value, label, count). Choosing another one goes back to the first page.
    """
    query = context["request"].GET.copy()
    chosen = query.get(name, "")
    query.pop("page", None)

    def address(value: str) -> str:
        asked = query.copy()
        asked.pop(name, None)
        if value:
            asked[name] = value
        return f"?{asked.urlencode()}"

    chips = [{"label": all_label, "url": address(""), "current": not chosen, "count": None}] if all_label else []
    for value, text, *count in choices:
        is_current = str(value) == chosen
        # Without an "all" chip, the chosen one switches itself off.
        url = address("" if is_current and not all_label else str(value))
        chips.append({"label": text, "url": url, "current": is_current, "count": count[0] if count else None})
    return {"label": label, "chips": chips}


@register.simple_tag(takes_context=True)
def sort_head(context: Context, name: str, label: str, number: bool = False) -> SafeString:
    """`{% sort_head "area" _("面积(m²)") number=True %}`: a table head that sorts by `?sort=area` / `?sort=-area`."""
    query = context["request"].GET.copy()
    current = query.get("sort", "")
    query.pop("page", None)
    query["sort"] = f"-{name}" if current == name else name
    state = {"": "none", name: "ascending", f"-{name}": "descending"}.get(current, "none")
    return format_html(
        '<th scope="col" class="{}" aria-sort="{}"><a class="table__sort" href="?{}">{}</a></th>',
        "number" if number else "",
        state,
        query.urlencode(),
        label,
    )


@register.simple_tag(takes_context=True)
def query_with(context: Context, name: str, value: str) -> str:
    """`{% query_with "state" column.state %}`: the address's query string with one filter set anew."""
    query = context["request"].GET.copy()
    query.pop("page", None)
    query[name] = value
    return f"?{query.urlencode()}"


@register.inclusion_tag("components/pagination.html", takes_context=True)
def pagination(context: Context, page: Any) -> dict[str, Any]:
    """`{% pagination page_obj %}`: where one is, how many there are, back and on; keeps the filters."""

    def address(number: int) -> str:
        query = context["request"].GET.copy()
        query["page"] = str(number)
        return f"?{query.urlencode()}"

    return {
        "page": page,
        "previous": address(page.previous_page_number()) if page.has_previous() else "",
        "next": address(page.next_page_number()) if page.has_next() else "",
    }


# --- forms ----------------------------------------------------------------------------------------------------
@register.inclusion_tag("components/field.html")
def form_field(field: BoundField, label: str = "", plain: bool = False) -> dict[str, Any]:
    """`{% form_field form.captured_on %}`: label, help, control, error, tied together for screen readers.

    `plain=True` leaves out the help and placeholder that another's form brings.
    """
    widget = field.field.widget
    help_text = "" if plain else field.help_text
    described = [f"{field.id_for_label}-help"] if help_text else []
    if field.errors:
        described.append(f"{field.id_for_label}-error")
    attributes: dict[str, str] = {}
    if described:
        attributes["aria-describedby"] = " ".join(described)
    if field.errors:
        attributes["aria-invalid"] = "true"
    if plain:
        attributes["placeholder"] = ""
    return {
        "field": field,
        "label": label or field.label,
        "help_text": help_text,
        "control": field.as_widget(attrs=attributes),
        "is_check": isinstance(widget, CheckboxInput),
        "is_group": isinstance(widget, RadioSelect | CheckboxSelectMultiple),
    }


@register.inclusion_tag("components/error_summary.html")
def error_summary(form: Any) -> dict[str, Any]:
    """`{% error_summary form %}`: every fault with a link to its field, at the top of a form that came back."""
    return {"form": form}


# --- the frame of the page --------------------------------------------------------------------------------------
@register.inclusion_tag("components/site_nav.html", takes_context=True)
def site_nav(context: Context, bottom: bool = False, rest: bool = False) -> dict[str, Any]:
    """`{% site_nav %}` in the header; on the phone `bottom=True` for the bar, `rest=True` for what it cannot hold."""
    links = links_for(context["request"])
    if bottom or rest:
        links = links[:BOTTOM_BAR_PLACES] if bottom else links[BOTTOM_BAR_PLACES:]
    return {"links": links, "bottom": bottom, "rest": rest}


@register.simple_tag
def language_name(code: str) -> str:
    """`{% language_name "en" %}`: a language in its own words."""
    return str(get_language_info(code)["name_local"])


@register.filter
def tone(state: str) -> str:
    """`class="tone-{{ case.state|tone }}"`: the tone of a state for figures and timelines."""
    return look_of(state).tone


def _render(context: Context, template_name: str, **values: Any) -> SafeString:
    scope: Mapping[str, Any] = {**values, "request": context.get("request")}
    return context.template.engine.get_template(template_name).render(Context(dict(scope), autoescape=True))
