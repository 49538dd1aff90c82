"""The picture of worst-case risks against risks in the training mix."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex

from causalkit.datasets import make_mutable_scm
from causalkit.estimators import MinimaxSubsetRegressor
from causalkit.plotting import plot_risk_tradeoff
from causalkit.plotting._style import BLUE, GREY, ORANGE

NAN = np.nan


def classes(rows: Sequence[tuple[Any, ...]]) -> pd.DataFrame:
    """Rows of (subset, training risk, risk, lower bound); the first is the pick, the second ties."""
    table = pd.DataFrame(rows, columns=["subset", "training_risk", "risk", "lower_bound"])
    table = table.assign(risk_low=table["risk"] - 0.05, risk_high=table["risk"] + 0.08)
    place = np.arange(len(table))
    return table.assign(free=[()] * len(table), tied=place < 2, picked=place == 0)


@pytest.fixture
def table() -> pd.DataFrame:
    return classes(
        [
            (("z",), 0.5, 0.52, NAN),
            (("x",), 0.3, 0.55, NAN),
            (("x", "z"), 0.1, 0.8, NAN),
            ((), NAN, NAN, 0.9),
        ]
    )


def marks(ax: Axes) -> dict[str, tuple[str, str]]:
    """Colour and marker of everything that stands for classes, by its words in the legend."""
    lines = [line for line in ax.lines if line.get_marker() != "None"]
    return {str(line.get_label()): (to_hex(line.get_color()), str(line.get_marker())) for line in lines}


def spots(ax: Axes, words: str) -> np.ndarray:
    (line,) = [line for line in ax.lines if str(line.get_label()).startswith(words)]
    return np.asarray(line.get_xydata())


class TestPlotRiskTradeoff:
    def test_kinds_of_classes_are_told_apart(self, table: pd.DataFrame, ax: Axes) -> None:
        assert plot_risk_tradeoff(table, ax=ax) is ax
        assert marks(ax) == {
            "pick: {z}": (BLUE, "o"),
            "tied with the pick (1)": (BLUE, "o"),
            "whole stable set": (ORANGE, "s"),
            "pruned, lower bound (1)": (GREY, "^"),
        }
        np.testing.assert_array_equal(spots(ax, "pick"), [[0.5, 0.52]])
        np.testing.assert_array_equal(spots(ax, "tied"), [[0.3, 0.55]])
        np.testing.assert_array_equal(spots(ax, "whole"), [[0.1, 0.8]])
        np.testing.assert_array_equal(spots(ax, "pruned"), [[1.0, 0.9]])
        assert ax.get_title("left") == "Worst case against training mix: 4 classes, 3 fitted"

    def test_constant_is_a_line_at_one_and_the_diagonal_is_dashed(
        self, table: pd.DataFrame, ax: Axes
    ) -> None:
        plot_risk_tradeoff(table, ax=ax)
        assert set(spots(ax, "constant")[:, 1]) == {1.0}
        diagonal = spots(ax, "no loss")
        np.testing.assert_array_equal(diagonal[:, 0], diagonal[:, 1])

    def test_intervals_reach_from_low_to_high(self, table: pd.DataFrame, ax: Axes) -> None:
        plot_risk_tradeoff(table, ax=ax)
        drawn = sorted(tuple(path.ravel()) for bars in ax.collections for path in bars.get_segments())
        expected = sorted(
            (x, low, x, high)
            for x, low, high in table[["training_risk", "risk_low", "risk_high"]].dropna().to_numpy()
        )
        np.testing.assert_allclose(drawn, expected)

    def test_risks_are_divided_by_the_variance(self, table: pd.DataFrame, ax: Axes) -> None:
        plot_risk_tradeoff(table, training_variance=2.0, ax=ax)
        np.testing.assert_allclose(spots(ax, "pick"), [[0.25, 0.26]])
        np.testing.assert_allclose(spots(ax, "pruned"), [[1.0, 0.45]])

    def test_few_classes_have_their_names_beside_them(self, table: pd.DataFrame, ax: Axes) -> None:
        plot_risk_tradeoff(table, ax=ax)
        assert sorted(text.get_text() for text in ax.texts) == ["{x, z}", "{x}"]

    def test_names_do_not_cover_each_other(self, ax: Axes) -> None:
        rows = [((f"x{i}",), 0.3 + 0.001 * i, 0.9 + 0.001 * i, NAN) for i in range(7)]
        rows.insert(0, (("z",), 0.9, 0.2, NAN))
        plot_risk_tradeoff(classes(rows), ax=ax)
        ax.figure.canvas.draw()
        boxes = [text.get_window_extent() for text in ax.texts]
        assert len(boxes) == 7
        for i, box in enumerate(boxes):
            assert not any(box.overlaps(other) for other in boxes[:i])

    def test_two_hundred_classes_have_no_names_and_fit(self, ax: Axes) -> None:
        rng = np.random.default_rng(0)
        training = rng.uniform(0.2, 1, 200)
        risk = training + rng.exponential(0.3, 200)
        rows = [((f"x{i}",), x, y, NAN) for i, (x, y) in enumerate(zip(training, risk, strict=True))]
        plot_risk_tradeoff(classes(rows), ax=ax)
        assert not ax.texts
        assert "other classes (198)" in marks(ax)
        low, high = ax.get_ylim()
        assert low < risk.min() < risk.max() < high

    def test_whole_set_that_is_picked_has_both_marks(self, table: pd.DataFrame, ax: Axes) -> None:
        table["subset"] = [("x", "z"), ("x",), ("z",), ()]
        plot_risk_tradeoff(table, ax=ax)
        np.testing.assert_array_equal(spots(ax, "pick"), spots(ax, "whole"))

    def test_free_variables_count_for_the_whole_set(self, table: pd.DataFrame, ax: Axes) -> None:
        table["free"] = [("far",), (), ("far",), ()]
        plot_risk_tradeoff(table, ax=ax)
        np.testing.assert_array_equal(spots(ax, "whole"), [[0.1, 0.8]])

    def test_order_of_the_rows_says_nothing(self, table: pd.DataFrame, ax: Axes) -> None:
        plot_risk_tradeoff(table.iloc[::-1], ax=ax)
        other = plot_risk_tradeoff(table)
        assert marks(ax) == marks(other)
        for words in ("pick", "tied", "whole", "pruned"):
            np.testing.assert_array_equal(spots(ax, words), spots(other, words))

    def test_wide_ranges_have_a_logarithmic_axis(self, table: pd.DataFrame, ax: Axes) -> None:
        assert plot_risk_tradeoff(table).get_yscale() == "linear"
        table.loc[3, "lower_bound"] = 40.0
        assert plot_risk_tradeoff(table, ax=ax).get_yscale() == "log"

    def test_fitted_search(self, ax: Axes) -> None:
        world = make_mutable_scm(n_rows=150, random_state=0)
        model = MinimaxSubsetRegressor(
            causal_graph=world.causal_graph, mutable=world.mutable, n_refits=0, random_state=0
        ).fit(world.X, world.y, environments=world.environments)
        plot_risk_tradeoff(model, ax=ax)
        names = ", ".join(model.subset_)
        (spot,) = spots(ax, f"pick: {{{names}}}")
        assert spot[1] == pytest.approx(model.worst_case_risk_ / model.training_variance_)

    def test_bad_input(self, table: pd.DataFrame) -> None:
        with pytest.raises(
            TypeError, match="estimator must be a fitted MinimaxSubsetRegressor or a DataFrame; got list"
        ):
            plot_risk_tradeoff([1])
        with pytest.raises(ValueError, match=r"without \['tied'\]"):
            plot_risk_tradeoff(table.drop(columns="tied"))
        with pytest.raises(ValueError, match="estimator must have a class with a risk; got none"):
            plot_risk_tradeoff(table.iloc[3:])
        with pytest.raises(ValueError, match="training_variance must be positive; got 0"):
            plot_risk_tradeoff(table, training_variance=0)
        with pytest.raises(ValueError, match="not fitted"):
            plot_risk_tradeoff(MinimaxSubsetRegressor())
        with pytest.raises(TypeError, match="ax must be a matplotlib Axes; got str"):
            plot_risk_tradeoff(table, ax="here")  # type: ignore[arg-type]
