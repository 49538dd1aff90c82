"""Dirichlet laws for the rows of a mechanism's table, with the concentration averaged over a grid."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, gammaln, logsumexp, xlogy

from causalkit.estimators._mixture._fit import MixtureFit, log_average
from causalkit.estimators._mixture._table_counts import FamilyCounts

Floats = NDArray[np.float64]

CONCENTRATIONS = np.geomspace(0.3, 300, 13)
_MEAN_STEPS = 10
# A level that never occurs keeps a positive share, so that its log-gamma function is finite.
_SMALLEST_SHARE = 1e-6


@dataclass(frozen=True)
class ConstantLaw:
    """The same table in every environment.

    Attributes
    ----------
    shares : ndarray, shape (P, q)
    """

    shares: Floats

    def log_marginal(self, tables: Floats) -> Floats:
        """Log-probability of the rows behind tables (D, P, q), in their order: shape (D,)."""
        return xlogy(tables, self.shares).sum(axis=(1, 2))


@dataclass(frozen=True)
class DirichletLaw:
    """Independent rows; each is constant or Dirichlet with one of S vectors of parameters.

    Attributes
    ----------
    weights : ndarray, shape (S, P)
        Probability of each vector.
    alphas : ndarray, shape (S, P, q)
        The vectors.
    constant_weights : ndarray, shape (P,)
        Probability of the constant row, one less the others' sum.
    constant : ndarray, shape (P, q)
    """

    weights: Floats
    alphas: Floats
    constant_weights: Floats
    constant: Floats

    def log_marginal(self, tables: Floats) -> Floats:
        """Log-probability of the rows behind tables (D, P, q), in their order: shape (D,)."""
        varying = _dirichlet_multinomial(tables[:, None], self.alphas)
        fixed = xlogy(tables, self.constant).sum(axis=2)
        weights = np.concatenate([self.weights, self.constant_weights[None]])
        return log_average(np.concatenate([varying, fixed[:, None]], axis=1), weights).sum(axis=1)


@dataclass(frozen=True)
class CommonConcentrationLaw:
    """Independent Dirichlet rows with own means and one concentration, which has S possible values.

    Attributes
    ----------
    weights : ndarray, shape (S,)
    alphas : ndarray, shape (S, P, q)
    """

    weights: Floats
    alphas: Floats

    def log_marginal(self, tables: Floats) -> Floats:
        """Log-probability of the rows behind tables (D, P, q), in their order: shape (D,)."""
        rows = _dirichlet_multinomial(tables[:, None], self.alphas).sum(axis=2)
        return log_average(rows, self.weights)


def given_dirichlet(alphas: Floats) -> DirichletLaw:
    """Independent Dirichlet rows with known parameters, shape (P, q)."""
    ones, zeros = np.ones((1, len(alphas))), np.zeros(len(alphas))
    return DirichletLaw(ones, alphas[None], zeros, alphas / alphas.sum(axis=1, keepdims=True))


@dataclass(frozen=True)
class RowFits:
    """Log-likelihoods of each row of the table at each concentration, and where it is constant.

    Attributes
    ----------
    varying : ndarray, shape (S, P)
        Maximised over the mean.
    alphas : ndarray, shape (S, P, q)
        Parameters at the maximum.
    constant : ndarray, shape (P,)
    shares : ndarray, shape (P, q)
        Pooled shares of the levels.
    """

    varying: Floats
    alphas: Floats
    constant: Floats
    shares: Floats

    @property
    def n_means(self) -> int:
        """Free parameters of the pooled table."""
        return self.shares.size - len(self.shares)


def fit_rows(counts: FamilyCounts) -> RowFits:
    """Maximise the Dirichlet-multinomial likelihood over the mean at each concentration (fixed point)."""
    totals = counts.totals
    shares = totals / totals.sum(axis=1, keepdims=True)
    values, histogram = _histogram(counts.tables, counts.weights)
    sizes, size_histogram = _histogram(counts.tables.sum(axis=2), counts.weights)
    means = np.broadcast_to(np.maximum(shares, _SMALLEST_SHARE), (len(CONCENTRATIONS), *shares.shape))
    scale = CONCENTRATIONS[:, None, None]
    for _ in range(_MEAN_STEPS):
        alphas = scale * means
        steps = digamma(alphas[..., None] + values) - digamma(alphas)[..., None]
        means = means * (steps * histogram).sum(axis=-1)
        means = np.maximum(means / means.sum(axis=2, keepdims=True), _SMALLEST_SHARE)
    alphas = scale * means
    above = ((gammaln(alphas[..., None] + values) - gammaln(alphas)[..., None]) * histogram).sum(axis=(2, 3))
    total = alphas.sum(axis=2)[..., None]
    below = ((gammaln(total + sizes) - gammaln(total)) * size_histogram).sum(axis=2)
    return RowFits(above - below, alphas, xlogy(totals, shares).sum(axis=1), shares)


def constant_fit(rows: RowFits, cost: float) -> MixtureFit:
    """One table for all environments; ``cost`` is the penalty of a parameter in nats."""
    score = float(rows.constant.sum()) - rows.n_means * cost
    return MixtureFit("constant", ConstantLaw(rows.shares), rows.n_means, score)


def dirichlet_fit(rows: RowFits, cost: float) -> MixtureFit:
    """Rows that vary on their own: each is as likely constant as Dirichlet."""
    n_grid, n_rows = rows.varying.shape
    varying, fixed = rows.varying - np.log(2 * n_grid), rows.constant - np.log(2)
    evidence = np.logaddexp(fixed, logsumexp(varying, axis=0))
    law = DirichletLaw(np.exp(varying - evidence), rows.alphas, np.exp(fixed - evidence), rows.shares)
    n_parameters = rows.n_means + n_rows
    return MixtureFit("dirichlet", law, n_parameters, float(evidence.sum()) - rows.n_means * cost)


def common_concentration_fit(rows: RowFits, cost: float) -> MixtureFit:
    """Rows that vary on their own but by as much."""
    together = rows.varying.sum(axis=1) - np.log(len(rows.varying))
    evidence = logsumexp(together)
    law = CommonConcentrationLaw(np.exp(together - evidence), rows.alphas)
    return MixtureFit("common concentration", law, rows.n_means + 1, float(evidence) - rows.n_means * cost)


def _histogram(counts: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Positive counts that occur, and how many environments have each, for each cell: (V,), (..., V)."""
    flat = counts.reshape(len(counts), -1)
    environments, cells = np.nonzero(flat)
    values, place = np.unique(flat[environments, cells], return_inverse=True)
    index = cells * len(values) + place
    totals = np.bincount(index, weights[environments], flat.shape[1] * len(values))
    return values, np.asarray(totals, dtype=np.float64).reshape(*counts.shape[1:], len(values))


def _dirichlet_multinomial(tables: Floats, alphas: Floats) -> Floats:
    """Log-probabilities of the rows behind counts of levels, which stand on the last axis."""
    total, size = alphas.sum(axis=-1), tables.sum(axis=-1)
    above = (gammaln(alphas + tables) - gammaln(alphas)).sum(axis=-1)
    return above - gammaln(total + size) + gammaln(total)
