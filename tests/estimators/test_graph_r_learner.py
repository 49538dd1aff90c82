"""GraphRLearner end to end: recovery, forms of input, missing values, answers and their errors."""

import pickle
import re
import subprocess
import sys
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.ensemble import RandomForestRegressor
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import KFold, PredefinedSplit
from sklearn.utils import Bunch

from causalkit.datasets import make_network_cate
from causalkit.estimators import GraphRLearner
from causalkit.exceptions import OverlapWarning
from causalkit.graphs import Network, NetworkKFold
from causalkit.metrics import r_score
from causalkit.nuisance import CrossFitter, HopAdditiveRegressor
from causalkit.nuisance._defaults import NETWORKS
from causalkit.nuisance._linear_probability import LinearProbabilityClassifier

MakeLearner = Callable[..., GraphRLearner]


def fit(learner: GraphRLearner, world: Bunch, **changes: Any) -> GraphRLearner:
    data = {"X": world.X, "y": world.y, "treatment": world.treatment, "graph": world.graph, **changes}
    return learner.fit(data.pop("X"), data.pop("y"), **data)


def error(learner: GraphRLearner, world: Bunch) -> float:
    return float(np.mean((learner.predict(world.X, graph=world.graph) - world.cate) ** 2))


@pytest.fixture(scope="module")
def large_world() -> Bunch:
    return make_network_cate(1000, effect="one_hop", random_state=0)


@pytest.fixture(scope="module")
def default(large_world: Bunch) -> GraphRLearner:
    """All defaults."""
    return fit(GraphRLearner(random_state=0), large_world)


class TestRecovery:
    def test_effect_of_neighbours_is_recovered(self, default: GraphRLearner, large_world: Bunch) -> None:
        assert error(default, large_world) < 0.15 * large_world.cate.var()
        held_out = np.mean((default.out_of_fold_cate_ - large_world.cate) ** 2)
        assert held_out < 0.2 * large_world.cate.var()

    def test_interval_covers_most_nodes(self, default: GraphRLearner, large_world: Bunch) -> None:
        low, high = default.predict_interval(large_world.X, graph=large_world.graph).T
        assert np.mean((low < large_world.cate) & (large_world.cate < high)) > 0.85
        assert np.median(high - low) < 4 * large_world.cate.std()

    def test_average_effects(self, default: GraphRLearner, large_world: Bunch) -> None:
        for effect in (default.ate(), default.overlap_weighted_effect()):
            assert abs(effect.estimate - large_world.ate) < 4 * effect.standard_error
            assert effect.standard_error < 0.2

    def test_the_column_and_the_hop_are_named(self, default: GraphRLearner) -> None:
        assert default.feature_relevance_.index[0] == "x0"
        assert default.hop_relevance_["1"] > 0.8
        assert default.heterogeneity_test().pvalue < 0.01
        assert default.graph_matters_test().pvalue < 0.01
        assert default.graph_matters_test().leading == "x0 (hop 1)"

    def test_group_effects_rise_with_the_predicted_effect(self, default: GraphRLearner) -> None:
        table = default.group_effects()
        assert table["estimate"].iloc[-1] - table["estimate"].iloc[0] > 1

    @pytest.mark.parametrize("seed", range(4))
    def test_constant_effect_stays_constant(self, make_learner: MakeLearner, seed: int) -> None:
        world = make_network_cate(1000, effect="constant", random_state=seed)
        learner = fit(make_learner(n_pairs=4, final_model=["additive", "pairs", "residual"]), world)
        of_constant = np.mean((learner.constant_effect_ - world.cate) ** 2)
        assert error(learner, world) <= 1.1 * of_constant + 0.005
        assert learner.final_weights_.sum() < 0.3
        assert learner.heterogeneity_test().pvalue > 0.01

    def test_new_nodes_are_predicted(self, fitted: GraphRLearner) -> None:
        new = make_network_cate(300, n_features=4, random_state=99)
        assert error(fitted, new) < 0.2 * new.cate.var()

    def test_without_the_graph_the_effect_is_not_found(self, make_learner: MakeLearner, world: Bunch) -> None:
        blind = fit(make_learner(), world, graph=None)
        aware = fit(make_learner(), world)
        assert error(aware, world) < 0.2 * np.mean((blind.predict(world.X) - world.cate) ** 2)
        with pytest.raises(ValueError, match="graph_matters_test needs a graph with edges"):
            blind.graph_matters_test()


class TestAnswers:
    def test_documented_attributes_are_there(self, default: GraphRLearner) -> None:
        text = GraphRLearner.__doc__ or ""
        section = text[text.index("Attributes\n") : text.index("Raises\n")]
        entries = re.findall(r"^    ((?:\w+_(?:, )?)+)(?: :|$)", section, flags=re.MULTILINE)
        names = [name for entry in entries for name in entry.split(", ")]
        assert {"out_of_fold_cate_", "final_weights_", "propensity_", "network_"} <= set(names)
        assert [name for name in names if not hasattr(default, name)] == []

    def test_shapes_and_kinds(self, default: GraphRLearner) -> None:
        n = 1000
        for name in ("out_of_fold_cate_", "outcome_residuals_", "treatment_residuals_", "propensity_"):
            assert getattr(default, name).shape == (n,)
            assert np.isfinite(getattr(default, name)).all()
        assert set(default.final_scores_) == {"r_loss", "weight"}
        assert {"constant", "additive"} <= set(default.final_scores_.index)
        assert default.final_weights_.min() >= 0
        assert default.final_weights_.sum() <= 1 + 1e-9
        assert default.hop_relevance_.sum() == pytest.approx(1)
        assert list(default.hop_relevance_.index) == ["0", "1", "2"]
        assert default.treatment_levels_ == (0, 1)
        assert not default.missing_.any()
        assert set(default.skipped_) <= {"forest"}
        assert list(default.pairs_) == ["feature", "hop", "share"]

    def test_residuals_fit_the_data(self, fitted: GraphRLearner, world: Bunch) -> None:
        np.testing.assert_allclose(fitted.treatment_residuals_ + fitted.propensity_, world.treatment)
        mean = world.y - fitted.outcome_residuals_
        assert np.corrcoef(mean, world.outcome_mean)[0, 1] > 0.8
        assert np.corrcoef(fitted.propensity_, world.propensity)[0, 1] > 0.7

    def test_constant_effect_minimises_the_r_loss(self, fitted: GraphRLearner) -> None:
        yr, tr = fitted.outcome_residuals_, fitted.treatment_residuals_
        assert fitted.constant_effect_ == pytest.approx((yr @ tr) / (tr @ tr))
        assert fitted.overlap_weighted_effect().estimate == pytest.approx(fitted.constant_effect_)
        loss = fitted.final_scores_.loc["constant", "r_loss"]
        assert loss == pytest.approx(np.mean((yr - tr * fitted.constant_effect_) ** 2))

    def test_gain_in_the_test_is_the_difference_of_losses(self, fitted: GraphRLearner) -> None:
        gain = fitted.heterogeneity_test().gain
        scores = fitted.final_scores_["r_loss"]
        assert gain > 0
        assert gain == pytest.approx(scores["constant"] - scores["additive"], rel=0.2)

    def test_intervals_grow_with_the_level_and_hold_the_effect(
        self, fitted: GraphRLearner, world: Bunch
    ) -> None:
        tau = fitted.predict(world.X, graph=world.graph)
        narrow = fitted.predict_interval(world.X, graph=world.graph, alpha=0.32)
        wide = fitted.predict_interval(world.X, graph=world.graph, alpha=0.05)
        np.testing.assert_allclose(wide.mean(axis=1), tau)
        ratio = np.ptp(wide, axis=1) / np.ptp(narrow, axis=1)
        np.testing.assert_allclose(ratio, stats.norm.ppf(0.975) / stats.norm.ppf(0.84))

    def test_score_is_the_r_score_on_other_units(
        self, fitted: GraphRLearner, make_learner: MakeLearner
    ) -> None:
        new = make_network_cate(400, n_features=4, overlap=1.5, noise=0.5, random_state=5)
        score = fitted.score(new.X, new.y, treatment=new.treatment, graph=new.graph)
        nuisances = fit(make_learner(final_model="constant"), new)
        expected = r_score(
            fitted.predict(new.X, graph=new.graph),
            outcome_residuals=nuisances.outcome_residuals_,
            treatment_residuals=nuisances.treatment_residuals_,
        )
        assert score == pytest.approx(expected)
        assert score > 0.05
        constant = fit(make_learner(final_model="constant"), new)
        assert constant.score(new.X, new.y, treatment=new.treatment, graph=new.graph) == pytest.approx(0)

    def test_a_second_fit_forgets_the_first(self, make_learner: MakeLearner, world: Bunch) -> None:
        learner = fit(make_learner(), world)
        before = learner.heterogeneity_test(), learner.graph_matters_test()
        rng = np.random.default_rng(0)
        fit(learner, world, y=rng.normal(size=len(world.y)))
        assert learner.heterogeneity_test().pvalue > 10 * before[0].pvalue
        assert learner.graph_matters_test().pvalue > 10 * before[1].pvalue

    def test_answers_do_not_depend_on_the_number_of_threads(
        self, make_learner: MakeLearner, world: Bunch
    ) -> None:
        settings = {"outcome_model": ["linear", "boosting"], "final_model": ["additive", "forest"]}
        one, two = (fit(make_learner(n_jobs=n, **settings), world) for n in (1, 2))
        np.testing.assert_allclose(one.out_of_fold_cate_, two.out_of_fold_cate_, rtol=1e-10)
        np.testing.assert_allclose(
            one.predict_interval(world.X, graph=world.graph),
            two.predict_interval(world.X, graph=world.graph),
            rtol=1e-10,
        )
        assert one.ate().estimate == pytest.approx(two.ate().estimate, rel=1e-10)
        assert one.heterogeneity_test().pvalue == two.heterogeneity_test().pvalue

    def test_units_of_the_outcome(self, make_learner: MakeLearner, world: Bunch) -> None:
        one, many = fit(make_learner(), world), fit(make_learner(), world, y=1000 * world.y - 7)
        for name in ("out_of_fold_cate_", "outcome_residuals_", "constant_effect_"):
            np.testing.assert_allclose(getattr(many, name), 1000 * getattr(one, name), rtol=1e-3, atol=0.5)
        assert many.ate().standard_error == pytest.approx(1000 * one.ate().standard_error, rel=1e-3)
        np.testing.assert_allclose(many.propensity_, one.propensity_)
        widths = [np.ptp(m.predict_interval(world.X, graph=world.graph), axis=1) for m in (one, many)]
        np.testing.assert_allclose(widths[1], 1000 * widths[0], rtol=1e-2)

    def test_relabelled_treatment_turns_the_effect_round(
        self, make_learner: MakeLearner, world: Bunch
    ) -> None:
        one, other = fit(make_learner(), world), fit(make_learner(), world, treatment=1 - world.treatment)
        np.testing.assert_allclose(other.out_of_fold_cate_, -one.out_of_fold_cate_, atol=0.05)
        assert other.ate().estimate == pytest.approx(-one.ate().estimate, abs=1e-3)


class TestSettings:
    def test_constant(self, make_learner: MakeLearner, world: Bunch) -> None:
        learner = fit(make_learner(final_model="constant"), world)
        tau = learner.predict(world.X, graph=world.graph)
        np.testing.assert_array_equal(tau, np.full(len(tau), learner.constant_effect_))
        np.testing.assert_array_equal(learner.out_of_fold_cate_, tau)
        low, high = learner.predict_interval(world.X, graph=world.graph).T
        yr, tr = learner.outcome_residuals_, learner.treatment_residuals_
        deviation = np.sqrt(np.sum(tr**2 * (yr - tr * tau) ** 2)) / (tr @ tr)
        assert np.all(high - low > 2 * 1.95 * deviation)
        assert learner.final_weights_.empty
        assert learner.feature_relevance_.sum() == 0
        assert learner.heterogeneity_test().pvalue < 0.01

    def test_intervals_without_a_variance_come_with_a_warning(
        self, make_learner: MakeLearner, world: Bunch
    ) -> None:
        learner = fit(make_learner(final_model="forest"), world)
        with pytest.warns(UserWarning, match="add 'additive', 'pairs' or 'residual' to the list"):
            learner.predict_interval(world.X, graph=world.graph)

    @pytest.mark.parametrize("final_model", ["pairs", "residual", "forest"])
    def test_named_candidates_alone(self, make_learner: MakeLearner, world: Bunch, final_model: str) -> None:
        learner = fit(make_learner(final_model=final_model, n_pairs=2), world)
        assert list(learner.final_weights_.index) == [final_model]
        assert error(learner, world) < 0.4 * world.cate.var()

    def test_regressors_and_names_in_a_list(self, make_learner: MakeLearner, world: Bunch) -> None:
        forest = RandomForestRegressor(20, min_samples_leaf=10, random_state=0)
        learner = fit(make_learner(final_model=[Ridge(), "additive", forest]), world)
        assert list(learner.final_weights_.index) == ["additive", "Ridge", "RandomForestRegressor"]
        assert error(learner, world) < 0.2 * world.cate.var()

    def test_estimators_as_nuisances(self, make_learner: MakeLearner, world: Bunch) -> None:
        learner = fit(
            make_learner(outcome_model=Ridge(), treatment_model=[LogisticRegression(), "linear"]), world
        )
        models = learner.nuisance_scores_.groupby("nuisance")["model"].agg(set)
        assert models["outcome"] == {"Ridge", "stack", "constant"}
        assert models["treatment"] == {"LogisticRegression", "linear", "stack", "constant"}

    def test_default_stack_has_the_joint_fits_as_outcome_models(self, default: GraphRLearner) -> None:
        scores = default.nuisance_scores_
        models = set(scores.loc[scores["nuisance"] == "outcome", "model"])
        expected = {"linear", "additive", "pairs", "boosting", "joint additive", "joint pairs"}
        assert models == expected | {"stack", "constant"}

    @pytest.mark.parametrize("cv", [3, np.int64(3), KFold(3), NetworkKFold(3, random_state=0)])
    def test_folds(self, make_learner: MakeLearner, world: Bunch, cv: Any) -> None:
        assert error(fit(make_learner(cv=cv), world), world) < 0.2 * world.cate.var()

    def test_groups_are_kept_together_and_are_the_clusters(self, make_learner: MakeLearner) -> None:
        world = make_network_cate(
            600, graph="cliques", mean_degree=5, n_features=3, overlap=2.0, random_state=0
        )
        villages = np.array([f"village {i // 2}" for i in world.blocks])
        learner = fit(make_learner(), world, groups=villages)
        assert learner.ate().standard_error != fit(make_learner(), world).ate().standard_error
        assert learner.heterogeneity_test().n_groups == len(set(villages))
        folds = pd.Series(learner._fold).groupby(villages).nunique()
        assert folds.max() == 1

    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"cv": 1}, "cv must be an integer at least 2; got 1"),
            ({"cv": True}, "cv must be a number of folds or a splitter; got True"),
            ({"cv": "network"}, "cv must be a number of folds or a splitter; got 'network'"),
            ({"n_hops": -1}, "n_hops must be an integer at least 0; got -1"),
            ({"n_pairs": 1.5}, "n_pairs must be an integer"),
            ({"n_fourier": None}, "n_fourier must be an integer"),
            ({"clip": 0.5}, "clip must be a number greater than 0 and less than 0.5; got 0.5"),
            ({"missing": "drop"}, "missing must be one of 'error', 'flag'; got 'drop'"),
            ({"outcome_model": "forest"}, "outcome_model must be an estimator, a list, or one of"),
            ({"outcome_model": LogisticRegression()}, "outcome_model must be a regressor"),
            ({"treatment_model": Ridge()}, "treatment_model must be a classifier"),
            ({"final_model": "boosting"}, "final_model must be a regressor .* got 'boosting'"),
            ({"random_state": "seed"}, "random_state must be None, a non-negative integer"),
        ],
    )
    def test_bad_settings(
        self, make_learner: MakeLearner, world: Bunch, settings: dict[str, Any], message: str
    ) -> None:
        with pytest.raises(ValueError, match=message):
            fit(make_learner(**settings), world)

    @pytest.mark.parametrize("alpha", [0, 1, 2, "a", None])
    def test_bad_alpha(self, fitted: GraphRLearner, world: Bunch, alpha: Any) -> None:
        with pytest.raises(ValueError, match="alpha must be a number"):
            fitted.predict_interval(world.X, graph=world.graph, alpha=alpha)

    @pytest.mark.parametrize(
        "method", ["predict", "predict_interval", "heterogeneity_test", "graph_matters_test", "ate"]
    )
    def test_before_fit(self, make_learner: MakeLearner, world: Bunch, method: str) -> None:
        arguments = [world.X] if method.startswith("predict") else []
        with pytest.raises(NotFittedError):
            getattr(make_learner(), method)(*arguments)


class TestInput:
    def test_edge_table_with_names_in_any_order(self, make_learner: MakeLearner, world: Bunch) -> None:
        names = np.array([f"person {i}" for i in range(len(world.X))])
        X = world.X.set_axis(names)
        ends = names[world.graph.edges()][::-1]
        ties = pd.DataFrame({"source": ends[:, 1], "target": ends[:, 0]})
        learner = fit(make_learner(), world, X=X, graph=ties)
        expected = fit(make_learner(), world)
        np.testing.assert_array_equal(learner.out_of_fold_cate_, expected.out_of_fold_cate_)
        np.testing.assert_array_equal(
            learner.predict(X, graph=ties), expected.predict(world.X, graph=world.graph)
        )

    @pytest.mark.parametrize("levels", [("no", "yes"), (False, True), ("control", "drug")])
    def test_two_levels_of_any_kind(
        self, make_learner: MakeLearner, fitted: GraphRLearner, world: Bunch, levels: tuple[Any, Any]
    ) -> None:
        learner = fit(make_learner(), world, treatment=np.array(levels)[world.treatment])
        assert learner.treatment_levels_ == levels
        np.testing.assert_array_equal(learner.out_of_fold_cate_, fitted.out_of_fold_cate_)

    def test_arrays_without_names(
        self, make_learner: MakeLearner, fitted: GraphRLearner, world: Bunch
    ) -> None:
        learner = fit(
            make_learner(),
            world,
            X=world.X.to_numpy(),
            y=list(world.y),
            treatment=world.treatment.to_numpy(),
        )
        np.testing.assert_array_equal(learner.out_of_fold_cate_, fitted.out_of_fold_cate_)

    def test_poor_overlap_is_warned_of(self, make_learner: MakeLearner) -> None:
        world = make_network_cate(500, n_features=3, overlap=0.12, random_state=0)
        with pytest.warns(OverlapWarning, match=r"Overlap: poor.*compare ate\(\)"):
            fit(make_learner(), world)

    def test_treatment_that_follows_the_groups(self, make_learner: MakeLearner, world: Bunch) -> None:
        groups = np.arange(len(world.X)) // 100
        with pytest.raises(ValueError, match="treatment must have both levels outside every fold"):
            fit(make_learner(), world, groups=groups, treatment=(groups == 2).astype(int))

    def test_columns_of_all_kinds(self, make_learner: MakeLearner, world: Bunch) -> None:
        rng = np.random.default_rng(0)
        n = len(world.X)
        X = world.X.assign(
            constant=3.0,
            binary=rng.integers(2, size=n),
            skewed=rng.exponential(size=n) ** 3,
            flag=rng.random(n) < 0.1,
        )
        assert error(fit(make_learner(), world, X=X), Bunch(**{**world, "X": X})) < 0.2 * world.cate.var()


@pytest.fixture(scope="module")
def holes(world: Bunch) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    n = len(world.X)
    X, y, treatment = world.X.copy(), world.y.copy(), world.treatment.astype(object)
    X = X.mask(rng.random(X.shape) < 0.05)
    y[rng.random(n) < 0.1] = np.nan
    treatment[rng.random(n) < 0.05] = None
    return {"X": X, "y": y, "treatment": treatment}


@pytest.fixture(scope="module")
def with_holes(make_learner: MakeLearner, world: Bunch, holes: dict[str, Any]) -> GraphRLearner:
    return fit(make_learner(missing="flag"), world, **holes)


class TestMissing:
    def test_units_without_outcome_get_an_effect_but_no_residual(
        self, with_holes: GraphRLearner, world: Bunch, holes: dict[str, Any]
    ) -> None:
        unknown = holes["y"].isna() | holes["treatment"].isna()
        assert 50 < unknown.sum() < 120
        np.testing.assert_array_equal(np.isnan(with_holes.outcome_residuals_), unknown)
        np.testing.assert_array_equal(np.isnan(with_holes.propensity_), unknown)
        assert np.isfinite(with_holes.out_of_fold_cate_).all()
        gap = with_holes.out_of_fold_cate_[unknown] - world.cate[unknown]
        assert np.mean(gap**2) < 0.4 * world.cate.var()

    def test_they_are_counted(self, with_holes: GraphRLearner, holes: dict[str, Any]) -> None:
        assert with_holes.missing_["(outcome)"] == holes["y"].isna().sum()
        assert with_holes.missing_["(treatment)"] == holes["treatment"].isna().sum()
        assert with_holes.missing_["x1"] == holes["X"]["x1"].isna().sum()

    def test_answers_rest_on_the_other_units(
        self, with_holes: GraphRLearner, world: Bunch, holes: dict[str, Any]
    ) -> None:
        n = int((holes["y"].notna() & holes["treatment"].notna()).sum())
        assert len(with_holes.aipw_scores()) == n
        assert abs(with_holes.ate().estimate - world.ate) < 4 * with_holes.ate().standard_error
        assert with_holes.heterogeneity_test().pvalue < 0.01
        assert with_holes.graph_matters_test().pvalue < 0.01
        assert with_holes.group_effects()["n_units"].sum() == n

    def test_columns_of_a_unit_without_outcome_still_count_for_its_neighbours(
        self, make_learner: MakeLearner, world: Bunch, holes: dict[str, Any]
    ) -> None:
        hidden = {**holes, "X": world.X}
        unknown = hidden["y"].isna()
        aware = fit(make_learner(missing="flag"), world, **hidden)
        X = world.X.mask(unknown, 0.0)
        blind = fit(make_learner(missing="flag"), world, **{**hidden, "X": X})
        known = ~unknown
        gap = [np.mean((m.out_of_fold_cate_ - world.cate)[known] ** 2) for m in (aware, blind)]
        assert gap[0] < 0.8 * gap[1]

    def test_new_rows_may_have_holes_too(
        self, with_holes: GraphRLearner, world: Bunch, holes: dict[str, Any]
    ) -> None:
        assert np.isfinite(with_holes.predict(holes["X"], graph=world.graph)).all()
        assert np.isfinite(with_holes.predict_interval(holes["X"], graph=world.graph)).all()
        assert error(with_holes, world) < 0.4 * world.cate.var()

    def test_other_models_get_imputed_columns(
        self, make_learner: MakeLearner, world: Bunch, holes: dict[str, Any]
    ) -> None:
        learner = make_learner(
            missing="flag",
            outcome_model=["linear", "boosting"],
            treatment_model=LogisticRegression(),
            final_model=["forest", Ridge()],
        )
        assert np.isfinite(fit(learner, world, **holes).out_of_fold_cate_).all()


def reading_the_graph(**settings: Any) -> dict[str, Any]:
    """Models that take own columns and the network themselves."""
    model = HopAdditiveRegressor(n_hops=1, n_fourier=0, random_state=0)
    return {
        "outcome_model": model,
        "treatment_model": LinearProbabilityClassifier(model),
        "final_model": model,
        **settings,
    }


@pytest.fixture(scope="module")
def reading(make_learner: MakeLearner, world: Bunch) -> GraphRLearner:
    return fit(make_learner(**reading_the_graph()), world)


class TestModelsThatReadTheGraph:
    def test_they_see_what_neighbours_have(self, reading: GraphRLearner, world: Bunch) -> None:
        assert list(reading.final_weights_.index) == ["HopAdditiveRegressor"]
        assert error(reading, world) < 0.15 * world.cate.var()
        assert np.corrcoef(reading.propensity_, world.propensity)[0, 1] > 0.7
        scores = reading.nuisance_scores_.set_index(["nuisance", "model"])["value"]
        assert scores["outcome", "HopAdditiveRegressor"] > 0.3

    def test_propensity_is_the_cross_fitter_s(self, reading: GraphRLearner, world: Bunch) -> None:
        fitter = CrossFitter(
            reading_the_graph()["treatment_model"], cv=PredefinedSplit(reading._fold), random_state=0
        )
        fitter.fit(world.X, world.treatment, graph=world.graph)
        odds = np.log(fitter.out_of_fold_ / (1 - fitter.out_of_fold_))
        found = np.log(reading.propensity_ / (1 - reading.propensity_))
        inside = (reading.propensity_ > 0.021) & (reading.propensity_ < 0.979)
        ratio = (found / odds)[inside]
        np.testing.assert_allclose(ratio, np.median(ratio), rtol=1e-4)  # the stack has one weight

    def test_final_model_is_the_weighted_regression_of_the_ratio_of_residuals(
        self, reading: GraphRLearner, world: Bunch
    ) -> None:
        yr, tr = reading.outcome_residuals_, reading.treatment_residuals_
        by_hand = reading_the_graph()["final_model"].fit(
            world.X, yr / tr, graph=world.graph, sample_weight=tr**2
        )
        effect = by_hand.predict(world.X, graph=world.graph)
        weight = reading.final_weights_.iloc[0]
        expected = reading.constant_effect_ + weight * (effect - reading.constant_effect_)
        np.testing.assert_allclose(reading.predict(world.X, graph=world.graph), expected, rtol=1e-4)

    def test_new_nodes_and_saving(self, reading: GraphRLearner, world: Bunch) -> None:
        new = make_network_cate(120, n_features=4, overlap=1.5, noise=0.5, random_state=9)
        effect = reading.predict(new.X, graph=new.graph)
        assert np.mean((effect - new.cate) ** 2) < 0.4 * new.cate.var()
        loaded = pickle.loads(pickle.dumps(reading))
        np.testing.assert_array_equal(loaded.predict(new.X, graph=new.graph), effect)

    def test_units_without_outcome_stay_neighbours(
        self, make_learner: MakeLearner, world: Bunch, holes: dict[str, Any]
    ) -> None:
        learner = fit(make_learner(**reading_the_graph(), missing="flag"), world, **holes)
        assert np.isfinite(learner.out_of_fold_cate_).all()
        assert np.isfinite(learner.predict(holes["X"], graph=world.graph)).all()
        unknown = holes["y"].isna() | holes["treatment"].isna()
        gap = (learner.out_of_fold_cate_ - world.cate)[unknown]
        assert np.mean(gap**2) < 0.5 * world.cate.var()

    def test_beside_others(self, make_learner: MakeLearner, world: Bunch) -> None:
        graph_model = reading_the_graph()["final_model"]
        learner = fit(make_learner(final_model=["additive", Ridge(), graph_model]), world)
        assert list(learner.final_weights_.index) == ["additive", "Ridge", "HopAdditiveRegressor"]

    @pytest.mark.parametrize("name", NETWORKS)
    def test_networks_by_name_look_as_far_as_the_learner(
        self, make_learner: MakeLearner, world: Bunch, monkeypatch: pytest.MonkeyPatch, name: str
    ) -> None:
        asked: list[Any] = []

        def network(architecture: str, n_hops: int, seed: int) -> Any:
            asked.append((architecture, n_hops))
            return reading_the_graph()["final_model"]

        monkeypatch.setattr("causalkit.estimators._final_models._network", network)
        learner = fit(make_learner(final_model=[name], n_hops=1), world)
        assert asked == [(name, 1)]
        assert list(learner.final_weights_.index) == [name]


class TestSaving:
    def test_answers_of_a_saved_model(self, fitted: GraphRLearner, world: Bunch) -> None:
        loaded = pickle.loads(pickle.dumps(fitted))
        np.testing.assert_array_equal(
            loaded.predict_interval(world.X, graph=world.graph),
            fitted.predict_interval(world.X, graph=world.graph),
        )
        assert loaded.ate() == fitted.ate()

    def test_tests_need_the_training_rows(self, make_learner: MakeLearner, world: Bunch) -> None:
        loaded = pickle.loads(pickle.dumps(fit(make_learner(), world)))
        for method in ("heterogeneity_test", "graph_matters_test"):
            with pytest.raises(ValueError, match=r"tests need the training rows.*test before saving"):
                getattr(loaded, method)()

    def test_tests_made_before_are_kept(self, make_learner: MakeLearner, world: Bunch) -> None:
        learner = fit(make_learner(), world)
        before = learner.heterogeneity_test()
        assert pickle.loads(pickle.dumps(learner)).heterogeneity_test() == before

    def test_a_saved_model_is_small(self, make_learner: MakeLearner) -> None:
        sizes = []
        for n in (400, 1600):
            world = make_network_cate(n, n_features=4, overlap=2.0, noise=0.5, random_state=0)
            learner = fit(make_learner(), world)
            sizes.append(len(pickle.dumps(learner)))
        # Residuals, propensity, effect and network, but no design.
        assert (sizes[1] - sizes[0]) / 1200 < 250


class TestRefutation:
    def test_placebo_treatment_has_no_effect(self, fitted: GraphRLearner, world: Bunch) -> None:
        result = fitted.placebo_test(
            world.X, world.y, treatment=world.treatment, graph=world.graph, n_repetitions=3
        )
        assert (result.kind, result.expected, len(result.estimates)) == ("placebo treatment", 0.0, 3)
        assert result.passed
        assert np.abs(result.estimates).max() < 0.5 < fitted.ate().estimate

    def test_random_cause_changes_nothing(self, fitted: GraphRLearner, world: Bunch) -> None:
        result = fitted.random_cause_test(
            world.X, world.y, treatment=world.treatment, graph=world.graph, n_repetitions=2
        )
        assert result.expected == fitted.ate().estimate
        assert result.passed
        assert result.largest_deviation < 1

    def test_the_same_seed_gives_the_same_answer(self, fitted: GraphRLearner, world: Bunch) -> None:
        first, second = (
            fitted.placebo_test(
                world.X, world.y, treatment=world.treatment, graph=world.graph, n_repetitions=1
            )
            for _ in range(2)
        )
        np.testing.assert_array_equal(first.estimates, second.estimates)

    def test_number_of_repetitions(self, fitted: GraphRLearner, world: Bunch) -> None:
        for method in (fitted.placebo_test, fitted.random_cause_test):
            with pytest.raises(ValueError, match="n_repetitions must be an integer at least 1"):
                method(world.X, world.y, treatment=world.treatment, graph=world.graph, n_repetitions=0)

    def test_random_cause_needs_a_fit(self, make_learner: MakeLearner, world: Bunch) -> None:
        with pytest.raises(NotFittedError):
            make_learner().random_cause_test(world.X, world.y, treatment=world.treatment)


def test_import_is_free_of_slow_packages() -> None:
    code = (
        "import sys\n"
        "from causalkit.datasets import make_network_cate\n"
        "from causalkit.estimators import GraphRLearner\n"
        "world = make_network_cate(300, n_features=3, overlap=2.0, random_state=0)\n"
        "models = ['linear', 'additive'], 'additive', ['additive', 'residual']\n"
        "learner = GraphRLearner(*models, random_state=0)\n"
        "learner.fit(world.X, world.y, treatment=world.treatment, graph=world.graph).ate()\n"
        "print(sorted({'econml', 'torch', 'lightgbm', 'matplotlib'} & set(sys.modules)))\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_no_warning_of_any_kind(make_learner: MakeLearner, world: Bunch) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        learner = fit(
            make_learner(outcome_model="stack", treatment_model="stack", final_model="stack"), world
        )
        learner.predict(world.X, graph=world.graph)


def test_an_isolated_node_more_changes_no_other_hop_feature(fitted: GraphRLearner, world: Bunch) -> None:
    wider = pd.concat([world.X, world.X.iloc[:1]], ignore_index=True)
    links = world.graph.edges()
    network = Network.from_edges(links, n_nodes=len(wider))
    own = fitted.predict(world.X, graph=world.graph)
    np.testing.assert_allclose(fitted.predict(wider, graph=network)[:-1], own, rtol=1e-5)
