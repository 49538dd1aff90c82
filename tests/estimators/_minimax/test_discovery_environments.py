"""What a variable says about the environment: known amounts and known zeros."""

import numpy as np
import pandas as pd
import pytest

from causalkit.estimators._minimax._discovery_environments import information_gain
from causalkit.estimators._minimax._discovery_table import read_table


def gain(columns, y, environments, v, given):
    table = read_table(pd.DataFrame(columns), pd.Series(y, name="y"), environments)
    terms = information_gain(table, table.names.index(v), [table.names.index(name) for name in given])
    return terms.sum() / (terms.std() * len(terms) ** 0.5), terms.mean()


@pytest.fixture
def shifted():
    rng = np.random.default_rng(0)
    environments = np.repeat([0, 1], 1000)
    m = rng.normal(size=2000) + environments
    return {"m": m, "x": m + rng.normal(size=2000)}, rng.normal(size=2000), environments


def test_a_shift_gives_most_of_its_mutual_information(shifted):
    columns, y, environments = shifted
    z, mean = gain(columns, y, environments, "m", [])
    m = columns["m"]
    log_odds = (m - 0.5) * (2 * environments - 1)
    true = np.log(2) - np.log1p(np.exp(-log_odds)).mean()
    assert z > 10
    assert 0.5 * true < mean < true


def test_what_only_follows_a_changing_variable_says_nothing_beyond_it(shifted):
    assert gain(*shifted, "x", [])[0] > 5
    assert gain(*shifted, "x", ["m"])[0] < 2
    assert gain(*shifted, "m", ["x"])[0] > 5


def test_a_change_of_how_two_variables_meet_is_found():
    # The environment moves the share of rows on a diagonal, and nothing else.
    rng = np.random.default_rng(1)
    environments = np.repeat([0, 1], 2000)
    y = rng.random(4000)
    x = np.where(rng.random(4000) < 0.1 + 0.3 * environments, y, rng.random(4000))
    assert gain({"x": x}, y, environments, "x", ["y"])[0] > 5
    assert gain({"x": x}, y, environments, "x", [])[0] < 2
