"""Which tone and icon a state of the domain has on every page and map: a colour is never alone."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Look:
    """A tone of tokens.css and an icon of icons.json."""

    tone: str
    icon: str


FOUND = Look("found", "alert")
DETERMINED = Look("determined", "gavel")
OVERDUE = Look("overdue", "clock")
DEMOLITION = Look("demolition", "demolition")
CLOSED = Look("closed", "check-circle")
AUTHORISED = Look("authorised", "ban")

LOOKS = {
    # cases
    "found": FOUND,
    "routed": Look("found", "arrow-right"),
    "determined": DETERMINED,
    "overdue": OVERDUE,
    "demolishing": DEMOLITION,
    "closed": CLOSED,
    "authorised": AUTHORISED,
    "withdrawn": Look("authorised", "undo"),
    # change flags
    "pending": Look("found", "flag"),
    "confirmed": Look("determined", "check"),
    "rejected": Look("authorised", "close"),
    "bad_image": Look("authorised", "image"),
    "superseded": Look("authorised", "archive"),
    # snapshots, runs, tasks, decisions
    "received": Look("found", "inbox"),
    "checking": Look("demolition", "refresh"),
    "ready": Look("closed", "check-circle"),
    "refused": Look("determined", "ban"),
    "assigned": Look("found", "clock"),
    "queued": Look("found", "clock"),
    "waiting": Look("found", "clock"),
    "running": Look("demolition", "refresh"),
    "checked": Look("demolition", "check"),
    "undone": Look("authorised", "undo"),
    "done": Look("closed", "check-circle"),
    "finished": Look("closed", "check-circle"),
    "submitted": Look("closed", "check-circle"),
    "failed": Look("determined", "alert"),
    "cancelled": Look("authorised", "close"),
    "draft": Look("found", "file"),
    "approved": Look("demolition", "check"),
    "issued": Look("closed", "check-circle"),
    "deducted": Look("closed", "money"),
    # buildings
    "standing": Look("closed", "building"),
    "under_construction": Look("found", "building"),
    "demolished": Look("authorised", "demolition"),
}
UNKNOWN = Look("authorised", "info")


def look_of(state: str) -> Look:
    """Return how a state looks; plain grey for one that has no look of its own."""
    return LOOKS.get(state, UNKNOWN)
