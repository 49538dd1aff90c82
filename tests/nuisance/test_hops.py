"""Feature matrix and network to hop groups: what stands where, units, missing values."""

import numpy as np
import pytest

from causalkit.graphs import HopFeatures, Network
from causalkit.nuisance._hops import HopLayout


@pytest.fixture
def network():
    """0 - 1 - 2 - 3, and 4 on its own."""
    return Network.from_edges([(0, 1), (1, 2), (2, 3)], n_nodes=5)


@pytest.fixture
def X():
    return np.array([[1.0, 10], [2, 30], [4, 20], [8, 50], [3, 90]])


def in_units(layout, group, n_columns=2):
    return group[:, :n_columns] * layout.scale + layout.centre


def test_groups_are_the_hop_features(X, network):
    layout = HopLayout.of(X, ["a", "b"], 2)
    groups = layout.groups(X, network)
    features = HopFeatures(n_hops=2).fit_transform(X, graph=network).to_numpy()
    linked = slice(0, 4)
    np.testing.assert_allclose(in_units(layout, groups[0]), X, rtol=1e-6)
    for hop in (1, 2):
        expected = features[linked, 2 * hop : 2 * hop + 2]
        np.testing.assert_allclose(in_units(layout, groups[hop])[linked], expected, rtol=1e-5)
    np.testing.assert_allclose(groups[0][:, 2:], features[:, -2:])


def test_a_node_without_neighbours_has_the_middle_of_each_column(X, network):
    layout = HopLayout.of(X, ["a", "b"], 2)
    for group in layout.groups(X, network)[1:]:
        np.testing.assert_allclose(in_units(layout, group)[4], np.median(X, axis=0))


def test_no_graph_gives_zeros_for_the_neighbours(X):
    layout = HopLayout.of(X, ["a", "b"], 2)
    groups = layout.groups(X, Network.from_edges(np.empty((0, 2), int), n_nodes=5))
    assert [g.shape for g in groups] == [(5, 4), (5, 2), (5, 2)] and not groups[1].any()


@pytest.mark.parametrize(("offset", "scale"), [(1e9, 1.0), (0, 1e-200), (0, 1e300), (-1e12, 1e3)])
def test_units_of_a_column_cost_no_digits(network, offset, scale):
    X = np.random.default_rng(0).normal(size=(5, 2))
    plain = HopLayout.of(X, ["a", "b"], 1).groups(X, network)
    moved = X * scale + offset
    other = HopLayout.of(moved, ["a", "b"], 1).groups(moved, network)
    for a, b in zip(plain, other, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


def test_new_rows_are_read_in_the_units_of_the_fit(X, network):
    layout = HopLayout.of(X, ["a", "b"], 1)
    part = layout.groups(X[:2], network[[0, 1]])
    np.testing.assert_allclose(part[0][:, :2], layout.groups(X, network)[0][:2, :2])


def test_values_far_outside_the_fit_stay_finite(X, network):
    wild = X.copy()
    wild[0, 0] = 1e300
    assert all(np.isfinite(g).all() for g in HopLayout.of(X, ["a", "b"], 1).groups(wild, network))


def test_constant_and_empty_columns(network):
    X = np.column_stack([np.full(5, 7.0), np.full(5, np.nan)])
    groups = HopLayout.of(X, ["a", "b"], 1).groups(X, network)
    assert not groups[0][:, 0].any() and np.isnan(groups[0][:, 1]).all()


class TestMissing:
    @pytest.fixture
    def gaps(self, X):
        X[1, 0] = np.nan
        return X

    def test_columns_with_gaps_get_a_flag(self, gaps, network):
        layout = HopLayout.of(gaps, ["a", "b"], 1)
        groups = layout.groups(gaps, network)
        assert groups[0][:, -1].tolist() == [0, 1, 0, 0, 0]
        assert layout.column_name(0, 4) == "missing(a)"

    def test_a_mean_is_taken_over_the_observed_neighbours(self, gaps, network):
        layout = HopLayout.of(gaps, ["a", "b"], 1)
        means = in_units(layout, layout.groups(gaps, network)[1])
        assert np.isnan(means[0, 0])  # its only neighbour is not observed
        assert means[2, 0] == pytest.approx(8)

    def test_gaps_of_new_rows_get_no_new_flag(self, X, gaps, network):
        full = np.nan_to_num(gaps, nan=2.0)
        layout = HopLayout.of(full, ["a", "b"], 1)
        assert layout.groups(gaps, network)[0].shape == (5, 4)


def test_names_of_all_columns_side_by_side(X, network):
    X[0, 1] = np.nan
    layout = HopLayout.of(X, ["a", "b"], 2)
    labels = layout.labels()
    assert len(labels) == sum(g.shape[1] for g in layout.groups(X, network))
    assert labels[:5] == ["a", "b", "log_degree", "isolated", "missing(b)"]
    assert labels[5:] == ["a (hop 1)", "b (hop 1)", "a (hop 2)", "b (hop 2)"]
    assert layout.column_name(2, 1) == "b"


def test_large_tables_are_read_off_a_sample(monkeypatch):
    monkeypatch.setattr("causalkit.nuisance._hops._SAMPLE_ROWS", 100)
    X = np.random.default_rng(1).normal(5.0, 2.0, size=(5000, 1))
    layout = HopLayout.of(X, ["a"], 0)
    assert layout.centre[0] == pytest.approx(5.0, abs=1) and layout.scale[0] == pytest.approx(1.6, abs=0.5)
