"""The fitted mixture of one family: what it predicts for a new row of an environment."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import logsumexp, xlogy

from causalkit.estimators._mixture._fit import Law, MixtureFit, log_average

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class TableFamily:
    r"""Law of a categorical child given its parents in environments with exchangeable rows.

    The mechanism's table :math:`\theta_e` is a draw from a mixing law for each environment. Several classes
    of mixing laws are fitted and averaged with weights proportional to their penalised likelihoods:

    .. math::

        P(v_1, \ldots, v_n \mid c_1, \ldots, c_n) =
        \sum_m w_m \int \prod_r \theta_{c_r v_r} \, d\mu_m(\theta).

    Patterns c are numbered in C order: parents ascending, the first parent slowest
    (``np.ravel_multi_index(levels, parent_levels)``).

    Attributes
    ----------
    child : int
    parents : tuple of int
        Ascending.
    parent_levels : tuple of int
        Number of levels of each parent.
    iid : ndarray, shape (n_patterns, n_levels)
        Pooled table P(v | c); the child's pooled shares in patterns that never occur.
    patterns : ndarray of int, shape (P,)
        Patterns that occur; the others have the row of ``iid`` in every environment.
    fits : tuple of MixtureFit
        The classes, best first.
    log_likelihood : float
        Log-likelihood of the data under the fitted law of the best class; without penalties.
    """

    child: int
    parents: tuple[int, ...]
    parent_levels: tuple[int, ...]
    iid: Floats
    patterns: Integers
    fits: tuple[MixtureFit, ...]
    log_likelihood: float

    @property
    def n_patterns(self) -> int:
        """Number of patterns of the parents' levels, 1 without parents."""
        return len(self.iid)

    @property
    def n_levels(self) -> int:
        """Number of levels of the child."""
        return self.iid.shape[1]

    @property
    def kind(self) -> str:
        """Class with the best penalised likelihood."""
        return self.fits[0].kind

    @property
    def n_parameters(self) -> int:
        """Parameters of the best class."""
        return self.fits[0].n_parameters

    @property
    def weights(self) -> Floats:
        """Weight of each class in the average, best first."""
        scores = np.array([fit.score for fit in self.fits])
        return np.exp(scores - logsumexp(scores))

    def log_marginal(self, tables: ArrayLike) -> Floats:
        """Log-probability of a new environment's child rows given its parent rows, in the rows' order.

        Parameters
        ----------
        tables : array-like, shape (D, n_patterns, n_levels)
            Counts of (pattern, level) in each of D environments.

        Returns
        -------
        log_marginal : ndarray, shape (D,)
        """
        tables = self._checked(tables, "tables", 3)
        seen = tables[:, self.patterns]
        each = np.column_stack([fit.law.log_marginal(seen) for fit in self.fits])
        rest = np.setdiff1d(np.arange(self.n_patterns), self.patterns)
        unseen = xlogy(tables[:, rest], self.iid[rest])
        return log_average(each, self.weights) + unseen.sum(axis=(1, 2))

    def predictive(self, counts: ArrayLike) -> Floats:
        """Posterior predictive table of a further row of an environment.

        Parameters
        ----------
        counts : array-like, shape (n_patterns, n_levels)
            Counts of (pattern, level) among the environment's companion rows; zeros where there are none.

        Returns
        -------
        table : ndarray, shape (n_patterns, n_levels)
            P(v | pattern, companions); each row sums to one. It is the table of ``iid`` where the companions
            have probability zero.
        """
        counts = self._checked(counts, "counts", 2)
        ahead = counts + np.eye(counts.size).reshape(-1, *counts.shape)
        table = self.log_marginal(ahead).reshape(counts.shape)
        largest = table.max(axis=1, keepdims=True)
        possible = np.isfinite(largest)
        table = np.exp(table - np.where(possible, largest, 0.0))
        return np.where(possible, table / np.where(possible, table.sum(axis=1, keepdims=True), 1.0), self.iid)

    def _checked(self, counts: ArrayLike, name: str, n_axes: int) -> Floats:
        array = np.asarray(counts, dtype=np.float64)
        if array.ndim != n_axes or array.shape[-2:] != self.iid.shape:
            axes = ("D, " if n_axes == 3 else "") + f"{self.n_patterns}, {self.n_levels}"
            raise ValueError(f"{name} must have shape ({axes}); got {array.shape}")
        if not np.isfinite(array).all() or (array < 0).any():
            raise ValueError(f"{name} must hold finite counts of at least 0; got {array.min()}")
        return array


def family_of_law(
    law: Law,
    table: ArrayLike,
    *,
    child: int = 0,
    parents: tuple[int, ...] = (),
    parent_levels: tuple[int, ...] = (),
    kind: str = "given",
) -> TableFamily:
    """Return a family whose law is known, with the i.i.d. table (n_patterns, n_levels) beside it."""
    iid = np.asarray(table, dtype=np.float64)
    fit = MixtureFit(kind, law, 0, 0.0)
    return TableFamily(child, parents, parent_levels, iid, np.arange(len(iid)), (fit,), 0.0)
