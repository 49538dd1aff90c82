"""What is fitted once: invariance, messages, overlap."""

import numpy as np
import pytest

from causalkit.datasets import make_mutable_scm
from causalkit.estimators._minimax._assess import estimate_risk
from causalkit.estimators._minimax._setting import prepare, without_rows
from causalkit.estimators._minimax._variables import MutableVariable
from causalkit.exceptions import OverlapWarning


@pytest.fixture(scope="module")
def world():
    data = make_mutable_scm("interaction", n_levels=4, n_rows=250, random_state=0)
    X = data.X[["M", "X", "Z"]].to_numpy(float)
    return X, data.y.to_numpy(float), data.environments.to_numpy()


def variable(column=0, affected=1):
    return MutableVariable(column, (), True, 1, (affected,))


def test_columns_of_a_subset_lead_to_those_of_the_predictor(world):
    X, y, environments = world
    setting = prepare(X, y, environments, [variable()], random_state=0)
    table = setting.data.table[setting.data.restore]
    for subset in ([], [1], [2], [1, 2]):
        np.testing.assert_array_equal(
            X[:, setting.predictor_columns(subset)], table[:, setting.columns(subset)]
        )
    assert set(setting.predictor_columns([2])) == {2}
    assert set(setting.predictor_columns([1])) == {0, 1}


def test_games_are_made_once_for_what_matters(world):
    setting = prepare(*world, [variable()], random_state=0)
    assert setting.game([1]) is setting.game([1, 2])
    assert setting.game([2]).stages == ()
    np.testing.assert_array_equal(setting.game([2]).weight, 1)


def test_shuffling_renaming_and_relabelling_change_no_digit(world):
    X, y, environments = world
    rows, columns = np.random.default_rng(1).permutation(len(y)), np.array([2, 0, 1])
    first = estimate_risk(prepare(X, y, environments, [variable()], random_state=5), [1, 2])
    moved = prepare(
        X[np.ix_(rows, columns)], y[rows], (7 - 2 * environments)[rows], [variable(1, 2)], random_state=5
    )
    second = estimate_risk(moved, [0, 2])
    assert first.risk == second.risk
    assert first.standard_error == second.standard_error
    np.testing.assert_array_equal(first.contributions[rows], second.contributions)
    np.testing.assert_array_equal(first.predict(X)[rows], second.predict(X[np.ix_(rows, columns)]))


def test_the_seed_decides(world):
    fits = [estimate_risk(prepare(*world, [variable()], random_state=s), [1]).risk for s in (1, 1, 2)]
    assert fits[0] == fits[1] != fits[2]


def test_poor_overlap_is_flagged():
    rng = np.random.default_rng(2)
    y = rng.normal(size=1000)
    X = np.column_stack([y + 0.05 * rng.normal(size=1000), rng.normal(size=1000)])
    with pytest.warns(OverlapWarning, match=r"effective rows of 1000.*narrow mutable_range"):
        setting = prepare(X, y, np.repeat([0, 1], 500), [MutableVariable(0, (), True)], random_state=0)
    assert setting.overlap.is_poor


def test_rows_are_counted_for_each_joint_level(world):
    X, y, environments = world
    setting = prepare(X, y, environments, [variable()], random_state=0)
    assert setting.overlap.rows_per_level == pytest.approx(setting.overlap.effective_rows / 4)
    assert not prepare(X, y, environments, [], random_state=0).overlap.rows_per_level < 1000
    # A number with many values counts as fifteen bins, beside the four levels.
    two = [variable(), MutableVariable(2, (), True, 1)]
    both = prepare(X, y, environments, two, random_state=0).overlap
    assert both.rows_per_level == pytest.approx(both.effective_rows / 60)
    assert both.is_thin


def test_a_value_that_the_outcome_decides_is_poor_overlap():
    data = make_mutable_scm("interaction", n_rows=1000, follow=(1, 1), random_state=0)
    X, environments = data.X[["M", "X", "Z"]].to_numpy(float), data.environments.to_numpy()
    with pytest.warns(OverlapWarning, match=r"1\d\d\d effective rows of 2000, 1\d% of the values covered"):
        setting = prepare(X, data.y.to_numpy(), environments, [variable()], random_state=0)
    assert setting.overlap.is_poor
    # Of ten values one occurs for a given outcome.
    assert setting.overlap.covered_share == pytest.approx(0.1, abs=0.04)
    assert setting.overlap.effective_rows > 1000


def test_bad_arguments_are_refused(world):
    with pytest.raises(ValueError, match=r"mutable_range must be 'observed'.*got 'all'"):
        prepare(*world, [variable()], mutable_range="all")
    with pytest.raises(ValueError, match="must name mutable variables among"):
        prepare(*world, [variable()], names=["m", "x", "z"], mutable_range={"x": (0, 1)})
    with pytest.raises(ValueError, match="environments must have one label for each row"):
        prepare(world[0], world[1], world[2][:-1], [variable()])
    with pytest.raises(ValueError, match="X must have at least 20 rows; got 19"):
        prepare(*(part[:19] for part in world), [variable()])


def test_companions_go_with_their_column(world):
    X, y, environments = world
    extended = np.column_stack([X, X + 0.5 * np.random.default_rng(4).normal(size=X.shape)])
    companions = {0: (3,), 1: (4,), 2: (5,)}
    setting = prepare(extended, y, environments, [variable()], companions=companions, random_state=0)
    assert set(setting.predictor_columns([2])) == {2, 5}
    assert set(setting.predictor_columns([1])) == {0, 1, 4}
    table = setting.data.table[setting.data.restore]
    for subset in ([], [1], [1, 2]):
        np.testing.assert_array_equal(
            extended[:, setting.predictor_columns(subset)], table[:, setting.columns(subset)]
        )


def test_variables_that_matter_are_those_with_descendants_in_the_subset(world):
    X, y, environments = world
    two = [variable(0, 1), MutableVariable(2, (), True, 1, ())]
    setting = prepare(X, y, environments, two, random_state=0)
    place = {v.column: j for j, v in enumerate(setting.mutable)}
    assert setting.active([]) == ()
    assert setting.active([1]) == (place[0],)
    every = prepare(X, y, environments, [variable(0, 1), MutableVariable(2, (), True, 1)], random_state=0)
    assert every.active([1]) == (0, 1)


def test_without_rows_the_others_keep_their_folds(world):
    X, y, environments = world
    two = [variable(0, 1), MutableVariable(2, (), True, 1, ())]
    setting = prepare(X, y, environments, two, mutable_range={"x2": (-1, 1)}, random_state=0)
    left_out = np.random.default_rng(5).random(len(y)) < 0.3
    fewer = without_rows(setting, left_out, [1])
    for name in ("fold", "policy_fold", "part"):
        np.testing.assert_array_equal(getattr(fewer, name), getattr(setting, name)[~left_out])
    np.testing.assert_array_equal(fewer.data.table, setting.data.table[~left_out])
    np.testing.assert_array_equal(fewer.data.outcome, setting.data.outcome[~left_out])
    np.testing.assert_array_equal(fewer.data.environments, setting.data.environments[~left_out])
    assert [v.column for v in fewer.mutable] == [0]
    assert fewer.wanted == ("observed",)
    assert fewer.mechanisms[0].density.shape[0] == (~left_out).sum()
    assert fewer.game([1]) is not setting.game([1])
    assert len(setting.mutable) == 2


def test_an_environment_may_lose_all_its_rows(world):
    X, y, environments = world
    setting = prepare(X, y, environments, [variable()], random_state=0)
    fewer = without_rows(setting, setting.data.environments == 1, [1])
    assert set(fewer.data.environments) == {0, 1, 2}
    assert np.isfinite(estimate_risk(fewer, [1]).risk)
