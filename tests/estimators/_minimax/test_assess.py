"""Worst-case risks against exact ones, and bounds that no part of a subset undercuts."""

import networkx as nx
import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from causalkit.datasets import make_mutable_scm
from causalkit.estimators._minimax._assess import estimate_risk, fit_subset, lower_bound, policy_weights
from causalkit.estimators._minimax._predictor import ConstantPredictor
from causalkit.estimators._minimax._setting import prepare
from causalkit.estimators._minimax._variables import MutableVariable


def setting_of(data, **arguments):
    graph, names = data.causal_graph, list(data.X.columns)
    generations = {v: g for g, layer in enumerate(nx.topological_generations(graph)) for v in layer}
    variables = [
        MutableVariable(
            names.index(v),
            tuple(names.index(p) for p in graph.predecessors(v) if p != "y"),
            "y" in graph.predecessors(v),
            generations[v],
            tuple(names.index(c) for c in nx.descendants(graph, v) if c != "y"),
        )
        for v in data.mutable
    ]
    return prepare(
        data.X.to_numpy(float),
        data.y.to_numpy(float),
        data.environments.to_numpy(),
        variables,
        names=names,
        random_state=0,
        **arguments,
    )


def columns(data, *names):
    return [list(data.X.columns).index(name) for name in names]


@pytest.fixture(scope="module")
def world():
    data = make_mutable_scm("interaction", random_state=11)
    return data, setting_of(data)


@pytest.fixture(scope="module")
def estimates(world):
    data, setting = world
    return {s: estimate_risk(setting, columns(data, *s)) for s in ((), ("X",), ("Z",), ("X", "Z"))}


def test_risks_are_near_the_exact_ones(world, estimates):
    for subset, found in estimates.items():
        exact = world[0].worst_case_risk[frozenset(subset)]
        assert abs(found.risk - exact) < 3 * found.standard_error
        assert found.risk == pytest.approx(exact, rel=0.15)


def test_the_average_and_the_worst_case_choose_oppositely(estimates):
    assert min(estimates, key=lambda s: estimates[s].risk) == ("Z",)
    assert min(estimates, key=lambda s: estimates[s].average_risk) == ("X", "Z")


def test_numbers_belong_together(world, estimates):
    found = estimates["X", "Z"]
    assert found.risk == pytest.approx(found.contributions.mean())
    assert found.extrapolated_share == 0
    np.testing.assert_allclose(found.policy[0].sum(axis=1), 1)
    error = world[0].y.to_numpy() - found.predict(world[0].X.to_numpy(float))
    assert np.mean(error**2) < found.training_risk


def test_a_subset_that_nothing_changes_has_its_training_risk(estimates):
    found = estimates["Z",]
    assert found.risk == found.training_risk
    assert found.policy == ()


def test_the_prediction_does_badly_where_the_variable_follows_the_policy(world, estimates):
    test = make_mutable_scm("interaction", follow=(0, 1), random_state=12)
    error = (test.y.to_numpy() - estimates["X", "Z"].predict(test.X.to_numpy(float))) ** 2
    near, far = (error[test.environments.to_numpy() == e].mean() for e in (0, 1))
    assert near < 0.012
    assert far == pytest.approx(0.0685, rel=0.15)


def test_bounds_hold_for_every_part(world, estimates):
    data, setting = world
    whole = lower_bound(setting, columns(data, "X", "Z"), predictor=estimates["X", "Z"].predictor)
    assert whole.contributions.shape == (8000, 11)
    exact = data.worst_case_risk
    for subset in estimates:
        assert whole.bound < exact[frozenset(subset)] + 3 * whole.standard_error
    assert not whole.exceeds(estimates["Z",])
    np.testing.assert_allclose(whole.contributions[:, 0].mean(), estimates["X", "Z"].average_risk)


def test_a_wider_range_says_how_much_it_extrapolates():
    rng = np.random.default_rng(3)
    y, m = rng.normal(size=1500), rng.uniform(-1, 1, size=1500)
    X = np.column_stack([m, m * y + rng.normal(size=1500)])
    variables = [MutableVariable(0, (), True, 1, (1,))]
    risks = {}
    for wanted in ("observed", 2.0, {"m": (-0.1, 0.1)}):
        setting = prepare(
            X, y, np.repeat([0, 1], 750), variables, names=["m", "x"], mutable_range=wanted, random_state=0
        )
        risks[str(wanted)] = estimate_risk(setting, [1])
    assert risks["observed"].extrapolated_share == 0
    assert risks["2.0"].extrapolated_share > 0
    assert risks["{'m': (-0.1, 0.1)}"].policy[0].shape == (1500, 15)


def test_two_variables_in_sequence():
    data = make_mutable_scm("sequence", random_state=13)
    setting = setting_of(data)
    found = estimate_risk(setting, columns(data, "X1", "X2", "Z"))
    assert found.risk == pytest.approx(data.worst_case_risk[frozenset(data.stable)], rel=0.12)
    assert len(found.policy) == 2


def test_a_given_estimator_is_used():
    data = make_mutable_scm("interaction", n_levels=3, n_rows=150, random_state=14)
    found = estimate_risk(setting_of(data, estimator=LinearRegression()), columns(data, "X"))
    assert isinstance(found.predictor.models[0], LinearRegression)


def test_a_predictor_that_was_fitted_before_gives_the_same(world, estimates):
    data, setting = world
    for subset in (("X",), ("X", "Z")):
        predictor = fit_subset(setting, columns(data, *subset))
        found = estimate_risk(setting, columns(data, *subset), predictor)
        assert found.predictor is predictor
        assert found.risk == estimates[subset].risk
        np.testing.assert_array_equal(found.contributions, estimates[subset].contributions)


def test_the_predictor_that_is_given_is_judged(world):
    data, setting = world
    nothing = ConstantPredictor(0.5, np.full(8000, 0.5))
    found = estimate_risk(setting, columns(data, "X"), nothing)
    assert found.training_risk == pytest.approx(((data.y - 0.5) ** 2).mean())


def test_weights_of_a_policy_give_the_risk_under_it(world, estimates):
    data, setting = world
    given = np.argsort(setting.data.restore)
    random = (np.full((8000, 10), 0.1),)
    weights = policy_weights(setting, columns(data, "X"), random)
    assert weights.mean() == pytest.approx(1)
    # M is uniform in the first two environments, where every row counts about alike.
    uniform = data.environments.to_numpy()[given] < 2
    assert weights[uniform].std() < 0.25
    policy = estimates["X",].policy
    weights = policy_weights(setting, columns(data, "X"), policy)
    loss = (setting.data.outcome - estimates["X",].predictor.out_of_fold) ** 2
    assert (weights * loss).mean() == pytest.approx(data.worst_case_risk[frozenset("X")], rel=0.2)
    with pytest.raises(ValueError, match=r"policy must have arrays of shapes \[\(8000, 10\)\].*got \[\]"):
        policy_weights(setting, columns(data, "X"), ())


def test_the_worst_case_is_at_least_the_average_and_the_training_one(estimates):
    for found in estimates.values():
        assert found.risk >= found.average_risk
        assert found.risk >= found.training_risk


def test_laws_with_few_effective_rows_certify_nothing():
    data = make_mutable_scm("interaction", n_rows=100, random_state=15)
    setting = setting_of(data)
    found = lower_bound(setting, columns(data, "X"))
    assert found.contributions.shape == (400, 1)  # 40 rows a level: the random law alone is left
    few = make_mutable_scm("interaction", n_rows=24, random_state=15)
    nothing = lower_bound(setting_of(few), columns(few, "X"))
    assert nothing.contributions.shape == (96, 0)
    assert (nothing.bound, nothing.standard_error) == (0, 0)
    assert not nothing.exceeds(estimate_risk(setting_of(few), columns(few, "Z")))
