"""Bounds and screens from data against direct computation, row by row where that is the point."""

from dataclasses import replace

import networkx as nx
import numpy as np
import pytest
from scipy.stats import norm
from sklearn.utils import Bunch

from causalkit._environments import group_rows
from causalkit.datasets import make_mutable_scm
from causalkit.estimators._minimax import _judge
from causalkit.estimators._minimax._assess import estimate_risk, fit_subset, lower_bound, policy_weights
from causalkit.estimators._minimax._judge import BY_ENVIRONMENT, BY_INTERVENTION, DataJudge
from causalkit.estimators._minimax._roles import assign_roles, mutable_variables
from causalkit.estimators._minimax._setting import prepare
from causalkit.graphs import SubsetTree

ALPHA = 0.05


def judge_of(data, environments=None, alpha=ALPHA, **arguments):
    roles = assign_roles(
        data.X,
        data.y,
        data.environments,
        4,
        mutable=data.mutable,
        causal_graph=data.causal_graph,
        n_resamples=1,
        random_state=0,
    )
    columns = list(data.X.columns)
    setting = prepare(
        data.X.to_numpy(float),
        data.y.to_numpy(float),
        (data.environments if environments is None else environments).to_numpy(),
        mutable_variables(roles, columns),
        names=columns,
        random_state=0,
        **arguments,
    )
    tree = SubsetTree(roles.causal_graph, roles.target, roles.mutable)
    return DataJudge(setting, {name: columns.index(name) for name in roles.stable}, alpha), tree


@pytest.fixture(scope="module")
def data():
    return make_mutable_scm("interaction", n_levels=4, n_rows=250, random_state=0)


@pytest.fixture(scope="module")
def world(data):
    return judge_of(data)


@pytest.fixture(scope="module")
def whole(world):
    judge, tree = world
    return judge.assess(tree.class_of(["X", "Z"]))


def columns_of(judge, *names):
    return sorted(judge.column[name] for name in names)


def level(terms, value):
    """An incumbent whose every row's term is `value`."""
    return replace(terms, risk=value, contributions=np.full(len(terms.contributions), value))


def direct_loss(judge, data, *names):
    found = estimate_risk(judge.setting, columns_of(judge, *names))
    out_of_fold = found.predictor.out_of_fold[judge.setting.data.restore]
    return (data.y.to_numpy() - out_of_fold) ** 2


def worse_by_test(terms, incumbent, n_tests, alpha=ALPHA):
    """One-sided paired test of the mean of `terms` (n,) against the incumbent's, Bonferroni-corrected."""
    gap = np.array([a - b for a, b in zip(terms, incumbent.contributions, strict=True)])
    return np.mean(gap) / (np.std(gap) / np.sqrt(len(gap))) > norm.ppf(1 - alpha / n_tests)


def test_assessments_are_those_of_the_subset(world):
    judge, tree = world
    for names in ((), ("X",), ("Z",), ("X", "Z")):
        found = judge.assess(tree.class_of(names))
        direct = estimate_risk(judge.setting, columns_of(judge, *names))
        assert judge.risk(found) == found.risk == direct.risk
        assert found.standard_error == direct.standard_error
        np.testing.assert_array_equal(found.contributions, direct.contributions)
        assert found.policy == ()  # large, one array a variable, for each of many classes


def test_bounds_are_those_of_the_subset(world):
    judge, tree = world
    for names in ((), ("X",), ("X", "Z")):
        columns = columns_of(judge, *names)
        found = judge.bound(tree.class_of(names))
        direct = lower_bound(judge.setting, columns, predictor=fit_subset(judge.setting, columns))
        assert judge.value(found) == found.bound == direct.bound
        np.testing.assert_array_equal(found.contributions, direct.contributions)


def test_a_bound_beats_by_its_paired_test(world, whole):
    judge, tree = world
    for names in ((), ("X",), ("Z",)):
        bound = judge.bound(tree.class_of(names))
        for incumbent in (whole, level(whole, 0.0), level(whole, 9.0), level(whole, bound.bound)):
            assert judge.is_beaten(bound, incumbent) == bound.exceeds(incumbent, ALPHA)
    nothing = judge.bound(tree.class_of(()))
    assert judge.is_beaten(nothing, level(whole, 0.01))
    assert not judge.is_beaten(nothing, level(whole, nothing.bound + 0.02))


def test_the_level_of_the_tests_is_that_of_the_judge(data, whole):
    bounds = []
    for alpha in (0.4, 1e-9):
        judge, tree = judge_of(data, alpha=alpha)
        bound = judge.bound(tree.class_of(()))
        bounds.append(judge.is_beaten(bound, level(whole, 0.95 * bound.bound)))
    assert bounds == [True, False]


def test_a_predictor_is_fitted_once(world, monkeypatch):
    _, tree = world
    judge, calls = replace(world[0], _predictors={}), []

    def counted(setting, subset):
        calls.append(tuple(subset))
        return fit_subset(setting, subset)

    monkeypatch.setattr(_judge, "fit_subset", counted)
    for _ in range(2):
        for names in ((), ("X", "Z")):
            each = tree.class_of(names)
            judge.bound(each)
            judge.screen(each, judge.assess(each))
    assert calls == [(), tuple(columns_of(judge, "X", "Z"))]


@pytest.mark.parametrize("value", [0.0, 0.01, 0.02, 0.03, 0.5])
def test_the_worst_training_environment(world, data, whole, value):
    judge, tree = replace(world[0], _adversary=None), world[1]
    incumbent = level(whole, value)
    for names in (("X",), ("Z",)):
        loss = direct_loss(judge, data, *names)
        labels = data.environments.to_numpy()
        expected = any(worse_by_test(each, incumbent, 4) for each in environment_terms(loss, labels))
        found = judge.screen(tree.class_of(names), incumbent)
        assert (found is not None) == expected
        if expected:
            reason, bound = found
            assert reason == BY_ENVIRONMENT
            assert bound == pytest.approx(max(loss[labels == e].mean() for e in range(4)))


def environment_terms(loss, labels):
    return [np.where(labels == e, loss * len(loss) / (labels == e).sum(), 0.0) for e in range(4)]


def z_of(terms, contributions):
    gap = terms - contributions
    return gap.mean() / (gap.std() / np.sqrt(len(gap)))


def shifted_to(z, incumbent, terms):
    """The incumbent moved by as much as makes the largest of the z values of its paired tests `z`."""
    low, high = -1.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        worst = max(z_of(each, incumbent.contributions + middle) for each in terms)
        low, high = (middle, high) if worst > z else (low, middle)
    return replace(incumbent, contributions=incumbent.contributions + low)


@pytest.mark.parametrize(("z", "is_beaten"), [(2.15, False), (2.33, True)])
def test_four_environments_are_four_paired_tests(world, data, whole, z, is_beaten):
    # The normal quantile of 1 - 0.05 / 4 is 2.241.
    judge, tree = replace(world[0], _adversary=()), world[1]
    terms = environment_terms(direct_loss(judge, data, "X"), data.environments.to_numpy())
    for incumbent in (whole, level(whole, 0.02)):
        found = judge.screen(tree.class_of(["X"]), shifted_to(z, incumbent, terms))
        assert (found is not None) == is_beaten


def test_screens_find_both_outcomes(world, whole):
    judge, tree = replace(world[0], _adversary=None), world[1]
    each = tree.class_of(["X"])
    assert judge.screen(each, level(whole, 0.0)) is not None
    assert judge.screen(each, level(whole, 0.5)) is None


def test_worse_is_what_a_bound_or_a_screen_says(world, data, whole):
    judge, tree = replace(world[0], _adversary=None), world[1]
    seen = set()
    for names in ((), ("X",), ("Z",), ("X", "Z")):
        each, loss = tree.class_of(names), direct_loss(judge, data, *names)
        bound = judge.bound(each)
        worst = max(loss[data.environments == e].mean() for e in range(4))
        between = (loss.mean() + worst) / 2
        for value in (0.0, 0.5 * bound.bound, between, bound.bound, 9.0):
            incumbent = level(whole, value)
            parts = bound.exceeds(incumbent, ALPHA), judge.screen(each, incumbent) is not None
            assert judge.is_worse(each, incumbent) is any(parts)
            seen.add(parts)
    assert {(True, True), (False, False)} <= seen


def test_one_of_bound_and_screen_is_enough(world, whole, monkeypatch):
    judge, tree = world
    each, low, high = tree.class_of(["X"]), level(whole, 0.0), level(whole, 9.0)
    assert not judge.is_worse(each, high)
    monkeypatch.setattr(DataJudge, "screen", lambda self, subset, incumbent: None)
    assert judge.is_worse(each, low)
    monkeypatch.setattr(DataJudge, "screen", lambda self, subset, incumbent: (BY_ENVIRONMENT, 1.0))
    assert judge.is_worse(each, high)


def test_environments_with_few_rows_certify_nothing(data, whole):
    # The same rows as before; those that X predicts worst are an environment of 99 or of 100 rows.
    judge, tree = judge_of(data)
    worst = np.argsort(-direct_loss(judge, data, "X"))
    incumbent = level(whole, 0.05)
    verdicts = {}
    for n_rows in (99, 100):
        environments = data.environments * 0
        environments.iloc[worst[:n_rows]] = 1
        small = replace(judge.setting.data, environments=group_of(judge, environments))
        moved = DataJudge(replace(judge.setting, data=small), judge.column, ALPHA)
        verdicts[n_rows] = moved.screen(tree.class_of(["X"]), incumbent)
    assert verdicts[99] is None
    assert verdicts[100][0] == BY_ENVIRONMENT


def group_of(judge, labels):
    """Codes in the setting's own order of the rows."""
    codes = group_rows(labels, name="environments").codes
    return codes[np.argsort(judge.setting.data.restore)].astype(np.intp)


def test_the_first_adversary_is_tried_on_others(world, data, whole):
    judge, tree = world
    policy = estimate_risk(judge.setting, columns_of(judge, "X", "Z")).policy
    weights = policy_weights(judge.setting, columns_of(judge, "X"), policy)[judge.setting.data.restore]
    loss = direct_loss(judge, data, "X")
    attacked = float(np.mean(weights * loss))
    # Above the risk in any training environment, below that under attack.
    incumbent = level(whole, 0.6 * attacked)
    assert max(loss[data.environments == e].mean() for e in range(4)) < incumbent.risk
    assert worse_by_test(weights * loss, incumbent, 1)
    fresh = replace(judge, _adversary=None, _attacked=())
    assert fresh.screen(tree.class_of(["X"]), incumbent) is None
    fresh.assess(tree.class_of(["X", "Z"]))
    reason, bound = fresh.screen(tree.class_of(["X"]), incumbent)
    assert (reason, bound) == (BY_INTERVENTION, pytest.approx(attacked))
    assert fresh.screen(tree.class_of(["X"]), level(whole, 1.1 * attacked)) is None


def test_an_adversary_of_other_variables_is_not_tried(world, whole):
    judge, tree = world
    fresh = replace(judge, _adversary=None, _attacked=())
    fresh.assess(tree.class_of(["X", "Z"]))
    # Z does not depend on M: nothing but the training environments could be known of it.
    loss = estimate_risk(judge.setting, columns_of(judge, "Z")).risk
    assert fresh.screen(tree.class_of(["Z"]), level(whole, 1.5 * loss)) is None


def test_the_first_adversary_is_kept(world):
    judge, tree = world
    fresh = replace(judge, _adversary=None, _attacked=())
    fresh.assess(tree.class_of(["X", "Z"]))
    first = fresh._adversary
    fresh.assess(tree.class_of(["X"]))
    assert fresh._adversary is first
    assert len(first) == 1


def test_a_narrower_range_makes_no_use_of_training_environments(data, whole):
    judge, tree = judge_of(data, mutable_range={"M": (0, 1)})
    assert judge.screen(tree.class_of(["X"]), level(whole, 0.0)) is None


def test_columns_may_stand_in_any_order(data):
    moved = Bunch(**data)
    moved["X"] = data.X[["Z", "M", "X"]]
    (first, tree), (second, _) = judge_of(data), judge_of(moved)
    for names in (("X",), ("X", "Z")):
        each = tree.class_of(names)
        assert first.assess(each).risk == second.assess(each).risk
        assert first.bound(each).bound == second.bound(each).bound


def test_shuffled_rows_give_the_same_bounds_and_verdicts(data, whole):
    rows = np.random.default_rng(3).permutation(len(data.y))
    moved = Bunch(**data)
    for name in ("X", "y", "environments"):
        moved[name] = data[name].iloc[rows].reset_index(drop=True)
    (first, tree), (second, _) = judge_of(data), judge_of(moved)
    for judge in (first, second):
        judge.assess(tree.class_of(["X", "Z"]))
    for value in (0.0, 0.03, 0.05):
        incumbent = level(whole, value)
        for names in (("X",), ("Z",), ()):
            each = tree.class_of(names)
            assert first.bound(each).bound == second.bound(each).bound
            assert first.is_beaten(first.bound(each), incumbent) == second.is_beaten(
                second.bound(each), incumbent
            )
            assert first.screen(each, incumbent) == second.screen(each, incumbent)


def test_a_graph_without_arrows_from_the_mutable_variable_has_no_adversary():
    graph = nx.DiGraph([("y", "M"), ("y", "X"), ("y", "Z")])
    data = make_mutable_scm("interaction", n_levels=4, n_rows=100, random_state=1)
    data["causal_graph"] = graph
    judge, tree = judge_of(data)
    found = judge.assess(tree.class_of(["X", "Z"]))
    assert judge._adversary == ()
    assert found.risk == found.training_risk == found.average_risk
