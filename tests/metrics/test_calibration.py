"""Calibration of estimated effects: against statsmodels, by hand, and its error rate under the null."""

from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from causalkit.graphs import Network
from causalkit.metrics import calibration

N_ROWS = 300
SEEDS = range(300)


@pytest.fixture
def columns() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    estimate, noise = rng.normal(size=(2, N_ROWS))
    treatment = rng.binomial(1, 0.3, size=N_ROWS) - 0.3
    return {
        "estimate": estimate,
        "scores": 1 + 0.5 * estimate + noise,
        "treatment": treatment,
        "outcome": treatment * (1 + 0.5 * estimate) + noise,
    }


def test_scores_are_regressed_on_the_centred_estimate(columns: dict[str, np.ndarray]) -> None:
    answer = calibration(columns["estimate"], columns["scores"])
    design = sm.add_constant(columns["estimate"] - columns["estimate"].mean())
    oracle = sm.OLS(columns["scores"], design).fit(cov_type="HC0")
    errors = oracle.bse * np.sqrt(N_ROWS / (N_ROWS - 1))
    np.testing.assert_allclose([answer.intercept, answer.slope], oracle.params)
    assert answer.slope_standard_error == pytest.approx(errors[1])
    # The mean of the estimates is itself drawn, so the average effect has the standard error of a mean.
    assert answer.intercept_standard_error == pytest.approx(stats.sem(columns["scores"]))
    assert answer.statistic == pytest.approx(oracle.params[1] / errors[1])
    assert answer.pvalue == pytest.approx(stats.norm.sf(answer.statistic))
    from_one = (oracle.params[1] - 1) / errors[1]
    assert answer.pvalue_calibrated == pytest.approx(2 * stats.norm.sf(abs(from_one)))
    assert (answer.n_units, answer.variance) == (N_ROWS, "iid")


def test_residuals_are_regressed_on_the_treatment(columns: dict[str, np.ndarray]) -> None:
    y, t, estimate = columns["outcome"], columns["treatment"], columns["estimate"]
    answer = calibration(estimate, outcome_residuals=y, treatment_residuals=t)
    centred = estimate - np.average(estimate, weights=t**2)
    oracle = sm.OLS(y, np.column_stack([t, t * centred])).fit(cov_type="HC0")
    np.testing.assert_allclose([answer.intercept, answer.slope], oracle.params)
    assert answer.slope_standard_error == pytest.approx(oracle.bse[1] * np.sqrt(N_ROWS / (N_ROWS - 1)))
    # The best constant of the R-loss.
    assert answer.intercept == pytest.approx(np.sum(t * y) / np.sum(t**2))


def test_groups_make_clustered_errors(columns: dict[str, np.ndarray]) -> None:
    village = np.repeat(np.arange(60), 5)
    scores = columns["scores"] + np.random.default_rng(1).normal(size=60)[village]
    answer = calibration(columns["estimate"], scores, groups=village)
    design = sm.add_constant(columns["estimate"] - columns["estimate"].mean())
    oracle = sm.OLS(scores, design).fit(cov_type="cluster", cov_kwds={"groups": village})
    # statsmodels counts both coefficients in (n - 1) / (n - p).
    assert answer.slope_standard_error == pytest.approx(oracle.bse[1] * np.sqrt((N_ROWS - 2) / (N_ROWS - 1)))
    mean = sm.OLS(scores, np.ones(N_ROWS)).fit(cov_type="cluster", cov_kwds={"groups": village})
    assert answer.intercept_standard_error == pytest.approx(mean.bse[0])
    assert answer.pvalue == pytest.approx(stats.t.sf(answer.statistic, 59))
    assert "60 groups" in answer.variance


def test_cliques_are_groups(columns: dict[str, np.ndarray]) -> None:
    village = np.repeat(np.arange(60), 5)
    by_label = calibration(columns["estimate"], columns["scores"], groups=village)
    by_link = calibration(columns["estimate"], columns["scores"], network=Network.from_groups(village))
    assert by_link.slope_standard_error == pytest.approx(by_label.slope_standard_error)
    np.testing.assert_allclose(by_link.table, by_label.table)


def test_network_errors_are_those_of_each_estimate_alone(columns: dict[str, np.ndarray]) -> None:
    ring = Network.from_edges([(i, (i + 1) % N_ROWS) for i in range(N_ROWS)])
    five, one = (
        calibration(columns["estimate"], columns["scores"], network=ring, n_bins=n_bins) for n_bins in (5, 1)
    )
    assert "HAC" in five.variance
    assert five.slope_standard_error == pytest.approx(one.slope_standard_error)


def test_table_by_hand() -> None:
    estimate = [0.0, 1.0, 2.0, 10.0, 11.0, 15.0]
    scores = [1.0, 2.0, 3.0, 7.0, 8.0, 12.0]
    table = calibration(estimate, scores, n_bins=2).table
    assert table.index.tolist() == [1, 2]
    assert table["n_rows"].tolist() == [3, 3]
    np.testing.assert_allclose(table["predicted"], [1, 12])
    np.testing.assert_allclose(table["estimate"], [2, 9])
    # Standard deviations 1 and sqrt(7) over sqrt(3), and n / (n - 1) of the whole sample.
    errors = np.sqrt(np.array([1, 7]) / 3 * 6 / 5)
    np.testing.assert_allclose(table["standard_error"], errors)
    np.testing.assert_allclose(table["conf_low"], [2, 9] - stats.norm.isf(0.025) * errors)
    np.testing.assert_allclose(table["conf_high"], [2, 9] + stats.norm.isf(0.025) * errors)


def test_bins_of_residuals_are_their_own_best_constants(columns: dict[str, np.ndarray]) -> None:
    y, t, estimate = columns["outcome"], columns["treatment"], columns["estimate"]
    table = calibration(estimate, outcome_residuals=y, treatment_residuals=t, n_bins=4).table
    order = np.argsort(estimate).reshape(4, -1)
    np.testing.assert_allclose(table["estimate"], [np.sum(t[b] * y[b]) / np.sum(t[b] ** 2) for b in order])
    np.testing.assert_allclose(
        table["predicted"], [np.average(estimate[b], weights=t[b] ** 2) for b in order]
    )


def test_intervals_have_the_asked_confidence(columns: dict[str, np.ndarray]) -> None:
    wide, narrow = (calibration(columns["estimate"], columns["scores"], alpha=a).table for a in (0.01, 0.5))
    ratio = (wide["conf_high"] - wide["conf_low"]) / (narrow["conf_high"] - narrow["conf_low"])
    np.testing.assert_allclose(ratio, stats.norm.isf(0.005) / stats.norm.isf(0.25))


def test_order_of_rows_does_not_matter(columns: dict[str, np.ndarray]) -> None:
    order = np.random.default_rng(1).permutation(N_ROWS)
    plain = calibration(columns["estimate"], columns["scores"])
    shuffled = calibration(columns["estimate"][order], columns["scores"][order])
    assert shuffled.slope == pytest.approx(plain.slope)
    np.testing.assert_allclose(shuffled.table, plain.table)


def test_a_wrong_scale_shows_in_the_slope(columns: dict[str, np.ndarray]) -> None:
    plain, doubled = (calibration(f * columns["estimate"] + 3, columns["scores"]) for f in (1, 2))
    assert doubled.slope == pytest.approx(plain.slope / 2)
    assert doubled.pvalue == pytest.approx(plain.pvalue)
    assert doubled.intercept == pytest.approx(plain.intercept)


def test_few_values_share_bins() -> None:
    estimate = np.repeat([1.0, 2.0], [90, 10])
    table = calibration(estimate, estimate + np.random.default_rng(0).normal(size=100)).table
    assert table["n_rows"].tolist() == [90, 10]
    np.testing.assert_allclose(table["predicted"], [1, 2])


@pytest.mark.parametrize("network", [None, Network.from_edges([(i, i + 1) for i in range(99)])])
def test_a_constant_estimate_claims_nothing(network: Network | None) -> None:
    scores = np.random.default_rng(0).normal(size=100)
    answer = calibration(np.full(100, 0.1) + np.arange(100) * 1e-17, scores, network=network)
    assert answer.pvalue == 1
    assert np.isnan([answer.slope, answer.slope_standard_error, answer.pvalue_calibrated]).all()
    assert answer.intercept == pytest.approx(scores.mean())
    assert len(answer.table) == 1


def test_a_bin_of_one_row_has_no_standard_error() -> None:
    table = calibration([1.0, 1.0, 1.0, 5.0], [1.0, 2.0, 3.0, 4.0], n_bins=4).table
    assert table["n_rows"].tolist() == [3, 1]
    assert np.isnan(table["standard_error"].iloc[1])
    assert np.isfinite(table["standard_error"].iloc[0])


def test_a_perfect_estimate() -> None:
    effect = np.random.default_rng(0).normal(size=100)
    answer = calibration(effect, effect)
    assert answer.slope == pytest.approx(1)
    assert answer.pvalue < 1e-12


def test_answer_as_a_table(columns: dict[str, np.ndarray]) -> None:
    answer = calibration(columns["estimate"], columns["scores"])
    assert {"intercept", "slope", "pvalue", "variance"} <= set(answer.to_frame().columns)
    assert "slope" in repr(answer)


@pytest.mark.parametrize("kind", ["scores", "residuals", "clustered"])
def test_error_rate_where_the_estimate_says_nothing(kind: str) -> None:
    rejections = 0
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        estimate, noise = rng.normal(size=(2, N_ROWS))
        village = np.repeat(np.arange(60), 5)
        if kind == "residuals":
            t = rng.binomial(1, 0.4, size=N_ROWS) - 0.4
            answer = calibration(estimate, outcome_residuals=t + noise, treatment_residuals=t)
        elif kind == "scores":
            answer = calibration(estimate, 1 + noise)
        else:
            shared, level = rng.normal(size=(2, 60))
            answer = calibration(estimate + 2 * level[village], noise + 2 * shared[village], groups=village)
        rejections += answer.pvalue < 0.05
    # Binomial(300, .05): 15 expected; outside these limits with chance .002.
    assert 5 <= rejections <= 28


def test_power_and_false_claims_of_exaggeration() -> None:
    found = exaggerated = 0
    for seed in SEEDS:
        estimate, noise = np.random.default_rng(seed).normal(size=(2, N_ROWS))
        answer = calibration(estimate, 1 + estimate + 3 * noise)
        found += answer.pvalue < 0.05
        exaggerated += answer.pvalue_calibrated < 0.05
    assert found > 290
    assert 5 <= exaggerated <= 28


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "either scores or both .* got scores missing and 0 of the residuals"),
        ({"outcome_residuals": [1.0, 2.0, 3.0]}, "got scores missing and 1 of the residuals"),
        ({"scores": [1.0, 2.0, 3.0], "treatment_residuals": [1.0, 2.0, 3.0]}, "got scores given and 1"),
        (
            {"scores": [1.0, 2, 3], "outcome_residuals": [1.0, 2, 3], "treatment_residuals": [1.0, 2, 3]},
            "got scores given and 2 of the residuals",
        ),
        ({"scores": [1.0, 2.0]}, "scores must have one entry for each row of cate_estimate; got 2 and 3"),
        ({"scores": [1.0, 2.0, np.nan]}, "scores must not contain NaN"),
        ({"scores": [1.0, 2.0, 3.0], "n_bins": 0}, "n_bins must be an integer at least 1; got 0"),
        (
            {"scores": [1.0, 2.0, 3.0], "alpha": 1},
            "alpha must be a number greater than 0 and less than 1; got 1",
        ),
        (
            {"outcome_residuals": [1.0, 2, 3], "treatment_residuals": [1.0, 1, 0], "n_bins": 3},
            "treatment_residuals must differ from zero .* bin 3 of 3",
        ),
    ],
)
def test_bad_inputs(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        calibration([1.0, 2.0, 3.0], **arguments)


def test_too_small_a_network(columns: dict[str, np.ndarray]) -> None:
    with pytest.raises(ValueError, match="network must have a node for each score"):
        calibration(columns["estimate"], columns["scores"], network=Network.from_edges([(0, 1)]))
