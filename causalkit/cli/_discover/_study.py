"""One question with its data: variables, environments, and what a reader should know of their origin."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from causalkit.cli._errors import BadInput


@dataclass(frozen=True)
class Known:
    """What is certain about a variable before any data are seen.

    Attributes
    ----------
    column : str
    role : {"has no cause", "has no effect"}
        Among the variables of the study.
    why : str
    """

    column: str
    role: str
    why: str


@dataclass(frozen=True)
class Study:
    """Data and words of one question.

    Attributes
    ----------
    name, question : str
    X : DataFrame, shape (n, d)
        Rows without a missing value.
    environments : Series, shape (n,)
        Labels; the name is the column they come from.
    units : str
        What an environment is, in the plural.
    missing : DataFrame
        A row for each column that has missing values: ``column``, ``role``, ``n_missing``, ``share``.
    n_left_out : int
        Rows with a missing value, which are not used.
    meanings : mapping of str to str
        What a column holds, for those that are described.
    known : tuple of Known
    notes : tuple of str
        What was done with the input that a reader should know.
    design, source : str
    """

    name: str
    question: str
    X: pd.DataFrame
    environments: pd.Series
    units: str
    missing: pd.DataFrame
    n_left_out: int
    meanings: Mapping[str, str] = field(default_factory=dict)
    known: tuple[Known, ...] = ()
    notes: tuple[str, ...] = ()
    design: str = ""
    source: str = ""

    @property
    def sizes(self) -> pd.Series:
        """Number of rows of each environment."""
        return self.environments.value_counts()


@dataclass(frozen=True)
class Complete:
    """The rows of a table without a missing value, and a count of what was missing."""

    X: pd.DataFrame
    environments: pd.Series
    missing: pd.DataFrame
    n_left_out: int


def complete_rows(X: pd.DataFrame, environments: pd.Series) -> Complete:
    """Leave out rows with a missing value or without an environment."""
    flags = pd.concat([X.isna(), environments.isna()], axis=1)
    roles = ["variable"] * X.shape[1] + ["environments"]
    counts = pd.DataFrame(
        {
            "column": flags.columns.astype(str),
            "role": roles,
            "n_missing": flags.sum().to_numpy(),
            "share": flags.mean().to_numpy(),
        }
    )
    keep = ~flags.any(axis=1)
    if not keep.any():
        raise BadInput(
            "--columns: no row has a value in every column; leave out columns that are often missing"
        )
    return Complete(
        X[keep].reset_index(drop=True),
        environments[keep].reset_index(drop=True),
        counts[counts["n_missing"] > 0].reset_index(drop=True),
        int((~keep).sum()),
    )
