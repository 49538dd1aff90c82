"""The answer object of an intervention in exchangeable data: a law, others beside it, an interval."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from causalkit._results import Result
from causalkit._validation import check_scalar_argument

Floats = NDArray[np.float64]


@dataclass(frozen=True, repr=False)
class InterventionalResult(Result):
    """The law of an outcome in a new row of an environment, under an intervention on that row.

    Parameters
    ----------
    outcome : node
        Name of the outcome.
    do : mapping of node to value
        The intervention.
    distribution : DataFrame
        A row for each level of the outcome (probabilities), or the rows "mean" and "sd" for a continuous
        outcome, in its units. Columns: "estimate", given the companion rows; "without_companions", for an
        environment of which nothing is known; "iid", as if all rows came from one environment.
    n_companions : int
        Companion rows that were given.
    updated : tuple of node
        Variables whose mechanisms the companion rows changed.
    method : str
        How the answer was computed, in words.
    n_environments : int, optional
        Environments that the mechanisms were fitted to; None for stated mechanisms.
    replications : ndarray, shape (n_bootstrap, n_rows of distribution), optional
        The estimate refitted on resampled environments; at least two.
    continuous : bool, default=False
        Whether ``distribution`` holds a mean and a standard deviation.
    alpha : float, default=0.05
        Level of intervals, unless another one is asked for.
    assumptions : tuple of str
        What must hold for the answer to mean what it says.

    Raises
    ------
    ValueError
        If an entry of ``distribution`` is not finite, or there is one replication only.

    Examples
    --------
    >>> import networkx as nx
    >>> from causalkit.estimators import DirichletMechanism, interventional_distribution
    >>> x, y = DirichletMechanism([3, 1]), DirichletMechanism([[3, 1], [1, 3]], parents=["x"])
    >>> graph = nx.DiGraph([("x", "y")])
    >>> answer = interventional_distribution(graph, {"x": x, "y": y}, "y", do={"x": 1})
    >>> answer.distribution["estimate"].tolist()
    [0.25, 0.75]
    """

    outcome: Hashable
    do: Mapping[Hashable, Any]
    distribution: pd.DataFrame
    n_companions: int
    updated: tuple[Hashable, ...]
    method: str
    n_environments: int | None = None
    replications: Floats | None = None
    continuous: bool = False
    alpha: float = 0.05
    assumptions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_scalar_argument(self.alpha, "alpha", low=0, high=1, inclusive=False)
        if not np.isfinite(self.distribution.to_numpy()).all():
            raise ValueError(f"distribution must be finite; got {self.distribution.to_dict()}")
        if self.replications is not None and len(self.replications) < 2:
            raise ValueError(f"replications must be at least 2; got {len(self.replications)}")

    def conf_int(self, alpha: float | None = None) -> pd.DataFrame:
        """Return columns "low" and "high" of intervals with confidence ``1 - alpha``.

        They are the estimate plus and minus the standard deviation of the bootstrap replications times a
        quantile of Student's t, cut at what a probability or a standard deviation can be.

        Raises
        ------
        ValueError
            If there are no bootstrap replications.
        """
        alpha = self.alpha if alpha is None else alpha
        check_scalar_argument(alpha, "alpha", low=0, high=1, inclusive=False)
        if self.replications is None:
            raise ValueError(
                "conf_int needs bootstrap replications (fitted mechanisms and n_bootstrap > 0); got none"
            )
        factor = stats.t.isf(alpha / 2, len(self.replications) - 1)
        half_width = factor * self.replications.std(axis=0, ddof=1)
        lowest, highest = ([-np.inf, 0.0], np.inf) if self.continuous else (0.0, 1.0)
        low, high = (self.distribution["estimate"] + sign * half_width for sign in (-1, 1))
        limits = {"low": np.maximum(low, lowest), "high": np.minimum(high, highest)}
        return pd.DataFrame(limits, index=self.distribution.index)

    def to_frame(self, alpha: float | None = None) -> pd.DataFrame:
        """Return a row for each level (or mean and sd): the three answers, and the interval if any."""
        frame = self.distribution.copy()
        if self.replications is not None:
            limits = self.conf_int(alpha)
            frame["conf_low"], frame["conf_high"] = limits["low"], limits["high"]
        return frame

    def summary(self, alpha: float | None = None) -> str:
        """Return a text of several lines: the answers, how they were computed and what they assume."""
        settings = ", ".join(f"{name} = {value}" for name, value in self.do.items())
        updated = ", ".join(str(name) for name in self.updated) or "none"
        rows = f"{self.n_companions} companion row{'' if self.n_companions == 1 else 's'}"
        lines = [
            f"{self.outcome} in a new row under do({settings}), given {rows}",
            *(
                f"  {line}"
                for line in self.to_frame(alpha).to_string(float_format="{:.4f}".format).splitlines()
            ),
            f"  computed by           {self.method}",
            f"  mechanisms updated    {updated}",
        ]
        if self.n_environments is not None:
            lines.append(f"  environments          {self.n_environments}")
        if self.replications is not None:
            lines.append(f"  interval              {self._interval(alpha)}")
        if self.assumptions:
            lines += ["Assumes", *(f"  - {assumption}" for assumption in self.assumptions)]
        return "\n".join(lines)

    def _interval(self, alpha: float | None) -> str:
        assert self.replications is not None
        level = 100 * (1 - (self.alpha if alpha is None else alpha))
        return (
            f"{level:g} %, bootstrap over environments ({len(self.replications)} resamples), graph held fixed"
        )
