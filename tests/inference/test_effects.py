"""EffectEstimate: its numbers against SciPy, its texts, and what it refuses."""

from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
from scipy import stats

from causalkit.inference import EffectEstimate

EFFECT = EffectEstimate(
    estimate=0.45,
    standard_error=0.2,
    n_units=120,
    estimand="average treatment effect (AIPW)",
    variance="cluster (12 groups)",
    degrees_of_freedom=11,
    assumptions=("no unmeasured confounding", "the 12 groups are independent of each other"),
)
NORMAL = replace(EFFECT, degrees_of_freedom=None)


@pytest.mark.parametrize(("effect", "law"), [(EFFECT, stats.t(11)), (NORMAL, stats.norm())])
@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.32])
def test_interval_and_pvalue(effect: EffectEstimate, law: stats.rv_continuous, alpha: float) -> None:
    low, high = effect.conf_int(alpha)
    assert (low, high) == pytest.approx(tuple(0.45 + 0.2 * end for end in law.interval(1 - alpha)))
    assert effect.statistic == pytest.approx(2.25)
    assert effect.pvalue == pytest.approx(2 * law.cdf(-2.25))
    # An interval at level 1 - p ends at zero: the two answers are one test.
    assert effect.conf_int(effect.pvalue)[0] == pytest.approx(0, abs=1e-12)


def test_sign_does_not_change_the_pvalue() -> None:
    assert replace(EFFECT, estimate=-0.45).pvalue == EFFECT.pvalue


def test_no_spread() -> None:
    assert replace(EFFECT, standard_error=0.0).pvalue == 0
    assert replace(EFFECT, standard_error=0.0, estimate=-1.0).statistic == -np.inf
    assert np.isnan(replace(EFFECT, standard_error=0.0, estimate=0.0).pvalue)


def test_summary_names_everything() -> None:
    assert EFFECT.summary().splitlines() == [
        "average treatment effect (AIPW)",
        "  estimate              0.45",
        "  standard error        0.2  [cluster (12 groups)]",
        "  95 % interval         0.009803 to 0.8902  [Student t, 11 degrees of freedom]",
        "  p-value of no effect  0.0459",
        "  units                 120",
        "Assumes",
        "  - no unmeasured confounding",
        "  - the 12 groups are independent of each other",
    ]
    assert "90 % interval" in NORMAL.summary(alpha=0.1)
    assert "[normal]" in NORMAL.summary()
    assert "< 0.0001" in replace(NORMAL, estimate=5.0).summary()
    assert "Assumes" not in replace(EFFECT, assumptions=()).summary()


def test_frame_has_one_row() -> None:
    frame = EFFECT.to_frame(alpha=0.1)
    assert len(frame) == 1
    assert (frame["conf_low"][0], frame["conf_high"][0]) == EFFECT.conf_int(0.1)
    assert frame["pvalue"][0] == EFFECT.pvalue
    assert frame["variance"][0] == "cluster (12 groups)"


def test_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        EFFECT.estimate = 1.0


@pytest.mark.parametrize("alpha", [0, 1, -0.1, 1.5, "0.05", np.nan, True])
def test_alpha_is_checked(alpha: object) -> None:
    with pytest.raises(ValueError, match="alpha must be a number greater than 0 and less than 1; got"):
        EFFECT.conf_int(alpha)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"estimate": np.nan}, "estimate must be a number; got nan"),
        ({"standard_error": -0.1}, "standard_error must be a number at least 0; got -0.1"),
        ({"standard_error": np.inf}, "standard_error must be a number at least 0; got inf"),
        ({"n_units": 0}, "n_units must be an integer at least 1; got 0"),
        ({"degrees_of_freedom": 0}, "degrees_of_freedom must be a number greater than 0; got 0"),
    ],
)
def test_fields_are_checked(change: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(EFFECT, **change)
