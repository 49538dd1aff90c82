"""What all effect learners promise alike: answers, new nodes, missing values, saving, pictures."""

import pickle
import re
from collections.abc import Callable
from typing import Any

import matplotlib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import Bunch

from causalkit import plotting
from causalkit.datasets import make_network_cate
from causalkit.estimators import GraphDRLearner, GraphRLearner, GraphSLearner, GraphTLearner
from causalkit.exceptions import OverlapWarning
from causalkit.graphs import Network
from causalkit.nuisance import HopAdditiveRegressor
from causalkit.nuisance._linear_probability import LinearProbabilityClassifier

LEARNERS = [GraphRLearner, GraphDRLearner, GraphTLearner, GraphSLearner]
NEW = LEARNERS[1:]

matplotlib.use("Agg")


def cheap(cls: type, **settings: Any) -> Any:
    """A learner that fits in a tenth of a second."""
    given = {"outcome_model": "additive", "treatment_model": "additive", "n_pairs": 0, "n_fourier": 0}
    if "final_model" in cls().get_params():
        given["final_model"] = "additive"
    return cls(**{**given, "random_state": 0, **settings})


def fit(learner: Any, world: Bunch, **changes: Any) -> Any:
    data = {"X": world.X, "y": world.y, "treatment": world.treatment, "graph": world.graph, **changes}
    return learner.fit(data.pop("X"), data.pop("y"), **data)


@pytest.fixture(scope="module", params=LEARNERS, ids=lambda cls: cls.__name__)
def learner(request: pytest.FixtureRequest, world: Bunch) -> Any:
    """Each learner with cheap settings, fitted to the world; tests leave it as it is."""
    return fit(cheap(request.param), world)


@pytest.fixture(scope="module")
def holes(world: Bunch) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    n = len(world.X)
    X, y, treatment = world.X.copy(), world.y.copy(), world.treatment.astype(object)
    X = X.mask(rng.random(X.shape) < 0.05)
    y[rng.random(n) < 0.1] = np.nan
    treatment[rng.random(n) < 0.05] = None
    return {"X": X, "y": y, "treatment": treatment}


class TestAnswers:
    def test_the_effect_is_recovered(self, learner: Any, world: Bunch) -> None:
        for effect in (learner.predict(world.X, graph=world.graph), learner.out_of_fold_cate_):
            assert np.mean((effect - world.cate) ** 2) < 0.35 * world.cate.var()

    def test_intervals_hold_the_effect_and_cover(self, learner: Any, world: Bunch) -> None:
        tau = learner.predict(world.X, graph=world.graph)
        ends = learner.predict_interval(world.X, graph=world.graph)
        np.testing.assert_allclose(ends.mean(axis=1), tau)
        assert np.mean((ends[:, 0] < world.cate) & (world.cate < ends[:, 1])) > 0.85
        narrow = learner.predict_interval(world.X, graph=world.graph, alpha=0.5)
        assert (np.ptp(narrow, axis=1) < np.ptp(ends, axis=1)).all()

    def test_average_effects(self, learner: Any, world: Bunch) -> None:
        for effect in (learner.ate(), learner.overlap_weighted_effect()):
            assert abs(effect.estimate - world.ate) < 4 * effect.standard_error
        assert learner.ate().estimate == pytest.approx(learner.aipw_scores().mean())
        table = learner.group_effects(n_quantiles=3)
        assert table["n_units"].sum() == len(world.X)
        assert table["estimate"].is_monotonic_increasing
        assert "Overlap" in learner.overlap_report().summary()

    def test_tests_find_what_the_effect_depends_on(self, learner: Any) -> None:
        assert learner.heterogeneity_test().pvalue < 0.01
        assert learner.heterogeneity_test().gain > 0
        assert learner.graph_matters_test().pvalue < 0.01
        assert learner.graph_matters_test().leading == "x0 (hop 1)"
        assert learner.feature_relevance_.index[0] == "x0"
        assert learner.hop_relevance_["1"] > 0.5

    def test_score(self, learner: Any) -> None:
        new = make_network_cate(400, n_features=4, overlap=1.5, noise=0.5, random_state=5)
        score = learner.score(new.X, new.y, treatment=new.treatment, graph=new.graph)
        assert 0.05 < score < 1

    def test_documented_attributes_are_there(self, learner: Any) -> None:
        text = type(learner).__doc__ or ""
        section = text[text.index("Attributes\n") : text.index("Raises\n")]
        entries = re.findall(r"^    ((?:\w+_(?:, )?)+)(?: :|$)", section, flags=re.MULTILINE)
        names = [name for entry in entries for name in entry.split(", ")]
        assert {"out_of_fold_cate_", "final_weights_", "propensity_", "network_"} <= set(names)
        assert [name for name in names if not hasattr(learner, name)] == []

    def test_documented_parameters_are_those_of_the_constructor(self, learner: Any) -> None:
        text = type(learner).__doc__ or ""
        section = text[text.index("Parameters\n") : text.index("Attributes\n")]
        entries = re.findall(r"^    ((?:\w+(?:, )?)+) : ", section, flags=re.MULTILINE)
        names = [name for entry in entries for name in entry.split(", ")]
        assert names == [*dict.fromkeys(type(learner).__init__.__code__.co_varnames[1:])]

    def test_tables(self, learner: Any) -> None:
        assert set(learner.final_scores_.columns) == {type(learner)._loss, "weight"}
        assert "additive" in learner.final_scores_.index
        assert 0 <= learner.final_weights_.min() <= learner.final_weights_.sum() <= 1 + 1e-9
        models = learner.nuisance_scores_.groupby("nuisance")["model"].agg(set)
        assert models["treatment"] == {"additive", "stack", "constant"}
        assert {"additive", "stack", "constant"} <= models["outcome"]
        assert list(learner.pairs_) == ["feature", "hop", "share"]

    def test_new_nodes(self, learner: Any) -> None:
        new = make_network_cate(150, n_features=4, overlap=1.5, noise=0.5, random_state=9)
        effect = learner.predict(new.X, graph=new.graph)
        assert np.mean((effect - new.cate) ** 2) < 0.5 * new.cate.var()
        assert np.isfinite(learner.predict_interval(new.X)).all()

    @pytest.mark.parametrize(
        "draw",
        [
            plotting.plot_effect_distribution,
            plotting.plot_network_effects,
            plotting.plot_overlap,
            plotting.plot_relevance,
            plotting.plot_uplift,
            plotting.plot_calibration,
            plotting.plot_estimates,
        ],
    )
    def test_pictures(self, learner: Any, draw: Callable[..., Any]) -> None:
        from matplotlib import pyplot

        sources = {
            plotting.plot_calibration: lambda: learner.group_effects(),
            plotting.plot_estimates: lambda: {"ate": learner.ate()},
        }
        assert draw(sources.get(draw, lambda: learner)()).has_data()
        pyplot.close("all")


def test_average_effects_of_all_learners_agree(world: Bunch) -> None:
    effects = [fit(cheap(cls), world).ate() for cls in LEARNERS]
    for one in effects:
        for other in effects:
            assert abs(one.estimate - other.estimate) < one.standard_error
            assert one.standard_error == pytest.approx(other.standard_error, rel=0.15)


@pytest.mark.parametrize("cls", LEARNERS)
class TestData:
    def test_units_without_outcome_get_an_effect_but_no_residual(
        self, cls: type, world: Bunch, holes: dict[str, Any]
    ) -> None:
        learner = fit(cheap(cls, missing="flag"), world, **holes)
        unknown = holes["y"].isna() | holes["treatment"].isna()
        np.testing.assert_array_equal(np.isnan(learner.outcome_residuals_), unknown)
        np.testing.assert_array_equal(np.isnan(learner.propensity_), unknown)
        assert np.isfinite(learner.out_of_fold_cate_).all()
        assert len(learner.aipw_scores()) == (~unknown).sum()
        gap = (learner.out_of_fold_cate_ - world.cate)[unknown]
        assert np.mean(gap**2) < 0.5 * world.cate.var()
        assert np.isfinite(learner.predict_interval(holes["X"], graph=world.graph)).all()
        assert learner.heterogeneity_test().pvalue < 0.01

    def test_other_models_with_missing_values(self, cls: type, world: Bunch, holes: dict[str, Any]) -> None:
        settings: dict[str, Any] = {
            "outcome_model": ["linear", "boosting", Ridge()],
            "treatment_model": LogisticRegression(),
        }
        if "final_model" in cls().get_params():
            settings["final_model"] = ["forest", Ridge()]
        learner = fit(cheap(cls, missing="flag", **settings), world, **holes)
        assert np.isfinite(learner.out_of_fold_cate_).all()
        assert np.isfinite(learner.predict(holes["X"], graph=world.graph)).all()

    def test_holes_in_new_data_only(self, cls: type, world: Bunch, holes: dict[str, Any]) -> None:
        settings: dict[str, Any] = {"outcome_model": ["linear", "boosting", "additive"]}
        if "final_model" in cls().get_params():
            settings["final_model"] = ["forest", make_pipeline(StandardScaler(), Ridge())]
        learner = fit(cheap(cls, missing="flag", **settings), world)
        strict = fit(cheap(cls, **settings), world)
        np.testing.assert_array_equal(learner.out_of_fold_cate_, strict.out_of_fold_cate_)
        assert np.isfinite(learner.predict(holes["X"], graph=world.graph)).all()

    def test_models_that_read_the_graph(
        self, cls: type, world: Bunch, holes: dict[str, Any], neighbour_regressor: Any
    ) -> None:
        settings: dict[str, Any] = {
            "outcome_model": neighbour_regressor(),
            "treatment_model": LinearProbabilityClassifier(HopAdditiveRegressor(n_fourier=0)),
        }
        if "final_model" in cls().get_params():
            settings["final_model"] = neighbour_regressor()
        whole = fit(cheap(cls, **settings), world)
        assert np.mean((whole.out_of_fold_cate_ - world.cate) ** 2) < 0.6 * world.cate.var()
        learner = fit(cheap(cls, missing="flag", **settings), world, **holes)
        assert np.isfinite(learner.out_of_fold_cate_).all()
        assert np.mean((learner.out_of_fold_cate_ - world.cate) ** 2) < 0.8 * world.cate.var()
        new = make_network_cate(100, n_features=4, random_state=8)
        assert np.isfinite(learner.predict(new.X, graph=new.graph)).all()
        arrays = fit(cheap(cls, **settings), world, X=world.X.to_numpy())
        np.testing.assert_allclose(arrays.out_of_fold_cate_, whole.out_of_fold_cate_, rtol=1e-6)

    def test_units_of_the_outcome(self, cls: type, world: Bunch) -> None:
        one, many = fit(cheap(cls), world), fit(cheap(cls), world, y=1000 * world.y - 7)
        for name in ("out_of_fold_cate_", "outcome_residuals_", "constant_effect_"):
            np.testing.assert_allclose(getattr(many, name), 1000 * getattr(one, name), rtol=1e-3, atol=1.0)
        assert many.ate().standard_error == pytest.approx(1000 * one.ate().standard_error, rel=1e-3)
        widths = [np.ptp(m.predict_interval(world.X, graph=world.graph), axis=1) for m in (one, many)]
        np.testing.assert_allclose(widths[1], 1000 * widths[0], rtol=1e-2)

    def test_relabelled_treatment_turns_the_effect_round(self, cls: type, world: Bunch) -> None:
        one, other = fit(cheap(cls), world), fit(cheap(cls), world, treatment=1 - world.treatment)
        np.testing.assert_allclose(other.out_of_fold_cate_, -one.out_of_fold_cate_, atol=0.1)
        assert other.ate().estimate == pytest.approx(-one.ate().estimate, abs=0.01)

    def test_poor_overlap_is_warned_of(self, cls: type) -> None:
        world = make_network_cate(500, n_features=3, overlap=0.12, random_state=0)
        with pytest.warns(OverlapWarning, match="Overlap: poor"):
            fit(cheap(cls), world)

    def test_no_graph(self, cls: type, world: Bunch) -> None:
        learner = fit(cheap(cls), world, graph=None)
        assert np.isfinite(learner.predict(world.X)).all()
        with pytest.raises(ValueError, match="graph_matters_test needs a graph with edges"):
            learner.graph_matters_test()

    def test_threads(self, cls: type, world: Bunch) -> None:
        one, two = (
            fit(cheap(cls, n_jobs=n, outcome_model=["linear", "boosting", "additive"]), world) for n in (1, 2)
        )
        np.testing.assert_array_equal(one.out_of_fold_cate_, two.out_of_fold_cate_)

    def test_isolated_nodes(self, cls: type, world: Bunch) -> None:
        links = world.graph.edges()[:400]
        learner = fit(cheap(cls), world, graph=Network.from_edges(links, n_nodes=len(world.X)))
        assert np.isfinite(learner.out_of_fold_cate_).all()


@pytest.mark.parametrize("cls", NEW)
class TestSaving:
    def test_answers_of_a_saved_model(self, cls: type, world: Bunch) -> None:
        learner = fit(cheap(cls, outcome_model=["linear", "additive"]), world)
        loaded = pickle.loads(pickle.dumps(learner))
        np.testing.assert_array_equal(
            loaded.predict_interval(world.X, graph=world.graph),
            learner.predict_interval(world.X, graph=world.graph),
        )
        assert loaded.ate() == learner.ate()
        with pytest.raises(ValueError, match="tests need the training rows"):
            loaded.heterogeneity_test()

    def test_a_saved_model_is_small(self, cls: type) -> None:
        sizes = []
        for n in (400, 1600):
            world = make_network_cate(n, n_features=4, overlap=2.0, noise=0.5, random_state=0)
            sizes.append(len(pickle.dumps(fit(cheap(cls), world))))
        assert (sizes[1] - sizes[0]) / 1200 < 250


@pytest.mark.parametrize("cls", NEW)
class TestRefutation:
    def test_placebo_and_random_cause(self, cls: type, world: Bunch) -> None:
        learner = fit(cheap(cls), world)
        data = {"treatment": world.treatment, "graph": world.graph, "n_repetitions": 2}
        placebo = learner.placebo_test(world.X, world.y, **data)
        assert placebo.passed
        assert np.abs(placebo.estimates).max() < 0.5 < learner.ate().estimate
        cause = learner.random_cause_test(world.X, world.y, **data)
        assert cause.passed
        assert cause.expected == learner.ate().estimate


@pytest.mark.parametrize("cls", NEW)
class TestSettings:
    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"cv": 1}, "cv must be an integer at least 2; got 1"),
            ({"clip": 0.5}, "clip must be a number greater than 0 and less than 0.5; got 0.5"),
            ({"outcome_model": "forest"}, "outcome_model must be an estimator, a list, or one of"),
            ({"outcome_model": LogisticRegression()}, "outcome_model must be a regressor"),
            ({"treatment_model": Ridge()}, "treatment_model must be a classifier"),
        ],
    )
    def test_bad_settings(self, cls: type, world: Bunch, settings: dict[str, Any], message: str) -> None:
        with pytest.raises(ValueError, match=message):
            fit(cheap(cls, **settings), world)

    def test_bad_treatment_names_the_learner(self, cls: type, world: Bunch) -> None:
        with pytest.raises(ValueError, match=f"treatment must be binary for {cls.__name__}; got 3 levels"):
            fit(cheap(cls), world, treatment=np.arange(500) % 3)

    def test_intervals_without_a_variance_come_with_a_warning(self, cls: type, world: Bunch) -> None:
        argument = "final_model" if "final_model" in cls().get_params() else "outcome_model"
        learner = fit(cheap(cls, **{argument: Ridge()}), world)
        with pytest.warns(UserWarning, match=f"candidates in {argument}.* add 'additive' or 'pairs'"):
            learner.predict_interval(world.X, graph=world.graph)

    @pytest.mark.parametrize("method", ["ate", "aipw_scores", "heterogeneity_test", "overlap_report"])
    def test_before_fit(self, cls: type, method: str) -> None:
        with pytest.raises(NotFittedError):
            getattr(cheap(cls), method)()

    def test_default_stack(self, cls: type, world: Bunch) -> None:
        learner = fit(clone(cls(random_state=0)), world)
        scores = learner.nuisance_scores_
        models = set(scores.loc[scores["nuisance"] == "outcome", "model"])
        assert {"linear", "additive", "pairs", "boosting", "stack", "constant"} <= models
        assert (
            np.mean((learner.predict(world.X, graph=world.graph) - world.cate) ** 2) < 0.3 * world.cate.var()
        )
