"""Who is to look at many things, and by when."""

from collections.abc import Sequence
from typing import Any

from geo.models import Posting, User
from geo.roles import Act, roles_with
from inspections.forms.field import AssignForm


class BulkAssignForm(AssignForm):
    """The form of one task, for those who inspect at any of the places; each row is checked by the action."""

    def __init__(self, *args: Any, subjects: Sequence[Any], **kwargs: Any) -> None:
        super().__init__(*args, subject=subjects[0], **kwargs)
        paths = {row.unit.path for row in subjects}
        areas = {row.special_area_id for row in subjects if row.special_area_id}
        postings = Posting.objects.in_force().filter(role__in=roles_with(Act.INSPECT)).select_related("unit")
        here = {
            posting.user_id
            for posting in postings
            if posting.special_area_id in areas
            or (posting.unit is not None and any(path.startswith(posting.unit.path) for path in paths))
        }
        people = User.objects.filter(pk__in=here, is_active=True)
        self.fields["to"].queryset = people.order_by("display_name", "username")


class HandOverForm(BulkAssignForm):
    """As above for tasks that were given out already: their instructions stay."""

    instructions = None  # type: ignore[assignment]
