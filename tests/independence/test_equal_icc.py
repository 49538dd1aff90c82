"""The gate: intraclass correlations, what equal ones imply for any noise, level and power."""

from typing import Any

import numpy as np
import pytest
from scipy.stats import binom

from causalkit.datasets import make_exchangeable_scm
from causalkit.independence._equal_icc import _implied_excess, equal_icc_statement, intraclass_correlations
from causalkit.independence._pairs import Pair, arrange
from causalkit.independence._sign_flips import flip_tests
from causalkit.independence._variables import read_variable


def world(seed: int = 0, **settings: Any) -> Pair:
    data = make_exchangeable_scm("location", n_variables=2, edge_probability=1, random_state=seed, **settings)
    return arranged(data.X["x0"].to_numpy(), data.X["x1"].to_numpy(), data.environments.to_numpy())


def arranged(x: np.ndarray, y: np.ndarray, codes: np.ndarray) -> Pair:
    return arrange(read_variable(x, "x"), read_variable(y, "y"), codes).larger(2)


def rejections(n_worlds: int, **settings: Any) -> int:
    pvalues = [
        flip_tests([equal_icc_statement(world(seed, **settings))], np.random.default_rng(seed), n_flips=199)[
            0
        ].pvalue
        for seed in range(n_worlds)
    ]
    return int(np.sum(np.array(pvalues) <= 0.05))


@pytest.mark.parametrize("icc", [0.0, 0.3, 0.6])
def test_intraclass_correlations(icc: float) -> None:
    pair = world(n_environments=4000, n_rows=(2, 4), icc=icc)
    np.testing.assert_allclose(intraclass_correlations(pair), icc, atol=0.04)


def test_intraclass_correlation_against_a_loop_over_pairs() -> None:
    pair = world(n_environments=12, n_rows=(2, 4))
    z = pair.first.score - pair.first.score.mean()
    products = [
        z[i] * z[j] for i in range(len(z)) for j in range(len(z)) if i != j and pair.codes[i] == pair.codes[j]
    ]
    assert intraclass_correlations(pair)[0] == pytest.approx(np.mean(products) / np.mean(z**2))


@pytest.mark.parametrize(("noise", "low", "high"), [("gaussian", -0.01, 0.01), ("laplace", -0.05, -0.01)])
def test_implied_moments_of_squares(noise: str, low: float, high: float) -> None:
    pair = world(n_environments=3000, n_rows=5, icc=0.3, noise=noise)
    excess = _implied_excess(pair, 0.3)
    assert ((excess > low) & (excess < high)).all()


def test_nothing_is_implied_without_levels() -> None:
    np.testing.assert_allclose(_implied_excess(world(n_environments=100, icc=0.0), 0.0), 0, atol=1e-12)


def test_units_do_not_matter() -> None:
    data = make_exchangeable_scm(
        "location", n_variables=2, edge_probability=1, n_environments=60, random_state=0
    )
    x, y, codes = data.X["x0"].to_numpy(), data.X["x1"].to_numpy(), data.environments.to_numpy()
    one, two = (equal_icc_statement(arranged(a, b, codes)) for a, b in ((x, y), (1000 * x + 5, 0.01 * y)))
    order = [np.lexsort(statement.observed.T[:2]) for statement in (one, two)]
    np.testing.assert_allclose(one.observed[order[0]], two.observed[order[1]], atol=1e-9)


@pytest.mark.parametrize("noise", ["gaussian", "laplace", "t"])
@pytest.mark.parametrize("icc", [0.0, 0.3])
def test_level_where_no_direction_can_be_known(icc: float, noise: str) -> None:
    found = rejections(100, n_environments=100, n_rows=5, icc=icc, noise=noise)
    assert found <= binom.ppf(0.9999, 100, 0.08)


@pytest.mark.parametrize("varying", ["intercept", "slope", "scale"])
def test_the_gate_opens_where_one_can(varying: str) -> None:
    found = rejections(20, n_environments=300, n_rows=5, icc=[0.1, 0.6], varying=(varying,), slope_sd=0.8)
    assert found >= 15
