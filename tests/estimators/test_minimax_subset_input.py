"""Minimax subset search on odd, bad and rearranged input: what is refused, and in which words."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from functools import cache
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.ensemble import RandomForestRegressor
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.utils import Bunch

from causalkit.estimators import MinimaxSubsetClassifier, MinimaxSubsetRegressor
from causalkit.exceptions import NotIdentifiedWarning, OverlapWarning
from causalkit.testing import make_environment_check_data

# Columns x0 and x1 are stable, x2 is mutable, with levels in LEVELS and continuous in NUMBERS.
NUMBERS = make_environment_check_data("multiplicative", 40)
LEVELS = make_environment_check_data("interaction", 40)
CLASSES = (NUMBERS.y > 0).astype(int)


def causes_and_effects() -> Bunch:
    """A cause of y, x0, an effect, x1, and x2, whose mechanism changes so much that it can be learned."""
    data, kept = make_environment_check_data("linear", 60), {"x0": "x0", "x2": "x1", "x5": "x2"}
    graph = nx.relabel_nodes(data.causal_graph.subgraph(["y", *kept]), kept)
    X = data.X[list(kept)].rename(columns=kept)
    return Bunch(**{**data, "X": X, "causal_graph": graph, "mutable": ("x2",)})


LINEAR = causes_and_effects()

FAST = {"n_refits": 0, "n_resamples": 3, "random_state": 0}
LEARN = {"causal_graph": None, "mutable": None}

pytestmark = pytest.mark.filterwarnings("ignore::causalkit.exceptions.OverlapWarning")


def regressor(data: Any = NUMBERS, **settings: Any) -> MinimaxSubsetRegressor:
    roles = {"causal_graph": data.causal_graph, "mutable": list(data.mutable), "estimator": Ridge()}
    return MinimaxSubsetRegressor(**roles | FAST | settings)


def classifier(**settings: Any) -> MinimaxSubsetClassifier:
    return MinimaxSubsetClassifier(**regressor(**settings).get_params(deep=False))


def fitted(data: Any = NUMBERS, model: Any = None, **changes: Any) -> Any:
    """A fit to the data with changes to X, y, environments or graph."""
    given = {"X": data.X, "y": data.y, "environments": data.environments} | changes
    model = regressor(data) if model is None else model
    return model.fit(given.pop("X"), given.pop("y"), **given)


@cache
def unchanged() -> MinimaxSubsetRegressor:
    return fitted()


def answers(model: Any) -> list[Any]:
    """What a fit says, in a form to compare to the last bit."""
    table = model.risk_table_[["risk", "lower_bound", "average_risk"]].to_numpy()
    return [
        model.subset_,
        model.tied_subsets_,
        model.worst_case_risk_,
        model.worst_case_interval_,
        model.overlap_.effective_rows,
        table.tobytes(),
    ]


def with_first(values: Any, entry: Any) -> Any:
    changed = values.astype(object if isinstance(entry, str) else float).copy()
    if changed.ndim == 1:
        changed.iloc[0] = entry
    else:
        changed.iloc[0, 0] = entry
    return changed


X, Y, SITE = NUMBERS.X, NUMBERS.y, NUMBERS.environments


class TestColumns:
    @pytest.mark.parametrize("roles", [{}, LEARN], ids=["given", "learned"])
    @pytest.mark.parametrize(
        ("changed", "message"),
        [
            (with_first(X, np.nan), "X must not contain missing values; column 'x0' has 1"),
            (with_first(X, -np.inf), "X must not contain infinite values; column 'x0' has 1"),
            (X.assign(x2=np.nan), "X must not contain missing values; column 'x2' has 160"),
            (X.assign(x1=X.x1.where(X.index > 2).astype("Float64")), "missing values; column 'x1' has 3"),
            (X.assign(x1=1.5), r"X \(column 'x1'\) must vary between rows; got 1.5 in every row"),
            (X.assign(x1="a"), r"X \(column 'x1'\) must vary between rows; got 'a' in every row"),
            (X.assign(x2=3), r"X \(column 'x2'\) must vary between rows; got 3 in every row"),
            (X.assign(x1=[f"t{i}" for i in range(160)]), r"X \(column 'x1'\) must have at most 12 levels"),
            (X.assign(x1=pd.date_range("2020", periods=160)), r"X \(column 'x1'\) must hold numbers or lev"),
            (
                X.assign(x1=pd.date_range("2020", periods=160, tz="UTC")),
                r"X \(column 'x1'\) must hold numbers or lev",
            ),
            (
                X.assign(x1=pd.to_timedelta(np.arange(160), unit="s")),
                r"X \(column 'x1'\) must hold numbers or levels; got dtype timedelta",
            ),
            (X.assign(x1=X.x1 + 1j), r"X \(column 'x1'\) must hold numbers or levels; got dtype complex"),
            (
                X.set_axis(["x0", "x0", "x2"], axis=1),
                "columns of different names; got 'x0' twice",
            ),
            (X[:0], r"X must have shape \(n, d\) with at least one row and column; got shape \(0, 3\)"),
            (X.iloc[:, :0], r"X must have shape .*; got shape \(160, 0\)"),
            (X.x0, r"X must have shape .*; got shape \(160,\)"),
            (X.rename(columns={"x0": "y"}), "X must have no column with the name of the outcome, 'y'"),
        ],
        ids=[
            "missing",
            "infinite",
            "empty",
            "not available",
            "constant",
            "one text",
            "constant mutable",
            "many texts",
            "times",
            "times of a zone",
            "durations",
            "complex",
            "repeated name",
            "no rows",
            "no columns",
            "one dimension",
            "named as y",
        ],
    )
    def test_refused(self, changed: Any, message: str, roles: dict[str, Any]) -> None:
        rows = slice(0, len(changed))
        with pytest.raises(ValueError, match=message):
            fitted(X=changed, y=Y[rows], environments=SITE[rows], model=regressor(**roles))

    @pytest.mark.parametrize(
        "changed",
        [
            X.convert_dtypes(),
            X.astype({"x0": "Float64"}),
            X.astype(object),
            X.to_numpy(),
            X.to_numpy().tolist(),
            np.asfortranarray(X.to_numpy()),
        ],
        ids=["nullable", "one nullable", "objects", "array", "lists", "by column"],
    )
    def test_forms_of_the_same_numbers(self, changed: Any) -> None:
        assert answers(fitted(X=changed)) == answers(unchanged())

    @pytest.mark.parametrize(
        "make",
        [
            lambda v: v > 0,
            lambda v: (v > 0).astype("boolean"),
            lambda v: np.where(v > 0, "b", "a"),
            lambda v: pd.Categorical(np.where(v > 0, "b", "a")),
            lambda v: pd.Categorical(np.where(v > 0, "b", "a"), categories=["a", "b", "c"]),
            lambda v: (v > 0).astype("Int64"),
            lambda v: (v > 0).astype(np.int8),
        ],
        ids=["booleans", "nullable", "texts", "categories", "unused category", "nullable numbers", "numbers"],
    )
    @pytest.mark.parametrize("name", ["x1", "x2"])
    def test_two_levels_in_any_form_are_zero_and_one(self, make: Callable[[Any], Any], name: str) -> None:
        model = fitted(X=X.assign(**{name: make(X[name])}))
        same = X.assign(**{name: (X[name] > 0).astype(float)})
        assert answers(model) == answers(fitted(X=same))
        np.testing.assert_array_equal(
            model.predict(X.assign(**{name: make(X[name])})), fitted(X=same).predict(same)
        )

    def test_sparse_columns(self) -> None:
        with pytest.raises(TypeError, match="X must be a DataFrame or a dense array; got a sparse matrix"):
            fitted(X=sparse.csr_array(X.to_numpy()))

    @pytest.mark.parametrize(
        ("added", "message"),
        [
            (LINEAR.X.x1, "X must have no column that equals another one or the outcome; got 'x1' and 'x9'"),
            (LINEAR.environments, r"X \(column 'x9'\) must vary inside some environment .*; got one value"),
        ],
        ids=["of a column", "of the environments"],
    )
    def test_copies_are_refused_where_something_is_learned(self, added: pd.Series, message: str) -> None:
        with pytest.raises(ValueError, match=message):
            fitted(LINEAR, X=LINEAR.X.assign(x9=added), model=regressor(**LEARN))

    @pytest.mark.parametrize("roles", [{}, LEARN], ids=["given", "learned"])
    def test_a_copy_of_the_outcome_is_always_refused(self, roles: dict[str, Any]) -> None:
        with pytest.raises(ValueError, match="X must not hold the outcome; column 'x0' is a copy of y"):
            fitted(X=X.assign(x0=Y), model=regressor(**roles))

    def test_too_few_rows(self) -> None:
        few = slice(0, 160, 10)
        with pytest.raises(ValueError, match="X must have at least 20 rows; got 16"):
            fitted(X=X[few], y=Y[few], environments=SITE[few])

    def test_single_precision_changes_an_answer_by_rounding_only(self) -> None:
        single = fitted(X=X.astype(np.float32), y=Y.astype(np.float32))
        double = unchanged()
        assert single.subset_ == double.subset_
        assert single.worst_case_risk_ == pytest.approx(double.worst_case_risk_, rel=1e-3)

    def test_many_columns(self) -> None:
        rng = np.random.default_rng(0)
        more = pd.DataFrame(rng.normal(size=(160, 197)), columns=[f"n{i}" for i in range(197)])
        graph = NUMBERS.causal_graph.copy()
        graph.add_nodes_from(more)
        model = regressor(causal_graph=graph)
        fitted(X=pd.concat([X, more], axis=1), model=model)
        assert len(model.stable_) == 199
        assert set(model.subset_) <= {"x0", "x1"}
        # Variables without an arrow add nothing, so that they make no class of their own.
        assert len(model.risk_table_) == len(unchanged().risk_table_)

    @pytest.mark.parametrize("names", [range(3), [0, "x1", "x2"]], ids=["integers", "two kinds"])
    def test_names_that_are_no_texts(self, names: Any) -> None:
        with pytest.raises(ValueError, match="X must have columns named by texts where causal_graph or mut"):
            fitted(X=X.set_axis(names, axis=1))

    def test_columns_without_names_are_called_x0_x1(self) -> None:
        learned = fitted(LINEAR, X=LINEAR.X.set_axis(range(3), axis=1), model=regressor(**LEARN))
        assert answers(learned) == answers(fitted(LINEAR, model=regressor(**LEARN)))
        assert learned.mutable_ == ("x2",)


class TestOutcome:
    @pytest.mark.parametrize(
        ("changed", "message"),
        [
            (with_first(Y, np.nan), "y must not contain NaN or infinity; got 1 missing value"),
            (with_first(Y, np.inf), "y must not contain NaN or infinity; got 1 infinite value"),
            (Y[:-1], "y must have one value for each row of X; got 159 values and 160 rows"),
            (Y * 0 + 3, "y must vary between rows; got 3 in every row"),
            (Y.map("{:.1f}".format), "y must be numeric; got dtype str"),
            (with_first(Y, "a"), "y must be numeric; got the value 'a'"),
            (Y + 1j, "y must be real numbers"),
            (np.column_stack([Y, Y]), r"y should be a 1d array .*; got shape \(160, 2\)"),
            (None, "y to be passed"),
            (Y.rename("x1"), "X must have no column with the name of the outcome, 'x1'"),
            (Y.rename("pain"), "causal_graph must have a node for the outcome 'pain'.*lacks"),
        ],
        ids=[
            "missing",
            "infinite",
            "short",
            "constant",
            "texts",
            "a text",
            "complex",
            "two columns",
            "none",
            "named as a column",
            "named otherwise",
        ],
    )
    def test_refused(self, changed: Any, message: str) -> None:
        with pytest.raises(ValueError, match=message):
            fitted(y=changed)

    @pytest.mark.parametrize(
        "changed",
        [list(Y), Y.to_numpy(), Y.convert_dtypes(), Y.set_axis(range(7, 167)), Y.rename(None)],
        ids=["list", "array", "nullable", "other index", "no name"],
    )
    def test_forms_of_the_same_outcome(self, changed: Any) -> None:
        assert answers(fitted(y=changed)) == answers(unchanged())

    def test_a_column_is_taken_with_a_warning(self) -> None:
        with pytest.warns(UserWarning, match="A column-vector y was passed"):
            model = fitted(y=Y.to_frame())
        assert answers(model) == answers(unchanged())

    @pytest.mark.parametrize(("factor", "shift"), [(1.0, 1e6), (1e6, 0.0), (1e-6, 0.0), (2.54, -17.0)])
    @pytest.mark.parametrize("data", [NUMBERS, LEVELS], ids=["numbers", "levels"])
    def test_units(self, data: Any, factor: float, shift: float) -> None:
        base, other = fitted(data), fitted(data, y=factor * data.y + shift)
        assert other.subset_ == base.subset_
        assert other.tied_subsets_ == base.tied_subsets_
        for name in ("worst_case_risk_", "training_variance_"):
            assert getattr(other, name) / factor**2 == pytest.approx(getattr(base, name), rel=1e-5)
        np.testing.assert_allclose(other.predict(data.X), factor * base.predict(data.X) + shift, rtol=1e-6)
        pd.testing.assert_frame_equal(other.environment_risks(), base.environment_risks(), rtol=1e-5)

    def test_units_of_a_stable_column(self) -> None:
        base, other = unchanged(), fitted(X=X.assign(x1=1e3 * X.x1 - 5e5))
        assert other.subset_ == base.subset_
        # Ridge sees another penalty.
        assert other.worst_case_risk_ == pytest.approx(base.worst_case_risk_, rel=0.05)


class TestClasses:
    @pytest.mark.parametrize(
        ("changed", "message"),
        [
            (CLASSES * 0, "y must have two classes; got 1 class: 0"),
            (np.digitize(Y, [-1, 1]), r"y must have two classes; got 3 classes"),
            (Y, "y must have two classes; got 160 classes"),
            (with_first(CLASSES, np.nan), "y must not be missing; got 1 missing value"),
            (CLASSES[:-1], r"y must have one label for each row of X, 160; got shape \(159,\)"),
            (None, "y to be passed"),
            (np.column_stack([CLASSES, CLASSES]), r"y must have one label .*; got shape \(160, 2\)"),
        ],
        ids=["one", "three", "continuous", "missing", "short", "none", "two columns"],
    )
    def test_refused(self, changed: Any, message: str) -> None:
        with pytest.raises(ValueError, match=message):
            fitted(y=changed, model=classifier())

    def test_a_rare_class(self) -> None:
        rare = (np.arange(160) < 2).astype(int)
        with pytest.raises(ValueError, match="y must have 10 rows of each class; got 2 of one"):
            fitted(y=rare, model=classifier())

    @pytest.mark.parametrize(
        "changed",
        [
            CLASSES.astype(bool),
            CLASSES.astype("boolean"),
            2 * CLASSES - 1,
            CLASSES.map({0: "no", 1: "yes"}),
            CLASSES.map({0: "no", 1: "yes"}).astype("category"),
            CLASSES.tolist(),
            CLASSES.to_numpy()[:, None],
        ],
        ids=["booleans", "nullable", "signs", "texts", "categories", "list", "column"],
    )
    def test_names_of_classes(self, changed: Any) -> None:
        model, base = fitted(y=changed, model=classifier()), fitted(y=CLASSES, model=classifier())
        assert answers(model) == answers(base)
        np.testing.assert_array_equal(model.predict_proba(X), base.predict_proba(X))
        np.testing.assert_array_equal(model.predict(X) == model.classes_[1], base.predict(X) == 1)

    def test_the_other_class_has_the_same_risk(self) -> None:
        model, other = fitted(y=CLASSES, model=classifier()), fitted(y=1 - CLASSES, model=classifier())
        assert 0 <= model.worst_case_risk_ <= 1
        assert other.training_variance_ == pytest.approx(model.training_variance_)
        assert model.predict_proba(X).sum(axis=1) == pytest.approx(1)

    def test_unknown_class_in_other_environments(self) -> None:
        model = fitted(y=CLASSES, model=classifier())
        with pytest.raises(ValueError, match=r"y must hold the classes of the fit, \[0, 1\]; got 2"):
            model.environment_risks(X, CLASSES + 1, SITE)


class TestEnvironments:
    @pytest.mark.parametrize("roles", [{}, LEARN], ids=["given", "learned"])
    @pytest.mark.parametrize(
        ("changed", "message"),
        [
            (SITE[:-1], "environments must have one label for each row; got 159 labels and 160 rows"),
            (with_first(SITE, np.nan), "environments must have a label for each row; got 1 missing"),
            (np.column_stack([SITE, SITE]), "environments must be one-dimensional"),
        ],
        ids=["short", "missing", "two columns"],
    )
    def test_refused(self, changed: Any, message: str, roles: dict[str, Any]) -> None:
        with pytest.raises(ValueError, match=message):
            fitted(environments=changed, model=regressor(**roles))

    @pytest.mark.parametrize("changed", [None, SITE * 0], ids=["none", "one"])
    def test_one_environment_teaches_nothing(self, changed: Any) -> None:
        with pytest.raises(ValueError, match="environments must be at least 2 for the mutable variables"):
            fitted(environments=changed, model=regressor(**LEARN))
        assert answers(fitted(environments=None)) == answers(fitted(environments=SITE * 0))

    @pytest.mark.parametrize(
        "changed", [np.arange(160), SITE.where(SITE.index > 0, 77)], ids=["each its own", "one alone"]
    )
    def test_environments_of_one_row(self, changed: Any) -> None:
        model = fitted(environments=changed)
        assert model.environment_risks()["n_rows"].min() == 1
        assert np.isfinite(model.worst_case_risk_)
        with pytest.raises(ValueError, match=r"environments must have at least 20 rows each; got 1 in"):
            fitted(environments=changed, model=regressor(**LEARN))

    def test_environments_that_do_not_differ(self) -> None:
        # Rows of every environment have been dealt to new ones, so that all mechanisms are the same.
        with pytest.warns(NotIdentifiedWarning, match="environments do not say") as caught:
            model = fitted(LINEAR, environments=np.arange(240) % 4, model=regressor(**LEARN))
        assert len([w for w in caught if w.category is NotIdentifiedWarning]) == 1
        assert not model.is_identified_
        assert not model.whole_set_is_optimal_
        assert model.subset_ == model.stable_
        assert np.isnan([model.worst_case_risk_, *model.worst_case_interval_]).all()
        assert "unknown" in model.summary()
        assert np.isfinite(model.predict(LINEAR.X)).all()

    @pytest.mark.parametrize(
        "rename",
        [
            list,
            lambda e: e.set_axis(range(200, 40, -1)),
            lambda e: pd.Timestamp("2020-01-01") + pd.to_timedelta(e, unit="D"),
            lambda e: e.astype(object).where(e > 0, "a"),
            lambda e: e + 0.5,
        ],
        ids=["list", "other index", "dates", "texts and numbers", "fractions"],
    )
    def test_forms_of_the_same_environments(self, rename: Callable[[pd.Series], Any]) -> None:
        assert answers(fitted(environments=rename(SITE))) == answers(unchanged())


class TestAnswers:
    """What holds of every answer, whatever the input."""

    @pytest.mark.parametrize("search", ["best_first", "exhaustive"])
    @pytest.mark.parametrize("data", [NUMBERS, LEVELS, LINEAR], ids=["numbers", "levels", "linear"])
    @pytest.mark.parametrize("classes", [False, True], ids=["number", "classes"])
    def test_table(self, data: Any, search: str, classes: bool) -> None:
        y = (data.y > data.y.median()).astype(int) if classes else data.y
        make = MinimaxSubsetClassifier if classes else MinimaxSubsetRegressor
        model = make(**regressor(data, search=search).get_params(deep=False))
        table = fitted(data, y=y, model=model).risk_table_
        assert table["n_subsets"].sum() == 2 ** len(model.stable_)
        assert all(2 ** len(free) == n for free, n in zip(table["free"], table["n_subsets"], strict=True))
        fit = table[table["status"] == "fitted"]
        assert fit["risk"].is_monotonic_increasing
        assert (fit["risk"] >= fit[["average_risk", "risk_low"]].max(axis=1) - 1e-12).all()
        assert (fit["risk"] <= fit["risk_high"]).all()
        assert fit["risk"].between(0, 1 if classes else np.inf).all()
        assert table[table["status"] == "pruned"]["lower_bound"].notna().all()
        picked = table[table["picked"]].iloc[0]
        assert table["picked"].sum() == 1
        assert picked["tied"]
        assert picked["subset"] == model.subset_ == model.tied_subsets_[0]
        assert (picked["risk_low"], picked["risk_high"]) == model.worst_case_interval_
        assert set(model.tied_subsets_) == set(table.loc[table["tied"], "subset"])

    def test_training_environments_weigh_up_to_the_mean(self) -> None:
        model = unchanged()
        risks, held_out = model.environment_risks(), model.out_of_fold_predictions_
        mean = risks.mul(risks["n_rows"], axis=0).sum() / 160
        mse = ((held_out.sub(Y, axis=0)) ** 2).mean() / Y.var(ddof=1)
        pd.testing.assert_series_equal(mean[held_out.columns], mse, check_names=False)

    def test_a_second_fit_forgets_the_first(self) -> None:
        model = fitted(X=X.assign(x1=np.where(X.x1 > 0, "high", "low")), y=-Y, graph=NUMBERS.graph)
        assert answers(fitted(model=model)) == answers(unchanged())
        np.testing.assert_array_equal(model.predict(X), unchanged().predict(X))


class TestRoles:
    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"mutable": ["z"]}, r"mutable must be among the columns of X, \['x0', 'x1', 'x2'\]; got 'z'"),
            ({"mutable": "z", "causal_graph": None}, "mutable must be among the columns of X.*; got 'z'"),
            ({"mutable": 3}, "mutable must be among the columns of X.*; got 3"),
            ({"mutable": [["x2"]]}, r"mutable must be among the columns of X.*; got \['x2'\]"),
            ({"mutable": ["x2", "y"]}, "mutable must not hold the outcome 'y'"),
            ({"mutable": "y", "causal_graph": None}, "mutable must not hold the outcome 'y'"),
            ({"causal_graph": nx.Graph([("y", "x2")])}, "causal_graph must be a networkx.DiGraph; got Graph"),
            ({"causal_graph": [("y", "x2")]}, "causal_graph must be a networkx.DiGraph; got list"),
            (
                {"causal_graph": nx.DiGraph([("y", "x2"), ("x2", "x0"), ("x0", "y"), ("y", "x1")])},
                "causal_graph must have no cycle; got one through y -> x2 -> x0",
            ),
            (
                {"causal_graph": nx.DiGraph([("y", "x2"), ("y", "x1")])},
                r"causal_graph must have a node for .* lacks \['x0'\]",
            ),
            (
                {"causal_graph": nx.DiGraph([("y", "x2"), ("y", "x1"), ("y", "x0"), ("y", "age")])},
                r"causal_graph must have no other nodes .*; got \['age'\]",
            ),
        ],
        ids=[
            "unknown",
            "unknown text",
            "number",
            "nested",
            "outcome",
            "outcome alone",
            "undirected",
            "list",
            "cycle",
            "missing node",
            "extra node",
        ],
    )
    def test_refused(self, settings: dict[str, Any], message: str) -> None:
        with pytest.raises(ValueError, match=message):
            fitted(model=regressor(**settings))

    def test_one_name_and_repeated_names(self) -> None:
        expected = answers(unchanged())
        for mutable in ("x2", ["x2", "x2"], {"x2"}, pd.Index(["x2"])):
            assert answers(fitted(model=regressor(mutable=mutable))) == expected

    def test_all_columns_mutable(self) -> None:
        model = fitted(model=regressor(mutable=["x0", "x1", "x2"]))
        assert model.subset_ == model.stable_ == ()
        assert model.tied_subsets_ == [()]
        assert np.isfinite(model.predict(X)).all()
        # No stable variable is left, and no mutable one is a cause: the mean is the best that survives.
        assert np.ptp(model.predict(X)) == pytest.approx(0, abs=1e-9)
        assert model.worst_case_risk_ == pytest.approx(model.training_variance_, rel=0.1)

    def test_nothing_mutable(self) -> None:
        model = fitted(model=regressor(mutable=[]))
        assert model.mutable_ == ()
        assert set(model.stable_) == {"x0", "x1", "x2"}
        assert model.whole_set_is_optimal_
        assert model.price_of_robustness_.estimate == pytest.approx(0, abs=0.1)

    def test_the_graph_is_kept_as_it_was(self) -> None:
        graph = NUMBERS.causal_graph.copy()
        model = fitted(model=regressor(causal_graph=graph))
        graph.add_edge("x0", "x9")
        assert set(model.causal_graph_) == {"x0", "x1", "x2", "y"}

    def test_a_number_as_the_name_of_the_outcome(self) -> None:
        model = regressor(causal_graph=nx.relabel_nodes(NUMBERS.causal_graph, {"y": 3}))
        assert answers(fitted(y=Y.rename(3), model=model)) == answers(unchanged())

    def test_no_stable_column(self) -> None:
        model = fitted(X=X[["x2"]], model=regressor(causal_graph=nx.DiGraph([("y", "x2")])))
        assert model.stable_ == model.subset_ == ()
        assert len(model.risk_table_) == 1


class TestSettings:
    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"mutable_range": "all"}, "mutable_range must be 'observed', a widening factor .*; got 'all'"),
            ({"mutable_range": 0.5}, "mutable_range must be .* factor of at least 1 .*; got 0.5"),
            ({"mutable_range": np.nan}, "mutable_range must be .* got nan"),
            ({"mutable_range": True}, "mutable_range must be .* got True"),
            ({"mutable_range": None}, "mutable_range must be .* got None"),
            ({"mutable_range": {"x0": (0, 1)}}, r"mutable_range must name mutable variables among \['x2'\]"),
            ({"mutable_range": {"x2": (1, 0)}}, r"mutable_range\['x2'\] must be finite bounds .*\(1, 0\)"),
            ({"mutable_range": {"x2": (0, np.inf)}}, r"mutable_range\['x2'\] must be finite bounds"),
            ({"mutable_range": {"x2": 3}}, r"mutable_range\['x2'\] must be finite bounds .*; got 3"),
            ({"mutable_range": {"x2": ("a", "b")}}, r"mutable_range\['x2'\] must be finite bounds .*'a'"),
            ({"mutable_range": {"x2": (100, 200)}}, "mutable_range.* must hold a value"),
            ({"mutable_range": [0, 1]}, r"mutable_range must be .* got \[0, 1\]"),
            ({"search": "greedy"}, "search must be one of 'best_first', 'exhaustive'.*; got 'greedy'"),
            ({"alpha": 0}, "alpha must be a number greater than 0 and less than 1; got 0"),
            ({"alpha": "a"}, "alpha must be a number .*; got 'a'"),
            ({"n_resamples": 0}, "n_resamples must be an integer at least 1; got 0"),
            ({"n_refits": -1}, "n_refits must be an integer at least 0; got -1"),
            ({"n_refits": 1}, "n_refits must be 0 or at least 2"),
            ({"n_hops": 0}, "n_hops must be an integer at least 1; got 0"),
            ({"verbose": "a"}, "verbose must be an integer at least 0; got 'a'"),
            ({"n_jobs": 0}, "n_jobs"),
            ({"n_jobs": "a"}, "n_jobs"),
            ({"random_state": "a"}, "random_state must be .*; got 'a'"),
            ({"estimator": "ridge"}, "estimator must be a .*regressor.*; got 'ridge'"),
            ({"estimator": Ridge}, "estimator must be a .*regressor.*; got <class"),
            (
                {"estimator": LogisticRegression()},
                "estimator must be .*regressor.*LogisticRegression",
            ),
        ],
        ids=lambda value: None if isinstance(value, str) else "-".join(map(str, value)),
    )
    def test_refused(self, settings: dict[str, Any], message: str) -> None:
        with pytest.raises(ValueError, match=message):
            fitted(model=regressor(**settings))

    def test_a_wider_range_says_how_much_it_extrapolates(self) -> None:
        with pytest.warns(OverlapWarning, match="mutable_range goes beyond the data"):
            model = fitted(LINEAR, model=regressor(LINEAR, mutable_range=4.0))
        assert model.risk_table_["extrapolated_share"].max() > 0.1

    def test_levels_have_no_bounds(self) -> None:
        texts = X.assign(x2=np.where(X.x2 > 0, "b", "a"))
        with pytest.raises(ValueError, match=r"must bound numbers; got bounds for 'x2'.*'a', 'b'"):
            fitted(X=texts, model=regressor(mutable_range={"x2": (0, 1)}))

    def test_no_variation_for_given_causes(self) -> None:
        # The mutable variable is a function of y: data hold nothing on what another value would do.
        with pytest.warns(OverlapWarning, match="hardly vary for given"):
            model = fitted(X=X.assign(x2=np.sign(Y)))
        assert model.overlap_.is_poor
        assert "POOR" in model.summary()

    def test_settings_are_stored_and_cloned(self) -> None:
        model = regressor(mutable_range={"x2": (-1, 1)})
        copy = clone(model)
        assert copy.get_params(deep=False).keys() == model.get_params(deep=False).keys()
        assert answers(fitted(model=copy)) == answers(fitted(model=model))

    def test_a_generator_moves_on(self) -> None:
        rng = np.random.default_rng(0)
        first, second = (fitted(model=regressor(random_state=rng)) for _ in range(2))
        assert answers(first) != answers(second)


class TestRearranged:
    """What a change of order or of names must not change, to the last bit."""

    @pytest.mark.parametrize("data", [NUMBERS, LINEAR], ids=["numbers", "linear"])
    @pytest.mark.parametrize("roles", [{}, LEARN], ids=["given", "learned"])
    @pytest.mark.filterwarnings("ignore::causalkit.exceptions.NotIdentifiedWarning")
    def test_rows(self, data: Any, roles: dict[str, Any]) -> None:
        order = np.random.default_rng(0).permutation(len(data.X))
        model = regressor(data, n_refits=2, **roles)
        base = fitted(data, model=clone(model))
        shuffled = fitted(
            data,
            model=model,
            X=data.X.iloc[order],
            y=data.y.iloc[order],
            environments=data.environments.iloc[order],
        )
        np.testing.assert_equal(answers(shuffled), answers(base))
        np.testing.assert_array_equal(shuffled.predict(data.X), base.predict(data.X))
        pd.testing.assert_frame_equal(
            shuffled.out_of_fold_predictions_.loc[data.X.index], base.out_of_fold_predictions_
        )

    def test_rows_with_a_network(self) -> None:
        order = np.random.default_rng(0).permutation(160)
        base = fitted(graph=NUMBERS.graph)
        shuffled = fitted(
            X=X.iloc[order], y=Y.iloc[order], environments=SITE.iloc[order], graph=NUMBERS.graph[order]
        )
        assert shuffled.subset_ == base.subset_
        assert shuffled.worst_case_risk_ == pytest.approx(base.worst_case_risk_, rel=1e-4)

    @pytest.mark.parametrize("data", [NUMBERS, LEVELS, LINEAR], ids=["numbers", "levels", "linear"])
    def test_order_and_names_of_columns(self, data: Any) -> None:
        base = fitted(data)
        order = list(np.random.default_rng(1).permutation(list(data.X)))
        names = {name: f"{9 - i} column" for i, name in enumerate(data.X)}
        model = regressor(
            data,
            causal_graph=nx.relabel_nodes(data.causal_graph, names),
            mutable=[names[name] for name in data.mutable],
        )
        renamed = fitted(data, model=model, X=data.X[order].rename(columns=names))
        assert {names[name] for name in base.subset_} == set(renamed.subset_)
        assert renamed.worst_case_risk_ == base.worst_case_risk_
        assert renamed.worst_case_interval_ == base.worst_case_interval_
        risks, others = (
            {frozenset(s): r for s, r in zip(m.risk_table_["subset"], m.risk_table_["risk"], strict=True)}
            for m in (base, renamed)
        )
        np.testing.assert_equal({frozenset(names[n] for n in s): r for s, r in risks.items()}, others)
        np.testing.assert_array_equal(
            renamed.predict(data.X[order].rename(columns=names)), base.predict(data.X)
        )

    @pytest.mark.parametrize(
        "rename",
        [lambda e: 9 - e, lambda e: e.map({0: "q", 1: "b", 2: "z", 3: "a"}), lambda e: e.astype("category")],
        ids=["other numbers", "texts", "categories"],
    )
    def test_labels_of_environments(self, rename: Callable[[pd.Series], pd.Series]) -> None:
        model, base = fitted(environments=rename(SITE)), unchanged()
        assert answers(model) == answers(base)
        risks, expected = model.environment_risks(), base.environment_risks()
        assert sorted(risks["picked subset"]) == sorted(expected["picked subset"])

    def test_index_of_rows(self) -> None:
        names = [f"row {i}" for i in np.random.default_rng(0).permutation(160)]
        model = fitted(X=X.set_axis(names), y=Y.set_axis(range(160, 0, -1)))
        assert answers(model) == answers(unchanged())
        assert list(model.out_of_fold_predictions_.index) == names

    def test_a_random_estimator_of_ones_own(self) -> None:
        forest = RandomForestRegressor(5, min_samples_leaf=5)
        first, second = (fitted(model=regressor(estimator=forest)) for _ in range(2))
        assert answers(first) == answers(second)

    @pytest.mark.parametrize("search", ["best_first", "exhaustive"])
    def test_number_of_jobs(self, search: str) -> None:
        one, two = (fitted(LINEAR, model=regressor(LINEAR, search=search, n_jobs=n)) for n in (1, 2))
        assert answers(one) == answers(two)
        np.testing.assert_array_equal(one.predict(LINEAR.X), two.predict(LINEAR.X))

    def test_saved_and_loaded(self) -> None:
        model = fitted(model=regressor(estimator=None))
        loaded = pickle.loads(pickle.dumps(model))
        assert answers(loaded) == answers(model)
        assert loaded.summary() == model.summary()
        np.testing.assert_array_equal(loaded.predict(X), model.predict(X))
        pd.testing.assert_frame_equal(loaded.environment_risks(), model.environment_risks())


WITH_TEXTS = X.assign(x1=np.where(X.x1 > 0, "high", "low"))


@cache
def fitted_with_texts() -> MinimaxSubsetRegressor:
    return fitted(X=WITH_TEXTS)


class TestNewRows:
    @pytest.mark.parametrize("method", ["predict", "environment_risks", "summary", "to_frame"])
    @pytest.mark.parametrize("make", [regressor, classifier], ids=["regressor", "classifier"])
    def test_before_fit(self, make: Callable[[], Any], method: str) -> None:
        with pytest.raises(NotFittedError, match="is not fitted yet"):
            getattr(make(), method)(*([X] if method == "predict" else []))

    def test_probabilities_before_fit(self) -> None:
        with pytest.raises(NotFittedError, match="is not fitted yet"):
            classifier().predict_proba(X)

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (lambda rows: rows[rows.columns[::-1]], "X.*feature names"),
            (lambda rows: rows.iloc[:, 1:], "X.*feature names.*now missing"),
            (lambda rows: rows.assign(x9=1.0), "X.*feature names.*unseen"),
            (lambda rows: rows[:0], r"X must have shape .*; got shape \(0, 3\)"),
            (lambda rows: rows.assign(x0=np.nan), "X must not contain missing values; column 'x0'"),
            (lambda rows: rows.assign(x0="a"), r"X \(column 'x0'\) must hold numbers, as in the fit"),
            (
                lambda rows: rows.assign(x1="middle"),
                r"X \(column 'x1'\) must have the levels of the fit, \['high', 'low'\]; got 'middle'",
            ),
        ],
        ids=["order", "missing", "extra", "no rows", "NaN", "texts for numbers", "new level"],
    )
    def test_refused(self, change: Callable[[pd.DataFrame], pd.DataFrame], message: str) -> None:
        with pytest.raises(ValueError, match=f"(?s){message}"):
            fitted_with_texts().predict(change(WITH_TEXTS))

    def test_each_row_is_predicted_on_its_own(self) -> None:
        model = fitted_with_texts()
        together = model.predict(WITH_TEXTS)
        alone = np.concatenate([model.predict(WITH_TEXTS[i : i + 1]) for i in range(5)])
        np.testing.assert_allclose(alone, together[:5], rtol=1e-12)
        np.testing.assert_array_equal(model.predict(WITH_TEXTS.set_axis(range(50, 210))), together)

    def test_far_away_rows_are_warned_of_and_stay_in_bounds(self) -> None:
        model = fitted(model=regressor(estimator=None))
        with pytest.warns(OverlapWarning, match="predict extrapolates: 100% of the rows"):
            far = model.predict(1e6 * X + 1e7)
        assert np.abs(far - Y.mean()).max() < 10 * np.ptp(Y)

    def test_a_network_where_there_was_none(self) -> None:
        with pytest.raises(ValueError, match="graph must be None at prediction, as it was in fit"):
            unchanged().predict(X, graph=NUMBERS.graph)

    def test_networks_that_do_not_fit(self) -> None:
        with pytest.raises(ValueError, match="graph must have one node for each row of X; got 100 nodes"):
            fitted(graph=NUMBERS.graph[:100])
        with pytest.raises(TypeError, match=r"graph must be a Network.*; got str"):
            fitted(graph="links")

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ((X,), "y must be given together with X; got None"),
            ((None, Y), "X must be given together with y; got None"),
            ((X, Y[:-1], SITE), "y must have one value for each row of X; got 159 values"),
            ((X, with_first(Y, np.nan), SITE), "y must not contain NaN"),
            ((X, Y, SITE[:-1]), "environments must have one label for each row; got 159"),
        ],
        ids=["no y", "no X", "short y", "NaN in y", "short environments"],
    )
    def test_environment_risks_refuse(self, arguments: tuple[Any, ...], message: str) -> None:
        with pytest.raises(ValueError, match=message):
            unchanged().environment_risks(*arguments)
