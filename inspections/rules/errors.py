"""The errors of the rules; every message carries the values that caused it."""


class RulesError(Exception):
    """Base of every error that the rules raise."""


class UnknownRuleKey(RulesError):
    """A rule set names a number that no rule knows."""


class InvalidRuleValue(RulesError):
    """A rule set gives a number of the wrong type or outside what the rule can mean."""


class NoGround(RulesError):
    """A case was to be routed without any ground."""


class UnknownGround(RulesError):
    """A ground is not among those of R-201."""


class NaiveTime(RulesError):
    """A time without a zone reached a rule that counts days."""


class ImpossibleFacts(RulesError):
    """The dated facts of a case contradict each other (an area that remains before any determination, or grows)."""


class InvalidMonth(RulesError):
    """A month is not written as 2026-11."""


class InvalidAmount(RulesError):
    """An amount of money cannot be written in words (too large, or finer than a fen)."""


class InvalidDocumentNumber(RulesError):
    """A document number does not read 〔2026〕第12号."""


class UnknownCalendarYear(RulesError):
    """The state calendar of that year (holidays and make-up working days) is not known yet."""
