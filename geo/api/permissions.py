"""Who may ask the API at all; which rows they reach is for_user()'s matter."""

from typing import Any

from django.utils.translation import pgettext
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from geo.access import MissingAct


class MayAct(BasePermission):
    """The asker may do one of the view's `acts` somewhere."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not request.user.is_authenticated:
            return False
        if any(request.user.can(act) for act in view.acts):
            return True
        self.message = pgettext("between words of a list", "、").join(MissingAct(*view.acts).role_labels)
        return False
