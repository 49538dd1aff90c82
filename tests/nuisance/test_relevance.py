"""Shares of the explained variance, by block, column and hop."""

import numpy as np
import pandas as pd
import pytest

from causalkit.graphs import Network
from causalkit.nuisance._blocks import HopBasis
from causalkit.nuisance._gram import Design
from causalkit.nuisance._hops import HopLayout
from causalkit.nuisance._relevance import (
    block_table,
    by_feature,
    by_hop,
    explained_variance,
    linear_parts,
    name_blocks,
    shares,
)


@pytest.fixture
def layout_and_design():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 2))
    network = Network.from_groups(np.arange(200) // 5)
    layout = HopLayout.of(X, ["age", "sex x age"], 1)
    groups = layout.groups(X, network)
    basis = HopBasis(n_fourier=4).fit(groups, rng)
    given = {"propensity": rng.normal(size=(200, 1)).astype(np.float32)}
    return layout, Design(groups, basis, [(0, 1)], given)


def table(*rows):
    return pd.DataFrame(rows, columns=["kind", "hop", "feature", "share"])


def test_blocks_are_named(layout_and_design):
    layout, design = layout_and_design
    names = name_blocks(design, layout)
    assert len(names) == len(design.blocks) - 1
    assert names.iloc[0].tolist() == ["smooth", "0", "age"]
    assert names.iloc[-2].tolist() == ["pair", "0 x 0", "age x sex x age"]
    assert names.iloc[-1].tolist() == ["given", "", "propensity"]
    assert set(names.loc[names["kind"].isin(["linear", "fourier"]), "feature"]) == {""}


def test_explained_variance_is_that_of_each_blocks_function(layout_and_design):
    _, design = layout_and_design
    weights = np.random.default_rng(1).normal(size=design.n_columns)
    rows = design.rows(0, 200).astype(np.float64)
    expected = [np.var(rows[:, b.start : b.stop] @ weights[b.start : b.stop]) for b in design.blocks]
    np.testing.assert_allclose(explained_variance(design, weights), expected, rtol=1e-4, atol=1e-9)


def test_shares_sum_to_one_where_anything_is_explained():
    assert shares(np.array([1.0, 3.0])).tolist() == [0.25, 0.75]
    assert shares(np.zeros(2)).tolist() == [0, 0]


def test_columns_add_up_over_hops_and_a_pair_counts_half_for_each():
    rows = table(
        ["smooth", "0", "a", 0.1],
        ["smooth", "1", "a", 0.2],
        ["smooth", "0", "b", 0.1],
        ["fourier", "1", "", 0.2],
        ["pair", "0 x 1", "b x a", 0.4],
    )
    assert by_feature(rows).to_dict() == pytest.approx({"a": 0.5, "b": 0.3, "(all columns)": 0.2})
    assert by_hop(rows, 2).to_dict() == pytest.approx({"0": 0.4, "1": 0.6, "2": 0.0})


def test_largest_comes_first():
    rows = table(["smooth", "0", "a", 0.1], ["smooth", "0", "b", 0.9])
    assert by_feature(rows).index.tolist() == ["b", "a"]


def test_names_that_hold_the_joining_word_are_not_cut():
    rows = table(
        ["smooth", "0", "sex x age", 0.2],
        ["smooth", "0", "height", 0.4],
        ["pair", "0 x 0", "sex x age x height", 0.4],
    )
    assert by_feature(rows).to_dict() == pytest.approx({"sex x age": 0.4, "height": 0.6})


def test_given_columns_belong_to_no_hop():
    rows = table(["smooth", "0", "a", 0.5], ["given", "", "propensity", 0.5])
    assert by_hop(rows, 0).to_dict() == {"0": 0.5}
    assert by_feature(rows)["propensity"] == 0.5


def test_table_of_a_fit_leaves_the_intercept_out(layout_and_design):
    layout, design = layout_and_design

    class Posterior:
        weights = np.ones(design.n_columns)
        variance = np.arange(len(design.blocks), dtype=float)
        degrees_of_freedom = np.ones(len(design.blocks))

    rows = block_table(design, Posterior, layout)
    assert rows["variance"].tolist() == list(range(1, len(design.blocks)))
    assert rows["share"].sum() == pytest.approx(1.0)
    assert by_feature(rows).sum() == pytest.approx(1.0)


class TestLinearParts:
    def test_a_linear_block_splits_by_squared_slope(self, layout_and_design):
        layout, design = layout_and_design
        at = [i for i, b in enumerate(design.blocks) if b.kind == "linear"]
        weights = np.zeros(design.n_columns)
        weights[design.blocks[at[0]].start : design.blocks[at[0]].start + 2] = [3.0, -1.0]
        parts = linear_parts(design, layout, weights)
        assert list(parts) == [at[0] - 1]
        assert parts[at[0] - 1] == pytest.approx({"age": 0.9, "sex x age": 0.1})

    def test_principal_components_are_led_back_to_their_columns(self):
        X = np.random.default_rng(2).normal(size=(400, 140))
        layout = HopLayout.of(X, [f"x{i}" for i in range(140)], 0)
        groups = layout.groups(X, Network.from_edges(np.empty((0, 2), int), n_nodes=400))
        design = Design(groups, HopBasis(n_fourier=0).fit(groups, np.random.default_rng(0)))
        block = next(b for b in design.blocks if b.kind == "linear")
        weights = np.zeros(design.n_columns)
        values = design.rows(0, 400)[:, block.start : block.stop]
        weights[block.start : block.stop] = np.linalg.lstsq(values, X[:, 17], rcond=None)[0]
        (split,) = linear_parts(design, layout, weights).values()
        assert max(split, key=split.get) == "x17" and split["x17"] > 0.5

    def test_shares_stay_whole(self):
        rows = table(["smooth", "0", "a", 0.3], ["linear", "0", "", 0.5], ["fourier", "0", "", 0.2])
        relevance = by_feature(rows, {1: {"a": 0.8, "b": 0.2}})
        assert relevance.to_dict() == pytest.approx({"a": 0.7, "b": 0.1, "(all columns)": 0.2})
