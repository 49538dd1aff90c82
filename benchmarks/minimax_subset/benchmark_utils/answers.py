"""What a method answers for one draw, and how good that is."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmark_utils.problems import Draw, Risks, Table
from causalkit.metrics import worst_environment_risk

Floats = NDArray[np.float64]
Predict = Callable[[pd.DataFrame], Floats]


@dataclass(frozen=True)
class Search:
    """What our search says besides its prediction; risks are in squared units of y.

    `estimates` has risk, lower and upper end for the smallest set of every class that was fitted, `tied` the
    subsets that it cannot tell from its pick, which is one of them.
    """

    risk: float
    interval: tuple[float, float]
    estimates: dict[tuple[str, ...], tuple[float, float, float]]
    tied: tuple[tuple[str, ...], ...]
    n_classes: int
    n_fitted: int
    effective_share: float
    poor_overlap: bool


@dataclass(frozen=True)
class Answer:
    """A prediction, and what a method says about subsets and about what changes.

    `subset` names the stable variables of a predictor f_S and is None for predictors of another form;
    `columns` names those that a method chose, whatever their kind. `verdict`: the whole stable set is
    optimal. `mutable` are the variables said to change, `identified` whether the method says that the
    environments tell. `refused`: the method says that the data do not carry an answer, and the training mean
    stands in for its prediction.
    """

    predict: Predict | None = None
    subset: tuple[str, ...] | None = None
    columns: tuple[str, ...] | None = None
    search: Search | None = None
    verdict: bool | None = None
    mutable: tuple[str, ...] | None = None
    identified: bool | None = None
    refused: bool = False


@dataclass(frozen=True)
class Timed:
    """An answer, its seconds, and predictions of the training rows where these are cross-fitted."""

    answer: Answer
    seconds: float
    out_of_fold: Floats | None = None


def named(columns: tuple[str, ...] | None) -> str:
    """A set of columns as one text."""
    if columns is None:
        return ""
    return "{" + ", ".join(sorted(columns)) + "}"


def scores(timed: Timed, draw: Draw) -> dict[str, Any]:
    """Everything that is counted for one draw; risks are shares of the training variance of y."""
    answer, scale = timed.answer, float(draw.problem.train.y.var(ddof=1))
    chosen = answer.columns if answer.columns is not None else answer.subset
    return {
        **_on_test(answer, draw),
        "mix_risk": _in_mix(timed, draw) / scale,
        "columns": named(chosen),
        **_against_exact(answer, draw.worst_case_risk, scale),
        **_of_search(answer.search, draw.worst_case_risk, scale),
        **_of_verdict(answer, draw),
        "refused": float(answer.refused),
        "training_variance": scale,
        "seconds": timed.seconds,
    }


def _on_test(answer: Answer, draw: Draw) -> dict[str, Any]:
    if answer.predict is None or draw.test is None:
        return {"max_risk": np.nan, "risks": "", "rows": ""}
    test, train = draw.test, draw.problem.train
    prediction = answer.predict(test.X)
    found = worst_environment_risk(test.y, prediction, test.environments, y_train=train.y)
    risks = {str(label): round(float(risk), 6) for label, risk in found.table["risk"].items()}
    return {
        "max_risk": found.risk,
        "risks": json.dumps(risks),
        "rows": _row_losses(test, prediction, found.training_variance) if draw.keep_rows else "",
    }


def _row_losses(test: Table, prediction: Floats, scale: float) -> str:
    """Index, environment and loss of every test row."""
    loss = (test.y.to_numpy() - prediction) ** 2 / scale
    return json.dumps(
        {
            "row": [int(row) for row in test.X.index],
            "environment": [int(label) for label in test.environments],
            "loss": [round(float(value), 6) for value in loss],
        }
    )


def _in_mix(timed: Timed, draw: Draw) -> float:
    if timed.out_of_fold is not None:
        return float(np.mean((draw.problem.train.y.to_numpy() - timed.out_of_fold) ** 2))
    if timed.answer.predict is None or draw.mix is None:
        return np.nan
    return float(np.mean((draw.mix.y.to_numpy() - timed.answer.predict(draw.mix.X)) ** 2))


def _against_exact(answer: Answer, exact: Risks | None, scale: float) -> dict[str, float]:
    """Exact worst-case risk of the chosen subset, and how much more it is than that of the best subset."""
    if exact is None or answer.subset is None:
        return {"exact_risk": np.nan, "regret": np.nan}
    risk = exact[frozenset(answer.subset)]
    return {"exact_risk": risk / scale, "regret": (risk - min(exact.values())) / scale}


def _of_search(search: Search | None, exact: Risks | None, scale: float) -> dict[str, Any]:
    counts = ("n_classes", "n_fitted", "effective_share")
    if search is None:
        numbers = ("estimated_risk", "n_tied", "best_tied", *counts, "poor_overlap")
        return {**dict.fromkeys(numbers, np.nan), "estimates": ""}
    return {
        "estimated_risk": search.risk / scale,
        "n_tied": float(len(search.tied)),
        "best_tied": np.nan if exact is None else _holds_best(search.tied, exact),
        **{name: float(getattr(search, name)) for name in counts},
        "poor_overlap": float(search.poor_overlap),
        "estimates": _estimates(search, exact),
    }


def _holds_best(tied: tuple[tuple[str, ...], ...], exact: Risks) -> float:
    """Whether a subset with the smallest exact risk is among them."""
    found = min(exact.get(frozenset(subset), np.inf) for subset in tied)
    return float(found <= min(exact.values()) * (1 + 1e-9))


def _estimates(search: Search, exact: Risks | None) -> str:
    """For every fitted subset its risk, both ends of its interval, and the exact risk where it is known."""
    rows = {
        named(subset): [*found, None if exact is None else exact.get(frozenset(subset))]
        for subset, found in search.estimates.items()
    }
    return json.dumps(rows)


def _of_verdict(answer: Answer, draw: Draw) -> dict[str, float]:
    """Verdict and names of the mutable variables against the truth; not known where a method says nothing."""
    truth, verdict = draw.whole_set_is_optimal, answer.verdict
    known = truth is not None and verdict is not None
    return {
        "verdict_right": float(verdict == truth) if known else np.nan,
        "whole_set_is_optimal": np.nan if truth is None else float(truth),
        "mutable_right": (
            np.nan if answer.mutable is None else float(set(answer.mutable) == set(draw.problem.mutable))
        ),
        "identified": np.nan if answer.identified is None else float(answer.identified),
    }
