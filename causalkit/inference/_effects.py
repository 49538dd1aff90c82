"""The answer object for one estimated effect: estimate, standard error, interval, p-value, assumptions."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from causalkit._results import Result
from causalkit._validation import check_scalar_argument


@dataclass(frozen=True)
class EffectEstimate(Result):
    """One estimated effect and how sure we are of it.

    Parameters
    ----------
    estimate : float
        The estimate, in units of the outcome.
    standard_error : float
        Its standard error, in the same units; not negative.
    n_units : int
        Number of rows that entered.
    estimand : str
        What is estimated, in words.
    variance : str
        How the standard error was computed, such as ``"network HAC (bandwidth 2)"``.
    degrees_of_freedom : float, optional
        Of the Student t distribution that intervals and p-values use; None for the normal distribution.
    assumptions : tuple of str
        What must hold for the interval to mean what it says.

    Attributes
    ----------
    statistic : float
        The estimate divided by its standard error.
    pvalue : float
        Two-sided p-value of the hypothesis that the effect is zero.

    Raises
    ------
    ValueError
        If the estimate is not finite, or the standard error or degrees of freedom are not valid.

    Examples
    --------
    >>> from causalkit.inference import EffectEstimate
    >>> effect = EffectEstimate(estimate=0.45, standard_error=0.023, n_units=2830)
    >>> low, high = effect.conf_int(alpha=0.05)
    >>> f"{low:.3f} to {high:.3f}"
    '0.405 to 0.495'
    >>> effect.pvalue < 0.001
    True
    """

    estimate: float
    standard_error: float
    n_units: int
    estimand: str = "mean of the scores"
    variance: str = "iid"
    degrees_of_freedom: float | None = None
    assumptions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_scalar_argument(self.estimate, "estimate")
        check_scalar_argument(self.standard_error, "standard_error", low=0)
        check_scalar_argument(self.n_units, "n_units", integer=True, low=1)
        if self.degrees_of_freedom is not None:
            check_scalar_argument(self.degrees_of_freedom, "degrees_of_freedom", low=0, inclusive=False)

    @property
    def statistic(self) -> float:
        """The estimate divided by its standard error (infinite where that is zero, and nan for 0 / 0)."""
        if self.standard_error == 0:
            return float(np.sign(self.estimate) * np.inf) if self.estimate else float("nan")
        return float(self.estimate / self.standard_error)

    @property
    def pvalue(self) -> float:
        """Two-sided p-value of the hypothesis that the effect is zero."""
        return float(2 * self._distribution().sf(abs(self.statistic)))

    def conf_int(self, alpha: float = 0.05) -> tuple[float, float]:
        """Return the two ends of the interval with confidence ``1 - alpha``."""
        check_scalar_argument(alpha, "alpha", low=0, high=1, inclusive=False)
        half_width = float(self._distribution().isf(alpha / 2)) * self.standard_error
        return float(self.estimate - half_width), float(self.estimate + half_width)

    def summary(self, alpha: float = 0.05) -> str:
        """Return a text of several lines: the numbers, how they were computed and what they assume."""
        low, high = self.conf_int(alpha)
        pvalue = "< 0.0001" if self.pvalue < 1e-4 else f"{self.pvalue:.4f}"
        rows = [
            ("estimate", f"{self.estimate:.4g}"),
            ("standard error", f"{self.standard_error:.4g}  [{self.variance}]"),
            (f"{100 * (1 - alpha):g} % interval", f"{low:.4g} to {high:.4g}  [{self._reference()}]"),
            ("p-value of no effect", pvalue),
            ("units", f"{self.n_units}"),
        ]
        lines = [self.estimand, *(f"  {label:<22}{text}" for label, text in rows)]
        if self.assumptions:
            lines += ["Assumes", *(f"  - {assumption}" for assumption in self.assumptions)]
        return "\n".join(lines)

    def to_frame(self, alpha: float = 0.05) -> pd.DataFrame:
        """Return one row: the fields, the p-value and the two ends of the interval."""
        low, high = self.conf_int(alpha)
        return super().to_frame().assign(pvalue=self.pvalue, conf_low=low, conf_high=high)

    def _distribution(self) -> Any:
        return stats.norm() if self.degrees_of_freedom is None else stats.t(self.degrees_of_freedom)

    def _reference(self) -> str:
        if self.degrees_of_freedom is None:
            return "normal"
        return f"Student t, {self.degrees_of_freedom:.4g} degrees of freedom"
