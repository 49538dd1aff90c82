"""The steps from checked data to the picked subset, against what each of them gives alone."""

from dataclasses import replace

import networkx as nx
import numpy as np
import pytest
from scipy.stats import norm
from sklearn.linear_model import LinearRegression

from causalkit._random import child_generators
from causalkit.datasets import make_mutable_scm
from causalkit.estimators._minimax import _analysis
from causalkit.estimators._minimax._analysis import Options, analyse
from causalkit.estimators._minimax._assess import estimate_risk
from causalkit.estimators._minimax._judge import DataJudge
from causalkit.estimators._minimax._pooled import fit_pooled
from causalkit.estimators._minimax._refits import refit_variance
from causalkit.estimators._minimax._roles import assign_roles, mutable_variables
from causalkit.estimators._minimax._setting import prepare
from causalkit.graphs import SubsetTree

COLUMNS = ["M", "X", "Z"]
OPTIONS = Options(
    estimator=None,
    mutable_range="observed",
    search="exhaustive",
    alpha=0.05,
    n_refits=0,
    n_jobs=None,
    random_state=7,
    tell=lambda outcome: None,
)


class World:
    """Data and roles as the estimators hand them over."""

    def __init__(self, graph=None):
        data = make_mutable_scm("interaction", n_levels=4, n_rows=120, random_state=0)
        self.values = data.X[COLUMNS].to_numpy(float)
        self.y = (data.y.to_numpy() - data.y.mean()) / data.y.std(ddof=0)
        self.environments = data.environments.to_numpy()
        self.roles = assign_roles(
            data.X,
            data.y,
            self.environments,
            4,
            mutable=data.mutable,
            causal_graph=data.causal_graph if graph is None else graph,
            n_resamples=1,
            random_state=0,
        )

    def analysed(self, scale=1.0, values=None, companions=None, roles=None, columns=COLUMNS, **changes):
        return analyse(
            self.values if values is None else values,
            self.y,
            self.environments,
            roles or self.roles,
            columns,
            companions or {},
            replace(OPTIONS, **changes),
            scale=scale,
        )

    def setting(self):
        return prepare(
            self.values,
            self.y,
            self.environments,
            mutable_variables(self.roles, COLUMNS),
            names=COLUMNS,
            random_state=child_generators(OPTIONS.random_state, 1)[0],
        )


@pytest.fixture(scope="module")
def world():
    return World()


@pytest.fixture(scope="module")
def found(world):
    return world.analysed()


def columns_of(members):
    return sorted(COLUMNS.index(name) for name in members)


def test_rows_hold_the_risks_of_their_subsets(world, found):
    setting = world.setting()
    assert len(found.table) == 4
    for row in found.table.itertuples():
        direct = estimate_risk(setting, columns_of(row.subset))
        assert (row.risk, row.average_risk) == (direct.risk, direct.average_risk)
        assert row.training_risk == direct.training_risk
        assert (row.risk_low, row.risk_high) == pytest.approx(direct.conf_int(0.05))


def test_the_pick_predicts_as_its_estimate_does(world, found):
    setting = world.setting()
    new = np.random.default_rng(0).permutation(world.values)
    for fit, members in ((found.pick, found.picked), (found.whole, frozenset("XZ"))):
        direct = estimate_risk(setting, columns_of(members))
        np.testing.assert_array_equal(fit.predict(new), direct.predict(new))
        np.testing.assert_array_equal(fit.out_of_fold, direct.predictor.out_of_fold[setting.data.restore])
        assert np.mean((world.y - fit.out_of_fold) ** 2) == pytest.approx(direct.training_risk)
    assert found.picked == found.tied[0]
    assert found.picked == frozenset(found.table.loc[found.table["picked"], "subset"].item())


def test_pooled_fit_and_overlap_are_those_of_the_setting(world, found):
    setting = world.setting()
    np.testing.assert_array_equal(found.pooled.out_of_fold, fit_pooled(setting).out_of_fold)
    assert found.overlap == setting.overlap


def test_only_the_pick_is_fitted_again(world, found):
    again, setting = world.analysed(n_refits=3), world.setting()
    columns = columns_of(found.picked)
    direct = estimate_risk(setting, columns)
    extra = refit_variance(setting, columns, direct, 3)
    half = norm.ppf(0.975) * np.sqrt(direct.standard_error**2 + extra)
    row = again.table[again.table["picked"]].iloc[0]
    assert (row["risk_low"], row["risk_high"]) == pytest.approx((direct.risk - half, direct.risk + half))
    own = again.table["picked"]
    np.testing.assert_array_equal(again.table.loc[~own, "risk_high"], found.table.loc[~own, "risk_high"])
    assert again.table.loc[own, "risk_high"].item() > found.table.loc[own, "risk_high"].item()


def test_the_table_is_in_the_units_asked_for(world, found):
    scaled = world.analysed(scale=9.0, n_refits=0)
    for column in ("risk", "risk_low", "risk_high", "average_risk", "training_risk"):
        np.testing.assert_allclose(scaled.table[column], 9 * found.table[column])
    assert scaled.picked == found.picked
    np.testing.assert_array_equal(scaled.pick.out_of_fold, found.pick.out_of_fold)


def test_searches(world, found):
    assert found.n_bounds == 0
    best_first, whole = world.analysed(search="best_first"), world.analysed(search="whole_set")
    assert best_first.picked == found.picked
    assert best_first.n_bounds > 0
    assert whole.picked == frozenset("XZ")
    assert list(whole.table["status"]) == ["fitted"] + ["not needed"] * 3
    assert set(whole.table["pruned_by"]) == {"", "search"}
    row = found.table["subset"] == ("X", "Z")
    assert whole.table.loc[0, "risk"] == found.table.loc[row, "risk"].item()


def test_what_is_not_identified_is_not_searched(world):
    found = world.analysed(roles=replace(world.roles, is_identified=False))
    assert found.picked == frozenset("XZ")
    assert found.tied == (frozenset("XZ"),)
    (row,) = found.table.itertuples()
    assert (row.subset, row.free, row.n_subsets, row.status) == (("X", "Z"), (), 1, "fitted")
    assert found.n_bounds == 0
    np.testing.assert_array_equal(found.pick.out_of_fold, found.whole.out_of_fold)


def test_what_is_not_identified_is_all_used_whatever_the_graph_says():
    # Given X, Z adds nothing by this graph, which is not to be relied on.
    world = World(nx.DiGraph([("y", "M"), ("y", "X"), ("X", "Z"), ("M", "X")]))
    assert world.analysed(search="whole_set").picked == frozenset("X")
    found = world.analysed(roles=replace(world.roles, is_identified=False))
    assert found.picked == frozenset("XZ")
    assert found.table["free"].tolist() == [()]
    assert {1, 2} <= set(found.pick.columns)


def test_what_the_judge_calls_worse_does_not_tie(world, monkeypatch):
    ties = world.analysed(alpha=1e-9)
    assert len(ties.tied) > 1
    best = ties.table.loc[0, "subset"]
    monkeypatch.setattr(DataJudge, "is_worse", lambda self, subset, best: True)
    found = world.analysed(alpha=1e-9)
    assert found.tied == (frozenset(best),)
    assert found.table["tied"].tolist() == [True, False, False, False]


def test_what_the_graph_decides_is_not_searched():
    found = World(nx.DiGraph([("y", "M"), ("y", "X"), ("y", "Z")])).analysed()
    assert found.picked == frozenset("XZ")
    assert set(found.table["pruned_by"]) == {"", "graph"}


def test_branching_starts_with_what_says_most_of_the_outcome(world, monkeypatch):
    orders = []

    class Seen(SubsetTree):
        def __init__(self, *roles, order):
            orders.append(tuple(order))
            super().__init__(*roles, order=order)

    monkeypatch.setattr(_analysis, "SubsetTree", Seen)
    # On its own, X says more of y than Z does unless M misleads.
    setting = world.setting()
    risks = [estimate_risk(setting, columns_of(name)).average_risk for name in ("X", "Z")]
    assert risks[0] < risks[1]
    world.analysed()
    names = {"M": "M", "X": "Z", "Z": "X", "y": "y"}
    roles = replace(world.roles, causal_graph=nx.relabel_nodes(world.roles.causal_graph, names))
    world.analysed(roles=roles, columns=[names[name] for name in COLUMNS])
    assert orders == [("X", "Z"), ("Z", "X")]


def test_companions_go_with_their_column(world):
    rng = np.random.default_rng(1)
    hidden = world.y - world.values[:, 2] + 0.05 * rng.normal(size=len(world.y))
    values = np.column_stack([world.values, rng.normal(size=(len(world.y), 2)), hidden])
    found = world.analysed(
        values=values, companions={0: (3,), 1: (4,), 2: (5,)}, estimator=LinearRegression()
    )
    assert sorted(found.whole.columns) == [0, 1, 2, 4, 5]
    assert sorted(found.pooled.columns) == list(range(6))
    assert found.picked >= {"Z"}
    assert np.mean((world.y - found.pick.out_of_fold) ** 2) < 0.05


def test_every_batch_is_told(world):
    seen = []
    world.analysed(search="best_first", tell=lambda outcome: seen.append(len(outcome.assessed)))
    assert seen
    assert seen == sorted(seen)
