"""One question with its data: an outcome, its predictors, environments, and what is known of their causes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd


@dataclass(frozen=True)
class NewRows:
    """Rows of places that were not trained on, without a missing predictor.

    Attributes
    ----------
    X : DataFrame, shape (n, d)
        Predictors, indexed by the row of the table they come from, from 0.
    y, environments : Series of shape (n,), or None
        Both, with gaps where a row is not scored, or neither.
    n_left_out : int
        Rows with a missing predictor.
    source : str
    """

    X: pd.DataFrame
    y: pd.Series | None
    environments: pd.Series | None
    n_left_out: int
    source: str

    @property
    def scored(self) -> pd.Series:
        """Whether outcome and environment of a row are known."""
        if self.y is None or self.environments is None:
            return pd.Series(False, index=self.X.index)
        return self.y.notna() & self.environments.notna()


@dataclass(frozen=True)
class Study:
    """Data and words of one question.

    Attributes
    ----------
    name, question : str
    X : DataFrame, shape (n, d)
        Predictors of the rows without a missing value, indexed by their row in the table, from 0.
    y : Series, shape (n,)
        Outcome; its name is that of the column.
    environments : Series of shape (n,), or None
        Labels; the name is the column they come from.
    units : str
        What an environment is, in the plural.
    missing : DataFrame
        A row for each column that has missing values: ``column``, ``role``, ``n_missing``, ``share``.
    n_left_out : int
        Rows with a missing value, which are not used.
    causal_graph : networkx.DiGraph or None
        Arrows between the predictors and the outcome, where they are known.
    mutable : tuple of str, or None
        Predictors whose mechanism changes, where they are known.
    new : NewRows or None
    meanings : mapping of str to str
        What a column holds, for those that are described.
    exact : mapping of frozenset to float
        True worst-case risk of subsets, in squared units of the outcome, where there is such a thing.
    notes : tuple of str
        What was done with the input that a reader should know.
    design, source : str
    """

    name: str
    question: str
    X: pd.DataFrame
    y: pd.Series
    environments: pd.Series | None
    units: str
    missing: pd.DataFrame
    n_left_out: int
    causal_graph: nx.DiGraph | None = None
    mutable: tuple[str, ...] | None = None
    new: NewRows | None = None
    meanings: Mapping[str, str] = field(default_factory=dict)
    exact: Mapping[frozenset[str], float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    design: str = ""
    source: str = ""

    @property
    def outcome(self) -> Any:
        """Name of the outcome."""
        return self.y.name

    @property
    def sizes(self) -> pd.Series:
        """Number of rows of each environment; none where there are no environments."""
        return pd.Series(dtype=np.int64) if self.environments is None else self.environments.value_counts()


def missing_table(columns: Sequence[tuple[str, pd.Series]]) -> pd.DataFrame:
    """Count missing values in (role, column); columns without any are left out."""
    rows = [
        (str(column.name), role, int(column.isna().sum()), float(column.isna().mean()))
        for role, column in columns
    ]
    table = pd.DataFrame(rows, columns=["column", "role", "n_missing", "share"])
    return table[table["n_missing"] > 0].reset_index(drop=True)
