"""Everything that is computed for a study: effects, tests, refutations, and the plain comparison."""

import os
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.linalg import LinAlgError

from causalkit.cli._console import Step
from causalkit.cli._effects._leading import effects_by_leading_column
from causalkit.cli._effects._plain import adjusted_difference, difference_in_means
from causalkit.cli._effects._study import Study
from causalkit.cli._errors import BadInput
from causalkit.cli._warnings import collected
from causalkit.estimators import GraphRLearner
from causalkit.exceptions import OverlapWarning
from causalkit.inference import EffectEstimate
from causalkit.metrics import CalibrationResult, RankingEffect, autoc, calibration

N_STEPS = 3  # that an analysis tells of

_LEVEL = 0.05  # of the tests that decide what is claimed


@dataclass(frozen=True)
class Settings:
    """How the answers are computed."""

    seed: int = 0
    n_jobs: int | None = None
    n_refutations: int = 2


@dataclass(frozen=True)
class Answers:
    """All that the console, the tables and the report say about a study."""

    study: Study
    settings: Settings
    learner: GraphRLearner
    effects: dict[str, EffectEstimate]
    heterogeneity: Any
    graph_test: Any | None
    overlap: Any
    groups: pd.DataFrame
    leading_groups: pd.DataFrame
    calibration: CalibrationResult | None
    ranking: RankingEffect | None
    unit_effects: pd.DataFrame
    refutations: tuple[Any, ...] = ()
    cautions: tuple[str, ...] = ()

    @property
    def level(self) -> float:
        """Level of the tests that decide what is claimed."""
        return _LEVEL

    @property
    def average(self) -> EffectEstimate:
        """The average treatment effect."""
        return self.effects["average effect"]

    @property
    def finds_heterogeneity(self) -> bool:
        """Whether the test says that the effect varies."""
        return bool(self.heterogeneity.pvalue < self.level)

    @property
    def varies(self) -> bool:
        """Whether the estimated effects differ between units at all."""
        return _differ(self.learner)

    @property
    def claims(self) -> bool:
        """Whether anything is said about who benefits more."""
        return self.finds_heterogeneity and self.varies

    @property
    def n_units(self) -> int:
        """Number of rows."""
        return len(self.study.y)

    @property
    def n_observed(self) -> int:
        """Number of rows whose outcome and treatment are known."""
        return len(self.learner.observed_)


def analyse(settings: Settings, study: Study, step: Step) -> Answers:
    """Fit the learner and ask it everything; ``step`` is told what comes next."""
    cautions: list[str] = []
    # Overlap has a place of its own in the answers.
    with collected(cautions, told_elsewhere=OverlapWarning):
        step("effects: nuisances and final stage")
        learner = _fit(study, settings)
        step("tests")
        answers = _ask(study, settings, learner)
        step("refutations")
        refutations = _refute(study, learner, settings.n_refutations)
    return replace(answers, refutations=refutations, cautions=tuple(cautions))


def _ask(study: Study, settings: Settings, learner: GraphRLearner) -> Answers:
    checks = _ranking_checks(learner)
    return Answers(
        study=study,
        settings=settings,
        learner=learner,
        effects=_average_effects(study, learner),
        heterogeneity=learner.heterogeneity_test(),
        graph_test=learner.graph_matters_test() if study.graph.n_edges else None,
        overlap=learner.overlap_report(),
        groups=learner.group_effects().assign(by="predicted effect"),
        leading_groups=effects_by_leading_column(study, learner),
        calibration=checks[0],
        ranking=checks[1],
        unit_effects=_unit_effects(study, learner),
    )


def _fit(study: Study, settings: Settings) -> GraphRLearner:
    n_jobs = settings.n_jobs or os.cpu_count()
    learner = GraphRLearner(missing="flag", n_jobs=n_jobs, random_state=settings.seed)
    try:
        return learner.fit(study.X, study.y, **_columns(study))
    except LinAlgError:
        raise
    except (ValueError, TypeError) as error:
        raise BadInput(str(error)) from error


def _columns(study: Study) -> dict[str, Any]:
    return {"treatment": study.treatment, "graph": study.graph, "groups": study.groups}


def _average_effects(study: Study, learner: GraphRLearner) -> dict[str, EffectEstimate]:
    found = {
        "average effect": learner.ate(),
        "overlap-weighted effect": learner.overlap_weighted_effect(),
        "difference in means": difference_in_means(study),
        "least squares with the features": adjusted_difference(study),
    }
    return {name: effect for name, effect in found.items() if effect is not None}


def _ranking_checks(learner: GraphRLearner) -> tuple[CalibrationResult | None, RankingEffect | None]:
    """Calibration and gain of treating by estimate; nothing to check where all estimates are the same."""
    if not _differ(learner):
        return None, None
    rows = learner.observed_
    groups = None if learner.groups_ is None else np.asarray(learner.groups_)[rows]
    dependence: dict[str, Any] = {"network": learner.network_[rows], "groups": groups}
    effects, scores = learner.out_of_fold_cate_[rows], learner.aipw_scores()
    return calibration(effects, scores, **dependence), autoc(effects, scores, **dependence)


def _differ(learner: GraphRLearner) -> bool:
    effects = learner.out_of_fold_cate_
    return bool(np.ptp(effects) > 1e-9 * max(1.0, float(np.abs(effects).max())))


def _refute(study: Study, learner: GraphRLearner, n_repetitions: int) -> tuple[Any, ...]:
    """Repeat everything with a permuted treatment, and with a random column more."""
    if not n_repetitions:
        return ()
    again = {**_columns(study), "n_repetitions": n_repetitions}
    placebo = learner.placebo_test(study.X, study.y, **again)
    return placebo, learner.random_cause_test(study.X, study.y, **again)


def _unit_effects(study: Study, learner: GraphRLearner) -> pd.DataFrame:
    """Out-of-fold effect of each unit, with an interval around it as wide as ``predict_interval`` gives."""
    ends = learner.predict_interval(study.X, graph=study.graph)
    half = (ends[:, 1] - ends[:, 0]) / 2
    effect = learner.out_of_fold_cate_
    columns = {"cate": effect, "low": effect - half, "high": effect + half, "propensity": learner.propensity_}
    observed = np.zeros(len(effect), dtype=bool)
    observed[learner.observed_] = True
    return pd.DataFrame({"id": study.X.index.to_numpy(), **columns, "observed": observed})
