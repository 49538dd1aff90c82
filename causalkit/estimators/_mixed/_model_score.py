"""Local scores of families by mixed models, for a few exchangeable rows in each environment."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from causalkit.estimators._mixed._choice import LevelModels, NumberModels
from causalkit.estimators._mixed._equal_icc import equal_icc_pvalue
from causalkit.estimators._mixed._family import (
    LevelFamily,
    NumberFamily,
    check_column,
    level_family,
    number_family,
)
from causalkit.estimators._mixed._features import Floats
from causalkit.estimators._mixed._fit import GaussianFit
from causalkit.estimators._mixed._logistic import LogisticFit
from causalkit.estimators._mixed._moments import Codes, Moments

# In nats, beyond BIC: guards against the many models that are tried for each family.
_EDGE_PENALTY = 2.0


class MixedModelScores:
    r"""Penalised log-likelihoods of a variable given its parents, under mixed models.

    The rows of an environment are exchangeable and share what the environment has for itself:

    .. math:: y = f(\mathrm{pa})' \beta + b_{0e} + \sum_j b_{je} \, \mathrm{pa}_j + \varepsilon

    for a number y, with independent normal intercepts :math:`b_0`, slopes :math:`b_j` and noise, whose scale
    may be an environment's own in place of slopes; and
    :math:`P(y = k) \propto \exp(f' \beta_k + \lambda_k \eta_e)`, :math:`\eta_e \sim N(0, 1)`, for levels.
    Regressors f are linear or natural cubic splines of numbers, and indicators of levels. A score is

    .. math:: \log L - \tfrac12 (\#\beta \log n + \#\{b, \lambda\} \log E) - 2 \, \#\mathrm{pa}

    for the best of these models, with n rows and E environments: own intercepts, slopes, scales and splines
    are in it where they earn their parameters. Scores of one child are comparable over all sets of parents,
    and their sum over a graph is the penalised log-likelihood of the table.

    A spline has to gain more than its noise is uneven, and slopes and scales have to be shared by different
    rows of an environment; otherwise noise that is not normal would speak for the wrong direction.

    Parameters
    ----------
    values : array-like, shape (n_rows, n_variables)
        Finite numbers; codes 0, 1, ... in columns of levels.
    environments : array-like of int, shape (n_rows,)
        Codes 0, 1, ... of the environments.
    counts : array-like, shape (n_environments,), optional
        How often each environment counts, 0 or more: the same as repeating it so often.
    n_levels : array-like of int, shape (n_variables,), optional
        Number of levels of each column, 0 for a number. All are numbers unless given.

    Attributes
    ----------
    moments : Moments
        Moments of the columns in the environments, from one pass over the rows.

    Raises
    ------
    ValueError
        If shapes do not fit, a value is not finite or is not a code, or every environment counts zero times.

    Examples
    --------
    >>> import numpy as np
    >>> from causalkit.estimators._mixed._model_score import MixedModelScores
    >>> rng = np.random.default_rng(0)
    >>> environments = np.repeat(np.arange(300), 5)
    >>> x = 0.3 * rng.normal(size=300)[environments] + rng.normal(size=1500)
    >>> y = x + rng.normal(size=300)[environments] + rng.normal(size=1500)
    >>> scores = MixedModelScores(np.column_stack([x, y]), environments)
    >>> forward = scores.score(0, ()) + scores.score(1, (0,))
    >>> bool(forward > scores.score(1, ()) + scores.score(0, (1,)))
    True
    >>> scores.family(1, (0,)).kind
    'linear, own intercept'
    """

    def __init__(
        self,
        values: ArrayLike,
        environments: ArrayLike,
        counts: ArrayLike | None = None,
        n_levels: ArrayLike | None = None,
    ) -> None:
        table, codes, weights, levels = _checked(values, environments, counts, n_levels)
        self.moments = Moments(table, codes, weights, levels)
        self._numbers, self._levels = NumberModels(self.moments), LevelModels(self.moments)
        self._fits: dict[tuple[int, tuple[int, ...]], GaussianFit | LogisticFit] = {}

    @property
    def n_environments(self) -> float:
        """Environments, each as often as it counts."""
        return self.moments.n_environments

    @property
    def counts(self) -> Floats:
        """How often each environment counts, those left out that never do."""
        return self.moments.counts

    def score(self, v: int, parents: tuple[int, ...]) -> float:
        """Return the penalised log-likelihood of ``v`` given ``parents`` in nats; higher is better.

        A number is standardised first, which adds the same to all scores of this child.
        """
        return self._fit(v, parents).penalised(self.moments) - _EDGE_PENALTY * len(parents)

    def by_environment(self, v: int, parents: tuple[int, ...]) -> Floats:
        """Return the log-likelihood of each environment with a positive count, as if it counted once."""
        return self._fit(v, parents).by_environment(self.moments)

    def family(self, v: int, parents: tuple[int, ...]) -> NumberFamily | LevelFamily:
        """Return the fitted model of ``v`` given ``parents``, which are sorted."""
        fit, parents = self._fit(v, parents), tuple(sorted(parents))
        if isinstance(fit, LogisticFit):
            return level_family(self.moments, v, parents, fit, self._levels.pooled(fit))
        return number_family(self.moments, v, parents, fit, self._numbers.pooled(fit))

    def equal_icc_pvalue(self) -> float:
        """Return the p-value of i.i.d. rows or equal intraclass correlations of all numbers."""
        return equal_icc_pvalue(self.moments)

    def _fit(self, v: int, parents: tuple[int, ...]) -> GaussianFit | LogisticFit:
        key = (v, tuple(sorted(parents)))
        if key not in self._fits:
            models = self._levels if self.moments.functions[v].n_levels else self._numbers
            self._fits[key] = models.best(*key)
        return self._fits[key]


def _checked(
    values: ArrayLike, environments: ArrayLike, counts: ArrayLike | None, n_levels: ArrayLike | None
) -> tuple[Floats, Codes, Floats, Codes]:
    table = np.asarray(values, dtype=np.float64)
    if table.ndim != 2 or not table.size:
        raise ValueError(f"values must be a table with rows and columns; got shape {table.shape}")
    codes = np.asarray(environments)
    if codes.shape != (len(table),) or codes.dtype.kind not in "iu" or codes.min() < 0:
        raise ValueError(
            f"environments must hold a code 0, 1, ... for each of the {len(table)} rows; got shape "
            f"{codes.shape} of {codes.dtype}"
        )
    levels = np.zeros(table.shape[1], dtype=np.int64) if n_levels is None else np.asarray(n_levels)
    if levels.shape != (table.shape[1],) or levels.dtype.kind not in "iu":
        raise ValueError(
            f"n_levels must hold an integer for each of the {table.shape[1]} columns; got {n_levels!r}"
        )
    for j, column in enumerate(table.T):
        check_column(column, int(levels[j]), f"values[:, {j}]")
    return table, codes.astype(np.int64), _checked_counts(counts, int(codes.max()) + 1), levels


def _checked_counts(counts: ArrayLike | None, n_environments: int) -> NDArray[np.float64]:
    if counts is None:
        return np.ones(n_environments)
    weights = np.asarray(counts, dtype=np.float64)
    if weights.shape != (n_environments,) or not (weights >= 0).all() or not 0 < weights.sum() < np.inf:
        raise ValueError(
            f"counts must hold a number of 0 or more for each of the {n_environments} environments, not all "
            f"of them 0; got {counts!r}"
        )
    return weights
