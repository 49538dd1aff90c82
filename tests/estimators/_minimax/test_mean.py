"""Standard errors of means: independent rows, environments that differ, no order of rows."""

import numpy as np
import pytest

from causalkit.estimators._minimax._mean import mean_and_error


def test_one_environment_has_the_usual_error():
    terms = np.random.default_rng(0).normal(size=400)
    mean, error = mean_and_error(terms, np.zeros(400, dtype=np.intp))
    assert mean == pytest.approx(terms.mean())
    assert error == pytest.approx(terms.std() / 20)


def test_different_environments_dominate_the_error():
    rng = np.random.default_rng(1)
    environments = np.repeat(np.arange(40), 200)
    errors, means = [], []
    for _ in range(60):
        terms = rng.normal(size=40)[environments] + rng.normal(size=8000)
        mean, error = mean_and_error(terms, environments)
        means.append(mean)
        errors.append(error)
    assert np.mean(errors) == pytest.approx(1 / np.sqrt(40), rel=0.1)
    covered = np.abs(means) < 1.96 * np.array(errors)
    assert covered.sum() >= 51  # below that with probability 0.004 at 95 per cent


def test_like_environments_add_little():
    rng = np.random.default_rng(2)
    environments = np.repeat(np.arange(4), 500)
    errors = [mean_and_error(rng.normal(size=2000), environments)[1] for _ in range(50)]
    assert 1 / np.sqrt(2000) * 0.95 < np.mean(errors) < 1 / np.sqrt(2000) * 1.3


def test_the_order_of_rows_changes_no_digit():
    rng = np.random.default_rng(3)
    terms, environments = rng.normal(size=300), rng.integers(3, size=300)
    order = rng.permutation(300)
    assert mean_and_error(terms, environments) == mean_and_error(terms[order], environments[order])


def test_an_environment_of_one_row_is_no_obstacle():
    mean, error = mean_and_error(np.array([1.0, 2.0, 3.0]), np.array([0, 0, 1]))
    assert mean == 2
    assert error == pytest.approx(np.sqrt(2 / 9))
