"""Targeting curve and the area under it: against loops, the jackknife by leaving rows out, error rates."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from causalkit.graphs import Network
from causalkit.metrics import RankingEffect, autoc, toc_curve
from causalkit.metrics._ranking import _jackknife_influence, _rank

N_ROWS = 300
SEEDS = range(300)


def slow_curve(estimate: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """TOC at 1..n treated rows, rows of a tie all having the mean score of the tie."""
    shared = np.array([np.mean(scores[estimate == value]) for value in estimate])
    ranked = shared[np.argsort(-estimate, kind="stable")]
    return np.array([np.mean(ranked[:k]) - np.mean(scores) for k in range(1, len(scores) + 1)])


def slow_area(estimate: np.ndarray, scores: np.ndarray, weighting: str) -> float:
    n = len(scores)
    weights = np.ones(n) if weighting == "autoc" else np.arange(1, n + 1) / n
    return float(np.mean(weights * slow_curve(estimate, scores)))


def draw(seed: int, n_rows: int, n_values: int | None) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    estimate = (
        rng.normal(size=n_rows) if n_values is None else rng.integers(0, n_values, n_rows).astype(float)
    )
    return estimate, estimate + rng.normal(size=n_rows)


@given(
    st.integers(0, 2**32 - 1),
    st.integers(2, 25),
    st.sampled_from([None, 2, 5]),
    st.sampled_from(["autoc", "qini"]),
)
def test_area_is_its_definition(seed: int, n_rows: int, n_values: int | None, weighting: Any) -> None:
    estimate, scores = draw(seed, n_rows, n_values)
    answer = autoc(estimate, scores, weighting=weighting)
    assert answer.estimate == pytest.approx(slow_area(estimate, scores, weighting), abs=1e-12)


@given(
    st.integers(0, 2**32 - 1),
    st.integers(3, 15),
    st.sampled_from([None, 2, 5]),
    st.sampled_from(["autoc", "qini"]),
)
def test_influence_is_that_of_leaving_rows_out(
    seed: int, n_rows: int, n_values: int | None, weighting: str
) -> None:
    estimate, scores = draw(seed, n_rows, n_values)
    without = np.array(
        [slow_area(np.delete(estimate, i), np.delete(scores, i), weighting) for i in range(n_rows)]
    )
    expected = (n_rows - 1) * (without.mean() - without)
    ranking = _rank(estimate, scores)
    np.testing.assert_allclose(_jackknife_influence(ranking, weighting), expected[ranking.order], atol=1e-9)
    if len(set(estimate)) > 1:
        variance = (n_rows - 1) / n_rows * np.sum((without - without.mean()) ** 2)
        error = autoc(estimate, scores, weighting=weighting).standard_error  # type: ignore[arg-type]
        assert error == pytest.approx(np.sqrt(variance), abs=1e-9)


def test_by_hand() -> None:
    # Ranked scores 5, 3, 1: means of the first 1, 2, 3 are 5, 4, 3, less the mean 3.
    assert autoc([3.0, 2.0, 1.0], [5.0, 3.0, 1.0]).estimate == pytest.approx((2 + 1 + 0) / 3)
    assert autoc([3.0, 2.0, 1.0], [5.0, 3.0, 1.0], weighting="qini").estimate == pytest.approx(
        (2 / 3 + 2 / 3) / 3
    )


@pytest.mark.parametrize("weighting", ["autoc", "qini"])
@pytest.mark.parametrize("estimate", [np.zeros(40), np.full(40, 0.1) + 1e-18 * np.arange(40)])
def test_a_constant_ranking_is_exactly_nothing(estimate: np.ndarray, weighting: Any) -> None:
    answer = autoc(estimate, np.random.default_rng(0).normal(size=40), weighting=weighting)
    assert (answer.estimate, answer.standard_error, answer.pvalue) == (0.0, 0.0, 1.0)
    assert answer.conf_int() == (0.0, 0.0)
    assert "constant" in answer.variance


@pytest.mark.parametrize("weighting", ["autoc", "qini"])
def test_only_the_order_counts(weighting: Any) -> None:
    estimate, scores = draw(0, 200, None)
    plain = autoc(estimate, scores, weighting=weighting)
    bent = autoc(np.exp(estimate), scores, weighting=weighting)
    assert (bent.estimate, bent.standard_error) == pytest.approx((plain.estimate, plain.standard_error))


@pytest.mark.parametrize("weighting", ["autoc", "qini"])
def test_a_shift_of_the_scores_changes_nothing(weighting: Any) -> None:
    estimate, scores = draw(0, 200, 6)
    plain, shifted, scaled = (
        autoc(estimate, s, weighting=weighting) for s in (scores, scores + 100, 3 * scores)
    )
    assert (shifted.estimate, shifted.standard_error) == pytest.approx((plain.estimate, plain.standard_error))
    assert (scaled.estimate, scaled.standard_error) == pytest.approx(
        (3 * plain.estimate, 3 * plain.standard_error)
    )


def test_reversed_ranking_of_the_qini_has_the_other_sign() -> None:
    estimate, scores = draw(0, 101, None)
    forward, backward = (autoc(sign * estimate, scores, weighting="qini").estimate for sign in (1, -1))
    assert forward > 0
    assert backward == pytest.approx(-forward)


def test_order_of_rows_does_not_matter() -> None:
    estimate, scores = draw(0, 120, 8)
    village = np.repeat(np.arange(40), 3)
    order = np.random.default_rng(1).permutation(120)
    plain = autoc(estimate, scores, groups=village)
    shuffled = autoc(estimate[order], scores[order], groups=village[order])
    assert (shuffled.estimate, shuffled.standard_error) == pytest.approx(
        (plain.estimate, plain.standard_error)
    )


def test_copies_of_rows_hold_no_news() -> None:
    estimate, scores = draw(0, 400, None)
    village = np.repeat(np.arange(400), 4)
    copied = autoc(np.repeat(estimate, 4), np.repeat(scores, 4), groups=village)
    plain = autoc(estimate, scores)
    assert copied.standard_error == pytest.approx(plain.standard_error, rel=0.05)
    blind = autoc(np.repeat(estimate, 4), np.repeat(scores, 4))
    assert blind.standard_error == pytest.approx(plain.standard_error / 2, rel=0.05)


def test_cliques_are_groups() -> None:
    estimate, scores = draw(0, 200, None)
    village = np.repeat(np.arange(50), 4)
    by_label = autoc(estimate, scores, groups=village)
    by_link = autoc(estimate, scores, network=Network.from_groups(village))
    assert by_link.standard_error == pytest.approx(by_label.standard_error)
    ring = Network.from_edges([(i, (i + 1) % 200) for i in range(200)])
    assert "HAC" in autoc(estimate, scores, network=ring).variance


@pytest.mark.parametrize("kind", ["autoc", "qini", "ties", "clustered"])
def test_error_rate_where_the_ranking_says_nothing(kind: str) -> None:
    rejections = 0
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        estimate, noise = rng.normal(size=(2, N_ROWS))
        village = np.repeat(np.arange(100), 3)
        if kind == "clustered":
            shared, level = rng.normal(size=(2, 100))
            answer = autoc(estimate + level[village], noise + shared[village], groups=village)
        elif kind == "ties":
            answer = autoc(np.round(estimate), noise)
        else:
            answer = autoc(estimate, noise, weighting=kind)  # type: ignore[arg-type]
        rejections += answer.pvalue < 0.05
    # Binomial(300, .05): 15 expected; outside these limits with chance .002.
    assert 5 <= rejections <= 28


def test_interval_covers_the_area_of_a_normal_effect() -> None:
    share = (np.arange(20_000) + 0.5) / 20_000
    curve = stats.norm.pdf(stats.norm.isf(share)) / share
    covered = {"autoc": 0, "qini": 0}
    for seed in SEEDS:
        estimate, scores = draw(seed, 500, None)
        for weighting, truth in (("autoc", curve.mean()), ("qini", (share * curve).mean())):
            low, high = autoc(estimate, scores, weighting=weighting).conf_int()  # type: ignore[arg-type]
            covered[weighting] += low < truth < high
    # Binomial(300, .95): 285 expected.
    assert all(270 <= count <= 298 for count in covered.values()), covered


class TestCurve:
    """Targeting curve."""

    @given(st.integers(0, 2**32 - 1), st.integers(2, 25), st.sampled_from([None, 2, 5]))
    def test_is_its_definition(self, seed: int, n_rows: int, n_values: int | None) -> None:
        estimate, scores = draw(seed, n_rows, n_values)
        shares = np.arange(1, n_rows + 1) / n_rows
        curve = toc_curve(estimate, scores, shares=shares)
        np.testing.assert_allclose(curve["share"], shares)
        np.testing.assert_allclose(curve["estimate"], slow_curve(estimate, scores), atol=1e-12)
        assert curve.iloc[-1][["estimate", "standard_error"]].tolist() == [0, 0]

    def test_columns(self) -> None:
        curve = toc_curve(*draw(0, 100, None))
        assert list(curve) == ["share", "estimate", "standard_error", "conf_low", "conf_high"]
        assert len(curve) == 20
        np.testing.assert_allclose(
            curve["conf_high"] - curve["estimate"], stats.norm.isf(0.025) * curve["standard_error"]
        )

    def test_shares_are_rounded_up_to_rows(self) -> None:
        estimate, scores = draw(0, 20, None)
        short = toc_curve(estimate, scores, shares=[0.15, 0.16, 0.001])["estimate"]
        np.testing.assert_allclose(short, slow_curve(estimate, scores)[[2, 3, 0]])

    def test_intervals_cover(self) -> None:
        shares = np.array([0.1, 0.3, 0.6])
        truth = stats.norm.pdf(stats.norm.isf(shares)) / shares
        covered = np.zeros(3)
        for seed in SEEDS:
            curve = toc_curve(*draw(seed, 500, None), shares=shares)
            covered += (curve["conf_low"] < truth) & (truth < curve["conf_high"])
        # Binomial(300, .95): 285 expected.
        assert ((covered >= 270) & (covered <= 298)).all(), covered

    def test_standard_error_allows_for_the_estimated_threshold(self) -> None:
        curves = []
        for seed in SEEDS:
            effect = np.random.default_rng(seed).exponential(size=500)
            curves.append(toc_curve(effect, effect, shares=[0.2, 0.5])[["estimate", "standard_error"]])
        estimates, errors = np.array(curves).transpose(2, 0, 1)
        # A standard deviation from 300 draws is known to a part 1 / sqrt(600), more for skewed ones.
        np.testing.assert_allclose(errors.mean(axis=0) / estimates.std(axis=0), 1, atol=4 / np.sqrt(600))

    def test_a_constant_ranking_is_flat(self) -> None:
        curve = toc_curve(np.ones(50), np.random.default_rng(0).normal(size=50))
        np.testing.assert_allclose(curve[["estimate", "standard_error"]], 0, atol=1e-15)

    def test_groups_make_clustered_errors(self) -> None:
        estimate, scores = draw(0, 400, None)
        village = np.repeat(np.arange(400), 4)
        copied = toc_curve(np.repeat(estimate, 4), np.repeat(scores, 4), groups=village)["standard_error"]
        plain = toc_curve(estimate, scores)["standard_error"]
        np.testing.assert_allclose(copied, plain, rtol=0.1)

    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"shares": [0.5, 0.0]}, "shares must be above 0 and at most 1; got 0 at position 1"),
            ({"shares": [1.1]}, "shares must be above 0 and at most 1; got 1.1"),
            ({"shares": [np.nan]}, "shares must be above 0 and at most 1; got nan"),
            ({"shares": []}, r"shares must have shape \(k,\)"),
            ({"shares": 0.5}, r"shares must have shape \(k,\) .*; got shape \(\)"),
            ({"alpha": 0}, "alpha must be a number greater than 0 and less than 1; got 0"),
        ],
    )
    def test_bad_settings(self, settings: dict[str, Any], message: str) -> None:
        with pytest.raises(ValueError, match=message):
            toc_curve([1.0, 2.0], [1.0, 2.0], **settings)


@pytest.mark.parametrize("metric", [autoc, toc_curve])
@pytest.mark.parametrize(
    ("estimate", "scores", "message"),
    [
        ([1.0, 2.0], [1.0], "scores must have one entry for each row of cate_estimate; got 1 and 2"),
        ([1.0, np.nan], [1.0, 2.0], "cate_estimate must not contain NaN"),
        ([1.0, 2.0], [1.0, np.inf], "scores must not contain NaN or infinity"),
        ([1.0], [1.0], "cate_estimate must have at least two rows; got 1"),
        ([1.0, 2.0], None, "scores must have one value for each row; got None"),
    ],
)
def test_bad_inputs(metric: Any, estimate: Any, scores: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        metric(estimate, scores)


def test_unknown_weighting() -> None:
    with pytest.raises(ValueError, match="weighting must be one of 'autoc', 'qini'; got 'gini'"):
        autoc([1.0, 2.0], [1.0, 2.0], weighting="gini")  # type: ignore[arg-type]


def test_answer() -> None:
    answer = autoc(*draw(0, 100, None))
    assert isinstance(answer, RankingEffect)
    assert answer.n_units == 100
    assert "AUTOC" in answer.summary()
    assert {"estimate", "standard_error", "pvalue"} <= set(answer.to_frame().columns)
