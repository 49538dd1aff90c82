"""GraphRegressor, GraphClassifier: scikit-learn's checks, what they find, what must not matter, errors."""

import pickle
import sys

import numpy as np
import pandas as pd
import pytest
import torch
from joblib import Parallel, delayed
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.metrics import log_loss, r2_score
from sklearn.utils.estimator_checks import parametrize_with_checks
from torch import nn

from causalkit.exceptions import MissingPackageError
from causalkit.graphs import Network
from causalkit.nuisance import GraphClassifier, GraphRegressor
from causalkit.nuisance._graph_models import ARCHITECTURES, resolve_device

CHEAP = {
    "n_hidden": 16,
    "n_members": 1,
    "learning_rate": 0.02,
    "penalty_factors": (0.1,),
    "max_epochs": 40,
    "random_state": 0,
}
SHORT = {**CHEAP, "max_epochs": 3, "n_hops": 1}
BY_NAME = list(ARCHITECTURES)
ON_NETWORK = [name for name in BY_NAME if name != "mlp"]

EXPECTED_FAILURES = {
    "check_sample_weight_equivalence_on_dense_data": "batches and validation parts are drawn from the rows, "
    "where a repeated row is two"
}


@parametrize_with_checks(
    [
        GraphRegressor(**CHEAP),
        GraphRegressor("sage", missing="flag", **CHEAP),
        GraphClassifier(**CHEAP),
    ],
    expected_failed_checks=lambda estimator: EXPECTED_FAILURES,
)
def test_scikit_learn_checks(estimator, check):
    if check.func.__name__ == "check_methods_subset_invariance":
        pytest.skip("32-bit products of few rows are rounded in another order; see the test of batches below")
    check(estimator)


@pytest.mark.parametrize("architecture", ["sign", "sage"])
def test_predictions_do_not_depend_on_the_batch(architecture):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 3))
    model = GraphRegressor(architecture, **SHORT).fit(X, X[:, 0])
    alone = np.concatenate([model.predict(X[i : i + 1]) for i in range(60)])
    np.testing.assert_allclose(alone, model.predict(X), rtol=1e-5, atol=1e-5)


class OneHop(nn.Module):
    """A linear map of a node's columns and of the sum over its neighbours, by hand."""

    def __init__(self, n_in, n_out):
        super().__init__()
        self.own, self.around = nn.Linear(n_in, n_out), nn.Linear(n_in, n_out)

    def forward(self, x, edge_index, edge_weight):
        source, target = edge_index
        total = torch.zeros_like(x).index_add(0, target, edge_weight[:, None] * x[source])
        degree = torch.zeros(len(x)).index_add(0, target, edge_weight).clamp(min=1)
        return self.own(x) + self.around(total / degree[:, None])


class Dropping(nn.Module):
    """Draws from torch's global generator at the start and in every step."""

    def __init__(self, n_in, n_out):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(n_in, 16), nn.ReLU(), nn.Dropout(0.5), nn.Linear(16, n_out))

    def forward(self, x):
        return self.layers(x)


def name_of(architecture):
    """The same in every process, as parallel test runners need it."""
    return getattr(architecture, "__name__", architecture)


def two_layers(n_in, n_out):
    return nn.Sequential(nn.Linear(n_in, 16), nn.Tanh(), nn.Linear(16, n_out))


class NotANumber(nn.Sequential):
    def __init__(self, n_in, n_out):
        super().__init__(nn.Linear(n_in, n_out))

    def forward(self, x):
        return super().forward(x) * torch.nan


@pytest.fixture(scope="module")
def world():
    """400 nodes, the last five without neighbours; y follows x0 and the neighbours' mean of x1."""
    rng = np.random.default_rng(0)
    edges = rng.integers(0, 395, (600, 2))
    network = Network.from_edges(edges[edges[:, 0] != edges[:, 1]], n_nodes=400)
    X = pd.DataFrame(rng.normal(size=(400, 3)), columns=["x0", "x1", "x2"])
    signal = X["x0"].to_numpy() + 2 * (network.random_walk() @ X["x1"].to_numpy())
    return X, signal + 0.2 * rng.normal(size=400), network, signal


@pytest.fixture(scope="module")
def plain():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(120, 3))
    return X, X[:, 0] + 0.1 * rng.normal(size=120)


def regressor(architecture="sign", **changes):
    return GraphRegressor(architecture, **{**CHEAP, **changes})


def weights_of(model):
    return torch.cat([value.flatten() for value in model._net.state_dict().values()])


class TestRecovery:
    @pytest.mark.parametrize("architecture", [*ON_NETWORK, OneHop], ids=str)
    def test_finds_own_and_neighbours_columns(self, world, architecture):
        X, y, network, signal = world
        model = regressor(architecture, n_hops=1).fit(X, y, graph=network)
        assert r2_score(signal, model.predict(X, graph=network)) > 0.95
        assert model.score(X, y, graph=network) == r2_score(y, model.predict(X, graph=network))

    @pytest.mark.parametrize("architecture", ["mlp", two_layers], ids=name_of)
    def test_own_columns_alone_do_not(self, world, architecture):
        X, y, network, signal = world
        model = regressor(architecture).fit(X, y, graph=network)
        own = r2_score(signal, model.predict(X, graph=network))
        assert 0.2 < own < 0.6
        assert r2_score(X["x0"], model.predict(X, graph=network)) > 0.8

    def test_new_nodes(self, world):
        X, y, network, _ = world
        first, rest = np.arange(300), np.arange(300, 400)
        model = regressor(n_hops=1).fit(X.iloc[first], y[first], graph=network[first])
        alone = network[rest]
        moved = X["x0"].to_numpy()[rest] + 2 * (alone.random_walk() @ X["x1"].to_numpy()[rest])
        assert r2_score(moved, model.predict(X.iloc[rest], graph=alone)) > 0.8

    @pytest.mark.parametrize("architecture", [*ON_NETWORK, OneHop], ids=str)
    def test_classes(self, world, architecture):
        X, _, network, signal = world
        p = 1 / (1 + np.exp(-2 * signal))
        label = np.where(np.random.default_rng(2).random(400) < p, "yes", "no")
        model = GraphClassifier(architecture, **{**CHEAP, "n_hops": 1}).fit(X, label, graph=network)
        found = model.predict_proba(X, graph=network)
        assert model.classes_.tolist() == ["no", "yes"]
        assert r2_score(p, found[:, 1]) > 0.65
        assert (
            model.score(X, label, graph=network) == np.mean(model.predict(X, graph=network) == label) > 0.75
        )

    def test_three_classes(self, world):
        X, _, network, signal = world
        label = np.array(["low", "middle", "high"])[np.digitize(signal, [-1, 1])]
        model = GraphClassifier(**{**CHEAP, "n_hops": 1}).fit(X, label, graph=network)
        p = model.predict_proba(X, graph=network)
        assert p.shape == (400, 3) and model.classes_.tolist() == ["high", "low", "middle"]
        np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-12)
        assert log_loss(label, p, labels=model.classes_) < 0.4
        assert {*model.predict(X, graph=network)} == {"low", "middle", "high"}

    def test_noise_is_left_alone(self):
        """Default penalties: what is kept predicts no better than a constant, and hardly departs from one."""
        rng = np.random.default_rng(3)
        X, y = rng.normal(size=(300, 5)), rng.normal(size=300)
        model = GraphRegressor(n_members=2, max_epochs=60, random_state=0).fit(X, y)
        assert np.var(model.predict(X)) < 0.2


class TestLocality:
    """Which nodes a prediction depends on, exactly."""

    @pytest.mark.parametrize("n_hops", [0, 1, 2])
    @pytest.mark.parametrize("architecture", ON_NETWORK)
    def test_nodes_further_away_do_not_matter(self, world, architecture, n_hops):
        X, y, network, _ = world
        model = regressor(architecture, max_epochs=3, n_hops=n_hops).fit(X, y, graph=network)
        changed = X.copy()
        changed.loc[7] += 1.0
        moved = model.predict(changed, graph=network) != model.predict(X, graph=network)
        walk = network.adjacency.toarray() + np.eye(400)
        reach = np.linalg.matrix_power(walk, n_hops)[7] > 0
        assert not moved[~reach].any()
        assert moved[7] and moved[reach].mean() > 0.8

    @pytest.mark.parametrize("architecture", BY_NAME)
    def test_own_columns_do_not_travel(self, world, architecture):
        X, y, network, _ = world
        X = X.assign(x1=X["x1"].mask(X["x2"] > 1))
        model = regressor(architecture, max_epochs=3, own_columns=["x1"], missing="flag")
        model.fit(X, y, graph=network)
        before = model.predict(X, graph=network)
        for value in (9.0, np.nan):
            changed = X.copy()
            changed.loc[7, "x1"] = value
            assert np.flatnonzero(model.predict(changed, graph=network) != before).tolist() == [7]

    @pytest.mark.parametrize("own", [["x1"], [1], np.array([1]), pd.Index(["x1"]), ("x1", 1)], ids=repr)
    def test_own_columns_by_name_or_position(self, world, own):
        X, y, network, _ = world
        a, b = (GraphRegressor(own_columns=c, **SHORT).fit(X, y, graph=network) for c in (own, ["x1"]))
        assert torch.equal(weights_of(a), weights_of(b))

    @pytest.mark.parametrize("architecture", ["sign", "sage", "gcn", "gat"])
    def test_all_columns_may_be_own(self, world, architecture):
        X, y, network, _ = world
        model = regressor(architecture, own_columns=[0, 1, 2]).fit(X, y, graph=network)
        assert r2_score(X["x0"], model.predict(X, graph=network)) > 0.7

    def test_without_hops_a_network_on_links_sees_no_neighbour(self, world):
        X, y, network, _ = world
        model = regressor("sage", n_hops=0).fit(X, y, graph=network)
        assert 0.2 < r2_score(y, model.predict(X, graph=network)) < 0.6


class TestInvariance:
    @pytest.mark.parametrize("architecture", ["sage", "gcn", "gat", OneHop], ids=str)
    def test_order_of_the_nodes_at_prediction(self, world, architecture):
        X, y, network, _ = world
        model = GraphRegressor(architecture, **SHORT).fit(X, y, graph=network)
        order = np.random.default_rng(4).permutation(400)
        np.testing.assert_allclose(
            model.predict(X.iloc[order].reset_index(drop=True), graph=network[order]),
            model.predict(X, graph=network)[order],
            atol=1e-5,
        )

    @pytest.mark.parametrize(("shift", "scale"), [(1e6, 1.0), (0.0, 1e-300), (0.0, 1e299), (-3.0, -2.0)])
    def test_units_of_the_outcome(self, plain, shift, scale):
        X, y = plain
        base = regressor(max_epochs=10).fit(X, y)
        moved = regressor(max_epochs=10).fit(X, y * abs(scale) + shift)
        np.testing.assert_allclose((moved.predict(X) - shift) / abs(scale), base.predict(X), atol=1e-3)

    @pytest.mark.parametrize(("shift", "scale"), [(1e9, 1.0), (0.0, 1e-200), (0.0, 1e300)])
    def test_units_of_the_columns(self, plain, shift, scale):
        X, y = plain
        moved = X * scale + shift
        a, b = (regressor(max_epochs=10).fit(table, y).predict(table) for table in (X, moved))
        np.testing.assert_allclose(a, b, atol=1e-2)

    def test_forms_of_a_graph_and_names_of_rows(self, world):
        X, y, network, _ = world
        named = X.set_axis([f"n{i}" for i in range(400)])
        edges = network.edges()
        ties = pd.DataFrame({"source": named.index[edges[:, 0]], "target": named.index[edges[:, 1]]})
        a = GraphRegressor("sage", **SHORT).fit(X, y, graph=network.adjacency)
        b = GraphRegressor("sage", **SHORT).fit(named, y, graph=ties)
        np.testing.assert_array_equal(a.predict(X, graph=network), b.predict(named, graph=ties))

    def test_weights_of_the_links_reach_modules_of_ones_own(self, world):
        X, y, network, _ = world
        model = GraphRegressor(OneHop, **SHORT).fit(X, y, graph=network)
        heavy = network.adjacency.copy()
        heavy.data = heavy.data * 2.0
        doubled = model.predict(X, graph=Network(heavy))
        np.testing.assert_allclose(doubled, model.predict(X, graph=network), atol=1e-5)
        row, column = network.edges()[0]
        uneven = network.adjacency.tolil()
        uneven[row, column] = uneven[column, row] = 50.0
        moved = model.predict(X, graph=Network(uneven.tocsr())) != model.predict(X, graph=network)
        assert moved[row] or moved[column]
        assert not np.delete(moved, [row, column]).any()


class TestWeights:
    @pytest.mark.parametrize("architecture", [*BY_NAME, OneHop], ids=str)
    def test_a_row_of_weight_zero_has_no_outcome_but_is_a_neighbour(self, world, architecture):
        X, y, network, _ = world
        weight = np.where(np.arange(400) % 4, 1.0, 0.0)
        models = []
        for wild in (0.0, 1e6, -1e250):
            outcome = np.where(weight == 0, wild, y)
            models.append(
                GraphRegressor(architecture, **SHORT).fit(X, outcome, graph=network, sample_weight=weight)
            )
        assert all(torch.equal(weights_of(models[0]), weights_of(model)) for model in models)
        if architecture == "mlp":
            return
        first = 8  # of weight zero
        moved = X.copy()
        moved.loc[first] += 5
        other = GraphRegressor(architecture, **SHORT).fit(moved, y, graph=network, sample_weight=weight)
        assert network.degrees[first] > 0
        assert not torch.equal(weights_of(models[0]), weights_of(other))

    def test_classes_of_rows_of_weight_zero(self, world):
        X, y, network, _ = world
        weight = np.where(np.arange(400) % 4, 1.0, 0.0)
        a, b = (
            GraphClassifier(**SHORT).fit(
                X, np.where(weight == 0, held_out, y > 0), graph=network, sample_weight=weight
            )
            for held_out in (True, False)
        )
        np.testing.assert_array_equal(a.predict_proba(X, graph=network), b.predict_proba(X, graph=network))

    def test_equal_weights_are_none_and_their_unit_is_free(self, plain):
        X, y = plain
        model = GraphClassifier(**SHORT).fit(X, y > 1)
        for weight in (1.0, 2.0**-30, 2.0**40):
            again = GraphClassifier(**SHORT).fit(X, y > 1, sample_weight=np.full(120, weight))
            np.testing.assert_allclose(again.predict_proba(X), model.predict_proba(X), atol=1e-6)
            again = GraphRegressor(**SHORT).fit(X, y, sample_weight=np.full(120, weight))
            np.testing.assert_allclose(
                again.predict(X), GraphRegressor(**SHORT).fit(X, y).predict(X), atol=1e-6
            )

    def test_heavy_rows_count_more(self, plain):
        """Two halves with opposite slopes: the fit follows the one that weighs nine times as much."""
        X, _ = plain
        half = np.arange(120) % 2
        y = X[:, 0] * np.where(half, 1, -1)
        for heavy in (0, 1):
            weight = np.where(half == heavy, 9.0, 1.0)
            slope = np.polyfit(X[:, 0], regressor().fit(X, y, sample_weight=weight).predict(X), 1)[0]
            assert (0.5 < slope < 1) if heavy else (-1 < slope < -0.5)

    def test_a_class_that_has_no_weight(self, plain):
        X, y = plain
        model = GraphClassifier(**CHEAP).fit(X, y > 0, sample_weight=np.where(y > 0, 1.0, 0.0))
        p = model.predict_proba(X)[:, 1]
        assert np.isfinite(p).all() and p.min() > 0.9


@pytest.fixture(scope="module")
def model(world):
    """Two ensembles of three, one with penalties that are far too strong."""
    X, y, network, _ = world
    settings = {**CHEAP, "n_members": 3, "penalty_factors": (0.1, 30.0), "patience": 5}
    return GraphRegressor(**settings).fit(X, y, graph=network)


class TestHistory:
    def test_table(self, model):
        table = model.loss_history_
        assert list(table) == ["epoch", "penalty_factor", "member", "training_loss", "validation_loss"]
        assert len(table) == model.n_epochs_ * 2 * 3
        counts = table.groupby(["penalty_factor", "member"])["epoch"].agg(["count", "max"])
        assert (counts["count"] == model.n_epochs_).all() and (counts["max"] == model.n_epochs_ - 1).all()
        assert np.isfinite(table).all(axis=None)

    def test_the_better_penalty_is_kept(self, model):
        best = model.loss_history_.groupby(["penalty_factor", "member"])["validation_loss"].min()
        means = best.groupby("penalty_factor").mean()
        assert model.penalty_factor_ == means.idxmin() == 0.1 and means[30.0] > 2 * means[0.1]
        assert model.validation_loss_ == pytest.approx(means.min(), rel=1e-3)
        assert model._net.n_members == 3

    @pytest.mark.parametrize("factors", [(0.1, 30.0), (30.0, 0.1)])
    def test_predictions_are_those_of_the_better_penalty(self, world, factors):
        """The members under the strong penalty are flat."""
        X, y, network, signal = world
        found = regressor(n_members=2, penalty_factors=factors, n_hops=1).fit(X, y, graph=network)
        assert found.penalty_factor_ == 0.1
        for member in found._outputs(X, network)[..., 0].numpy():
            assert np.corrcoef(member, signal)[0, 1] ** 2 > 0.9

    def test_patience(self, world):
        X, _, network, _ = world
        noise = np.random.default_rng(5).normal(size=400)
        model = regressor(max_epochs=300, patience=4).fit(X, noise, graph=network)
        losses = model.loss_history_["validation_loss"].to_numpy()
        best = 0
        for epoch, loss in enumerate(losses):
            if loss < losses[best] - 1e-4 * losses[0]:
                best = epoch
        assert model.n_epochs_ == best + 5 < 300
        assert model.validation_loss_ == pytest.approx(losses[best])

    def test_members_are_averaged(self, world):
        X, y, network, _ = world
        model = regressor(n_members=3, max_epochs=3).fit(X, y, graph=network)
        members = model._outputs(X, network)[..., 0].numpy()
        assert members.shape == (3, 400) and np.ptp(members, axis=0).min() > 0
        expected = members.mean(axis=0) * np.std(y) + np.mean(y)
        np.testing.assert_allclose(model.predict(X, graph=network), expected, rtol=1e-5)
        labels = GraphClassifier(**{**SHORT, "n_members": 3}).fit(X, y > 0, graph=network)
        raw = (labels._outputs(X, network).numpy() + labels._offset).astype(np.float64)
        p = np.exp(raw) / np.exp(raw).sum(axis=2, keepdims=True)
        np.testing.assert_allclose(labels.predict_proba(X, graph=network), p.mean(axis=0), rtol=1e-6)

    @pytest.mark.parametrize(("n_rows", "expected"), [(120, 256), (40_000, 320), (1_000_000, 4096)])
    def test_rows_of_a_step(self, n_rows, expected):
        assert GraphRegressor()._schedule(n_rows).batch_size == expected
        assert GraphRegressor(batch_size=7)._schedule(n_rows).batch_size == 7
        assert GraphRegressor("sage")._schedule(n_rows).batch_size is None

    def test_penalties_weaken_with_the_rows(self):
        few, many = (GraphRegressor(weight_decay=2, group_penalty=3)._schedule(n) for n in (2_000, 8_000))
        assert (few.weight_decay, few.group_penalty) == (2, 3)
        assert (many.weight_decay, many.group_penalty) == (1, 1.5)

    def test_a_column_without_use_drops_out(self):
        """Its weights in the first layer are zero to the last bit."""
        rng = np.random.default_rng(6)
        X = rng.normal(size=(1500, 4))
        y = np.sin(2 * X[:, 2]) + 0.1 * rng.normal(size=1500)
        model = regressor("mlp", group_penalty=20.0, batch_size=50, max_epochs=15).fit(X, y)
        norms = model._net.first[0].weight.detach()[0].norm(dim=1)
        assert (norms[[0, 1, 3]] == 0).all() and norms[2] > 0.3
        moved = X.copy()
        moved[:, [0, 1, 3]] = 100
        np.testing.assert_array_equal(model.predict(moved), model.predict(X))


class TestSeeds:
    @pytest.mark.parametrize("architecture", [*BY_NAME, OneHop, Dropping], ids=str)
    def test_same_seed_same_numbers_whatever_torchs_own_seed(self, world, architecture):
        X, y, network, _ = world
        with torch.random.fork_rng(devices=[]):
            answers = []
            for seed in (0, 1):
                torch.manual_seed(seed)
                state = torch.random.get_rng_state()
                model = GraphRegressor(architecture, **SHORT).fit(X, y, graph=network)
                answers.append(model.predict(X, graph=network))
                assert torch.equal(torch.random.get_rng_state(), state)
        np.testing.assert_array_equal(*answers)
        other = GraphRegressor(architecture, **{**SHORT, "random_state": 1}).fit(X, y, graph=network)
        assert (other.predict(X, graph=network) != answers[0]).all()

    def test_two_threads_at_once(self, world):
        X, y, network, _ = world
        before = torch.get_num_threads()
        kinds = ["sign", "sage", Dropping, "gat", "mlp", OneHop, "sign", Dropping]

        def answer(architecture):
            return GraphRegressor(architecture, **SHORT).fit(X, y, graph=network).predict(X, graph=network)

        state = torch.random.get_rng_state()
        alone = [answer(kind) for kind in kinds]
        beside = Parallel(n_jobs=2, prefer="threads")(delayed(answer)(kind) for kind in kinds)
        for a, b in zip(alone, beside, strict=True):
            np.testing.assert_array_equal(a, b)
        assert torch.get_num_threads() == before
        assert torch.equal(torch.random.get_rng_state(), state)

    def test_number_of_threads_is_put_back(self, world):
        X, y, network, _ = world
        before = torch.get_num_threads()
        torch.set_num_threads(3)
        try:
            for architecture in ("sign", "sage"):
                GraphRegressor(architecture, **SHORT).fit(X, y, graph=network).predict(X, graph=network)
                assert torch.get_num_threads() == 3
            with pytest.raises(ValueError, match="must stay finite"):
                GraphRegressor(NotANumber, **SHORT).fit(X, y)
            assert torch.get_num_threads() == 3
        finally:
            torch.set_num_threads(before)

    def test_without_a_seed_fits_differ(self, plain):
        X, y = plain
        a, b = (GraphRegressor(**{**SHORT, "random_state": None}).fit(X, y).predict(X) for _ in range(2))
        assert (a != b).all()


class TestSaving:
    @pytest.mark.parametrize("architecture", [*BY_NAME, OneHop, two_layers], ids=name_of)
    def test_a_saved_model_predicts_the_same(self, world, architecture):
        X, y, network, _ = world
        model = GraphRegressor(architecture, **SHORT).fit(X, y, graph=network)
        again = pickle.loads(pickle.dumps(model))
        np.testing.assert_array_equal(again.predict(X, graph=network), model.predict(X, graph=network))
        label = GraphClassifier(architecture, **SHORT).fit(X, y > 0, graph=network)
        again = pickle.loads(pickle.dumps(label))
        np.testing.assert_array_equal(
            again.predict_proba(X, graph=network), label.predict_proba(X, graph=network)
        )

    def test_size_does_not_grow_with_the_rows(self, plain):
        X, y = plain
        sizes = [
            len(pickle.dumps(GraphRegressor(**SHORT).fit(np.tile(X, (k, 1)), np.tile(y, k)))) for k in (1, 20)
        ]
        assert sizes[1] < 1.2 * sizes[0]

    def test_lies_on_the_cpu(self, plain):
        model = GraphRegressor(**SHORT).fit(*plain)
        assert {value.device.type for value in model._net.parameters()} == {"cpu"}
        assert model.device_ in ("cpu", "cuda")
        assert GraphRegressor(device="cpu", **SHORT).fit(*plain).device_ == "cpu"
        assert resolve_device(torch.device("cpu")) == "cpu"

    @pytest.mark.parametrize("architecture", ["sign", two_layers], ids=name_of)
    def test_clone_is_not_fitted(self, plain, architecture):
        model = GraphRegressor(architecture, **SHORT).fit(*plain)
        copy = clone(model)
        assert copy.architecture is architecture
        with pytest.raises(NotFittedError):
            copy.predict(plain[0])
        np.testing.assert_array_equal(copy.fit(*plain).predict(plain[0]), model.predict(plain[0]))

    def test_a_second_fit_forgets_the_first(self, world, plain):
        X, y, network, _ = world
        model = GraphRegressor("sage", **SHORT).fit(X, y, graph=network)
        again = model.set_params(architecture="mlp").fit(*plain).predict(plain[0])
        np.testing.assert_array_equal(again, GraphRegressor("mlp", **SHORT).fit(*plain).predict(plain[0]))


class TestVerbose:
    def test_shows_a_bar_and_changes_no_number(self, plain, capsys):
        model = GraphRegressor(verbose=True, **SHORT).fit(*plain)
        shown = capsys.readouterr().out
        assert "GraphRegressor, validation loss" in shown
        again = pickle.loads(pickle.dumps(model))
        np.testing.assert_array_equal(
            again.predict(plain[0]), GraphRegressor(**SHORT).fit(*plain).predict(plain[0])
        )

    def test_a_second_bar_that_cannot_be_shown_is_left_out(self, plain, monkeypatch):
        from rich.errors import LiveError
        from rich.progress import Progress

        def start(self):
            raise LiveError("Only one live display may be active at once")

        monkeypatch.setattr(Progress, "start", start)
        found = GraphRegressor(verbose=True, **SHORT).fit(*plain).predict(plain[0])
        np.testing.assert_array_equal(found, GraphRegressor(**SHORT).fit(*plain).predict(plain[0]))

    def test_is_silent_by_default(self, plain, capsys):
        GraphRegressor(**SHORT).fit(*plain)
        assert capsys.readouterr() == ("", "")

    def test_without_rich(self, plain, monkeypatch):
        monkeypatch.setitem(sys.modules, "rich", None)
        monkeypatch.setitem(sys.modules, "rich.progress", None)
        with pytest.raises(
            MissingPackageError,
            match=r"verbose=True needs the package 'rich'.*pip install 'causalkit-learn\[cli\]'",
        ):
            GraphRegressor(verbose=True, **SHORT).fit(*plain)
        GraphRegressor(**SHORT).fit(*plain)


class TestOddData:
    @pytest.mark.parametrize("architecture", [*BY_NAME, two_layers], ids=name_of)
    @pytest.mark.parametrize("n_rows", [2, 3, 10])
    def test_few_rows(self, plain, architecture, n_rows):
        X, y = (part[:n_rows] for part in plain)
        line = Network.from_edges([(i, i + 1) for i in range(n_rows - 1)])
        model = GraphRegressor(architecture, **{**SHORT, "n_members": 7}).fit(X, y, graph=line)
        assert np.isfinite(model.predict(X, graph=line)).all()
        label = GraphClassifier(architecture, **SHORT).fit(X, np.arange(n_rows) % 2 == 0, graph=line)
        assert np.isfinite(label.predict_proba(X, graph=line)).all()

    @pytest.mark.parametrize("architecture", BY_NAME)
    def test_a_node_without_neighbours_more(self, world, architecture):
        X, y, network, _ = world
        model = GraphRegressor(architecture, **SHORT).fit(X, y, graph=network)
        more = Network.from_edges(network.edges(), n_nodes=401)
        wider = pd.concat([X, X.iloc[[0]]], ignore_index=True)
        found = model.predict(wider, graph=more)
        np.testing.assert_allclose(found[:400], model.predict(X, graph=network), atol=1e-5)
        assert np.isfinite(found).all()

    @pytest.mark.parametrize("architecture", BY_NAME)
    def test_no_links(self, plain, architecture):
        X, y = plain
        empty = Network.from_edges([], n_nodes=120)
        model = regressor(architecture).fit(X, y, graph=empty)
        assert r2_score(y, model.predict(X, graph=empty)) > 0.8
        np.testing.assert_array_equal(model.predict(X), model.predict(X, graph=empty))

    @pytest.mark.parametrize("value", [7.0, 0.0, -1e300, 1e-300])
    def test_constant_outcome(self, plain, value):
        model = GraphRegressor(**SHORT).fit(plain[0], np.full(120, value))
        np.testing.assert_allclose(model.predict(plain[0]), value, rtol=1e-12)

    def test_one_column_and_constant_columns(self, plain):
        X, y = plain
        assert r2_score(y, regressor().fit(X[:, :1], y).predict(X[:, :1])) > 0.8
        flat = np.ones((120, 2))
        found = GraphRegressor(**SHORT).fit(flat, y).predict(flat)
        assert np.ptp(found) == 0 and abs(found[0] - y.mean()) < y.std()

    def test_wild_values(self, plain):
        X, y = plain
        wild = X.copy()
        wild[5, 2] = 1e30
        assert r2_score(y, regressor().fit(wild, y).predict(wild)) > 0.8
        model = regressor().fit(X, y)
        assert np.abs(model.predict(np.full((1, 3), 1e200))).max() < 50

    @pytest.mark.parametrize("architecture", ["sign", "sage", two_layers], ids=name_of)
    def test_missing_values_are_flagged(self, world, architecture):
        X, _, network, _ = world
        gone = np.random.default_rng(7).random(400) < 0.3
        gaps, outcome = X.assign(x2=X["x2"].mask(gone)), X["x0"] + 3 * gone
        model = regressor(architecture, missing="flag", n_hops=1).fit(gaps, outcome, graph=network)
        assert r2_score(outcome, model.predict(gaps, graph=network)) > 0.9
        assert np.isfinite(model.predict(X, graph=network)).all()
        assert np.isfinite(model.predict(X.assign(x0=np.nan), graph=network)).all()

    @pytest.mark.parametrize(
        "labels",
        [
            [False, True],
            [0, 1],
            [1.0, 2.0],
            ["no", "yes"],
            [-5, 3],
        ],
        ids=str,
    )
    def test_kinds_of_labels(self, plain, labels):
        X, y = plain
        named = np.array(labels)[(y > 0).astype(int)]
        model = GraphClassifier(**SHORT).fit(X, named)
        assert model.classes_.tolist() == labels and model.classes_.dtype == named.dtype
        reference = GraphClassifier(**SHORT).fit(X, (y > 0).astype(int))
        np.testing.assert_array_equal(model.predict_proba(X), reference.predict_proba(X))
        assert {*model.predict(X)} <= {*labels}

    def test_labels_in_a_series(self, plain):
        X, y = plain
        texts = pd.Series(np.where(y > 0, "b", "a"))
        for named in (texts, texts.astype("category"), texts.astype(object), texts.tolist()):
            assert GraphClassifier(**SHORT).fit(X, named).classes_.tolist() == ["a", "b"]

    def test_rare_class(self, plain):
        X, _ = plain
        label = np.arange(120) == 3
        p = GraphClassifier(**SHORT).fit(X, label).predict_proba(X)[:, 1]
        assert (p < 0.1).all() and (p > 0).all()

    def test_weighted_links(self, world):
        X, y, network, _ = world
        heavy = network.adjacency.copy()
        heavy.data = heavy.data * 3.0
        for architecture in ("sign", "sage"):  # means do not depend on the unit of the weights
            model = GraphRegressor(architecture, **SHORT).fit(X, y, graph=network)
            np.testing.assert_allclose(
                model.predict(X, graph=Network(heavy)), model.predict(X, graph=network), atol=1e-5
            )
        assert np.isfinite(GraphRegressor("gcn", **SHORT).fit(X, y, graph=Network(heavy)).validation_loss_)

    def test_prediction_without_the_graph_warns(self, world):
        X, y, network, _ = world
        for architecture in ON_NETWORK:
            model = GraphRegressor(architecture, **SHORT).fit(X, y, graph=network)
            message = f"graph is None, but the fit had a graph with {network.n_edges} edges"
            with pytest.warns(UserWarning, match=message):
                found = model.predict(X)
            np.testing.assert_array_equal(found, model.predict(X, graph=Network.from_edges([], n_nodes=400)))
        GraphRegressor("mlp", **SHORT).fit(X, y, graph=network).predict(X)  # has no use for it


class TestBadInput:
    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            (
                {"architecture": "transformer"},
                r"architecture must be one of 'sign', 'gcn', 'sage', 'gat', 'mlp' or a function "
                r"\(in_channels, out_channels\) -> torch.nn.Module; got 'transformer'",
            ),
            ({"architecture": None}, "architecture must be one of .* got None"),
            (
                {"architecture": nn.Linear(3, 1)},
                r"architecture must be a function \(in_channels, out_channels\) -> .*; got a module",
            ),
            (
                {"architecture": lambda n_in, n_out: "net"},
                "architecture must be a function .*; got one that returns str",
            ),
            (
                {"architecture": lambda n_in, n_out: None},
                "architecture must be a function .*; got one that returns NoneType",
            ),
            ({"architecture": NotANumber}, "the training loss of network 0 must stay finite; got nan"),
            ({"learning_rate": 1e10}, r"loss of network 0 must stay finite; got .* in epoch 0 \(lower learn"),
            ({"n_hops": -1}, "n_hops must be an integer at least 0; got -1"),
            ({"n_hidden": 0}, "n_hidden must be an integer at least 1; got 0"),
            ({"n_layers": 1.5}, "n_layers must be an integer at least 1; got 1.5"),
            ({"n_members": 0}, "n_members must be an integer at least 1; got 0"),
            ({"learning_rate": 0}, "learning_rate must be a number greater than 0; got 0"),
            ({"learning_rate": np.inf}, "learning_rate must be a number greater than 0; got inf"),
            ({"weight_decay": -1}, "weight_decay must be a number at least 0; got -1"),
            ({"group_penalty": "a"}, "group_penalty must be a number at least 0; got 'a'"),
            ({"penalty_factors": ()}, r"penalty_factors must be a list of at least one number; got \(\)"),
            ({"penalty_factors": 1.0}, "penalty_factors must be a list of at least one number; got 1.0"),
            ({"penalty_factors": [1, -1]}, "penalty_factors must be a number at least 0; got -1"),
            ({"max_epochs": 0}, "max_epochs must be an integer at least 1; got 0"),
            ({"patience": True}, "patience must be an integer at least 1; got True"),
            ({"batch_size": 0}, "batch_size must be an integer at least 1; got 0"),
            ({"batch_size": "all"}, "batch_size must be an integer at least 1; got 'all'"),
            (
                {"validation_fraction": 0.6},
                "validation_fraction must be a number at least 0.01 and at most 0.5; got 0.6",
            ),
            ({"validation_fraction": 0}, "validation_fraction must be a number at least 0.01"),
            ({"missing": "drop"}, "missing must be one of 'error', 'flag'; got 'drop'"),
            ({"random_state": "x"}, "random_state must be None, a non-negative integer"),
            ({"device": "nonsense"}, "device must be 'auto' or one that torch can use here; got 'nonsense'"),
            ({"device": "meta"}, "device must be 'auto' or one that torch can use here; got 'meta'"),
            ({"device": None}, "device must be 'auto' or one that torch can use here; got None"),
            ({"own_columns": ["z"]}, r"own_columns must be columns of X, \['x0', 'x1', 'x2'\]; got 'z'"),
            ({"own_columns": [3]}, "own_columns must be columns of X, .*; got 3"),
            ({"own_columns": [-1]}, "own_columns must be columns of X, .*; got -1"),
            ({"own_columns": [True]}, "own_columns must be columns of X, .*; got True"),
            (
                {"own_columns": [0], "architecture": two_layers},
                r"own_columns must be None for an architecture of one's own, .*; got \[0\]",
            ),
        ],
    )
    def test_settings(self, plain, settings, message):
        with pytest.raises(ValueError, match=message):
            GraphRegressor(**{**SHORT, **settings}).fit(*plain)
        with pytest.raises(ValueError, match=message):
            GraphClassifier(**{**SHORT, **settings}).fit(plain[0], plain[1] > 0)

    def test_outputs_of_a_wrong_shape(self, plain):
        def wide(n_in, n_out):
            return nn.Linear(n_in, 5)

        message = r"architecture must make a module whose forward returns .* \(120, {}\), .*; got \(120, 5\)"
        with pytest.raises(ValueError, match=message.format(1)):
            GraphRegressor(wide, **SHORT).fit(*plain)
        with pytest.raises(ValueError, match=message.format(2)):
            GraphClassifier(wide, **SHORT).fit(plain[0], plain[1] > 0)

    @pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
    def test_no_gpu(self, plain):
        with pytest.raises(
            ValueError, match="device must be 'auto' or one that torch can use here; got 'cuda'"
        ):
            GraphRegressor(device="cuda", **SHORT).fit(*plain)
        model = GraphRegressor(**SHORT).fit(*plain).set_params(device="cuda")
        with pytest.raises(ValueError, match="got 'cuda'"):
            model.predict(plain[0])

    def test_a_module_that_all_members_share(self, plain):
        shared = nn.Linear(3, 1)
        with pytest.raises(
            ValueError, match="architecture must make a new module in each call; got modules that share"
        ):
            GraphRegressor(lambda n_in, n_out: shared, **{**SHORT, "n_members": 2}).fit(*plain)

    @pytest.mark.parametrize(
        ("y", "message"),
        [
            (None, "target y is None"),
            (np.ones(119), "y must have one value for each row of X; got 119 values and 120 rows"),
            (np.r_[np.nan, np.ones(119)], "y must not contain NaN"),
            (np.r_[np.inf, np.ones(119)], "y must not contain"),
            (np.ones((120, 2)), "y should be a 1d array"),
            (["a"] * 120, "y must be numeric"),
        ],
    )
    def test_outcome(self, plain, y, message):
        with pytest.raises(ValueError, match=message):
            GraphRegressor(**SHORT).fit(plain[0], y)

    @pytest.mark.parametrize(
        ("y", "message"),
        [
            (None, "target y is None"),
            (["a"] * 120, "y must have at least 2 classes; got 1 class: 'a'"),
            (np.ones(120, bool), "y must have at least 2 classes; got 1 class"),
            ([True, False], "y must have one label for each row; got 2 labels and 120 rows"),
            (np.r_[np.nan, np.arange(119) % 2], "y must not contain NaN"),
            (np.linspace(0, 1, 120), "Unknown label type"),
            ([None, *["a", "b"] * 59, "a"], "y must have a label for each row"),
        ],
    )
    def test_labels(self, plain, y, message):
        with pytest.raises(ValueError, match=message):
            GraphClassifier(**SHORT).fit(plain[0], y)

    @pytest.mark.parametrize("model", [GraphRegressor(**SHORT), GraphClassifier(**SHORT)])
    def test_features(self, plain, model):
        X, y = plain
        for bad, message in (
            (np.where(np.arange(3) == 1, np.nan, X), "X must not contain NaN"),
            (np.where(np.arange(3) == 1, np.inf, X), "X must not contain .*infinit"),
            (X[:, 0], "2D array"),
            (pd.DataFrame(X).assign(text="a"), "X must have numeric or boolean columns; column 'text'"),
        ):
            with pytest.raises(ValueError, match=message):
                model.fit(bad, y > 0)
        with pytest.raises(ValueError, match="minimum of 2 is required"):
            model.fit(X[:1], y[:1] > 0)

    @pytest.mark.parametrize("model", [GraphRegressor(**SHORT), GraphClassifier(**SHORT)])
    def test_weights(self, plain, model):
        X, y = plain
        for bad, message in (
            (-np.ones(120), "sample_weight must not be negative; got -1 at row 0"),
            (np.zeros(120), "sample_weight must have a positive value"),
            (np.ones(5), "sample_weight must have one value for each row of X; got 5"),
            (np.eye(120)[4], "sample_weight must be positive in at least 2 rows; got 1"),
        ):
            with pytest.raises(ValueError, match=message):
                model.fit(X, y > 0, sample_weight=bad)

    @pytest.mark.parametrize("model", [GraphRegressor(**SHORT), GraphClassifier("sage", **SHORT)])
    def test_graph(self, plain, model):
        X, y = plain
        small = Network.from_edges([(0, 1), (1, 2)])
        with pytest.raises(ValueError, match="one node for each row of X; got 3 nodes and 120 rows"):
            model.fit(X, y > 0, graph=small)
        with pytest.raises(TypeError, match="graph must be a Network"):
            model.fit(X, y > 0, graph="friends")
        with pytest.raises(ValueError, match="one node for each row of X; got 3 nodes and 120 rows"):
            model.fit(X, y > 0).predict(X, graph=small)

    def test_other_columns_at_prediction(self, world):
        X, y, network, _ = world
        model = GraphRegressor(**SHORT).fit(X, y, graph=network)
        with pytest.raises(ValueError, match="feature names should match"):
            model.predict(X.rename(columns={"x0": "z"}), graph=network)
        with pytest.raises(ValueError, match="X must not contain NaN"):
            model.predict(X.mask(X > 1), graph=network)

    def test_not_fitted(self, plain):
        for model in (GraphRegressor(), GraphClassifier()):
            with pytest.raises(NotFittedError):
                model.predict(plain[0])
        with pytest.raises(NotFittedError):
            GraphClassifier().predict_proba(plain[0])
