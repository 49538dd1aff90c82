"""The heat map of the evidence for each ordered pair."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from causalkit.plotting import plot_pair_evidence


@pytest.fixture
def evidence() -> pd.DataFrame:
    """Three variables, b -> c kept."""
    pairs = [("a", "b"), ("a", "c"), ("b", "a"), ("b", "c"), ("c", "a"), ("c", "b")]
    table = pd.DataFrame(pairs, columns=["cause", "effect"])
    table["arrow"] = [pair == ("b", "c") for pair in pairs]
    table["verdict"] = ["arrow" if kept else "no edge" for kept in table["arrow"]]
    table["pvalue_arrow"] = [0.5, 0.25, 0.04, 0.9, 0.125, 0.0001]
    table["bootstrap_share"] = [0.1, 0.2, 0.3, 0.85, 0.0, 0.15]
    return table


def grid(ax: Axes) -> np.ndarray:
    return np.asarray(ax.images[0].get_array().filled(np.nan))


class TestPlotPairEvidence:
    def test_causes_in_rows_and_effects_in_columns(self, evidence: pd.DataFrame, ax: Axes) -> None:
        assert plot_pair_evidence(evidence, value="pvalue_arrow", ax=ax) is ax
        expected = [[np.nan, 0.5, 0.25], [0.04, np.nan, 0.9], [0.125, 0.0001, np.nan]]
        np.testing.assert_array_equal(grid(ax), expected)
        assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b", "c"]
        assert [label.get_text() for label in ax.get_xticklabels()] == ["a", "b", "c"]
        assert (ax.get_xlabel(), ax.get_ylabel()) == ("Effect", "Cause")

    def test_order_of_the_rows_says_nothing_about_cells(self, evidence: pd.DataFrame, ax: Axes) -> None:
        shuffled = evidence.sample(frac=1, random_state=0)
        plot_pair_evidence(shuffled, ax=ax)
        names = [label.get_text() for label in ax.get_yticklabels()]
        found = pd.DataFrame(grid(ax), names, names)
        for row in evidence.to_dict("records"):
            assert found.loc[row["cause"], row["effect"]] == row["bootstrap_share"]

    def test_shares_go_before_p_values(self, evidence: pd.DataFrame, ax: Axes) -> None:
        assert plot_pair_evidence(evidence, ax=ax).get_title("left") == "Arrows in resampled environments"
        without = evidence.assign(bootstrap_share=np.nan)
        assert plot_pair_evidence(without).get_title("left") == "Evidence against arrows"

    def test_kept_arrows_are_framed(self, evidence: pd.DataFrame, ax: Axes) -> None:
        plot_pair_evidence(evidence, ax=ax)
        (frame,) = [patch for patch in ax.patches if isinstance(patch, Rectangle)]
        centre = np.array(frame.get_xy()) + np.array([frame.get_width(), frame.get_height()]) / 2
        np.testing.assert_allclose(centre, (2, 1))

    def test_numbers_can_be_read_on_their_cells(self, evidence: pd.DataFrame, ax: Axes) -> None:
        plot_pair_evidence(evidence, value="pvalue_arrow", ax=ax)
        written = {text.get_text(): text.get_color() for text in ax.texts}
        assert written == {
            "0.50": "black",
            "0.25": "black",
            "0.040": "white",
            "0.90": "black",
            "0.12": "black",
            "<.001": "white",
        }

    def test_many_variables_have_no_numbers(self, ax: Axes) -> None:
        names = [f"x{i}" for i in range(13)]
        pairs = [(one, two) for one in names for two in names if one != two]
        table = pd.DataFrame(pairs, columns=["cause", "effect"]).assign(
            arrow=False, verdict="no edge", pvalue_arrow=0.5
        )
        assert not plot_pair_evidence(table, ax=ax).texts

    def test_bad_input(self, evidence: pd.DataFrame) -> None:
        with pytest.raises(
            TypeError, match="discovery must be a fitted CausalDeFinetti or a DataFrame; got dict"
        ):
            plot_pair_evidence({})
        with pytest.raises(ValueError, match=r"value must name a column of numbers .*; got 'verdict'"):
            plot_pair_evidence(evidence, value="verdict")
