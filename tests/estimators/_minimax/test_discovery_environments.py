"""What a variable says about the environment: known amounts and known zeros."""

import numpy as np
import pandas as pd
import pytest

from causalkit.estimators._minimax._discovery_environments import Evidence, is_clear
from causalkit.estimators._minimax._discovery_table import read_table


def evidence_of(columns, y, environments):
    table = read_table(pd.DataFrame(columns), pd.Series(y, name="y"), environments)
    return Evidence(table), table.names.index


def gain(columns, y, environments, v, given):
    evidence, place = evidence_of(columns, y, environments)
    terms = evidence.gain(place(v), [place(name) for name in given])
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


def test_noise_is_hardly_ever_clear_beyond_what_averaging_two_models_gains():
    rng = np.random.default_rng(2)
    environments = np.repeat([0, 1, 2], 200)
    clear = []
    for _ in range(10):
        evidence, place = evidence_of(
            {"a": rng.normal(size=600), "b": rng.random(600)}, rng.normal(size=600), environments
        )
        clear += [evidence.is_clear(place(v), [place("y")]) for v in "ab"]
    # More than 4 of 20 at a rate of 5 % would be a chance of 1 in 400.
    assert sum(clear) <= 4


def test_a_shift_is_clear_and_what_only_follows_it_is_not(shifted):
    evidence, place = evidence_of(*shifted)
    assert evidence.is_clear(place("m"), [place("x")])
    assert not evidence.is_clear(place("x"), [place("m")])


def test_the_order_of_the_others_does_not_matter(shifted):
    evidence, place = evidence_of(*shifted)
    one = evidence.gain(place("m"), [place("x"), place("y")])
    np.testing.assert_array_equal(one, evidence.gain(place("m"), (place("y"), place("x"), place("y"))))


def test_a_sum_is_clear_from_some_standard_errors_on():
    terms = np.array([1.0, -1.0] * 50) + 0.3
    assert is_clear(terms, 2.9)
    assert not is_clear(terms, 3.1)
