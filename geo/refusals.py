"""Refusals: what an action says when it may not be done, in words for the person who asked."""


class Refusal(Exception):
    """An act was refused for a reason that the person can understand and often mend. The message is shown to them."""


class NotAllowed(Refusal):
    """This person may not do that here."""
