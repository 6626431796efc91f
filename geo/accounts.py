"""Sign-in rules: accounts are made by an administrator, nobody signs up."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    """Local accounts only, no self sign-up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return False: a post is given, not taken."""
        return False
