"""Causal mechanisms with stated Dirichlet parameters, drawn anew for each environment."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class DirichletMechanism:
    r"""A variable whose conditional table has an own Dirichlet law for each pattern of its parents.

    In each environment, and independently for each pattern p of the parents,

    .. math::

        P(v = \cdot \mid p) = \theta_p, \qquad \theta_p \sim \mathrm{Dirichlet}(a_p),

    so that after :math:`n_{pk}` rows of the environment with pattern p and level k the next row has level k
    with probability :math:`(a_{pk} + n_{pk}) / \sum_l (a_{pl} + n_{pl})`.

    Parameters
    ----------
    pseudo_counts : array-like, shape (levels of the first parent, ..., levels of the last parent, levels)
        The parameters :math:`a_{pk}`, positive. Without parents of shape (levels,): a Beta(a, b) chance of
        level 1 is ``[b, a]``.
    parents : sequence of node, default=()
        The direct causes, in the order of the axes.
    levels : sequence, optional
        The variable's levels in the order of the last axis; 0, 1, ... unless given.

    Raises
    ------
    ValueError
        If the axes do not fit the parents, a pseudo-count is not a positive number, or levels repeat.

    Examples
    --------
    >>> from causalkit.estimators import DirichletMechanism
    >>> rain = DirichletMechanism([3, 1], levels=["no", "yes"])
    >>> wet = DirichletMechanism([[9, 1], [1, 9]], parents=["rain"])
    >>> wet.parents, wet.levels
    (('rain',), (0, 1))
    """

    pseudo_counts: ArrayLike
    parents: Sequence[Hashable] = ()
    levels: Sequence[Any] | None = None

    def __post_init__(self) -> None:
        parents = _parents(self.parents)
        counts = _pseudo_counts(self.pseudo_counts, len(parents) + 1)
        object.__setattr__(self, "parents", parents)
        object.__setattr__(self, "pseudo_counts", counts)
        object.__setattr__(self, "levels", _levels(self.levels, counts.shape[-1]))

    @property
    def shape(self) -> tuple[int, ...]:
        """Levels of each parent, then of the variable."""
        return np.shape(self.pseudo_counts)

    def predictive(self, counts: Floats) -> Floats:
        """Return the chance of each level of the next row, given the rows of its environment.

        Parameters
        ----------
        counts : ndarray, shape (n_patterns, n_levels)
            Rows with each pattern of the parents and each level; the last parent varies fastest.

        Returns
        -------
        ndarray, shape (n_patterns, n_levels)
            Rows sum to one.
        """
        updated = np.reshape(self.pseudo_counts, counts.shape) + counts
        return np.asarray(updated / updated.sum(axis=1, keepdims=True))


@dataclass(frozen=True, eq=False)
class UrnMechanism:
    r"""A variable that is a known function of its parents and of one draw from the environment's urn.

    All patterns of the parents share the urn: in each environment

    .. math::

        v = f(p, b), \qquad b \sim \theta, \qquad \theta \sim \mathrm{Dirichlet}(a),

    where each pattern p sends the colours b of the balls to different levels, so that a row shows its ball.
    Drawing from it is Pólya's scheme: a ball goes back with another one of its colour.

    Parameters
    ----------
    pseudo_counts : array-like, shape (n_levels,)
        The parameters :math:`a_b`, positive: balls of each colour before any draw. A Beta(a, b) chance of
        colour 1 is ``[b, a]``.
    mapping : array-like of int, shape (levels of the first parent, ..., levels of the last parent, n_levels)
        Entry (p, b) is the position in ``levels`` of :math:`f(p, b)`. Exclusive-or with a binary parent is
        ``[[0, 1], [1, 0]]``.
    parents : sequence of node
        The direct causes, in the order of the axes.
    levels : sequence, optional
        The variable's levels; 0, 1, ... unless given.

    Raises
    ------
    ValueError
        If the axes do not fit the parents, a pseudo-count is not a positive number, levels repeat, or a
        pattern sends two colours to the same level.

    References
    ----------
    Guo, S., Zhang, C., Mohan, K., Huszar, F. & Schoelkopf, B. (2024). Do Finetti: on causal effects for
    exchangeable data. NeurIPS. arXiv 2405.18836.

    Examples
    --------
    >>> from causalkit.estimators import UrnMechanism
    >>> flip = UrnMechanism([3, 1], mapping=[[0, 1], [1, 0]], parents=["x"])
    >>> flip.shape
    (2, 2)
    """

    pseudo_counts: ArrayLike
    mapping: ArrayLike
    parents: Sequence[Hashable]
    levels: Sequence[Any] | None = None

    def __post_init__(self) -> None:
        parents = _parents(self.parents)
        counts = _pseudo_counts(self.pseudo_counts, 1)
        object.__setattr__(self, "parents", parents)
        object.__setattr__(self, "pseudo_counts", counts)
        object.__setattr__(self, "levels", _levels(self.levels, len(counts)))
        object.__setattr__(self, "mapping", _mapping(self.mapping, len(parents), len(counts)))

    @property
    def shape(self) -> tuple[int, ...]:
        """Levels of each parent, then of the variable."""
        return np.shape(self.mapping)

    def predictive(self, counts: Floats) -> Floats:
        """Return the chance of each level of the next row, given the rows of its environment.

        Parameters
        ----------
        counts : ndarray, shape (n_patterns, n_levels)
            Rows with each pattern of the parents and each level; the last parent varies fastest.

        Returns
        -------
        ndarray, shape (n_patterns, n_levels)
            Rows sum to one.
        """
        level_of_ball = np.reshape(self.mapping, counts.shape)
        balls = np.asarray(self.pseudo_counts) + np.take_along_axis(counts, level_of_ball, axis=1).sum(axis=0)
        chances = np.broadcast_to(balls / balls.sum(), counts.shape)
        predictive = np.empty(counts.shape)
        np.put_along_axis(predictive, level_of_ball, chances, axis=1)
        return predictive


Mechanism = DirichletMechanism | UrnMechanism


def _parents(parents: Any) -> tuple[Hashable, ...]:
    if isinstance(parents, str) or not isinstance(parents, Sequence):
        raise ValueError(f"parents must be a list or tuple of nodes; got {parents!r}")
    if len(set(parents)) < len(parents):
        raise ValueError(f"parents must be different nodes; got {list(parents)}")
    return tuple(parents)


def _pseudo_counts(pseudo_counts: Any, n_axes: int) -> Floats:
    try:
        counts = np.array(pseudo_counts, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(
            f"pseudo_counts must be an array of positive numbers; got {pseudo_counts!r}"
        ) from None
    if counts.ndim != n_axes or 0 in counts.shape:
        raise ValueError(
            f"pseudo_counts must have {n_axes} non-empty {'axis' if n_axes == 1 else 'axes'}, the last one "
            f"for the levels of the variable; got shape {counts.shape}"
        )
    if not (np.isfinite(counts) & (counts > 0)).all():
        bad = counts[~(np.isfinite(counts) & (counts > 0))][0]
        raise ValueError(f"pseudo_counts must be positive and finite; got {bad:g}")
    counts.setflags(write=False)
    return counts


def _levels(levels: Any, n_levels: int) -> tuple[Any, ...]:
    known = tuple(range(n_levels)) if levels is None else tuple(levels)
    if len(known) != n_levels or len(set(known)) < n_levels:
        raise ValueError(
            f"levels must be {n_levels} different values, as in pseudo_counts; got {list(known)}"
        )
    return known


def _mapping(mapping: Any, n_parents: int, n_levels: int) -> NDArray[np.intp]:
    table = np.array(mapping)
    if table.dtype.kind not in "iu" or table.ndim != n_parents + 1 or table.shape[-1] != n_levels:
        raise ValueError(
            f"mapping must hold integers, with an axis for each of {n_parents} parents and a last one of "
            f"length {n_levels} for the balls; got shape {table.shape} of dtype {table.dtype}"
        )
    reached = np.sort(table.reshape(-1, n_levels), axis=1)
    wrong = np.flatnonzero((reached != np.arange(n_levels)).any(axis=1))
    if len(wrong) or not len(reached):
        got = table.reshape(-1, n_levels)[wrong[0]].tolist() if len(wrong) else "no pattern"
        raise ValueError(
            f"mapping must send the balls to each of the {n_levels} levels once in every pattern; got {got}"
        )
    table = table.astype(np.intp)
    table.setflags(write=False)
    return table
