"""The picture of risks by environment."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

from causalkit.datasets import make_mutable_scm
from causalkit.estimators import MinimaxSubsetRegressor
from causalkit.plotting import plot_environment_risk

PREDICTORS = ["picked subset", "whole stable set", "pooled fit", "constant"]


@pytest.fixture
def risks() -> pd.DataFrame:
    values = [[0.50, 0.1, 0.2, 1.0], [0.60, 0.7, 0.8, 1.1], [0.55, 0.3, 0.4, 0.9]]
    return pd.DataFrame(values, columns=PREDICTORS, index=["a", "b", "c"]).assign(n_rows=10)


def spots(ax: Axes, predictor: str) -> np.ndarray:
    (line,) = [line for line in ax.lines if line.get_label() == predictor]
    return np.asarray(line.get_xydata())


def places(ax: Axes) -> list[str]:
    """Environments from the top."""
    assert ax.yaxis_inverted()
    return [label.get_text() for label in ax.get_yticklabels()]


class TestPlotEnvironmentRisk:
    def test_largest_risk_of_the_pick_is_on_top(self, risks: pd.DataFrame, ax: Axes) -> None:
        assert plot_environment_risk(risks, ax=ax) is ax
        assert places(ax) == ["b", "c", "a"]
        for predictor in PREDICTORS:
            expected = np.column_stack([risks.loc[["b", "c", "a"], predictor], range(3)])
            np.testing.assert_array_equal(spots(ax, predictor), expected)
        assert ax.get_title("left") == "Risk in 3 environments"
        assert [text.get_text() for text in ax.get_legend().get_texts()] == PREDICTORS
        assert ax.get_xlim()[0] == 0

    def test_lines_join_the_predictors_of_an_environment(self, risks: pd.DataFrame, ax: Axes) -> None:
        plot_environment_risk(risks, ax=ax)
        (bars,) = ax.collections
        ends = np.array([segment[:, 0] for segment in bars.get_segments()])
        np.testing.assert_array_equal(ends, [[0.6, 1.1], [0.3, 0.9], [0.1, 1.0]])

    def test_many_environments_have_no_names(self, risks: pd.DataFrame, ax: Axes) -> None:
        many = pd.concat([risks] * 20, ignore_index=True)
        plot_environment_risk(many, ax=ax)
        assert places(ax) == []
        assert ax.get_ylabel() == "Environments, the pick's largest risk on top"
        assert len(spots(ax, "pooled fit")) == 60

    def test_one_environment(self, risks: pd.DataFrame, ax: Axes) -> None:
        assert plot_environment_risk(risks.head(1), ax=ax).get_title("left") == "Risk in 1 environment"

    def test_fitted_search_with_training_and_with_new_rows(self, ax: Axes) -> None:
        world = make_mutable_scm(n_rows=150, random_state=0)
        model = MinimaxSubsetRegressor(
            causal_graph=world.causal_graph, mutable=world.mutable, n_refits=0, random_state=0
        ).fit(world.X, world.y, environments=world.environments)
        plot_environment_risk(model, ax=ax)
        expected = np.sort(model.environment_risks()["picked subset"])[::-1]
        np.testing.assert_array_equal(spots(ax, "picked subset")[:, 0], expected)
        new = make_mutable_scm(n_rows=50, follow=(0.5, 1.0), random_state=1)
        other = plot_environment_risk(model, new.X, new.y, new.environments)
        expected = np.sort(model.environment_risks(new.X, new.y, new.environments)["constant"])
        np.testing.assert_array_equal(np.sort(spots(other, "constant")[:, 0]), expected)
        with pytest.raises(ValueError, match="y must be given together with X"):
            plot_environment_risk(model, new.X)

    def test_bad_input(self, risks: pd.DataFrame) -> None:
        with pytest.raises(
            TypeError, match="estimator must be a fitted MinimaxSubsetRegressor or a DataFrame; got dict"
        ):
            plot_environment_risk({})
        with pytest.raises(ValueError, match=r"without \['constant'\]"):
            plot_environment_risk(risks.drop(columns="constant"))
        with pytest.raises(ValueError, match="y needs a fitted estimator, which a table of risks is not"):
            plot_environment_risk(risks, y=[1.0])
        with pytest.raises(ValueError, match="not fitted"):
            plot_environment_risk(MinimaxSubsetRegressor())
