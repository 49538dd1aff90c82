"""Torch modules against those of torch and PyTorch Geometric, and ensembles against their members."""

import itertools

import numpy as np
import pytest
import torch
from scipy import sparse
from torch import nn
from torch.nn.functional import gelu

from causalkit.graphs import Network
from causalkit.nuisance._graph_inputs import csr_tensor, graph_inputs
from causalkit.nuisance._modules import (
    AttentionNetwork,
    GraphInputs,
    HopNetworks,
    MemberLinear,
    MessageNetworks,
    SeparateNetworks,
    UserNetwork,
    sparse_product,
)

N, D = 40, 5


@pytest.fixture(autouse=True)
def seed():
    """Modules of torch itself draw from its global generator."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


@pytest.fixture
def network():
    """Forty nodes; 3 and 17 have no neighbours."""
    edges = np.random.default_rng(0).integers(0, N, (90, 2))
    keep = (edges[:, 0] != edges[:, 1]) & ~np.isin(edges, [3, 17]).any(axis=1)
    return Network.from_edges(edges[keep], n_nodes=N)


@pytest.fixture
def columns():
    return np.random.default_rng(1).normal(size=(N, D)).astype(np.float32)


def generator():
    return torch.Generator().manual_seed(0)


def make(kind, n_members=3, **changes):
    settings = {"n_in": D, "n_out": 2, "n_hidden": 8, "generator": generator(), **changes}
    if kind == "hops":
        return HopNetworks(n_members, n_layers=2, **settings)
    return MessageNetworks(n_members, **{"n_own": 0, "n_hops": 2, "n_dense": 1, **settings})


class TestMemberLinear:
    @pytest.mark.parametrize("shared", [True, False])
    def test_each_member_is_a_linear_layer(self, shared):
        ours = MemberLinear(3, 4, 2, generator())
        ours.bias.data.normal_()
        x = torch.randn(7, 4) if shared else torch.randn(3, 7, 4)
        upstream = torch.randn(3, 7, 2)
        (ours(x) * upstream).sum().backward()
        for j in range(3):
            theirs = nn.Linear(4, 2)
            theirs.weight.data, theirs.bias.data = ours.weight[j].T.detach().clone(), ours.bias[j, 0].detach()
            out = theirs(x if shared else x[j])
            (out * upstream[j]).sum().backward()
            torch.testing.assert_close(ours(x)[j], out)
            torch.testing.assert_close(ours.weight.grad[j], theirs.weight.grad.T)
            torch.testing.assert_close(ours.bias.grad[j, 0], theirs.bias.grad)

    def test_scale_of_the_first_weights(self):
        weight = MemberLinear(50, 20, 30, generator(), scale=0.5).weight.detach()
        assert float(weight.std()) == pytest.approx(0.5 * (2 / 20) ** 0.5, rel=0.02)

    def test_no_columns(self):
        assert MemberLinear(2, 0, 3, generator())(torch.zeros(4, 0)).shape == (2, 4, 3)


class TestSparseProduct:
    @pytest.fixture
    def matrix(self):
        return sparse.random_array((N, N), density=0.1, rng=np.random.default_rng(2), format="csr")

    def test_value_and_gradient_are_those_of_the_dense_product(self, matrix):
        sides = csr_tensor(matrix), csr_tensor(matrix.T.tocsr())
        dense = torch.from_numpy(matrix.toarray().astype(np.float32))
        x, upstream = torch.randn(N, 3, requires_grad=True), torch.randn(N, 3)
        ours, theirs = sparse_product(*sides, x), dense @ x
        torch.testing.assert_close(ours, theirs)
        (ours_gradient,) = torch.autograd.grad((ours * upstream).sum(), x)
        (theirs_gradient,) = torch.autograd.grad((theirs * upstream).sum(), x)
        torch.testing.assert_close(ours_gradient, theirs_gradient)

    def test_numerical_gradient(self, matrix):
        sides = [csr_tensor(part).to(torch.float64) for part in (matrix, matrix.T.tocsr())]
        x = torch.randn(N, 2, dtype=torch.float64, requires_grad=True)
        assert torch.autograd.gradcheck(lambda dense: sparse_product(*sides, dense), x)

    def test_all_members_at_once(self, columns, network):
        inputs = graph_inputs(columns, 0, network, "sage")
        hidden = torch.randn(3, N, 4)
        dense = torch.from_numpy(network.random_walk().toarray())
        torch.testing.assert_close(inputs.propagate(hidden), torch.stack([dense @ h for h in hidden]))


class TestHopNetworks:
    def test_each_member_is_a_perceptron(self):
        ours, x = make("hops"), torch.randn(9, D)
        for j in range(3):
            hidden = x
            for layer in ours.hidden:
                hidden = gelu(hidden @ layer.weight[j] + layer.bias[j])
            torch.testing.assert_close(ours(x)[j], hidden @ ours.last.weight[j] + ours.last.bias[j])

    def test_members_differ_and_start_almost_flat(self):
        ours, x = HopNetworks(4, 10, 1, 32, 2, generator()), torch.randn(500, 10)
        out = ours(x)[..., 0].detach()
        assert len({float(member[0]) for member in out}) == 4
        assert float(out.std(dim=1).max()) < 0.5


def layers_of_geometric(ours, member, kind, n_in):
    """PyTorch Geometric's layers with the weights of one member: a function of (x, edge_index)."""
    from torch_geometric.nn import GCNConv, SAGEConv

    layers = []
    for root, neighbour in zip(ours.root, ours.neighbour, strict=True):
        a, b = root.weight.shape[1:]
        own = nn.Linear(a, b)
        conv = SAGEConv(a, b, root_weight=False) if kind == "sage" else GCNConv(a, b)
        inner = conv.lin_l if kind == "sage" else conv.lin
        own.weight.data, own.bias.data = root.weight[member].T.detach().clone(), root.bias[member, 0].detach()
        inner.weight.data = neighbour.weight[member].T.detach().clone()
        (inner if kind == "sage" else conv).bias.data = neighbour.bias[member, 0].detach().clone()
        layers.append((own, conv, inner))
    return layers


@pytest.mark.parametrize("kind", ["sage", "gcn"])
class TestMessageNetworks:
    def test_layers_are_those_of_pytorch_geometric(self, kind, columns, network):
        ours = make("message", n_members=2)
        for layer in (*ours.root, *ours.neighbour):
            layer.bias.data.normal_()
        inputs = graph_inputs(columns, 0, network, kind)
        edge_index = torch.from_numpy(np.stack(network.adjacency.nonzero()).astype(np.int64))
        out, upstream = ours(inputs), torch.randn(2, N, 2)
        (out * upstream).sum().backward()
        for j in range(2):
            layers, hidden = layers_of_geometric(ours, j, kind, D), inputs.x
            for own, conv, _ in layers:
                hidden = gelu(own(hidden) + conv(hidden, edge_index))
            for layer in ours.dense:
                hidden = gelu(hidden @ layer.weight[j].detach() + layer.bias[j].detach())
            theirs = hidden @ ours.last.weight[j].detach() + ours.last.bias[j].detach()
            torch.testing.assert_close(out[j], theirs, rtol=1e-4, atol=1e-5)
            (theirs * upstream[j]).sum().backward()
            for (own, _, inner), root, neighbour in zip(layers, ours.root, ours.neighbour, strict=True):
                torch.testing.assert_close(root.weight.grad[j], own.weight.grad.T, rtol=1e-3, atol=1e-4)
                torch.testing.assert_close(
                    neighbour.weight.grad[j], inner.weight.grad.T, rtol=1e-3, atol=1e-4
                )

    def test_own_columns_join_after_the_links(self, kind, columns, network):
        ours = make("message", n_in=3, n_own=2)
        inputs = graph_inputs(columns, 2, network, kind)
        changed = columns.copy()
        changed[5, 3:] += 1
        moved = (ours(graph_inputs(changed, 2, network, kind)) != ours(inputs)).any(dim=2)
        assert moved[:, 5].all() and moved.sum() == 3

    def test_numbering_of_the_nodes(self, kind, columns, network):
        order = np.random.default_rng(3).permutation(N)
        ours = make("message")
        a = ours(graph_inputs(columns, 0, network, kind))
        b = ours(graph_inputs(columns[order], 0, network[order], kind))
        torch.testing.assert_close(a[:, order], b)

    def test_no_dense_layers(self, kind, columns, network):
        inputs = graph_inputs(columns, 2, network, kind)
        assert make("message", n_in=3, n_own=2, n_dense=0)(inputs).shape == (3, N, 2)


class TestEnsembles:
    """What the base of ensembles does, on both kinds."""

    @pytest.fixture(params=["hops", "message"])
    def ours(self, request):
        return make(request.param)

    def answer(self, ours, columns, network):
        if isinstance(ours, HopNetworks):
            return ours(torch.from_numpy(columns)).detach()
        return ours(graph_inputs(columns, 0, network, "sage")).detach()

    def test_same_generator_same_weights_and_the_global_one_is_left_alone(self, ours):
        state = torch.random.get_rng_state()
        again = make("hops" if isinstance(ours, HopNetworks) else "message")
        assert torch.equal(torch.random.get_rng_state(), state)
        for a, b in zip(ours.parameters(), again.parameters(), strict=True):
            assert torch.equal(a, b)

    def test_selected_members_stay_as_they_are(self, ours, columns, network):
        before = self.answer(ours, columns, network)
        ours.select([2, 0])
        assert ours.n_members == 2
        torch.testing.assert_close(self.answer(ours, columns, network), before[[2, 0]])

    def test_best_weights_are_kept_member_by_member(self, ours, columns, network):
        first, best = self.answer(ours, columns, network), ours.state()
        shift(ours)
        second = self.answer(ours, columns, network)
        ours.keep(best, torch.tensor([True, False, True]))
        shift(ours)
        ours.restore(best)
        expected = torch.stack([second[0], first[1], second[2]])
        torch.testing.assert_close(self.answer(ours, columns, network), expected, rtol=0, atol=0)

    def test_decay_shrinks_weights_but_not_biases(self, ours):
        before = {name: value.clone() for name, value in ours.state_dict().items()}
        ours.decay(torch.tensor([0.0, 0.1, 0.5]))
        for name, value in ours.state_dict().items():
            factor = torch.tensor([1.0, 0.9, 0.5]) if name.endswith("weight") else torch.ones(3)
            torch.testing.assert_close(value, before[name] * factor[:, None, None])

    def test_group_penalty_is_its_proximal_step(self, ours):
        """v minimises |v - w|^2 / 2 + t |v|: v = 0 where |w| <= t, else w - v = t v / |v|."""
        amount = torch.tensor([0.0, 0.2, 0.35])
        before = [layer.weight.detach().clone() for layer in ours.first]
        others = [
            value.clone() for name, value in ours.state_dict().items() if "bias" in name or "last" in name
        ]
        ours.shrink_columns(amount)
        dropped = 0
        for layer, old in zip(ours.first, before, strict=True):
            for j, column in itertools.product(range(3), range(D)):
                w, v, t = old[j, column], layer.weight[j, column].detach(), float(amount[j])
                if (v == 0).all():
                    dropped += 1
                    assert w.norm() <= t
                else:
                    torch.testing.assert_close(w - v, t * v / v.norm(), rtol=1e-4, atol=1e-6)
        assert 0 < dropped < 2 * D * len(before)
        assert all(torch.equal(a, b) for a, b in zip(untouched(ours), others, strict=True))

    def test_a_dropped_column_stays_dropped(self, ours):
        ours.first[0].weight.data[:, 1] = 0
        ours.shrink_columns(torch.full((3,), 0.1))
        assert (ours.first[0].weight[:, 1] == 0).all()


def untouched(ours):
    """What the group penalty leaves alone."""
    return [value for name, value in ours.state_dict().items() if "bias" in name or "last" in name]


@torch.no_grad()
def shift(module):
    for parameter in module.parameters():
        parameter += 0.1


class TestAttentionNetwork:
    def test_sees_neighbours_as_far_as_it_has_layers(self, columns, network):
        for n_hops in (1, 2):
            net = AttentionNetwork(D, 0, 1, 8, n_hops, 1).eval()
            changed = columns.copy()
            changed[5] += 1
            moved = net(graph_inputs(changed, 0, network, "gat")) != net(
                graph_inputs(columns, 0, network, "gat")
            )
            reach = np.linalg.matrix_power(network.adjacency.toarray() + np.eye(N), n_hops)[5] > 0
            np.testing.assert_array_equal(moved[:, 0].numpy(), reach)

    @pytest.mark.parametrize("n_hidden", [8, 6])
    def test_widths_that_heads_do_not_divide(self, columns, network, n_hidden):
        out = AttentionNetwork(3, 2, 2, n_hidden, 2, 0)(graph_inputs(columns, 2, network, "gat"))
        assert out.shape == (N, 2) and torch.isfinite(out).all()

    def test_is_pytorch_geometrics_layer_and_a_root_term(self, columns, network):
        from torch_geometric.nn import GATConv

        net = AttentionNetwork(D, 0, 1, 8, 1, 0)
        theirs = GATConv(D, 2, heads=4, add_self_loops=False)
        theirs.load_state_dict(net.attention[0].state_dict())
        inputs = graph_inputs(columns, 0, network, "gat")
        hidden = gelu(theirs(inputs.x, inputs.edge_index) + net.root[0](inputs.x))
        torch.testing.assert_close(net(inputs), net.last(hidden))


class Own(nn.Module):
    """Says what it was called with."""

    def __init__(self, shape=(N, 1)):
        super().__init__()
        self.weight, self.shape, self.seen = nn.Parameter(torch.ones(1)), shape, None

    def answer(self, *seen):
        self.seen = seen
        return self.weight * torch.ones(self.shape)


class OnlyX(Own):
    def forward(self, x):
        return self.answer(x)


class Linked(Own):
    def forward(self, x, edge_index):
        return self.answer(x, edge_index)


class Weighted(Own):
    def forward(self, x, edge_index, edge_weight):
        return self.answer(x, edge_index, edge_weight)


class TestUserNetwork:
    @pytest.fixture
    def inputs(self, columns, network):
        return graph_inputs(columns, 0, network, "own")

    @pytest.mark.parametrize("kind", [OnlyX, Linked, Weighted])
    def test_is_called_with_what_it_takes(self, kind, inputs):
        module = kind()
        assert UserNetwork(module, 1)(inputs).shape == (N, 1)
        expected = (inputs.x, inputs.edge_index, inputs.edge_weight)
        assert len(module.seen) == [OnlyX, Linked, Weighted].index(kind) + 1
        assert all(a is b for a, b in zip(module.seen, expected, strict=False))

    def test_one_output_may_be_a_vector(self, inputs):
        assert UserNetwork(OnlyX((N,)), 1)(inputs).shape == (N, 1)

    @pytest.mark.parametrize(
        ("shape", "n_out", "message"),
        [
            ((N, 2), 1, r"returns a tensor of shape \(40, 1\), one row for each node; got \(40, 2\)"),
            ((N,), 2, r"returns a tensor of shape \(40, 2\), one row for each node; got \(40,\)"),
            ((N - 1, 1), 1, r"got \(39, 1\)"),
        ],
    )
    def test_wrong_shapes(self, inputs, shape, n_out, message):
        with pytest.raises(ValueError, match=f"architecture must make a module whose forward .*{message}"):
            UserNetwork(OnlyX(shape), n_out)(inputs)

    def test_no_tensor(self, inputs):
        class Texts(OnlyX):
            def answer(self, *seen):
                return ["a"]

        with pytest.raises(ValueError, match="one row for each node; got list"):
            UserNetwork(Texts(), 1)(inputs)


class TestSeparateNetworks:
    @pytest.fixture
    def ours(self):
        return SeparateNetworks([AttentionNetwork(D, 0, 2, 8, 1, 1) for _ in range(3)])

    @pytest.fixture
    def inputs(self, columns, network):
        return graph_inputs(columns, 0, network, "gat")

    def test_members_side_by_side(self, ours, inputs):
        out = ours(inputs)
        assert out.shape == (3, N, 2) and ours.n_members == 3
        torch.testing.assert_close(out[1], ours.members[1](inputs))
        ours.select([2, 0])
        torch.testing.assert_close(ours(inputs), out[[2, 0]])

    def test_best_weights_are_kept_member_by_member(self, ours, inputs):
        first, best = ours(inputs), ours.state()
        shift(ours)
        second = ours(inputs)
        ours.keep(best, torch.tensor([True, False, True]))
        shift(ours)
        ours.restore(best)
        expected = torch.stack([second[0], first[1], second[2]])
        torch.testing.assert_close(ours(inputs), expected, rtol=0, atol=0)

    def test_penalties(self, ours):
        before = [{k: v.clone() for k, v in member.state_dict().items()} for member in ours.members]
        ours.decay(torch.tensor([0.0, 0.1, 0.5]))
        for member, old, factor in zip(ours.members, before, (1.0, 0.9, 0.5), strict=True):
            torch.testing.assert_close(member.last.weight.detach(), factor * old["last.weight"])
            assert torch.equal(member.last.bias, old["last.bias"])
        amount = torch.tensor([0.0, 0.3, 100.0])
        w = ours.members[1].root[0].weight.detach().clone()
        ours.shrink_columns(amount)
        torch.testing.assert_close(
            ours.members[1].root[0].weight.detach(), w * (1 - 0.3 / w.norm(dim=0)).clamp(min=0)
        )
        assert (ours.members[2].root[0].weight == 0).all()
        assert (ours.members[2].attention[0].lin.weight == 0).all()
        assert (ours.members[2].dense[0].weight != 0).any()

    def test_modules_of_ones_own_have_no_group_penalty(self, columns, network):
        ours = SeparateNetworks([UserNetwork(nn.Linear(D, 2), 2)])
        before = ours.state()[0]
        ours.shrink_columns(torch.tensor([100.0]))
        assert all(torch.equal(before[name], value) for name, value in ours.state()[0].items())


@pytest.mark.parametrize("kind", ["sage", "gat", "own"])
def test_inputs_move_with_all_they_hold(columns, network, kind):
    inputs = graph_inputs(columns, 1, network, kind)
    moved = inputs.to(torch.device("meta"))
    assert isinstance(moved, GraphInputs)
    for name, value in vars(inputs).items():
        other = getattr(moved, name)
        assert (
            other is None if value is None else (other.device.type == "meta" and other.shape == value.shape)
        )
