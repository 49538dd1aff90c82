"""Risk by environment: numbers by hand, a slow second computation, invariances, and what is refused."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from causalkit.datasets import make_mutable_scm
from causalkit.inference import mean_inference
from causalkit.metrics import price_of_robustness, worst_environment_risk

Y = [1.0, 3.0, 6.0, 8.0, 5.0]
PREDICTION = [1.0, 2.0, 4.0, 6.0, 5.0]
SITES = ["a", "a", "b", "b", "c"]
TRAIN = [0.0, 4.0]


def random_case(seed: int, n: int = 60) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    sites = rng.permutation(np.r_[np.arange(5), rng.integers(5, size=n - 5)])
    return rng.normal(size=n), rng.normal(size=n), sites, rng.normal(size=40)


class TestWorstEnvironmentRisk:
    """The table and its largest entry."""

    def test_by_hand(self) -> None:
        found = worst_environment_risk(Y, PREDICTION, SITES, y_train=TRAIN)
        assert (found.risk, found.environment, found.training_variance) == (0.5, "b", 8.0)
        assert found.constant_risk == 3.25
        assert found.table["n_rows"].tolist() == [2, 2, 1]
        assert found.table["mse"].tolist() == [0.5, 4.0, 0.0]
        assert found.table["risk"].tolist() == [0.0625, 0.5, 0.0]
        assert found.table["constant_risk"].tolist() == [0.125, 3.25, 1.125]
        np.testing.assert_allclose(found.table["standard_error"], [0.0625, 0, np.nan])
        assert found.table.index.name == "environment"
        assert "risk" in repr(found)
        assert found.to_frame()["environment"].tolist() == ["b"]

    @pytest.mark.parametrize("seed", range(5))
    def test_against_a_loop_over_environments(self, seed: int) -> None:
        y, prediction, sites, train = random_case(seed)
        found = worst_environment_risk(y, prediction, sites, y_train=train)
        for site in range(5):
            loss = (y - prediction)[sites == site] ** 2 / train.var(ddof=1)
            constant = (y[sites == site] - train.mean()) ** 2 / train.var(ddof=1)
            assert found.table.loc[site, "risk"] == pytest.approx(loss.mean())
            assert found.table.loc[site, "constant_risk"] == pytest.approx(constant.mean())
            if len(loss) > 1:
                error = mean_inference(loss).standard_error
                assert found.table.loc[site, "standard_error"] == pytest.approx(error)
        assert found.risk == found.table["risk"].max() == found.table.loc[found.environment, "risk"]
        assert found.constant_risk == found.table["constant_risk"].max()

    @given(st.integers(0, 1000))
    def test_order_of_rows_and_names_of_environments_change_nothing(self, seed: int) -> None:
        y, prediction, sites, train = random_case(seed)
        rng = np.random.default_rng(seed)
        rows, names = rng.permutation(len(y)), rng.permutation(5)
        found = worst_environment_risk(y, prediction, sites, y_train=train)
        moved = worst_environment_risk(
            y[rows], prediction[rows], names[sites][rows], y_train=rng.permutation(train)
        )
        assert (found.risk, found.constant_risk) == (moved.risk, moved.constant_risk)
        assert names[found.environment] == moved.environment
        pd.testing.assert_frame_equal(
            found.table.reset_index(drop=True),
            moved.table.loc[names].reset_index(drop=True),
            check_exact=True,
        )

    def test_units_do_not_matter(self) -> None:
        y, prediction, sites, train = random_case(3)
        found = worst_environment_risk(y, prediction, sites, y_train=train)
        other = worst_environment_risk(
            *(7 + 1000 * values for values in (y, prediction)), sites, y_train=7 + 1000 * train
        )
        np.testing.assert_allclose(other.table["risk"], found.table["risk"])
        np.testing.assert_allclose(other.table["constant_risk"], found.table["constant_risk"])

    def test_a_shift_of_the_test_rows_is_not_hidden(self) -> None:
        """Standardised with its own labels the shifted environment would have a risk of one."""
        y = np.random.default_rng(0).normal(size=500)
        shifted = worst_environment_risk(y + 3, np.zeros(500), np.zeros(500), y_train=y)
        assert shifted.risk == pytest.approx(10, rel=0.2)
        assert shifted.constant_risk == pytest.approx(10, rel=0.2)

    def test_the_constant_has_risk_one_in_the_training_population(self) -> None:
        y = np.random.default_rng(0).normal(2, 3, size=200)
        found = worst_environment_risk(y, np.full(200, y.mean()), np.zeros(200), y_train=y)
        assert found.risk == pytest.approx(199 / 200)
        assert found.constant_risk == pytest.approx(199 / 200)

    def test_missing_from_categories(self) -> None:
        sites = pd.Categorical(SITES, categories=["c", "b", "a"])
        found = worst_environment_risk(Y, PREDICTION, sites, y_train=TRAIN)
        assert found.table.index.tolist() == ["c", "b", "a"]
        assert found.environment == "b"

    def test_exact_risk_of_a_synthetic_world(self) -> None:
        data = make_mutable_scm(n_rows=20_000, follow=(0, 0.5, 1), random_state=0)
        m, x = data.X["M"], data.X["X"]
        centre = (m + 0.5) / 10
        f = np.where(np.floor(10 * x) == m, centre, (10 * x + centre) / 11)
        train = make_mutable_scm(n_rows=20_000, random_state=1).y
        found = worst_environment_risk(data.y, f, data.environments, y_train=train)
        exact = data.environment_risk[frozenset("X")] * 12
        np.testing.assert_allclose(found.table["risk"], exact, rtol=0.05)
        assert found.environment == 2

    @pytest.mark.parametrize(
        ("arguments", "match"),
        [
            ({"y": None}, "y must have one value for each row; got None"),
            ({"prediction": [1.0, 2.0]}, "prediction must have one entry for each row of y; got 2 and 5"),
            ({"prediction": [np.nan, *PREDICTION[1:]]}, "prediction must not contain NaN or infinity"),
            ({"environments": ["a", "b"]}, "environments must have .* got 2"),
            (
                {"environments": ["a", None, "b", "b", "c"]},
                "environments must have a label for each row; got 1 missing",
            ),
            ({"y_train": None}, r"y_train must be the outcomes of the training population.*; got None"),
            ({"y_train": 2.0}, r"y_train must be the outcomes of the training population.*; got 2.0"),
            ({"y_train": [2.0, 2.0]}, "y_train must vary between rows; got 2 in every row"),
            ({"y_train": [2.0, np.inf]}, "y_train must not contain NaN or infinity"),
        ],
    )
    def test_refused(self, arguments: dict[str, Any], match: str) -> None:
        given = {"y": Y, "prediction": PREDICTION, "environments": SITES, "y_train": TRAIN} | arguments
        with pytest.raises(ValueError, match=match):
            worst_environment_risk(
                given["y"], given["prediction"], given["environments"], y_train=given["y_train"]
            )


class TestPriceOfRobustness:
    """A paired difference of risks on the scale of the training population."""

    @pytest.mark.parametrize("seed", range(3))
    def test_difference_of_two_risks(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        y, robust, pooled, train = rng.normal(size=(4, 80))
        price = price_of_robustness(y, robust, pooled, y_train=train)
        one_site = np.zeros(80)
        risks = [worst_environment_risk(y, f, one_site, y_train=train).risk for f in (robust, pooled)]
        assert price.estimate == pytest.approx(risks[0] - risks[1])
        gains = ((y - robust) ** 2 - (y - pooled) ** 2) / train.var(ddof=1)
        assert price.standard_error == pytest.approx(np.std(gains, ddof=1) / np.sqrt(80))

    def test_scale_of_its_own_rows_unless_given(self) -> None:
        y, robust, pooled, _ = random_case(1)
        own = price_of_robustness(y, robust, pooled)
        assert own == price_of_robustness(y, robust, pooled, y_train=y)
        assert own.estimate == pytest.approx(
            4 * price_of_robustness(y, robust, pooled, y_train=2 * y).estimate
        )

    def test_swapping_the_predictions_changes_the_sign(self) -> None:
        y, robust, pooled, train = random_case(2)
        there = price_of_robustness(y, robust, pooled, y_train=train)
        back = price_of_robustness(y, pooled, robust, y_train=train)
        assert there.estimate == -back.estimate
        assert price_of_robustness(y, robust, robust, y_train=train).estimate == 0

    def test_groups(self) -> None:
        y, robust, pooled, train = random_case(3, n=400)
        village = np.repeat(np.arange(40), 10)
        price = price_of_robustness(y, robust, pooled, y_train=train, groups=village)
        assert price.variance == "cluster (40 groups)"
        assert "training environments" in price.summary()

    def test_interval_covers_the_exact_price(self) -> None:
        """The constant against the predictor of {X}: the exact risks of both are known."""
        covered = 0
        for seed in range(40):
            data = make_mutable_scm(n_rows=300, random_state=seed)
            m, x = data.X["M"], data.X["X"]
            centre = (m + 0.5) / 10
            f = np.where(np.floor(10 * x) == m, centre, (10 * x + centre) / 11)
            price = price_of_robustness(data.y, np.full(len(f), 0.5), f, y_train=[0.0, 1.0])
            risk = data.environment_risk
            exact = (risk[frozenset()].mean() - risk[frozenset("X")].mean()) / 0.5
            low, high = price.conf_int()
            covered += low <= exact <= high
        # Binomial(40, .95) is below 34 with a probability of 1 in 500.
        assert covered >= 34

    @pytest.mark.parametrize(
        ("arguments", "match"),
        [
            ({"pooled_prediction": [1.0]}, "pooled_prediction must have one entry for each row of y; got 1"),
            ({"prediction": None}, "prediction must have one value for each row; got None"),
            ({"y_train": [1.0, 1.0]}, "y_train must vary between rows; got 1 in every row"),
            ({"y": [2.0] * 5}, "y must vary between rows; got 2 in every row"),
        ],
    )
    def test_refused(self, arguments: dict[str, Any], match: str) -> None:
        given = {"y": Y, "prediction": PREDICTION, "pooled_prediction": PREDICTION} | arguments
        with pytest.raises(ValueError, match=match):
            price_of_robustness(**given)
