"""Error and R-score of estimated effects: hand-worked numbers, invariants, bad inputs."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from causalkit.metrics import pehe, r_score


def test_pehe_by_hand() -> None:
    assert pehe([0.0, 0.0], [3.0, -1.0], squared=True) == 5.0
    assert pehe([0.0, 0.0], [3.0, -1.0]) == pytest.approx(np.sqrt(5))
    assert pehe([1.0, 2.0], [1.0, 2.0]) == 0


def test_mean_has_the_variance_as_its_error() -> None:
    truth = np.random.default_rng(0).normal(size=50)
    assert pehe(truth, np.full(50, truth.mean()), squared=True) == pytest.approx(truth.var())


@pytest.mark.parametrize(
    ("truth", "estimate", "message"),
    [
        (
            [1.0, 2.0],
            [1.0, 2.0, 3.0],
            "cate_estimate must have one entry for each row of cate_true; got 3 and 2",
        ),
        ([1.0, np.nan], [1.0, 2.0], "cate_true must not contain NaN"),
        ([1.0, 2.0], [1.0, np.inf], "cate_estimate must not contain NaN or infinity"),
        ([1.0, 2.0], ["a", "b"], "cate_estimate must be numeric"),
        ([1.0, 2.0], None, "cate_estimate must have one value for each row; got None"),
        ([1.0], [1.0], "cate_true must have at least two rows; got 1"),
        ([], [], "cate_true must have at least two rows; got 0"),
        ([1.0, 2.0], np.ones((2, 2)), "cate_estimate should be a 1d array"),
    ],
)
def test_pehe_bad_inputs(truth: Any, estimate: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        pehe(truth, estimate)


class TestRScore:
    """Share of the constant's R-loss that is done away with."""

    def test_by_hand(self) -> None:
        # Best constant: (1 * 1 + 2 * 6) / (1 + 4) = 2.6; its loss 1.6^2 + 0.8^2 = 3.2; ours 0 + 2^2.
        score = r_score([1.0, 2.0], outcome_residuals=[1.0, 6.0], treatment_residuals=[1.0, 2.0])
        assert score == pytest.approx(1 - 4 / 3.2)

    @given(st.integers(0, 2**32 - 1), st.floats(-5, 5))
    def test_best_constant_is_zero_and_others_are_worse(self, seed: int, shift: float) -> None:
        rng = np.random.default_rng(seed)
        y, t, w = rng.normal(size=30), rng.normal(size=30), rng.uniform(size=30)
        best = np.sum(w * t * y) / np.sum(w * t * t)
        residuals: dict[str, Any] = {"outcome_residuals": y, "treatment_residuals": t, "sample_weight": w}
        assert r_score(np.full(30, best), **residuals) == pytest.approx(0, abs=1e-12)
        assert r_score(np.full(30, best + shift), **residuals) <= 1e-12

    @pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
    def test_units_of_the_outcome_do_not_matter(self, scale: float) -> None:
        rng = np.random.default_rng(0)
        y, t, tau = rng.normal(size=(3, 40))
        plain = r_score(tau, outcome_residuals=y, treatment_residuals=t)
        assert r_score(scale * tau, outcome_residuals=scale * y, treatment_residuals=t) == pytest.approx(
            plain
        )

    def test_weights_count_rows(self) -> None:
        rng = np.random.default_rng(0)
        y, t, tau = rng.normal(size=(3, 20))
        copies = rng.integers(0, 4, size=20)
        repeated = [np.repeat(column, copies) for column in (tau, y, t)]
        assert r_score(
            tau, outcome_residuals=y, treatment_residuals=t, sample_weight=copies
        ) == pytest.approx(
            r_score(repeated[0], outcome_residuals=repeated[1], treatment_residuals=repeated[2])
        )

    def test_truth_beats_the_constant(self) -> None:
        rng = np.random.default_rng(0)
        tau, t = rng.normal(size=4000), rng.binomial(1, 0.5, size=4000) - 0.5
        score = r_score(tau, outcome_residuals=t * tau + rng.normal(size=4000), treatment_residuals=t)
        # E[T^2 Var(tau)] / (the same + noise) = .25 / 1.25.
        assert score == pytest.approx(0.2, abs=0.03)

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"outcome_residuals": None}, "outcome_residuals must have one value for each row; got None"),
            ({"treatment_residuals": [0.0, 0.0, 0.0]}, "treatment_residuals must differ from zero somewhere"),
            (
                {"outcome_residuals": [2.0, 2.0, 4.0]},
                "must not follow from a constant effect; got .* that 2 ",
            ),
            (
                {"treatment_residuals": [1.0, 2.0]},
                "must have one entry for each row of cate_estimate; got 2 and 3",
            ),
            ({"sample_weight": [1.0, -1.0, 1.0]}, "sample_weight must not be negative; got -1 at row 1"),
            ({"cate_estimate": [1.0, 2.0, np.nan]}, "cate_estimate must not contain NaN"),
        ],
    )
    def test_bad_inputs(self, changes: dict[str, Any], message: str) -> None:
        given_columns: dict[str, Any] = {
            "cate_estimate": [1.0, 2.0, 3.0],
            "outcome_residuals": [0.0, 1.0, 2.0],
            "treatment_residuals": [1.0, 1.0, 2.0],
            **changes,
        }
        with pytest.raises(ValueError, match=message):
            r_score(given_columns.pop("cate_estimate"), **given_columns)
