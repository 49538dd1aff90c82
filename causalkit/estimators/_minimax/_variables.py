"""A mutable variable by its column and its parents, and the checks of a list of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from causalkit.estimators._minimax._types import Floats


@dataclass(frozen=True)
class MutableVariable:
    """A variable whose mechanism changes between environments.

    Attributes
    ----------
    column : int
        Its column in X.
    parents : tuple of int
        Columns of its causes, mutable ones included.
    outcome_is_parent : bool
        Whether the outcome is one of its causes.
    generation : int
        Place in a topological order of the causal graph; those that share one are not each other's ancestors.
    descendants : tuple of int, optional
        Columns that it is an ancestor of. Without, it may be an ancestor of every column.
    outcome_is_descendant : bool
        Whether it is an ancestor of the outcome.
    """

    column: int
    parents: tuple[int, ...] = ()
    outcome_is_parent: bool = False
    generation: int = 0
    descendants: tuple[int, ...] | None = None
    outcome_is_descendant: bool = False

    def matters_for(self, subset: Sequence[int]) -> bool:
        """Whether a change of its mechanism can change the law of the subset's columns and the outcome."""
        if self.descendants is None or self.outcome_is_descendant:
            return True
        return not set(self.descendants).isdisjoint(subset)


def check_variables(variables: Sequence[MutableVariable], X: Floats, names: Sequence[str]) -> None:
    """Raise a ValueError unless the variables are different columns of X, in a causal order, that vary."""
    columns = [v.column for v in variables]
    _check_columns(columns, X.shape[1])
    generation = {v.column: v.generation for v in variables}
    for v in variables:
        if v.column in v.parents:
            raise ValueError(f"mutable variable {names[v.column]!r} must not be its own parent")
        if not all(0 <= p < X.shape[1] for p in v.parents):
            raise ValueError(
                f"parents of mutable variable {names[v.column]!r} must be columns 0..{X.shape[1] - 1} of X; "
                f"got {v.parents}"
            )
        late = [names[p] for p in v.parents if generation.get(p, -1) >= v.generation]
        if late:
            raise ValueError(
                f"mutable variable {names[v.column]!r} must come in a later generation than its parents; "
                f"got {late} not before it"
            )
        if np.ptp(X[:, v.column]) == 0:
            raise ValueError(
                f"mutable variable {names[v.column]!r} must take more than one value; "
                f"got only {X[0, v.column]:g}"
            )


def _check_columns(columns: list[int], n_columns: int) -> None:
    if len(set(columns)) < len(columns):
        raise ValueError(f"mutable variables must be different columns of X; got {columns}")
    if not all(0 <= c < n_columns for c in columns):
        raise ValueError(f"mutable variables must be columns 0..{n_columns - 1} of X; got {columns}")
