"""One question with its data: what the learner needs, and what a reader should know of its origin."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from causalkit.cli._effects._words import Words
from causalkit.graphs import Network


@dataclass(frozen=True)
class Study:
    """Data and words of one question.

    Attributes
    ----------
    name, question : str
    X : DataFrame, shape (n, d)
        Numeric columns; the index holds the ids of the units.
    y, treatment : Series, shape (n,)
    graph : Network
    groups : Series or None, shape (n,)
    words : Words
    links : str
        Who is linked with whom, in words.
    missing : DataFrame
        A row for each column that has missing values: ``column``, ``role``, ``n_missing``, ``share``,
        ``handling``.
    notes : tuple of str
        What was done with the input that a reader should know.
    design : str
        How the treatment came about, where that is known.
    source : str
    """

    name: str
    question: str
    X: pd.DataFrame
    y: pd.Series
    treatment: pd.Series
    graph: Network
    groups: pd.Series | None
    words: Words
    links: str
    missing: pd.DataFrame
    notes: tuple[str, ...] = ()
    design: str = ""
    source: str = ""


_HANDLING = {
    "feature": "flagged in a column of its own and left out of neighbours' means",
    "outcome": "the row stays in the network and enters no average",
    "treatment": "the row stays in the network and enters no average",
    "groups": "the row is a group of its own",
}


def missing_table(columns: Sequence[tuple[str, str, pd.Series]]) -> pd.DataFrame:
    """Count missing values in (name, role, column); columns without any are left out."""
    rows = [
        (name, role, int(column.isna().sum()), float(column.isna().mean()), _HANDLING[role])
        for name, role, column in columns
    ]
    table = pd.DataFrame(rows, columns=["column", "role", "n_missing", "share", "handling"])
    return table[table["n_missing"] > 0].reset_index(drop=True)


def is_share(outcome: pd.Series) -> bool:
    """Whether an outcome is 0 or 1 in every row where it is known."""
    known = outcome.dropna()
    return bool(len(known)) and bool(np.isin(known.to_numpy(dtype=np.float64), (0.0, 1.0)).all())
