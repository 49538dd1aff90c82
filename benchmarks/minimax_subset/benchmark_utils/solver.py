"""The part of a run that is the same for every solver: problems in, timed answers out."""

from __future__ import annotations

from time import process_time
from typing import Any

import numpy as np
from benchopt import BaseSolver
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from benchmark_utils.answers import Answer, Floats, Timed
from benchmark_utils.problems import Problem
from benchmark_utils.worlds import reference_draw

SEED = 0
ALPHA = 0.05

_WARM: set[str] = set()  # solvers of this process that have made their first answer


class SubsetSolver(BaseSolver):
    """A method that predicts in environments that it has not seen; `answer` is what a solver writes.

    Each problem is answered by itself on one thread and takes so much of the processor's time, whatever else
    the machine does. Only the fit counts, not the predictions.
    """

    # What a solver can answer: "prediction", "discovery" and "classes" are the questions of data sets.
    questions: tuple[str, ...] = ("prediction",)

    def skip(self, problems: list[Problem], question: str) -> tuple[bool, str | None]:
        if not problems:
            return True, "the data are a file that is not there"
        return question not in self.questions, f"says nothing on {question}"

    def set_objective(self, problems: list[Problem], question: str) -> None:
        self.problems, self.question = problems, question

    def warm_up(self) -> None:
        """Load what is imported at first use, so that no answer pays for it; once for each solver."""
        if str(self) not in _WARM:
            _WARM.add(str(self))
            self.answer(reference_draw("interaction", 0, n_rows=100).problem)

    def run(self, stop_val) -> None:
        with threadpool_limits(1):
            self.answers = [self._timed(problem) for problem in self.problems]

    def _timed(self, problem: Problem) -> Timed:
        start = process_time()
        answer = self.answer(problem)
        seconds = process_time() - start
        first = problem.first_half
        return Timed(answer, seconds, None if first is None else self._out_of_fold(problem, first))

    def _out_of_fold(self, problem: Problem, first: NDArray[np.bool_]) -> Floats:
        """Predictions of each half of the rows by a fit on the other."""
        X = problem.train.X
        prediction = np.empty(len(X))
        for part in (first, ~first):
            prediction[~part] = self.answer(problem.on(part)).predict(X[~part])
        return prediction

    def get_result(self) -> dict[str, Any]:
        return {"answers": self.answers}

    def answer(self, problem: Problem) -> Answer:
        raise NotImplementedError
