"""A grouped Bayesian linear model from its Gram matrix: block variances, weights, posterior covariance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack, solve_triangular

Array = NDArray[np.float64]

_TINY, _HUGE = 1e-12, 10.0  # range of a block's prior variance, for an outcome of unit variance
_ROUNDS_WARM, _ROUNDS_AFRESH = 4, 12  # of a refit without a fold: begun at the full fit's variances, or not
_DEAD = 1e-9  # a block whose variance is below this takes no part in a fit


@dataclass(frozen=True)
class Moments:
    """Sufficient statistics of least squares: X'X, X'y, y'y and the number of rows. They add over rows."""

    gram: Array
    moment: Array
    y2: float
    n_rows: float

    def __sub__(self, other: Moments) -> Moments:
        return Moments(
            self.gram - other.gram, self.moment - other.moment, self.y2 - other.y2, self.n_rows - other.n_rows
        )

    @staticmethod
    def total(parts: list[Moments]) -> Moments:
        gram, moment = np.zeros_like(parts[0].gram), np.zeros_like(parts[0].moment)
        for part in parts:
            gram += part.gram
            moment += part.moment
        return Moments(gram, moment, sum(p.y2 for p in parts), sum(p.n_rows for p in parts))

    def columns(self, index: NDArray[np.intp]) -> Moments:
        return Moments(self.gram[np.ix_(index, index)], self.moment[index], self.y2, self.n_rows)


@dataclass(frozen=True)
class Prior:
    """What is fixed before the data are seen: block of each column, fixed blocks, start variance, shrinkage.

    `shrink` is the pseudo degrees of freedom that each update adds to a block: larger values let weak blocks
    go sooner.
    """

    block: NDArray[np.intp]
    fixed: NDArray[np.bool_]
    shrink: Array
    variance: Array

    @property
    def n_blocks(self) -> int:
        return len(self.fixed)

    def starting_at(self, variance: Array) -> Prior:
        """The same prior with the leading blocks' search begun at these variances."""
        start = np.r_[variance, self.variance[len(variance) :]]
        return Prior(self.block, self.fixed, self.shrink, start)

    def and_then(self, other: Prior) -> Prior:
        """The blocks of both, one list after the other."""
        return Prior(
            np.r_[self.block, other.block + self.n_blocks],
            np.r_[self.fixed, other.fixed],
            np.r_[self.shrink, other.shrink],
            np.r_[self.variance, other.variance],
        )

    def restricted_to(self, allowed: NDArray[np.bool_]) -> Prior:
        """Blocks that are not allowed are dead from the start."""
        return Prior(
            self.block, self.fixed, self.shrink, np.where(allowed | self.fixed, self.variance, _TINY)
        )


@dataclass(frozen=True)
class Posterior:
    """Weights, their covariance `root @ root.T` on the active columns, and the chosen block variances."""

    weights: Array
    variance: Array
    noise: float
    active: NDArray[np.intp]
    root: Array
    degrees_of_freedom: Array
    log_evidence: float

    def root_on(self, columns: NDArray[np.intp], n_columns: int) -> Array:
        """Square root (n_columns, k) of the weights' covariance, at the design columns of the fit."""
        out = np.zeros((n_columns, self.root.shape[1]))
        out[columns[self.active]] = self.root
        return out


def maximise_evidence(
    moments: Moments,
    prior: Prior,
    *,
    noise: float = 0.3,
    n_rounds: int = 22,
    drop: float = 0.01,
    tol: float = 3e-3,
) -> Posterior:
    """Choose one prior variance for each block by marginal likelihood (MacKay 1992; Tipping 2001).

    Each round replaces a block's variance by variance * |w|^2 / (degrees of freedom + shrink), where w are
    the whitened weights. A block whose effective degrees of freedom fall under `drop` leaves for good, which
    makes the later rounds cheaper. Rounds end early when no variance that matters moves by more than `tol` of
    the total.
    """
    variance = prior.variance.copy()
    active = np.flatnonzero((variance > _DEAD)[prior.block] | prior.fixed[prior.block])
    for i in range(n_rounds + 1):
        sub = moments.columns(active)
        of = prior.block[active]
        scale = np.sqrt(variance)[of]
        solve = _solve(sub, scale, noise)
        if i == n_rounds:
            break
        size2 = np.bincount(of, solve.whitened**2, prior.n_blocks)
        dof = np.bincount(of, solve.column_dof(), prior.n_blocks)
        new_noise = max(solve.residual2 / max(moments.n_rows - dof.sum(), 1.0), 1e-4)
        ratio = size2 / np.maximum(dof + prior.shrink, 1e-9)
        updated = np.where(prior.fixed, variance, np.clip(variance * ratio, _TINY, _HUGE))
        settled = i >= 3 and _settled(variance, updated, noise, new_noise, tol, prior.fixed)
        variance, noise = updated, new_noise
        if settled:
            n_rounds = i + 1
        if i >= 2:
            dead = (dof < drop) & ~prior.fixed
            variance[dead] = _TINY
            active = active[~dead[of]]
    return _posterior(moments, prior, variance, noise, active, solve, scale)


@dataclass(frozen=True)
class _Solve:
    """One ridge solution in whitened coordinates u = w / sqrt(prior variance)."""

    lower: Array
    whitened: Array
    weights: Array
    residual2: float

    def inverse(self) -> Array:
        return lapack.dtrtri(self.lower, lower=1)[0]

    def column_dof(self) -> Array:
        inverse = self.inverse()
        return 1 - np.einsum("ij,ij->j", inverse, inverse)


def _solve(sub: Moments, scale: Array, noise: float) -> _Solve:
    system = sub.gram * scale
    system *= (scale / noise)[:, None]
    system[np.diag_indices_from(system)] += 1
    lower = _cholesky(system)
    right = solve_triangular(lower, scale * sub.moment / noise, lower=True)
    whitened = solve_triangular(lower, right, lower=True, trans=1)
    weights = scale * whitened
    residual2 = sub.y2 - 2 * weights @ sub.moment + weights @ (sub.gram @ weights)
    return _Solve(lower, whitened, weights, float(max(residual2, 0.0)))


def _cholesky(system: Array) -> Array:
    """Lower factor; 32-bit sums of collinear columns may need a little more ridge to have one."""
    for jitter in (0.0, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3):
        system[np.diag_indices_from(system)] *= 1 + jitter
        lower, info = lapack.dpotrf(system, lower=1, clean=1)
        if not info:
            return np.asarray(lower)
    raise np.linalg.LinAlgError("the Gram matrix is not positive semi-definite to working precision")


def _settled(
    old: Array, new: Array, old_noise: float, new_noise: float, tol: float, fixed: NDArray[np.bool_]
) -> bool:
    free = ~fixed
    change = np.abs(new - old)[free].sum() / max(new[free].sum(), _TINY)
    return bool(change < tol and abs(new_noise - old_noise) < tol * new_noise)


def _posterior(
    moments: Moments,
    prior: Prior,
    variance: Array,
    noise: float,
    active: NDArray[np.intp],
    solve: _Solve,
    scale: Array,
) -> Posterior:
    weights = np.zeros(len(moments.moment))
    weights[active] = solve.weights
    inverse = solve.inverse()
    of = prior.block[active]
    dof: Array = np.bincount(of, 1 - np.einsum("ij,ij->j", inverse, inverse), prior.n_blocks).astype(
        np.float64
    )
    n = moments.n_rows
    log_evidence = -0.5 * (
        n * np.log(2 * np.pi * noise)
        + solve.residual2 / noise
        + solve.whitened @ solve.whitened
        + 2 * np.log(np.diag(solve.lower)).sum()
    )
    return Posterior(weights, variance, noise, active, (inverse * scale).T, dof, float(log_evidence))


@dataclass(frozen=True)
class FoldedFit:
    """One fit on all rows and one without each fold, on the given columns of a design."""

    everything: Posterior
    by_fold: list[Posterior]
    columns: NDArray[np.intp]
    prior: Prior

    def fold_weights(self, n_columns: int) -> Array:
        """(n_folds, n_columns, 1): the weights that predict each fold's own rows, at their design columns."""
        out = np.zeros((len(self.by_fold), n_columns, 1))
        out[:, self.columns, 0] = [fit.weights for fit in self.by_fold]
        return out

    def full_weights(self, n_columns: int) -> Array:
        """(n_columns, 1): the weights of the fit on all rows."""
        out = np.zeros((n_columns, 1))
        out[self.columns, 0] = self.everything.weights
        return out


def folded_fit(
    folds: list[Moments],
    columns: NDArray[np.intp],
    prior: Prior,
    *,
    allowed: NDArray[np.bool_] | None = None,
    noise: float = 0.3,
    n_rounds: int = 22,
    refit: bool = True,
) -> FoldedFit:
    """Fit on all rows, then without each fold: a subtraction and few rounds, begun at the full fit.

    `allowed` (n_folds + 1, n_blocks) says which blocks each fold's training rows chose (the last row: all
    rows together). Blocks that were chosen by looking at the data start afresh in every fold, so that a
    held-out row has no part in its own prediction.
    """
    total = Moments.total(folds)
    full = maximise_evidence(total, _restrict(prior, allowed, -1), noise=noise, n_rounds=n_rounds)
    if not refit:
        return FoldedFit(full, [], columns, prior)
    chosen = np.zeros(prior.n_blocks, bool) if allowed is None else ~allowed.all(axis=0)
    start = prior.starting_at(np.where(chosen, prior.variance, full.variance))
    rounds = _ROUNDS_AFRESH if chosen.any() else _ROUNDS_WARM
    by_fold = [
        maximise_evidence(total - fold, _restrict(start, allowed, k), noise=full.noise, n_rounds=rounds)
        for k, fold in enumerate(folds)
    ]
    return FoldedFit(full, by_fold, columns, prior)


def _restrict(prior: Prior, allowed: NDArray[np.bool_] | None, k: int) -> Prior:
    return prior if allowed is None else prior.restricted_to(allowed[k])
