"""What all effect learners share: the fit around their effect, predictions, intervals, tests, saving."""

from __future__ import annotations

import warnings
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats
from sklearn.base import BaseEstimator, clone
from sklearn.utils.validation import check_is_fitted

from causalkit._random import RandomState, child_generators, child_seeds
from causalkit._threads import one_blas_thread
from causalkit._validation import check_features, check_scalar_argument, feature_names, row_names
from causalkit.estimators._average_effects import AverageEffects
from causalkit.estimators._effect_data import CheckedData, check_data, effect_data, named_table, split_labels
from causalkit.estimators._effect_fit import EffectFit
from causalkit.estimators._effect_models import knows_variance
from causalkit.estimators._effect_relevance import relevance
from causalkit.estimators._effect_tests import (
    TestInputs,
    flip_groups,
    graph_test,
    heterogeneity_test,
    test_inputs,
)
from causalkit.estimators._engine import EffectData, Engine
from causalkit.estimators._intervals import effect_variance, unseen_variance
from causalkit.estimators._nodes import Nodes, Units
from causalkit.estimators._nuisances import Propensity, fit_propensity, nuisance_scores
from causalkit.estimators._refutation import Refutable
from causalkit.estimators._results import GraphTest, HeterogeneityTest
from causalkit.estimators._settings import check_settings
from causalkit.exceptions import OverlapWarning
from causalkit.graphs._convert import as_network
from causalkit.graphs._folds import fold_labels
from causalkit.nuisance._blocks import HopBasis
from causalkit.nuisance._column_screen import screen_columns
from causalkit.nuisance._hops import HopLayout
from causalkit.nuisance._relevance import name_blocks

Array = NDArray[np.float64]
Float32 = NDArray[np.float32]
Index = NDArray[np.intp]


class NetworkEffectLearner(AverageEffects, Refutable, BaseEstimator):
    """Base of the effect learners.

    A subclass has the settings below in its constructor, checks its models in `_check_models` and fits the
    effect in `_fit_effect`, given the engine's pass over the rows and the propensity.
    """

    # Asked for by default: without treatment there is no fit, and without the graph another one.
    __metadata_request__fit = {"treatment": True, "graph": True, "groups": True}  # noqa: RUF012
    __metadata_request__predict = {"graph": True}  # noqa: RUF012
    __metadata_request__score = {"treatment": True, "graph": True, "groups": True}  # noqa: RUF012

    outcome_model: Any
    treatment_model: Any
    cv: Any
    n_hops: int
    n_pairs: int
    n_fourier: int
    clip: float
    missing: str
    n_jobs: int | None
    random_state: RandomState

    _loss: ClassVar[str] = "r_loss"  # what final_scores_ calls the loss that weighs the candidates
    _models_with_variance: ClassVar[tuple[str, str]] = "final_model", "'additive', 'pairs' or 'residual'"

    def _check_models(self) -> None:
        """Raise a ValueError for models that the learner cannot use."""

    def _fit_effect(self, engine: Engine, propensity: Propensity) -> EffectFit:
        raise NotImplementedError

    def fit(
        self, X: Any, y: ArrayLike, *, treatment: ArrayLike, graph: Any = None, groups: Any = None
    ) -> Self:
        """Estimate nuisances, effect and everything that the answers need.

        Parameters
        ----------
        X : DataFrame or array, shape (n, d)
            Features of the nodes, known before treatment.
        y : array, shape (n,)
            Outcome; effects are in its units.
        treatment : array, shape (n,)
            Two levels: 0 and 1, booleans, or two labels of which the later in order counts as treated.
        graph : Network, networkx graph, torch_geometric Data, sparse matrix, edge table or None
            Who is linked with whom; an edge table's ids are those of X's index.
        groups : array, shape (n,), optional
            Labels such as villages: kept together in folds, and the clusters of standard errors.
        """
        check_settings(self)
        self._check_models()
        self._heterogeneity: HeterogeneityTest | None = None
        self._graph_matters: GraphTest | None = None
        n_folds = int(self.cv) if isinstance(self.cv, int | np.integer) else 2
        checked = check_data(
            self, X, y, treatment, graph, groups, allow_missing=self.missing == "flag", n_folds=n_folds
        )
        self._seeds = child_seeds(self.random_state, 5)
        with one_blas_thread():
            self._fit_checked(checked)
        self._warn_of_overlap()
        return self

    def predict(self, X: Any, *, graph: Any = None) -> Array:
        """Effect tau of each node of a network, (n,), in units of y; nodes may be new."""
        return self._effect_at(self._nodes_for(X, graph)) * self._scale

    def predict_interval(self, X: Any, *, graph: Any = None, alpha: float = 0.05) -> Array:
        """Lower and upper end (n, 2) of an interval for the effect of each node.

        The variance is the sum of the engine's posterior and a jackknife over folds, plus the
        disagreement of the candidates that held-out loss cannot tell apart, plus the heterogeneity that
        held-out residuals show and no candidate caught. The aim is average coverage 1 - alpha over nodes, not
        for every single node. Only the engine's candidates ("additive", "pairs" and, in the R-learner,
        "residual") know a variance, and networks a jackknife over folds: without one of them a warning says
        that the interval is too narrow.
        """
        check_scalar_argument(alpha, "alpha", low=0, high=1, inclusive=False)
        nodes = self._nodes_for(X, graph)
        if self._models and not any(knows_variance(model) for model in self._models):
            argument, names = self._models_with_variance
            warnings.warn(
                f"predict_interval knows no variance of the candidates in {argument}: its intervals are too "
                f"narrow; add {names} to the list",
                UserWarning,
                stacklevel=2,
            )
        effects = [model.predict(nodes) for model in self._models]
        tau = self._stack.combine(effects, nodes.n_rows)
        variance = effect_variance(self._stack, self._models, nodes, effects, tau, self._misfit)
        half = stats.norm.ppf(1 - alpha / 2) * np.sqrt(variance)
        return np.column_stack([tau - half, tau + half]) * self._scale

    def score(
        self, X: Any, y: ArrayLike, *, treatment: ArrayLike, graph: Any = None, groups: Any = None
    ) -> float:
        """R-score of the effect on other units: 1 - L(tau) / L(best constant effect of these units).

        L is the mean of ``(Yr - Tr tau)^2`` with residuals of the units given here, from nuisances that are
        cross-fitted on them with this learner's settings, because the truth is not observed (Schuler et al.
        2018). 0: as good as their best constant; noise stays in both losses, so that even the true effect
        scores far below 1. Takes what ``fit`` takes; units should be others than those of the fit.
        """
        tau = self.predict(X, graph=graph)
        alike = clone(self)
        if "final_model" in alike.get_params(deep=False):  # residuals do not depend on it
            alike.set_params(final_model="constant")
        alike.fit(X, y, treatment=treatment, graph=graph, groups=groups)
        yr, tr = alike._residuals()
        best = np.mean((yr - tr * alike._constant * alike._scale) ** 2)
        return float(1 - np.mean((yr - tr * tau[alike.observed_]) ** 2) / best)

    def heterogeneity_test(self) -> HeterogeneityTest:
        """Test that the effect is the same for all units, by sign flips of block scores.

        Every block of functions (columns, hops) is a direction in which the effect could vary; the largest
        standardised score of tau = constant is compared with its distribution when the signs of whole groups
        of units are flipped at random.
        """
        check_is_fitted(self, "network_")
        if self._heterogeneity is None:
            gain, error = (value * self._scale**2 for value in self._gain)
            with one_blas_thread():
                self._heterogeneity = heterogeneity_test(self._test_inputs(), self._constant, gain, error)
        return self._heterogeneity

    def graph_matters_test(self) -> GraphTest:
        """Test that the effect depends on own features only.

        The same sign-flip test on the neighbours' blocks, cleared of what own columns span, beside the
        difference in held-out R-loss between the engine without and with the network.
        """
        check_is_fitted(self, "network_")
        if self._graph_matters is None:
            network, groups = self._dependence()
            with one_blas_thread():
                self._graph_matters = graph_test(self._test_inputs(), network, groups, self._scale)
        return self._graph_matters

    def _fit_checked(self, checked: CheckedData) -> None:
        self.network_, self.observed_ = checked.network, checked.observed
        self.groups_ = None if checked.groups is None else checked.groups.codes
        self.missing_, self.treatment_levels_ = checked.missing, checked.levels
        self._layout = HopLayout.of(checked.values, feature_names(self), self.n_hops)
        groups = self._layout.groups(checked.values, checked.network)
        data = effect_data(checked, groups, self._folds(checked), may_miss=self.missing == "flag")
        engine = self._engine(data, groups)
        propensity = fit_propensity(
            engine, self.treatment_model, clip=self.clip, n_jobs=self.n_jobs, seed=self._seeds[2]
        )
        fit = self._fit_effect(engine, propensity)
        self._keep_rows(data, propensity, fit)
        self._keep_effects(engine, fit, groups)
        self._describe(engine, propensity, fit)
        self._rows: list[Float32] | None = data.groups
        engine.design.drop_rows()

    def _folds(self, checked: CheckedData) -> Index:
        if isinstance(self.cv, int | np.integer):
            labels = fold_labels(checked.network, int(self.cv), self._seeds[1], groups=self.groups_)
            return labels.astype(np.intp)
        return split_labels(self.cv, checked)

    def _engine(self, data: EffectData, groups: list[Float32]) -> Engine:
        """Lay out the blocks; where there are too many columns, those that some fold chose get their own."""
        centred = data.treatment - data.treatment.mean()
        targets = np.column_stack([data.outcome, centred, data.outcome * centred]).astype(np.float32)
        chosen = screen_columns(data.groups, targets, data.fold, data.n_folds)
        own = None if chosen is None else np.asarray(chosen.any(axis=0))
        rng = child_generators(self._seeds[0], 1)[0]
        basis = HopBasis(n_fourier=self.n_fourier).fit(groups, rng, own=own)
        return Engine(data, self.n_pairs, self.n_jobs, basis, chosen)

    def _keep_rows(self, data: EffectData, propensity: Propensity, fit: EffectFit) -> None:
        self._scale, self._fold = data.scale, data.fold
        self.outcome_residuals_ = self._of_all_units(fit.outcome_residual * self._scale)
        self.treatment_residuals_ = self._of_all_units(fit.treatment_residual)
        self.propensity_ = self._of_all_units(propensity.values)
        self.clipped_share_ = propensity.clipped
        if fit.pseudo_outcome is not None:
            self.pseudo_outcomes_ = self._of_all_units(fit.pseudo_outcome * self._scale)

    def _of_all_units(self, values: Array) -> Array:
        """Values of the observed units at their places, NaN elsewhere."""
        out = np.full(self.network_.n_nodes, np.nan)
        out[self.observed_] = values
        return out

    def _keep_effects(self, engine: Engine, fit: EffectFit, groups: list[Float32]) -> None:
        data, held_out = engine.data, fit.held_out
        self._stack, self._models = fit.stack, [c.model for c in fit.candidates]
        self._constant, self._gain = fit.constant, fit.gain
        self.constant_effect_ = fit.stack.constant * self._scale
        self._design = engine.design
        rng = child_generators(self._seeds[4], 1)[0]
        self._misfit = unseen_variance(
            data.groups, data.fold, fit.outcome_residual, fit.treatment_residual, held_out, rng
        )
        cate = self._of_all_units(held_out)
        rest = np.flatnonzero(np.isnan(cate))
        if rest.size:
            design = engine.design.at([g[rest] for g in groups])
            cate[rest] = self._effect_at(Nodes(design, data.units.at(rest)))
        self.out_of_fold_cate_ = cate * self._scale

    def _describe(self, engine: Engine, propensity: Propensity, fit: EffectFit) -> None:
        names = [c.name for c in fit.candidates]
        self.skipped_ = fit.skipped
        self.final_weights_ = pd.Series(fit.stack.weights, index=names, name="weight", dtype=float)
        losses = pd.Series(fit.stack.losses, name=self._loss) * self._scale**2
        self.final_scores_ = pd.DataFrame(
            {self._loss: losses, "weight": self.final_weights_.reindex(losses.index)}
        )
        self.nuisance_scores_ = nuisance_scores(
            engine.data, fit.outcome_predictions, fit.outcome_weights, propensity
        )
        self.feature_relevance_, self.hop_relevance_, self.pairs_ = relevance(
            fit.candidates, fit.stack.losses, engine.design, self._layout
        )

    def _nodes_for(self, X: Any, graph: Any) -> Nodes:
        check_is_fitted(self, "network_")
        may_miss = self.missing == "flag"
        values = check_features(self, X, reset=False, allow_nan=may_miss)
        network = as_network(graph, n_nodes=len(values), node_ids=row_names(X))
        design = self._design.at(self._layout.groups(values, network))
        return Nodes(design, Units(named_table(self, values), network, may_miss=may_miss))

    def _effect_at(self, nodes: Nodes) -> Array:
        idle = np.zeros(0)  # a candidate without a weight need not be asked
        weighed = zip(self._models, self._stack.weights, strict=True)
        effects = [model.predict(nodes) if weight > 0 else idle for model, weight in weighed]
        return self._stack.combine(effects, nodes.n_rows)

    def _test_inputs(self) -> TestInputs:
        if self._rows is None:
            raise ValueError(
                "tests need the training rows, which a saved model does not carry; got one that was loaded: "
                "test before saving"
            )
        design = self._design.at(self._rows)
        yr, tr = self._residuals()
        network, groups = self._dependence()
        flips = flip_groups(network, groups, len(yr), self._seeds[4])
        return test_inputs(
            design,
            name_blocks(design, self._layout),
            yr / self._scale,
            tr,
            self._fold,
            flips,
            self._seeds[4],
        )

    def _warn_of_overlap(self) -> None:
        report = self.overlap_report()
        if report.is_poor:
            warnings.warn(
                f"{report.summary()} Average effects rest on few units: see overlap_report(), and compare "
                "ate() with overlap_weighted_effect().",
                OverlapWarning,
                stacklevel=3,
            )

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        if "_rows" in state:
            state["_rows"] = None  # a saved model does not carry its training rows
        return state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self.missing == "flag"
        tags.target_tags.required = True
        return tags
