"""The numbers of a rule set: the domain page's defaults, which a jurisdiction may change from a date on.

Stored as JSON; read back strictly, so that a misspelt key is an error and never silently a default.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from decimal import Decimal, InvalidOperation

from inspections.rules.errors import InvalidRuleValue, UnknownRuleKey

LONGEST_INTERVAL_DAYS = 3_650
LARGEST_RATE = Decimal(1_000_000)  # what a line can store


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleValues:
    """Every number that R-1xx…R-4xx use. Days are calendar days, the rate is yuan per square metre and month."""

    township_demolition_days: int = 2
    supervision_days: int = 3  # R-302, after the township's limit
    collective_demolition_days: int = 3  # R-303, after the supervision's limit
    penalty_check_day: int = 25  # day of the month
    penalty_rate_yuan_per_m2: Decimal = Decimal("300")
    spot_check_percent: int = 10  # rejected flags that another supervisor looks at again

    # R-107 says "periodically" and names no figure; half a year sees a house go up between two rounds (ours, settable).
    archive_interval_days: int = 180

    def __post_init__(self) -> None:
        for name in ("township_demolition_days", "supervision_days", "collective_demolition_days"):
            if getattr(self, name) < 1:
                raise InvalidRuleValue(f"{name} = {getattr(self, name)}: a limit is at least 1 day")
        if not 1 <= self.penalty_check_day <= 28:
            raise InvalidRuleValue(f"penalty_check_day = {self.penalty_check_day}: must exist in every month (1–28)")
        if not 0 <= self.spot_check_percent <= 100:
            raise InvalidRuleValue(f"spot_check_percent = {self.spot_check_percent}: is a share of 0–100 %")
        if not 1 <= self.archive_interval_days <= LONGEST_INTERVAL_DAYS:
            raise InvalidRuleValue(
                f"archive_interval_days = {self.archive_interval_days}: is 1–{LONGEST_INTERVAL_DAYS} days"
            )
        rate = self.penalty_rate_yuan_per_m2
        if not rate.is_finite() or not 0 < rate < LARGEST_RATE or rate != round(rate, 2):
            raise InvalidRuleValue(
                f"penalty_rate_yuan_per_m2 = {rate}: must be above 0, below {LARGEST_RATE}, and of whole fen"
            )

    @classmethod
    def from_dict(cls, raw: Mapping[str, object]) -> "RuleValues":
        """Reads a stored rule set; keys that are left out keep their default.

        Raises UnknownRuleKey for a key that no rule knows, InvalidRuleValue for a value of the wrong type.
        """
        kinds = {field.name: field.type for field in fields(cls)}
        unknown = sorted(set(raw) - set(kinds))
        if unknown:
            raise UnknownRuleKey(f"unknown rule key(s) {', '.join(unknown)}; known are {', '.join(kinds)}")
        days: dict[str, int] = {}
        rates: dict[str, Decimal] = {}
        for key, value in raw.items():
            if kinds[key] in (Decimal, "Decimal"):
                rates[key] = _decimal(key, value)
            else:
                days[key] = _whole(key, value)
        return cls(**days, **rates)  # type: ignore[arg-type]

    def to_dict(self) -> dict[str, int | str]:
        """JSON-ready: whole numbers as they are, decimals as text, so that nothing passes through a float."""
        return {key: str(value) if isinstance(value, Decimal) else value for key, value in asdict(self).items()}


def _whole(key: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidRuleValue(f"{key} = {value!r}: must be a whole number")
    return value


def _decimal(key: str, value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (int, str, Decimal)):
        raise InvalidRuleValue(f"{key} = {value!r}: write a decimal as text, e.g. '300'")
    try:
        return Decimal(value)
    except InvalidOperation as error:
        raise InvalidRuleValue(f"{key} = {value!r}: is not a number") from error


DEFAULT_VALUES = RuleValues()
