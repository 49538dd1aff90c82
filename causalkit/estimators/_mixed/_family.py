"""Fitted mixed models of a variable given its parents, and what they predict for new rows."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import softmax

from causalkit.estimators._mixed._features import ColumnFunctions, Floats
from causalkit.estimators._mixed._fit import GaussianFit
from causalkit.estimators._mixed._logistic import LogisticFit
from causalkit.estimators._mixed._moments import Moments
from causalkit.estimators._mixed._quadrature import nodes_and_log_weights

Companions = tuple[ArrayLike, ArrayLike]


@dataclass(frozen=True)
class Design:
    """Turns values of the parents into regressors: one, straight functions, then bent ones where used."""

    functions: tuple[ColumnFunctions, ...]
    uses_bent: tuple[bool, ...]

    def __call__(self, values: ArrayLike, name: str) -> Floats:
        """Return regressors, shape (m, n_regressors)."""
        values = np.asarray(values, dtype=np.float64)
        if values.ndim != 2 or values.shape[1] != len(self.functions):
            expected = f"(m, {len(self.functions)}), a column for each parent"
            raise ValueError(f"{name} must have shape {expected}; got shape {values.shape}")
        for column, functions in zip(values.T, self.functions, strict=True):
            check_column(column, functions.n_levels, name)
        columns = list(zip(self.functions, values.T, strict=True))
        straight = [f.straight(x) for f, x in columns]
        bent = [f.bent(x) for (f, x), used in zip(columns, self.uses_bent, strict=True) if used]
        return np.hstack([np.ones((len(values), 1)), *straight, *bent])


@dataclass(frozen=True)
class _State:
    """An environment's own coefficients and noise variance, given its observed rows, at nodes of its scale.

    Shapes: noise and weights (n_nodes,), effects (n_nodes, q), covariances (n_nodes, q, q).
    """

    noise: Floats
    weights: Floats
    effects: Floats
    covariances: Floats


@dataclass(frozen=True)
class NumberFamily:
    r"""A Gaussian mixed model of a number, :math:`y = f' \beta + z' b_e + \varepsilon`.

    Attributes
    ----------
    child : int
    parents : tuple of int
    kind : str
        In words, as "linear, own intercept".
    coefficients : ndarray of float, shape (n_regressors,)
        :math:`\beta` in units of the child: of one, of each standardised parent (indicators of the levels
        above the first), then of the spline functions of bent parents.
    noise_variance, intercept_variance : float
        Of :math:`\varepsilon`, and of the intercept between environments; squared units of the child.
    slope_variances : tuple of float
        For each parent the variance between environments of its slope, per unit of the parent; 0 where it
        has none of its own.
    scale_sd : float
        Standard deviation between environments of the log of the noise's scale; ``noise_variance`` is that
        of the environment in the middle.
    log_likelihood : float
        In nats, of the child in its own units.
    n_parameters : int
    """

    child: int
    parents: tuple[int, ...]
    kind: str
    coefficients: Floats
    noise_variance: float
    intercept_variance: float
    slope_variances: tuple[float, ...]
    scale_sd: float
    log_likelihood: float
    n_parameters: int
    _design: Design = field(repr=False)
    _centre: float = field(repr=False)
    _random: tuple[int, ...] = field(repr=False)
    _variances: Floats = field(repr=False)
    _pooled: NumberFamily | None = field(repr=False)

    @property
    def iid(self) -> NumberFamily:
        """The same regression with all rows taken as independent."""
        return self if self._pooled is None else self._pooled

    def predictive(
        self, parent_values: ArrayLike, companions: Companions | None = None
    ) -> tuple[Floats, Floats]:
        """Return mean and variance, shape (m,) each, of the child in new rows of one environment.

        Parameters
        ----------
        parent_values : array-like, shape (m, n_parents)
            Parents of the new rows; every row is predicted alone.
        companions : (array-like, shape (k, n_parents); array-like, shape (k,)), optional
            Parents and child of observed rows of the same environment.
        """
        regressors = self._design(parent_values, "parent_values")
        own = regressors[:, self._random]
        state = self._environment(companions)
        means = (self._centre + regressors @ self.coefficients)[:, None] + own @ state.effects.T
        variances = state.noise + np.einsum("mk,skl,ml->ms", own, state.covariances, own)
        mean = means @ state.weights
        return mean, (variances + (means - mean[:, None]) ** 2) @ state.weights

    def _environment(self, companions: Companions | None) -> _State:
        """What the environment has for itself given its observed rows, at each node of its noise scale."""
        regressors, residual = np.empty((0, len(self.coefficients))), np.empty(0)
        if companions is not None:
            regressors = self._design(companions[0], "companions[0]")
            child = check_child(companions[1], len(regressors), 0)
            residual = child - self._centre - regressors @ self.coefficients
        nodes, log_weights = (np.zeros(1), np.zeros(1))
        if self.scale_sd:
            nodes, log_weights = nodes_and_log_weights(len(residual))
        noise = self.noise_variance * np.exp(2 * self.scale_sd * nodes)
        own = regressors[:, self._random]
        prior = self._variances[:, None] * np.eye(len(self._variances)) / noise[:, None, None]
        inner = np.eye(len(self._variances)) + prior @ (own.T @ own)
        shrunk = np.linalg.solve(inner, prior)
        cross = own.T @ residual
        squares = residual @ residual - (shrunk @ cross) @ cross
        constant = len(residual) * np.log(noise) + np.linalg.slogdet(inner)[1]
        weights = softmax(log_weights - 0.5 * (constant + squares / noise))
        return _State(noise, weights, shrunk @ cross, noise[:, None, None] * shrunk)


@dataclass(frozen=True)
class LevelFamily:
    r"""A logistic mixed model of levels, :math:`P(k) \propto \exp(f'\beta_k + \lambda_k \eta_e)`.

    Attributes
    ----------
    child : int
    parents : tuple of int
    kind : str
        In words, as "logistic, linear, own shift".
    n_levels : int
    coefficients : ndarray of float, shape (n_regressors, n_levels)
        :math:`\beta`, zero for the first level; regressors as in :class:`NumberFamily`.
    loadings : ndarray of float, shape (n_levels,)
        :math:`\lambda`, the effect of one standard deviation of the environment's shift on each level.
    log_likelihood : float
        In nats.
    n_parameters : int
    """

    child: int
    parents: tuple[int, ...]
    kind: str
    n_levels: int
    coefficients: Floats
    loadings: Floats
    log_likelihood: float
    n_parameters: int
    _design: Design = field(repr=False)
    _pooled: LevelFamily | None = field(repr=False)

    @property
    def iid(self) -> LevelFamily:
        """The same regression with all rows taken as independent."""
        return self if self._pooled is None else self._pooled

    def predictive(self, parent_values: ArrayLike, companions: Companions | None = None) -> Floats:
        """Return probabilities of the levels, shape (m, n_levels), in new rows of one environment.

        Parameters
        ----------
        parent_values : array-like, shape (m, n_parents)
            Parents of the new rows; every row is predicted alone.
        companions : (array-like, shape (k, n_parents); array-like, shape (k,)), optional
            Parents and child of observed rows of the same environment.
        """
        linear = self._design(parent_values, "parent_values") @ self.coefficients
        n_rows = 0 if companions is None else len(np.asarray(companions[1]))
        nodes, log_weights = nodes_and_log_weights(n_rows)
        if companions is not None:
            log_weights = log_weights + self._log_likelihoods(companions, nodes)
        weights = softmax(log_weights)
        return np.tensordot(softmax(self._logits(linear, nodes), axis=2), weights, axes=(1, 0))

    def _logits(self, linear: Floats, nodes: Floats) -> Floats:
        return linear[:, None, :] + nodes[:, None] * self.loadings

    def _log_likelihoods(self, companions: Companions, nodes: Floats) -> Floats:
        regressors = self._design(companions[0], "companions[0]")
        codes = check_child(companions[1], len(regressors), self.n_levels).astype(np.intp)
        p = softmax(self._logits(regressors @ self.coefficients, nodes), axis=2)
        return np.log(p[np.arange(len(codes)), :, codes]).sum(axis=0)


def check_child(child: ArrayLike, n_rows: int, n_levels: int) -> Floats:
    """Return the companions' values of the child, or say what is wrong with them."""
    child = np.asarray(child, dtype=np.float64)
    if child.shape != (n_rows,):
        raise ValueError(f"companions[1] must have shape ({n_rows},); got shape {child.shape}")
    check_column(child, n_levels, "companions[1]")
    return child


def check_column(column: Floats, n_levels: int, name: str) -> None:
    """Complain unless a column holds finite numbers or, where it has levels, their codes."""
    if not np.isfinite(column).all():
        raise ValueError(f"{name} must be finite; got {column[~np.isfinite(column)][0]}")
    wrong = column[~np.isin(column, np.arange(n_levels))] if n_levels else column[:0]
    if len(wrong):
        raise ValueError(f"{name} must hold codes 0 to {n_levels - 1} of levels; got {wrong[0]}")


def number_family(
    moments: Moments, v: int, parents: tuple[int, ...], fit: GaussianFit, pooled: GaussianFit | None = None
) -> NumberFamily:
    """Put a fit, and its pooled partner, into the child's own units."""
    units = moments.functions[v]
    design = _design(moments, parents, fit.regressors)
    ratio = dict(zip(fit.random_columns, fit.ratios, strict=True))
    variance = fit.noise_variance * units.scale**2
    slopes = tuple(
        variance * float(ratio.get(moments.straight[p][0], 0.0)) / moments.functions[p].scale ** 2
        for p in parents
    )
    own = {"intercept": 0 in ratio, "slopes": any(slopes), "scale": fit.scale_sd > 0}
    return NumberFamily(
        child=v,
        parents=parents,
        kind=f"{_shape(design)}, {_own_parts(own)}",
        coefficients=fit.coefficients * units.scale,
        noise_variance=variance,
        intercept_variance=variance * float(ratio.get(0, 0.0)),
        slope_variances=slopes,
        scale_sd=fit.scale_sd,
        log_likelihood=fit.log_likelihood - moments.n_rows * float(np.log(units.scale)),
        n_parameters=len(fit.regressors) + fit.n_ratios + 1,
        _design=design,
        _centre=units.centre,
        _random=tuple(fit.regressors.index(column) for column in fit.random_columns),
        _variances=variance * fit.ratios,
        _pooled=None if pooled is None else number_family(moments, v, parents, pooled),
    )


def level_family(
    moments: Moments, v: int, parents: tuple[int, ...], fit: LogisticFit, pooled: LogisticFit | None = None
) -> LevelFamily:
    """Describe a fit and its pooled partner."""
    design = _design(moments, parents, fit.regressors)
    n_levels = len(fit.loadings)
    return LevelFamily(
        child=v,
        parents=parents,
        kind=f"logistic, {_shape(design)}, {_own_parts({'shift': bool(fit.n_ratios)})}",
        n_levels=n_levels,
        coefficients=fit.coefficients,
        loadings=fit.loadings,
        log_likelihood=fit.log_likelihood,
        n_parameters=len(fit.regressors) * (n_levels - 1) + fit.n_ratios,
        _design=design,
        _pooled=None if pooled is None else level_family(moments, v, parents, pooled),
    )


def _design(moments: Moments, parents: tuple[int, ...], regressors: tuple[int, ...]) -> Design:
    used = tuple(bool(moments.bent[p]) and moments.bent[p][0] in regressors for p in parents)
    return Design(tuple(moments.functions[p] for p in parents), used)


def _shape(design: Design) -> str:
    if not design.functions:
        return "constant"
    return "smooth" if any(design.uses_bent) else "linear"


def _own_parts(own: dict[str, bool]) -> str:
    named = [name for name, is_own in own.items() if is_own]
    return f"own {' and '.join(named)}" if named else "independent rows"
