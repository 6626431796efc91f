"""Sign-in rules: accounts are made by an administrator, nobody signs up."""

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    """Local accounts only, no self sign-up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return False: a post is given, not taken."""
        return False


def client_address(request: HttpRequest) -> str:
    """The address a sign-in came from. A proxy's word counts only where settings say that one stands in front: the last
    entry of X-Forwarded-For is the one that it wrote itself."""
    if settings.BEHIND_PROXY:
        told = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
        if told:
            return told
    return str(request.META.get("REMOTE_ADDR", ""))
