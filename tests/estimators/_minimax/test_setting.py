"""What is fitted once: invariance, messages, overlap."""

import numpy as np
import pytest

from causalkit.datasets import make_mutable_scm
from causalkit.estimators._minimax._assess import estimate_risk
from causalkit.estimators._minimax._setting import prepare
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


def test_bad_arguments_are_refused(world):
    with pytest.raises(ValueError, match=r"mutable_range must be 'observed'.*got 'all'"):
        prepare(*world, [variable()], mutable_range="all")
    with pytest.raises(ValueError, match="must name mutable variables among"):
        prepare(*world, [variable()], names=["m", "x", "z"], mutable_range={"x": (0, 1)})
    with pytest.raises(ValueError, match="environments must have one label for each row"):
        prepare(world[0], world[1], world[2][:-1], [variable()])
    with pytest.raises(ValueError, match="X must have at least 20 rows; got 19"):
        prepare(*(part[:19] for part in world), [variable()])
