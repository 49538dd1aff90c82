"""Causal de Finetti from a table to a graph: answers, abstentions, invariances and errors."""

import pickle
import warnings
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils import Bunch

from causalkit.datasets import make_exchangeable_scm
from causalkit.estimators import CausalDeFinetti
from causalkit.exceptions import NotOrientableWarning

COLLIDER = nx.DiGraph([("dose", "response"), ("age", "response")])
NUMBERS = ["score_gap", "pvalue_arrow", "pvalue_reverse", "pvalue_no_edge", "bootstrap_share", "icc_cause"]


def collider(kind: str = "location", n_environments: int = 200, **settings: Any) -> Bunch:
    settings = {"n_rows": 4, "random_state": 0, **settings}
    return make_exchangeable_scm(kind, causal_graph=COLLIDER, n_environments=n_environments, **settings)


def fit(data: Bunch, **settings: Any) -> CausalDeFinetti:
    return CausalDeFinetti(random_state=0, **settings).fit(data.X, environments=data.environments)


def fit_quietly(data: Bunch, **settings: Any) -> CausalDeFinetti:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotOrientableWarning)
        return fit(data, **settings)


@pytest.fixture(scope="module")
def data() -> Bunch:
    return collider()


@pytest.fixture(scope="module")
def model(data: Bunch) -> CausalDeFinetti:
    return fit(data, n_bootstrap=10)


class TestAnswers:
    def test_the_graph_under_the_names_of_the_columns(self, data: Bunch, model: CausalDeFinetti) -> None:
        assert set(model.graph_.edges) == set(model.best_graph_.edges) == set(COLLIDER.edges)
        assert list(model.graph_.nodes) == list(data.X.columns)
        assert model.order_[-1] == "response"
        expected = nx.to_pandas_adjacency(COLLIDER, nodelist=list(data.X.columns), dtype=int)
        assert_frame_equal(model.adjacency_, expected)
        assert (model.method_, model.exact_search_) == ("score", True)
        assert (model.n_environments_, model.n_pairs_) == (200, 200 * 6)

    def test_evidence_has_a_row_for_each_ordered_pair(self, model: CausalDeFinetti) -> None:
        frame = model.evidence_.set_index(["cause", "effect"])
        assert len(frame) == 6
        arrow, reverse = frame.loc[("dose", "response")], frame.loc[("response", "dose")]
        assert (arrow.arrow, arrow.verdict, reverse.arrow, reverse.verdict) == (
            True,
            "arrow",
            False,
            "reverse arrow",
        )
        assert (arrow.pvalue_arrow, arrow.pvalue_reverse) == (reverse.pvalue_reverse, reverse.pvalue_arrow)
        assert arrow.pvalue_reverse < 0.01 < arrow.pvalue_arrow
        assert arrow.adjusted_pvalue_reverse >= arrow.pvalue_reverse
        assert arrow.given == ("age",) and arrow.score_gap > 5 and np.isnan(reverse.score_gap)
        assert (arrow.icc_cause, arrow.icc_effect) == (reverse.icc_effect, reverse.icc_cause)
        assert frame.loc[("age", "dose")].verdict == "no edge"
        assert_frame_equal(model.to_frame(), model.evidence_)

    def test_bootstrap_shares(self, model: CausalDeFinetti) -> None:
        shares = model.evidence_.set_index(["cause", "effect"])["bootstrap_share"]
        assert shares[("dose", "response")] >= 0.9
        assert shares[("response", "dose")] <= 0.1
        pairs = shares + shares.swaplevel().reindex(shares.index)
        assert pairs.between(0, 1).all()

    def test_scores_add_up_to_the_gaps(self, model: CausalDeFinetti) -> None:
        scores = model.scores_
        assert scores.loc["response", "parents"] in {("dose", "age"), ("age", "dose")}
        assert scores.loc["response", "score"] > scores.loc["response", "score_without_parents"]
        assert scores.loc["age", "score"] == scores.loc["age", "score_without_parents"]

    def test_a_limit_on_parents(self, data: Bunch) -> None:
        found = fit_quietly(data, max_parents=1, n_bootstrap=2)
        assert max(degree for _, degree in found.best_graph_.in_degree) == 1

    @pytest.mark.parametrize("method", ["score", "test"])
    def test_categorical_columns_of_any_dtype(self, method: str) -> None:
        made = collider("published_binary", 1500, n_rows=3)
        words = made.X.astype({"age": bool}).assign(dose=made.X["dose"].map({0: "low", 1: "high"}))
        expected = fit_quietly(made, method=method)
        found = fit_quietly(Bunch(X=words, environments=made.environments), method=method)
        assert set(expected.best_graph_.edges) == set(COLLIDER.edges)
        assert set(found.best_graph_.edges) == set(COLLIDER.edges)

    def test_by_tests(self, data: Bunch) -> None:
        found = fit(data, method="test")
        assert set(found.graph_.edges) == set(COLLIDER.edges)
        assert found.scores_ is None
        assert found.evidence_["score_gap"].isna().all()
        assert "no order with dose -> response reversed fits" in " ".join(found.evidence_["reason"])

    def test_arrays_get_names(self, data: Bunch) -> None:
        found = CausalDeFinetti(random_state=0).fit(data.X.to_numpy(), environments=data.environments)
        assert list(found.graph_.nodes) == ["x0", "x1", "x2"]
        assert len(found.graph_.edges) == 2

    def test_summary(self, model: CausalDeFinetti) -> None:
        text = model.summary()
        for part in ("dose -> response: the best graph without", "200 environments, 1200 pairs", "Assumes"):
            assert part in text


class TestAbstention:
    @pytest.mark.parametrize("icc", [0.0, 0.3], ids=["i.i.d.", "equal"])
    def test_equal_icc(self, icc: float) -> None:
        pair = nx.DiGraph([("a", "b")])
        made = make_exchangeable_scm(
            "location", causal_graph=pair, n_environments=200, n_rows=4, icc=icc, random_state=3
        )
        with pytest.warns(NotOrientableWarning, match="cannot tell a direction between a and b"):
            found = fit(made)
        assert not found.graph_.edges
        assert len(found.best_graph_.edges) == 1
        row = found.evidence_.iloc[0]
        assert row.verdict == "not orientable"
        assert "i.i.d. or of equal intraclass correlation" in row.reason
        assert "Left open\n  a - b: not orientable" in found.summary()

    def test_dependent_parameters(self) -> None:
        pair = nx.DiGraph([("a", "b")])
        made = make_exchangeable_scm(
            "location",
            causal_graph=pair,
            n_environments=300,
            n_rows=10,
            icc=[0.2, 0.5],
            correlation=0.7,
            random_state=0,
        )
        with pytest.warns(NotOrientableWarning, match="both directions are contradicted between a and b"):
            found = fit(made)
        assert not found.graph_.edges
        assert set(found.evidence_["verdict"]) == {"assumption violated"}
        assert "both directed statements fail" in found.evidence_["reason"].iloc[0]

    def test_too_few_environments(self) -> None:
        made = collider(n_environments=9)
        with pytest.warns(NotOrientableWarning):
            found = fit(made)
        assert not found.graph_.edges
        assert found.best_graph_.edges
        assert "9 environments of two or more rows are too few" in " ".join(found.evidence_["reason"])

    def test_environments_of_one_row(self) -> None:
        made = collider(n_rows=(1, 5))
        with pytest.warns(UserWarning, match="of 200 environments have one row only"):
            found = fit(made)
        assert set(found.graph_.edges) == set(COLLIDER.edges)


class TestEffects:
    def test_companions_move_the_answer(self, data: Bunch, model: CausalDeFinetti) -> None:
        """Rows whose response is far above what its causes say raise the answer for the next row."""
        rows = data.X[data.environments == 3].assign(dose=0.0, age=0.0)
        high = model.interventional("response", {"dose": 1.0}, rows.assign(response=3.0), n_bootstrap=20)
        low = model.interventional("response", {"dose": 1.0}, rows.assign(response=-3.0), n_bootstrap=0)
        mean = high.distribution.loc["mean"]
        assert mean["estimate"] > mean["without_companions"] > low.distribution.loc["mean", "estimate"]
        interval = high.conf_int()
        assert interval.shape == (2, 2)
        assert interval.iloc[0, 0] < mean["estimate"] < interval.iloc[0, 1]
        again = model.interventional("response", {"dose": 1.0}, rows.assign(response=3.0), n_bootstrap=20)
        assert_frame_equal(again.conf_int(), interval)

    def test_a_graph_of_ones_own(self, model: CausalDeFinetti) -> None:
        graph = nx.DiGraph([("response", "dose")])
        graph.add_node("age")
        moved = model.interventional("response", {"dose": 1.0}, n_bootstrap=0)
        still = model.interventional("response", {"dose": 1.0}, causal_graph=graph, n_bootstrap=0)
        assert abs(moved.distribution.loc["mean", "estimate"]) > 0.2
        assert abs(still.distribution.loc["mean", "estimate"]) < 0.1

    def test_open_directions_are_named(self) -> None:
        made = collider(n_environments=9)
        found = fit_quietly(made)
        with pytest.warns(NotOrientableWarning, match="interventional rests on arrows .*-> "):
            found.interventional("response", {"dose": 1.0}, n_bootstrap=0)

    def test_errors(self, model: CausalDeFinetti) -> None:
        with pytest.raises(NotFittedError):
            CausalDeFinetti().interventional("response", {"dose": 1.0})
        with pytest.raises(ValueError, match=r"outcome must be .*'blood'"):
            model.interventional("blood", {"dose": 1.0})


class TestInvariance:
    @pytest.mark.parametrize("method", ["score", "test"])
    @pytest.mark.parametrize("kind", ["location", "published_binary", "mixed"])
    def test_rows_columns_and_labels(self, kind: str, method: str) -> None:
        settings: dict[str, Any] = {"levels": {"dose": 3}} if kind == "mixed" else {}
        made = collider("location" if kind == "mixed" else kind, 120, n_rows=(2, 5), **settings)
        expected = fit_quietly(made, method=method, n_bootstrap=2)
        rng = np.random.default_rng(0)
        rows, labels = rng.permutation(len(made.X)), rng.permutation(500)
        names = {"dose": "x", "age": "y", "response": "z"}
        X = made.X.iloc[rows].reset_index(drop=True)[["response", "dose", "age"]].rename(columns=names)
        environments = pd.Categorical([f"site {labels[code]}" for code in made.environments.iloc[rows]])
        found = fit_quietly(Bunch(X=X, environments=environments), method=method, n_bootstrap=2)
        one = expected.evidence_.replace(names).set_index(["cause", "effect"]).sort_index()
        two = found.evidence_.set_index(["cause", "effect"]).sort_index()
        assert_frame_equal(one[NUMBERS], two[NUMBERS], check_exact=True)
        assert one["verdict"].equals(two["verdict"])

    @pytest.mark.parametrize("method", ["score", "test"])
    def test_the_number_of_jobs(self, method: str) -> None:
        # So few rows that arrows of resamples hang on the signs.
        made = collider(n_environments=30, n_rows=2)
        one, two = (fit_quietly(made, method=method, n_bootstrap=24, n_jobs=n_jobs) for n_jobs in (1, 2))
        assert one.evidence_["bootstrap_share"].nunique() > 2
        assert_frame_equal(one.evidence_, two.evidence_)

    def test_clone_and_pickle(self, data: Bunch, model: CausalDeFinetti) -> None:
        assert clone(model).get_params() == model.get_params()
        loaded = pickle.loads(pickle.dumps(model))
        assert_frame_equal(loaded.evidence_, model.evidence_)
        # The rows are not dragged along.
        assert len(pickle.dumps(model)) < 100_000

    def test_environments_are_routed(self) -> None:
        with config_context(enable_metadata_routing=True):
            assert CausalDeFinetti().get_metadata_routing().fit.requests == {"environments": True}


class TestErrors:
    @pytest.mark.parametrize(
        ("setting", "message"),
        [
            ({"method": "guess"}, "method must be one of .*'guess'"),
            ({"alpha": 0.0}, "alpha must"),
            ({"max_parents": 0}, "max_parents must"),
            ({"n_bootstrap": -1}, "n_bootstrap must"),
            ({"verbose": -1}, "verbose must"),
            ({"random_state": "seed"}, "random_state must"),
        ],
        ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
    )
    def test_settings(self, data: Bunch, setting: dict[str, Any], message: str) -> None:
        with pytest.raises(ValueError, match=message):
            CausalDeFinetti(**setting).fit(data.X, environments=data.environments)

    def test_data(self, data: Bunch) -> None:
        for changes, message in (
            ({"X": data.X[["dose"]]}, "at least two columns"),
            ({"X": data.X.assign(age=1.0)}, r"column 'age'\) must vary"),
            (
                {"X": data.X.replace(data.X.iloc[3, 0], np.nan)},
                "must not contain missing values; column 'dose'",
            ),
            (
                {"X": data.X.replace(data.X.iloc[3, 0], np.inf)},
                "must not contain infinite values; column 'dose'",
            ),
            ({"environments": [0] * 800}, "at least two environments"),
            ({"environments": range(800)}, "environments of one row each"),
            ({"environments": data.environments[:-1]}, "one label for each row"),
        ):
            changed = {"X": data.X, "environments": data.environments, **changes}
            with pytest.raises(ValueError, match=message):
                CausalDeFinetti().fit(changed["X"], environments=changed["environments"])

    def test_environments_have_to_be_given(self, data: Bunch) -> None:
        with pytest.raises(TypeError, match="environments"):
            CausalDeFinetti().fit(data.X)  # type: ignore[call-arg]

    @pytest.mark.parametrize("method", ["summary", "to_frame"])
    def test_before_fit(self, method: str) -> None:
        with pytest.raises(NotFittedError):
            getattr(CausalDeFinetti(), method)()
