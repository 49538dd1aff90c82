"""Everything that is computed for a study: the search, risks by environment, predictions."""

import os
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from causalkit.cli._console import Step
from causalkit.cli._errors import BadInput
from causalkit.cli._subset._study import NewRows, Study
from causalkit.cli._warnings import collected
from causalkit.estimators import MinimaxSubsetClassifier, MinimaxSubsetRegressor
from causalkit.exceptions import NotIdentifiedWarning, OverlapWarning

N_STEPS = 2  # that an analysis tells of

Model = MinimaxSubsetRegressor | MinimaxSubsetClassifier

PICK, WHOLE, POOLED, CONSTANT = "picked subset", "whole stable set", "pooled fit", "constant"

# What a class risks where mechanisms change.
_UNDER_CHANGE = ("risk", "risk_low", "risk_high", "average_risk")

# How an error that a user can mend begins: with the argument, or with what is wrong with the data.
_ARGUMENTS = (
    "X ",
    "y ",
    "environments",
    "causal_graph",
    "mutable",
    "alpha",
    "the mutable variables must vary",
)


@dataclass(frozen=True)
class Settings:
    """How the answers are computed."""

    mutable_range: str | float = "observed"
    search: str = "best_first"
    alpha: float = 0.05
    seed: int = 0
    n_jobs: int | None = None


@dataclass(frozen=True)
class Answers:
    """All that the console, the tables and the report say about a study.

    Attributes
    ----------
    study : Study
    settings : Settings
    model : fitted MinimaxSubsetRegressor, or MinimaxSubsetClassifier for an outcome of 0 and 1
    environment_risks : DataFrame
        Risks in the training environments, out of fold.
    new_risks : DataFrame or None
        Risks in the environments of the new rows.
    new_predictions : Series or None
    cautions : tuple of str
    """

    study: Study
    settings: Settings
    model: Model
    environment_risks: pd.DataFrame
    new_risks: pd.DataFrame | None = None
    new_predictions: pd.Series | None = None
    cautions: tuple[str, ...] = ()

    @property
    def classes(self) -> pd.DataFrame:
        """A row for each class of subsets; risks under change are gaps where the roles are not identified."""
        table = self.model.risk_table_
        if self.model.is_identified_:
            return table
        return table.assign(**dict.fromkeys(_UNDER_CHANGE, np.nan))

    @cached_property
    def picked(self) -> pd.Series:
        """The row of the picked class."""
        return self.classes[self.classes["picked"].astype(bool)].iloc[0]

    @cached_property
    def whole(self) -> pd.Series:
        """The row of the class that holds the whole stable set."""
        everything = set(self.model.stable_)
        largest = [
            {*subset, *free} == everything
            for subset, free in zip(self.classes["subset"], self.classes["free"], strict=True)
        ]
        return self.classes[largest].iloc[0]

    @property
    def keeps_all(self) -> bool:
        """Whether the pick is the whole stable set, or does as well by what the graph says."""
        return self.picked.name == self.whole.name

    def mix(self, predictor: str) -> float:
        """Risk over all training rows, a share of the outcome's variance."""
        return float(np.average(self.environment_risks[predictor], weights=self.environment_risks["n_rows"]))


def analyse(settings: Settings, study: Study, step: Step) -> Answers:
    """Search for the subset and score it; ``step`` is told what comes next."""
    cautions: list[str] = []
    step("search")
    # Poor overlap and unidentified mechanisms have places of their own in the answers.
    with (
        collected(cautions, told_elsewhere=OverlapWarning),
        collected(cautions, told_elsewhere=NotIdentifiedWarning),
    ):
        model = _fit(study, settings)
    step("risks by environment")
    scores, predictions = (None, None) if study.new is None else _on_new(model, study.new)
    return Answers(study, settings, model, model.environment_risks(), scores, predictions, tuple(cautions))


def _fit(study: Study, settings: Settings) -> Model:
    kind = MinimaxSubsetClassifier if _is_binary(study.y) else MinimaxSubsetRegressor
    model = kind(
        causal_graph=study.causal_graph,
        mutable=None if study.mutable is None else list(study.mutable),
        mutable_range=settings.mutable_range,
        search=settings.search,
        alpha=settings.alpha,
        n_jobs=settings.n_jobs or os.cpu_count(),
        random_state=settings.seed,
    )
    try:
        return model.fit(study.X, study.y, environments=study.environments)
    except ValueError as error:
        raise _for_the_user(error, study.name) from error


def _is_binary(y: pd.Series) -> bool:
    return set(y.unique()) == {0.0, 1.0}


def _on_new(model: Model, new: NewRows) -> tuple[pd.DataFrame | None, pd.Series]:
    """Risks by environment where the outcome is known, and a prediction for each row."""
    try:
        predicted = pd.Series(_predict(model, new.X), index=new.X.index)
        if new.y is None or new.environments is None or not new.scored.any():
            return None, predicted
        rows = new.scored
        return model.environment_risks(new.X[rows], new.y[rows], new.environments[rows]), predicted
    except ValueError as error:
        raise _for_the_user(error, "--new") from error


def _predict(model: Model, X: pd.DataFrame) -> np.ndarray:
    if isinstance(model, MinimaxSubsetClassifier):
        return model.predict_proba(X)[:, 1]
    return model.predict(X)


def _for_the_user(error: ValueError, where: str) -> Exception:
    """Return the error in one line if a user can mend it; any other is a bug and keeps its traceback."""
    return BadInput(f"{where}: {error}") if str(error).startswith(_ARGUMENTS) else error
