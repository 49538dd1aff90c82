"""How treatment, outcome and amounts are called in sentences."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """Phrases that fit into "<treatment> raises <outcome> by ...".

    Attributes
    ----------
    treatment, outcome : str
    units : str
        What the rows are, in the plural.
    is_share : bool
        Whether the outcome is 0 or 1, so that effects are spoken of in percentage points.
    """

    treatment: str
    outcome: str
    units: str = "units"
    is_share: bool = False

    @property
    def unit(self) -> str:
        """Unit of the effects, for axes and table heads."""
        return "percentage points" if self.is_share else "units of the outcome"

    @property
    def scale(self) -> float:
        """What an effect is multiplied with to be in that unit."""
        return 100.0 if self.is_share else 1.0

    @property
    def number_format(self) -> str:
        """How a number in that unit is written."""
        return ".1f" if self.is_share else ".3g"

    def number(self, value: float) -> str:
        """Return an effect as a number in its unit."""
        text = f"{value * self.scale:{self.number_format}}"
        return text[1:] if text.startswith("-") and not text.strip("-0.") else text

    def amount(self, value: float) -> str:
        """Return an effect with its unit, where that is one a reader knows."""
        return f"{self.number(value)} percentage points" if self.is_share else self.number(value)

    def interval(self, ends: tuple[float, float]) -> str:
        """Return the two ends of an interval."""
        return f"{self.number(ends[0])} to {self.number(ends[1])}"
