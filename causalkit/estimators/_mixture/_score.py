"""Local scores of families of categorical variables: how well a de Finetti mixture explains environments."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from causalkit.estimators._mixture._classes import classes_fit
from causalkit.estimators._mixture._dirichlet import (
    common_concentration_fit,
    constant_fit,
    dirichlet_fit,
    fit_rows,
)
from causalkit.estimators._mixture._factor import factor_fit
from causalkit.estimators._mixture._family import TableFamily
from causalkit.estimators._mixture._fit import MixtureFit
from causalkit.estimators._mixture._shared import shared_fit
from causalkit.estimators._mixture._table_counts import FamilyCounts, distinct_environments, family_counts
from causalkit.estimators._mixture._table_moments import leading_direction

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class TableScores:
    r"""Penalised log-likelihoods of the families of categorical variables in exchangeable environments.

    Given a mechanism's table :math:`\theta` the rows of an environment are independent, and every environment
    draws its table anew. A family of a child v with parents is scored by

    .. math::

        \max_m \Bigl[ \sum_e \log \int \prod_r \theta_{c_r v_r} \, d\mu_m(\theta)
        - \tfrac{1}{2} p_m \log E \Bigr] - k \cdot \text{edge penalty},

    with c the pattern of the k parents' levels and E the number of environments. The classes m of mixing laws
    are one table for all environments ("constant"); independent Dirichlet rows with own concentrations
    ("dirichlet") or the same one ("common concentration"); one Dirichlet law behind all patterns, which give
    other names to its levels ("shared"); one normal factor behind the logits ("factor"); and two or three
    tables ("classes"). Concentrations are averaged over a grid and do not count among the :math:`p_m`
    parameters. Two rows of an environment are what tells directions apart; environments with one row count
    as i.i.d. rows. Environments with the same counts are evaluated once.

    Parameters
    ----------
    codes : array-like of int, shape (n, d)
        Levels of d variables, 0 to ``n_levels`` - 1.
    n_levels : array-like of int, shape (d,)
        Number of levels of each variable.
    environments : array-like of int, shape (n,)
        Environment of each row, 0 to E - 1.
    counts : array-like, shape (E,), optional
        How often each environment counts; the scores are those of environments repeated so often. Their sum
        takes the place of E in the penalty.
    edge_penalty : float, default=2.0
        Nats for each parent, against the choice among many parents and many classes.
    resampled : bool, default=False
        The counts are a bootstrap draw of environments. Repeated environments raise the log-likelihood ratio
        of a superfluous parameter from 1/2 to 1 on average, so that each costs half a nat more.

    Attributes
    ----------
    n_levels : ndarray of int, shape (d,)
    n_environments : float
        Sum of the counts of environments with rows.
    edge_penalty : float

    Raises
    ------
    ValueError
        If shapes do not fit, a code is outside its levels, or counts are negative, not finite or all zero.

    References
    ----------
    Guo, S., Toth, V., Schoelkopf, B. & Huszar, F. (2023). Causal de Finetti: On the Identification of
    Invariant Causal Structure in Exchangeable Data. NeurIPS. arXiv 2203.15756.
    Steck, H. & Jaakkola, T. (2003). Bias-Corrected Bootstrap and Model Uncertainty. NeurIPS. (What resampling
    adds to a likelihood ratio.)

    Examples
    --------
    >>> import numpy as np
    >>> from causalkit.estimators._mixture._score import TableScores
    >>> rng = np.random.default_rng(0)
    >>> theta, psi = rng.beta(1, 3, size=(2, 2000, 1))
    >>> x = rng.random((2000, 2)) < theta
    >>> y = x ^ (rng.random((2000, 2)) < psi)
    >>> codes = np.column_stack([x.ravel(), y.ravel()]).astype(int)
    >>> scores = TableScores(codes, [2, 2], np.repeat(np.arange(2000), 2))
    >>> forward = scores.score(0, ()) + scores.score(1, (0,))
    >>> backward = scores.score(1, ()) + scores.score(0, (1,))
    >>> bool(forward - backward > 5)
    True
    >>> scores.family(1, (0,)).kind
    'shared'
    """

    def __init__(
        self,
        codes: ArrayLike,
        n_levels: ArrayLike,
        environments: ArrayLike,
        counts: ArrayLike | None = None,
        *,
        edge_penalty: float = 2.0,
        resampled: bool = False,
    ) -> None:
        self.n_levels = np.asarray(n_levels, dtype=np.int64)
        checked, labels = _checked_rows(codes, self.n_levels, environments)
        self._data = distinct_environments(checked, labels, _checked_counts(counts, int(labels.max()) + 1))
        self.n_environments = float(self._data.weights.sum())
        self.edge_penalty = edge_penalty
        self._cost = 0.5 * np.log(self.n_environments) + 0.5 * resampled

    def score(self, v: int, parents: tuple[int, ...]) -> float:
        """Return the penalised log-likelihood of v given its parents, in nats; higher is better."""
        counts = family_counts(self._data, self.n_levels, v, tuple(sorted(parents)))
        return max(fit.score for fit in self._fits(counts)) - self.edge_penalty * len(parents)

    def family(self, v: int, parents: tuple[int, ...]) -> TableFamily:
        """Return the mixtures fitted to v given its parents, and what they predict."""
        parents = tuple(sorted(parents))
        counts = family_counts(self._data, self.n_levels, v, parents)
        # Classes that tie but for rounding stay in the order of the simplest first.
        fits = sorted(self._fits(counts), key=lambda fit: -round(fit.score, 6))
        levels = tuple(int(self.n_levels[parent]) for parent in parents)
        totals = counts.totals
        iid = np.tile(totals.sum(axis=0) / totals.sum(), (int(np.prod(levels, dtype=np.int64)), 1))
        iid[counts.patterns] = totals / totals.sum(axis=1, keepdims=True)
        likelihood = float(counts.weights @ fits[0].law.log_marginal(counts.tables))
        return TableFamily(v, parents, levels, iid, counts.patterns, tuple(fits), likelihood)

    def _fits(self, counts: FamilyCounts) -> list[MixtureFit]:
        rows = fit_rows(counts)
        fits = [constant_fit(rows, self._cost), dirichlet_fit(rows, self._cost)]
        if len(counts.patterns) > 1:
            fits += [common_concentration_fit(rows, self._cost), shared_fit(counts, rows, self._cost)]
        direction = leading_direction(counts)
        if direction is None:
            return fits
        # Also without parents: a parent that does nothing must not open the way to another shape.
        fits.append(factor_fit(counts, direction, self._cost))
        for n_classes in (2, 3):
            best = max(fit.score for fit in fits)
            latent = classes_fit(counts, n_classes, direction, self._cost, best)
            fits += [] if latent is None else [latent]
        return fits


def _checked_rows(codes: ArrayLike, n_levels: Integers, environments: ArrayLike) -> tuple[Integers, Integers]:
    codes, labels = np.asarray(codes, dtype=np.int64), np.asarray(environments, dtype=np.int64)
    if codes.ndim != 2 or not len(codes) or codes.shape[1:] != n_levels.shape:
        raise ValueError(
            f"codes must have a row or more and {n_levels.size} columns; got shape {codes.shape}"
        )
    if labels.shape != codes.shape[:1] or labels.min() < 0:
        raise ValueError(
            f"environments must hold {len(codes)} codes of at least 0; got shape {labels.shape}"
            + (f" and {labels.min()}" if labels.size else "")
        )
    outside = np.flatnonzero((codes.min(axis=0) < 0) | (codes.max(axis=0) >= n_levels))
    if len(outside):
        v = int(outside[0])
        raise ValueError(
            f"codes of variable {v} must lie in 0 to {n_levels[v] - 1}; got {codes[:, v].min()} to "
            f"{codes[:, v].max()}"
        )
    return codes, labels


def _checked_counts(counts: ArrayLike | None, n_environments: int) -> Floats:
    if counts is None:
        return np.ones(n_environments)
    weights = np.asarray(counts, dtype=np.float64)
    if weights.ndim != 1 or len(weights) < n_environments:
        raise ValueError(
            f"counts must hold a number for each of {n_environments} environments; got shape {weights.shape}"
        )
    if not np.isfinite(weights).all() or weights.min() < 0 or not weights[:n_environments].any():
        raise ValueError(
            f"counts must be finite, at least 0 and not all 0; got {weights.min()} to {weights.max()}"
        )
    return weights
