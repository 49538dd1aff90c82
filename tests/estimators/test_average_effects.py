"""Average effects, group effects and overlap from given nuisances, against formulas written out by hand."""

from typing import Any

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError

from causalkit.estimators._average_effects import AverageEffects
from causalkit.graphs import Network
from causalkit.inference import mean_inference

N = 300


class Learner(AverageEffects, BaseEstimator):
    def fit(self) -> "Learner":
        return self


def make_learner(*, n_missing: int = 0, groups: np.ndarray | None = None, seed: int = 0) -> Any:
    """A learner whose fit is over: nuisances, effects and network are set by hand."""
    rng = np.random.default_rng(seed)
    learner: Any = Learner()
    e = rng.uniform(0.2, 0.8, N)
    t = (rng.uniform(size=N) < e).astype(float)
    cate = rng.normal(1, 0.5, N)
    outcome = (t - e) * cate + rng.normal(size=N)
    missing = np.arange(n_missing)
    for values in (outcome, t, e):
        values[missing] = np.nan
    learner.outcome_residuals_, learner.treatment_residuals_, learner.propensity_ = outcome, t - e, e
    learner.out_of_fold_cate_ = cate
    learner.observed_ = np.arange(n_missing, N)
    learner.network_ = Network.from_groups(np.arange(N) // 5)
    learner.groups_ = groups
    learner.clipped_share_ = 0.0
    return learner


def aipw_by_hand(learner: Any) -> np.ndarray:
    """mu1 - mu0 + T (Y - mu1) / e - (1 - T) (Y - mu0) / (1 - e), unit by unit, with E[Y | X] at zero."""
    scores = []
    for i in learner.observed_:
        e, tau = learner.propensity_[i], learner.out_of_fold_cate_[i]
        t = learner.treatment_residuals_[i] + e
        y = learner.outcome_residuals_[i]
        mu1, mu0 = (1 - e) * tau, -e * tau
        scores.append(mu1 - mu0 + t * (y - mu1) / e - (1 - t) * (y - mu0) / (1 - e))
    return np.array(scores)


class TestAverageEffects:
    @pytest.mark.parametrize("n_missing", [0, 40])
    def test_ate_is_the_mean_of_doubly_robust_scores(self, n_missing: int) -> None:
        learner = make_learner(n_missing=n_missing)
        scores = aipw_by_hand(learner)
        np.testing.assert_allclose(learner.aipw_scores(), scores)
        effect = learner.ate()
        assert effect.estimate == pytest.approx(scores.mean())
        expected = mean_inference(scores, network=Network.from_groups(np.arange(N)[n_missing:] // 5))
        assert effect.standard_error == pytest.approx(expected.standard_error)
        assert effect.variance == "cluster (by connected component)"

    def test_groups_are_the_clusters_where_given(self) -> None:
        groups = np.arange(N) % 30
        effect = make_learner(groups=groups).ate()
        expected = mean_inference(aipw_by_hand(make_learner()), groups=groups)
        assert effect.standard_error == pytest.approx(expected.standard_error)
        assert effect.variance != make_learner().ate().variance

    def test_overlap_weighted_effect_is_the_regression_of_residuals(self) -> None:
        learner = make_learner()
        yr, tr = learner.outcome_residuals_, learner.treatment_residuals_
        effect = learner.overlap_weighted_effect()
        assert effect.estimate == pytest.approx((yr @ tr) / (tr @ tr))

    def test_overlap_weighted_effect_has_the_robust_standard_error_of_that_regression(self) -> None:
        learner = make_learner(groups=np.arange(N))
        yr, tr = learner.outcome_residuals_, learner.treatment_residuals_
        slope = (yr @ tr) / (tr @ tr)
        sandwich = np.sqrt(np.sum(tr**2 * (yr - slope * tr) ** 2)) / (tr @ tr)
        assert learner.overlap_weighted_effect().standard_error == pytest.approx(sandwich, rel=0.01)

    def test_assumptions_are_told(self) -> None:
        learner = make_learner()
        assert any("overlap" in text for text in learner.ate().assumptions)
        assert any("ignorability" in text for text in learner.overlap_weighted_effect().assumptions)
        assert not any("(overlap)" in text for text in learner.overlap_weighted_effect().assumptions)

    @pytest.mark.parametrize("alpha", [0, 1.0, "small"])
    @pytest.mark.parametrize("method", ["ate", "overlap_weighted_effect"])
    def test_bad_alpha(self, method: str, alpha: Any) -> None:
        with pytest.raises(ValueError, match="alpha must be a number greater than 0 and less than 1; got"):
            getattr(make_learner(), method)(alpha=alpha)

    @pytest.mark.parametrize(
        "method", ["ate", "overlap_weighted_effect", "group_effects", "aipw_scores", "overlap_report"]
    )
    def test_before_fit(self, method: str) -> None:
        with pytest.raises(NotFittedError):
            getattr(Learner(), method)()


class TestGroupEffects:
    def test_group_estimates_are_means_of_scores(self) -> None:
        learner = make_learner(n_missing=20)
        labels = np.array(["north", "south", "west"])[np.arange(N) % 3]
        table = learner.group_effects(labels).set_index("group")
        scores = aipw_by_hand(learner)
        for name in ("north", "south", "west"):
            inside = labels[20:] == name
            assert table.loc[name, "estimate"] == pytest.approx(scores[inside].mean())
            assert table.loc[name, "n_units"] == inside.sum()
            predicted = learner.out_of_fold_cate_[20:][inside].mean()
            assert table.loc[name, "predicted"] == pytest.approx(predicted)
            assert table.loc[name, "low"] < table.loc[name, "estimate"] < table.loc[name, "high"]
        total = (table["estimate"] * table["n_units"]).sum() / table["n_units"].sum()
        assert total == pytest.approx(learner.ate().estimate)

    def test_standard_error_is_that_of_the_group_s_own_mean(self) -> None:
        learner = make_learner(groups=np.arange(N))
        inside = np.arange(N) % 2 == 0
        error = learner.group_effects(inside)["standard_error"].iloc[1]
        assert error == pytest.approx(mean_inference(aipw_by_hand(learner)[inside]).standard_error, rel=0.02)

    def test_quantiles_cut_the_predicted_effect_into_equal_parts(self) -> None:
        table = make_learner().group_effects(n_quantiles=4)
        assert list(table["n_units"]) == [75, 75, 75, 75]
        assert table["predicted"].is_monotonic_increasing
        assert table["group"].iloc[0] == "quantile 1 of 4"

    def test_constant_effect_is_one_group(self) -> None:
        learner = make_learner()
        learner.out_of_fold_cate_ = np.ones(N)
        table = learner.group_effects()
        assert list(table["group"]) == ["quantile 1 of 1"]
        assert table["estimate"].iloc[0] == pytest.approx(learner.ate().estimate)

    def test_groups_without_an_observed_unit_are_left_out(self) -> None:
        learner = make_learner(n_missing=20)
        assert list(learner.group_effects(np.arange(N) >= 20)["group"]) == [True]

    @pytest.mark.parametrize("bad", [1, 2.5, True, "five"])
    def test_bad_number_of_quantiles(self, bad: Any) -> None:
        with pytest.raises(ValueError, match="n_quantiles must be an integer of at least 2; got"):
            make_learner().group_effects(n_quantiles=bad)

    def test_labels_of_another_length(self) -> None:
        with pytest.raises(ValueError, match="labels must have one label for each row"):
            make_learner().group_effects([1, 2, 3])


class TestOverlap:
    def test_report_is_read_off_the_propensity(self) -> None:
        learner = make_learner(n_missing=10)
        e = learner.propensity_[10:]
        t = (learner.treatment_residuals_ + learner.propensity_)[10:] > 0.5
        report = learner.overlap_report()
        assert (report.smallest, report.largest) == (e.min(), e.max())
        assert (report.n_treated, report.n_control) == (t.sum(), (~t).sum())
        weight = 1 / e[t]
        assert report.effective_treated == pytest.approx(weight.sum() ** 2 / (weight**2).sum())
        weight = 1 / (1 - e[~t])
        assert report.effective_control == pytest.approx(weight.sum() ** 2 / (weight**2).sum())
        assert report.share_outside == 0
        assert not report.is_poor

    def test_extreme_propensities_count(self) -> None:
        learner = make_learner()
        learner.propensity_[:60] = 0.03
        learner.propensity_[60:75] = 0.97
        assert learner.overlap_report().share_outside == pytest.approx(0.25)
        assert learner.overlap_report().is_poor
