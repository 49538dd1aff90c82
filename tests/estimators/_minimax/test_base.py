"""What the regressor and the classifier share, beyond the search itself."""

import pickle
import re

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import cross_validate
from sklearn.tree import DecisionTreeRegressor

from causalkit.datasets import make_mutable_scm
from causalkit.estimators import MinimaxSubsetClassifier, MinimaxSubsetRegressor
from causalkit.exceptions import OverlapWarning

SETTINGS = {"estimator": LinearRegression(), "n_refits": 0, "random_state": 0}
GRAPH = nx.DiGraph([("y", "M"), ("y", "X"), ("M", "X"), ("y", "Z")])


@pytest.fixture(scope="module")
def data():
    world = make_mutable_scm("interaction", n_levels=4, n_rows=60, random_state=0)
    world["X"].index = world["y"].index = [f"row {i}" for i in range(240)]
    return world


def fitted(data, kind=MinimaxSubsetRegressor, **settings):
    y = data.y if kind is MinimaxSubsetRegressor else data.y > 0.5
    model = kind(**{"causal_graph": GRAPH, "mutable": "M"} | SETTINGS | settings)
    return model.fit(data.X, y, environments=data.environments.to_numpy())


@pytest.fixture(scope="module", params=[MinimaxSubsetRegressor, MinimaxSubsetClassifier])
def model(request, data):
    return fitted(data, request.param)


def test_an_unfitted_model_says_so(data, model):
    fresh = clone(model)
    calls = [
        lambda: fresh.predict(data.X),
        fresh.summary,
        fresh.to_frame,
        fresh.environment_risks,
        lambda: fresh.environment_risks(data.X, data.y),
    ]
    for call in calls:
        with pytest.raises(NotFittedError):
            call()


def test_a_copy_of_the_table_leaves_the_table_as_it_is(model):
    frame = model.to_frame()
    pd.testing.assert_frame_equal(frame, model.risk_table_)
    frame["risk"] = 0.0
    assert (model.risk_table_["risk"] != 0).any()


def test_a_stored_model_answers_alike(data, model):
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(data.X), model.predict(data.X))
    pd.testing.assert_frame_equal(again.environment_risks(), model.environment_risks())
    assert again.summary() == model.summary()


def test_out_of_fold_predictions_are_named_as_the_rows_are(data, model):
    assert list(model.out_of_fold_predictions_.index) == list(data.X.index)


def test_out_of_fold_predictions_have_not_seen_their_row(data):
    model = fitted(data, search="whole_set", estimator=DecisionTreeRegressor(random_state=0))
    seen = model.environment_risks(data.X, data.y, data.environments.to_numpy())
    unseen = model.environment_risks()
    # Four of the five trees hold the row itself in a leaf of its own.
    assert (seen["whole stable set"] < 0.2 * unseen["whole stable set"]).all()
    assert (seen["pooled fit"] < 0.2 * unseen["pooled fit"]).all()


def test_columns_may_stand_in_another_order_only_if_named_alike(data, model):
    with pytest.raises(ValueError, match="feature names"):
        model.predict(data.X[["Z", "X", "M"]])
    with pytest.raises(ValueError, match="feature names"):
        model.predict(data.X.rename(columns={"X": "W"}))


def test_new_rows_come_with_their_outcomes(data, model):
    for arguments, message in [
        ({"X": data.X}, "y must be given together with X; got None"),
        ({"y": data.y}, "X must be given together with y; got None"),
        ({"environments": data.environments}, "X must be given together with y; got None"),
    ]:
        with pytest.raises(ValueError, match=re.escape(message)):
            model.environment_risks(**arguments)


def test_new_environments_are_checked(data, model):
    y = model.predict(data.X)
    with pytest.raises(ValueError, match="environments must have one label for each row"):
        model.environment_risks(data.X, y, np.zeros(3))
    with pytest.raises(ValueError, match="y must"):
        model.environment_risks(data.X, y[:-1])


def test_a_graph_at_prediction_needs_one_in_fit(data, model):
    with pytest.raises(ValueError, match="graph must be None at prediction, as it was in fit; got a graph"):
        model.predict(data.X, graph=nx.empty_graph(240))


def test_no_graph_at_prediction_after_one_in_fit_is_told(data):
    graph = nx.relabel_nodes(nx.cycle_graph(240), dict(enumerate(data.X.index)))
    model = MinimaxSubsetRegressor(causal_graph=GRAPH, mutable="M", search="whole_set", **SETTINGS)
    model.fit(data.X, data.y, environments=data.environments.to_numpy(), graph=graph)
    message = "graph is None, but the fit had a graph: every row counts as one without links; give graph="
    with pytest.warns(UserWarning, match=message) as caught:
        found = model.predict(data.X)
    assert [each.filename for each in caught] == [__file__]
    without = nx.relabel_nodes(nx.empty_graph(240), dict(enumerate(data.X.index)))
    np.testing.assert_array_equal(found, model.predict(data.X, graph=without))
    assert (found != model.predict(data.X, graph=graph)).any()
    with pytest.warns(UserWarning, match=message):
        model.environment_risks(data.X, data.y)


def test_values_outside_those_of_the_fit_are_told(data):
    model = fitted(data, search="whole_set")
    far = data.X.assign(Z=data.X["Z"] + np.where(np.arange(240) < 12, 50.0, 0.0))
    with pytest.warns(OverlapWarning, match=r"predict extrapolates: 5% of the rows lie outside .* \['Z'\]"):
        model.predict(far)
    with pytest.warns(OverlapWarning, match=r"in \['M', 'X', 'Z'\]"):
        model.predict(data.X - 100)


def test_a_few_new_values_or_those_of_unused_columns_are_not_told(data):
    model = fitted(data, search="whole_set")
    one = data.X.assign(Z=data.X["Z"] + np.where(np.arange(240) < 2, 50.0, 0.0))
    model.predict(one)
    only_z = fitted(data, causal_graph=nx.DiGraph([("y", "Z"), ("y", "M"), ("X", "M")]))
    assert only_z.subset_ == ("Z",)
    only_z.predict(data.X.assign(X=data.X["X"] + 100))
    # A tenth of the range beyond its ends is not far.
    width = np.ptp(data.X["Z"])
    model.predict(data.X.assign(Z=data.X["Z"] + 0.09 * width))


def test_progress_is_printed_if_asked_for(data, capsys):
    fitted(data)
    assert capsys.readouterr().out == ""
    model = fitted(data, verbose=1)
    lines = capsys.readouterr().out.splitlines()
    assert lines
    n_fitted = (model.risk_table_["status"] == "fitted").sum()
    assert lines[-1].startswith(f"MinimaxSubsetRegressor: {n_fitted} classes fitted, ")
    shown = float(lines[-1].split()[-1])
    assert shown == pytest.approx(model.risk_table_["risk"].min(), rel=1e-3)


def test_environments_travel_through_cross_validation(data):
    with config_context(enable_metadata_routing=True):
        model = MinimaxSubsetRegressor(causal_graph=GRAPH, mutable="M", **SETTINGS)
        found = cross_validate(
            model,
            data.X,
            data.y,
            params={"environments": data.environments.to_numpy()},
            cv=2,
            return_estimator=True,
        )
    assert [each.n_environments_ for each in found["estimator"]] == [2, 2]  # the halves of four in a row
    assert np.isfinite(found["test_score"]).all()


def test_the_outcome_is_named_as_its_series_is(data):
    renamed = nx.relabel_nodes(GRAPH, {"y": "blood count"})
    model = MinimaxSubsetRegressor(causal_graph=renamed, mutable="M", **SETTINGS)
    model.fit(data.X, data.y.rename("blood count"), environments=data.environments.to_numpy())
    assert "blood count" in model.causal_graph_
    with pytest.raises(ValueError, match=re.escape("lacks ['y']")):
        model.fit(data.X, data.y.to_numpy(), environments=data.environments.to_numpy())


def test_the_name_of_the_outcome_may_be_a_number(data):
    model = MinimaxSubsetRegressor(causal_graph=nx.relabel_nodes(GRAPH, {"y": 3}), mutable="M", **SETTINGS)
    model.fit(data.X, data.y.rename(3), environments=data.environments.to_numpy())
    assert set(model.causal_graph_) == {3, "M", "X", "Z"}
    text = clone(model).set_params(causal_graph=nx.relabel_nodes(GRAPH, {"y": "3"}))
    with pytest.raises(ValueError, match="lacks \\[3\\]"):
        text.fit(data.X, data.y.rename(3), environments=data.environments.to_numpy())


@pytest.mark.parametrize("kind", [MinimaxSubsetRegressor, MinimaxSubsetClassifier])
def test_a_column_that_is_the_outcome_is_refused(data, kind):
    y = data.y if kind is MinimaxSubsetRegressor else (data.y > 0.5).astype(int)
    model = kind(causal_graph=GRAPH, mutable="M", **SETTINGS)
    sites = data.environments.to_numpy()
    with pytest.raises(ValueError, match="X must not hold the outcome; column 'Z' is a copy of y"):
        model.fit(data.X.assign(Z=y), y, environments=sites)
    other = y.copy()
    other.iloc[7] = 1 - other.iloc[7]
    model.fit(data.X.assign(Z=other), y, environments=sites)  # all but one row


def test_levels_have_no_bounds(data):
    words = data.X.assign(M=np.array(["a", "b", "c", "d"])[data.X["M"]])
    model = MinimaxSubsetRegressor(causal_graph=GRAPH, mutable="M", mutable_range={"M": (0, 1)}, **SETTINGS)
    message = (
        "mutable_range must bound numbers; got bounds for 'M', which has the levels ['a', 'b', 'c', 'd']"
    )
    with pytest.raises(ValueError, match=re.escape(message)):
        model.fit(words, data.y)


def test_levels_are_columns_too(data):
    words = data.X.assign(M=np.array(["a", "b", "c", "d"])[data.X["M"]])
    one, other = fitted(data), clone(fitted(data))
    other.fit(words, data.y, environments=data.environments.to_numpy())
    pd.testing.assert_frame_equal(other.risk_table_, one.risk_table_)
    np.testing.assert_array_equal(other.predict(words), one.predict(data.X))
    with pytest.raises(ValueError, match="levels of the fit"):
        other.predict(words.assign(M="e"))


def test_a_range_beyond_the_data_is_told():
    rng = np.random.default_rng(3)
    y, m = rng.normal(size=300), rng.uniform(-1, 1, size=300)
    X = pd.DataFrame({"m": m, "x": m * y + rng.normal(size=300)})
    graph = nx.DiGraph([("y", "m"), ("y", "x"), ("m", "x")])
    model = MinimaxSubsetRegressor(
        causal_graph=graph, mutable="m", mutable_range=2.0, search="whole_set", **SETTINGS
    )
    with pytest.warns(OverlapWarning, match=r"mutable_range goes beyond the data: \d+% of the worst"):
        model.fit(X, y, environments=np.repeat([0, 1], 150))
    row = model.risk_table_.iloc[0]
    assert row["extrapolated_share"] > 0
    assert f"{row['extrapolated_share']:.0%} of the worst intervention is extrapolated" in model.summary()


def test_memory_of_the_fit_is_let_go(data):
    assert not hasattr(fitted(data), "_extended")
