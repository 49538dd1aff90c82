"""The part of a run that is the same for every solver: data sets in, timed answers out."""

from __future__ import annotations

from time import process_time
from typing import Any

import numpy as np
import pandas as pd
from benchopt import BaseSolver
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from benchmark_utils.answers import Answer

SEED = 0
ALPHA = 0.05
MOST_LEVELS = 6
MOST_LEVELS = 6

_WARM: set[str] = set()  # solvers of this process that have made their first answer


class GraphSolver(BaseSolver):
    """A method that finds arrows between the columns of one data set; `answer` is what a solver writes.

    Each data set is answered by itself on one thread and takes so much of the processor's time, whatever else
    the machine does.
    """

    def set_objective(self, tables: list[tuple[pd.DataFrame, NDArray[np.int64]]]) -> None:
        self.tables = tables

    def warm_up(self) -> None:
        """Load what is imported at first use, so that no answer pays for it; once for each solver."""
        if str(self) not in _WARM:
            _WARM.add(str(self))
            self.answer(*self.tables[0])

    def run(self, stop_val) -> None:
        self.answers, self.seconds = [], []
        with threadpool_limits(1):
            for X, environments in self.tables:
                start = process_time()
                self.answers.append(self.answer(X, environments))
                self.seconds.append(process_time() - start)

    def get_result(self) -> dict[str, Any]:
        return {"answers": self.answers, "seconds": self.seconds}

    def answer(self, X: pd.DataFrame, environments: NDArray[np.int64]) -> Answer:
        raise NotImplementedError


def n_variables(tables: list[tuple[pd.DataFrame, NDArray[np.int64]]]) -> int:
    """Columns of the data sets, the same for all of them."""
    return tables[0][0].shape[1]


def kind_of_test(X: pd.DataFrame, *, pair: str, more: str) -> str:
    """causal-learn's name of a test: chi-squared if all columns have a few levels, else as told.

    `pair` is for two columns, `more` for more than two.
    """
    if all(X[column].nunique() <= MOST_LEVELS for column in X):
        return "chisq"
    return pair if X.shape[1] == 2 else more
