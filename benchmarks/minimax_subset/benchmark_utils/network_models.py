"""Network and linear models of the environments' risks on the columns of a problem."""

from __future__ import annotations

from collections.abc import Callable

from benchmark_utils.columns import codes, encoder
from benchmark_utils.learners import Predict
from benchmark_utils.networks import Loss, train
from benchmark_utils.problems import Problem


def fit_network(problem: Problem, model: str, make_loss: Callable[[], Loss], seed: int) -> Predict:
    """Columns and outcome are standardised by the training rows, levels are indicators."""
    rows = problem.train
    columns = encoder(rows.X).fit(rows.X)
    centre, spread = float(rows.y.mean()), float(rows.y.std())
    predict = train(
        columns.transform(rows.X),
        (rows.y.to_numpy() - centre) / spread,
        codes(rows.environments),
        model,
        make_loss,
        seed,
    )
    return lambda new: centre + spread * predict(columns.transform(new))
