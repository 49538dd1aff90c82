"""The drawing of a causal graph: arrows with their evidence, pairs without a direction."""

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.patches import FancyArrowPatch

from causalkit.datasets import make_exchangeable_scm
from causalkit.estimators import CausalDeFinetti
from causalkit.exceptions import NotOrientableWarning
from causalkit.plotting import plot_causal_graph
from causalkit.plotting._style import BLUE, GREY, ORANGE

MIRROR = {"arrow": "reverse arrow"}


def evidence(
    pairs: Mapping[tuple[str, str], str], **columns: Mapping[tuple[str, str], float]
) -> pd.DataFrame:
    """A row for each ordered pair; ``columns`` hold numbers of some ordered pairs."""
    rows: list[dict[str, Any]] = []
    for (first, second), verdict in pairs.items():
        for cause, effect, answer in (
            (first, second, verdict),
            (second, first, MIRROR.get(verdict, verdict)),
        ):
            row = {"cause": cause, "effect": effect, "arrow": answer == "arrow", "verdict": answer}
            row |= {name: values.get((cause, effect), np.nan) for name, values in columns.items()}
            rows.append(row)
    return pd.DataFrame(rows)


THREE = {("a", "b"): "not orientable", ("a", "c"): "arrow", ("b", "c"): "assumption violated"}


def lines(ax: Axes) -> list[tuple[str, bool]]:
    """Colour of each line between variables, and whether it has a head."""
    found = [patch for patch in ax.patches if isinstance(patch, FancyArrowPatch)]
    return sorted((to_hex(line.get_edgecolor()), line.get_arrowstyle().arrow == "-|>") for line in found)


def texts(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts]


def place_of(ax: Axes, name: str) -> np.ndarray:
    return np.array(next(text.xy for text in ax.texts if text.get_text().split("\n")[0] == name))


class TestPlotCausalGraph:
    def test_each_verdict_has_its_line(self, ax: Axes) -> None:
        assert plot_causal_graph(evidence(THREE), ax=ax) is ax
        assert lines(ax) == sorted([(BLUE, True), (GREY, False), (ORANGE, False)])
        assert ax.get_title("left") == "1 arrow among 3 variables"
        legend = [text.get_text() for text in ax.get_legend().get_texts()]
        assert legend == ["dependent, direction open (1)", "dependent, assumption violated (1)"]

    def test_no_line_without_dependence(self, ax: Axes) -> None:
        plot_causal_graph(evidence({("a", "b"): "no edge"}), ax=ax)
        assert lines(ax) == []
        assert texts(ax) == ["a", "b"]
        assert ax.get_legend() is None
        assert ax.get_title("left") == "No arrow among 2 variables"

    def test_arrow_points_from_cause_to_effect(self, ax: Axes) -> None:
        plot_causal_graph(evidence({("a", "b"): "no edge", ("c", "a"): "arrow"}), ax=ax)
        (arrow,) = ax.patches
        tail, head = arrow._posA_posB  # type: ignore[attr-defined]
        np.testing.assert_allclose(tail, place_of(ax, "c"))
        np.testing.assert_allclose(head, place_of(ax, "a"))

    def test_share_of_resamples_goes_first(self, ax: Axes) -> None:
        kept = ("a", "c")
        numbers = {
            "bootstrap_share": {kept: 0.914},
            "pvalue_reverse": {kept: 0.0004},
            "score_gap": {kept: 7.21},
        }
        plot_causal_graph(evidence(THREE, **numbers), ax=ax)
        assert texts(ax)[-1] == "91 %"
        assert "share of resampled environments" in ax.get_xlabel()

    def test_score_gap_without_resamples(self, ax: Axes) -> None:
        numbers = {"pvalue_reverse": {("a", "c"): 0.0004}, "score_gap": {("a", "c"): 7.21}}
        plot_causal_graph(evidence(THREE, **numbers), ax=ax)
        assert texts(ax)[-1] == "7.2"
        assert "nats" in ax.get_xlabel()

    def test_p_value_without_either(self, ax: Axes) -> None:
        numbers = {"bootstrap_share": {}, "score_gap": {}, "pvalue_reverse": {("a", "c"): 0.0004}}
        plot_causal_graph(evidence(THREE, **numbers), ax=ax)
        assert texts(ax)[-1] == "p < 0.001"
        assert "p-value" in ax.get_xlabel()

    def test_any_column_of_numbers_or_none(self, ax: Axes) -> None:
        table = evidence(THREE, weight={("a", "c"): 12.34}, bootstrap_share={("a", "c"): 1.0})
        assert texts(plot_causal_graph(table, label="weight"))[-1] == "12.3"
        assert texts(plot_causal_graph(table, label=None, ax=ax)) == ["a", "b", "c"]

    def test_places_of_the_caller(self, ax: Axes) -> None:
        places = {"a": (0, 0), "b": (5, 1), "c": (2, 7)}
        plot_causal_graph(evidence(THREE), positions=places, ax=ax)
        for name, place in places.items():
            np.testing.assert_allclose(place_of(ax, name), place)

    @settings(max_examples=15, deadline=None)
    @given(st.permutations("abcdef"))
    def test_causes_come_first_whatever_the_columns_order(self, names: list[str]) -> None:
        chain = list(zip("fedcb", "edcba", strict=True))
        pairs = {
            (one, two): "arrow" if (one, two) in chain else "no edge"
            for i, one in enumerate(names)
            for two in names[i + 1 :]
        }
        pairs = {
            ((two, one) if (two, one) in chain else (one, two)): "arrow" if (two, one) in chain else verdict
            for (one, two), verdict in pairs.items()
        }
        ax = plot_causal_graph(evidence(pairs))
        order = [text.get_text() for text in ax.texts[:6]]
        pyplot.close(ax.figure)
        assert order == list("fedcba")

    def test_no_line_runs_through_another_variable(self, ax: Axes) -> None:
        names = "abcdefgh"
        pairs = {(one, two): "not orientable" for i, one in enumerate(names) for two in names[i + 1 :]}
        plot_causal_graph(evidence(pairs), ax=ax)
        places = {name: place_of(ax, name) for name in names}
        for one, two in pairs:
            along = np.linspace(0, 1, 101)[:, None]
            line = places[one] + along * (places[two] - places[one])
            others = np.array([place for name, place in places.items() if name not in (one, two)])
            gaps = np.hypot(*(line[:, None] - others[None]).transpose(2, 0, 1))
            assert gaps.min() > 0.2

    def test_fitted_search(self, ax: Axes) -> None:
        data = make_exchangeable_scm(n_environments=400, random_state=1)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotOrientableWarning)
            model = CausalDeFinetti(random_state=0).fit(data.X, environments=data.environments)
        plot_causal_graph(model, ax=ax)
        assert sum(head for _, head in lines(ax)) == model.graph_.number_of_edges()
        icc = model.intraclass_correlations_
        assert {f"{name}\nICC {icc[name]:.2f}" for name in data.X} <= set(texts(ax))

    def test_bad_input(self) -> None:
        with pytest.raises(
            TypeError, match="discovery must be a fitted CausalDeFinetti or a DataFrame; got list"
        ):
            plot_causal_graph([("a", "b")])
        with pytest.raises(ValueError, match=r"without \['verdict'\]"):
            plot_causal_graph(evidence(THREE).drop(columns="verdict"))
        with pytest.raises(ValueError, match=r"label must name a column of numbers .*\['w'\]; got 'reason'"):
            plot_causal_graph(evidence(THREE, w={}), label="reason")
        with pytest.raises(
            ValueError, match=r"positions must have a place for each variable; got none for \['c'\]"
        ):
            plot_causal_graph(evidence(THREE), positions={"a": (0, 0), "b": (1, 1)})
        cycle = {("a", "b"): "arrow", ("b", "c"): "arrow", ("c", "a"): "arrow"}
        with pytest.raises(ValueError, match="arrows without a cycle; got one through"):
            plot_causal_graph(evidence(cycle))
        with pytest.raises(ValueError, match="not fitted"):
            plot_causal_graph(CausalDeFinetti())
