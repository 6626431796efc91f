"""What can go wrong while a demo town is made."""


class DemoError(Exception):
    """Base of every error of the demo town generator."""


class UnknownScaleError(DemoError):
    """The scale asked for is not one that the generator knows."""


class NoRoomError(DemoError):
    """The town has fewer free sites than the changes that were asked for."""
