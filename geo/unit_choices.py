"""The units that a table can be narrowed to: down from the reader's own area, one level at a time."""

from geo.models import Unit, User

CODE_DIGITS = 12


def unit_asked(user: User, code: str) -> Unit | None:
    """The unit that an address asks for, if it is one in sight; anything else is left out of account."""
    if len(code) != CODE_DIGITS or not code.isdecimal():
        return None
    return Unit.objects.for_user(user).filter(code=code).first()


def unit_choices(user: User, *, chosen: str) -> list[tuple[str, str]]:
    """(code, name): the way down to the chosen unit and what lies right below it, the person's own top without one."""
    sight = {
        code: (name, path.rstrip("/").split("/"))
        for code, name, path in Unit.objects.for_user(user).order_by("path").values_list("code", "name", "path")
    }
    tops = [code for code, (_name, path) in sight.items() if len(path) < 2 or path[-2] not in sight]
    if chosen not in sight:
        chosen = tops[0] if len(tops) == 1 else ""
    if not chosen:
        return [(code, sight[code][0]) for code in tops]
    way = [code for code in sight[chosen][1] if code in sight]
    below = [code for code, (_name, path) in sight.items() if len(path) > 1 and path[-2] == chosen]
    return [(code, sight[code][0]) for code in [*way, *below]]
