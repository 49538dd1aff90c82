"""Risks by environment against pandas."""

import numpy as np
import pandas as pd
import pytest

from causalkit._environments import group_rows
from causalkit.estimators._minimax._environment_risks import environment_risks

RNG = np.random.default_rng(0)
LABELS = RNG.choice(["north", "east", "a small one"], size=300, p=[0.6, 0.39, 0.01])
OUTCOME = RNG.normal(size=300)
PREDICTIONS = {"near": OUTCOME + 0.1 * RNG.normal(size=300), "zero": np.zeros(300)}


def by_groupby(outcome, predictions, labels, scale):
    errors = pd.DataFrame({name: (outcome - values) ** 2 / scale for name, values in predictions.items()})
    return errors.groupby(np.asarray(labels)).mean()


@pytest.mark.parametrize("labels", [LABELS, RNG.integers(-3, 4, size=300), np.zeros(300), np.arange(300)])
def test_means_by_environment(labels):
    found = environment_risks(OUTCOME, PREDICTIONS, group_rows(labels, name="environments"), 2.5)
    expected = by_groupby(OUTCOME, PREDICTIONS, labels, 2.5)
    assert list(found.columns) == ["n_rows", "near", "zero"]
    assert found.index.name == "environment"
    np.testing.assert_array_equal(found.index, expected.index)
    np.testing.assert_allclose(found[["near", "zero"]], expected, rtol=1e-12)
    np.testing.assert_array_equal(found["n_rows"], pd.Series(labels).value_counts().sort_index())


def test_environments_together_give_the_risk_of_all_rows():
    found = environment_risks(OUTCOME, PREDICTIONS, group_rows(LABELS, name="environments"), 1.0)
    assert np.average(found["near"], weights=found["n_rows"]) == pytest.approx(
        np.mean((OUTCOME - PREDICTIONS["near"]) ** 2)
    )


def test_a_perfect_predictor_has_no_risk():
    found = environment_risks(OUTCOME, {"y": OUTCOME}, group_rows(LABELS, name="environments"), 1.0)
    assert (found["y"] == 0).all()
