"""The answer object of an intervention: intervals, table, text, and what it refuses."""

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from causalkit.estimators._interventional._result import InterventionalResult

TABLE = pd.DataFrame(
    {"estimate": [0.2, 0.8], "without_companions": [0.25, 0.75], "iid": [0.26, 0.74]}, index=["no", "yes"]
)
SHARES = np.linspace(0.1, 0.3, 21)


def result(**changes: Any) -> InterventionalResult:
    fields = {
        "outcome": "y",
        "do": {"x": 1, "z": "low"},
        "distribution": TABLE,
        "n_companions": 3,
        "updated": ("y",),
        "method": "exact sum over levels",
        "n_environments": 200,
        "replications": np.column_stack([SHARES, 1 - SHARES]),
        "assumptions": ("the causal graph is right",),
    }
    return InterventionalResult(**(fields | changes))


def test_intervals_are_student_s() -> None:
    limits = result().conf_int(0.1)
    half_width = stats.t.ppf(0.95, 20) * SHARES.std(ddof=1)
    assert limits.loc["no"].tolist() == pytest.approx([0.2 - half_width, 0.2 + half_width])
    assert limits.loc["yes"].tolist() == pytest.approx([0.8 - half_width, 0.8 + half_width])
    assert result(alpha=0.1).conf_int().equals(limits)
    assert (result().conf_int(0.01).loc["no", "low"]) < limits.loc["no", "low"]


def test_intervals_stay_where_the_quantity_can_be() -> None:
    wide = np.array([[-3.0, -3.0], [3.0, 3.0]])
    assert result(replications=wide).conf_int().to_numpy().tolist() == [[0, 1], [0, 1]]
    table = TABLE.set_axis(["mean", "sd"])
    limits = result(replications=wide, distribution=table, continuous=True).conf_int()
    assert limits.loc["mean", "low"] < -1
    assert limits.loc["sd", "low"] == 0
    assert (limits["high"] > 1).all()


def test_table_with_and_without_a_bootstrap() -> None:
    frame = result().to_frame(alpha=0.1)
    assert list(frame) == ["estimate", "without_companions", "iid", "conf_low", "conf_high"]
    assert frame["conf_high"].tolist() == result().conf_int(0.1)["high"].tolist()
    assert result(replications=None).to_frame().equals(TABLE)
    frame.loc["yes", "estimate"] = 5
    assert TABLE.loc["yes", "estimate"] == 0.8


def test_summary_says_what_was_asked_found_and_assumed() -> None:
    text = result().summary()
    for part in [
        "y in a new row under do(x = 1, z = low), given 3 companion rows",
        "0.8000",
        "mechanisms updated    y",
        "environments          200",
        "95 %, bootstrap over environments (21 resamples), graph held fixed",
        "  - the causal graph is right",
    ]:
        assert part in text
    assert "90 %" in result().summary(alpha=0.1)
    plain = result(replications=None, n_environments=None, updated=(), n_companions=1).summary()
    assert "bootstrap" not in plain
    assert "given 1 companion row\n" in plain
    assert "mechanisms updated    none" in plain


def test_repr_and_pickle() -> None:
    assert "n_companions    3" in repr(result())
    assert pickle.loads(pickle.dumps(result())).to_frame().equals(result().to_frame())


def test_refused() -> None:
    with pytest.raises(ValueError, match="alpha must be a number greater than 0 and less than 1; got 2"):
        result(alpha=2)
    with pytest.raises(ValueError, match="alpha must be a number greater than 0 and less than 1; got 0"):
        result().conf_int(0)
    with pytest.raises(ValueError, match="conf_int needs bootstrap replications"):
        result(replications=None).conf_int()
    with pytest.raises(ValueError, match="replications must be at least 2; got 1"):
        result(replications=np.ones((1, 2)))
    with pytest.raises(ValueError, match="distribution must be finite; got"):
        result(distribution=TABLE.replace(0.2, np.nan))
