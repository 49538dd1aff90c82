"""Training: plain loops over single members as oracles, early stopping, penalties, weights, threads."""

import threading
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn.functional import gelu

from causalkit.graphs import Network
from causalkit.nuisance import _training
from causalkit.nuisance._graph_inputs import graph_inputs
from causalkit.nuisance._modules import HopNetworks, MessageNetworks
from causalkit.nuisance._training import Schedule, Task, seeded_torch, torch_threads, train

N, D, M = 90, 4, 4
SCHEDULE = Schedule(
    learning_rate=0.02, weight_decay=0.1, group_penalty=0.05, max_epochs=6, patience=100, batch_size=32
)


def squared_error(out, target):
    return (out[..., 0] - target) ** 2


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def columns():
    return np.random.default_rng(0).normal(size=(N, D)).astype(np.float32)


@pytest.fixture
def network():
    return Network.from_edges([(i, (i + step) % N) for i in range(N) for step in (1, 7)])


@pytest.fixture
def make_task(columns, network):
    """A task on hop columns or on links; member 3 has no validation part."""

    def make(kind="hops", **changes):
        rng = np.random.default_rng(1)
        target = columns[:, 0] + 0.5 * rng.normal(size=N).astype(np.float32)
        inputs = torch.from_numpy(columns) if kind == "hops" else graph_inputs(columns, 0, network, "sage")
        settings = {
            "inputs": inputs,
            "target": torch.from_numpy(target),
            "weight": torch.from_numpy(rng.uniform(0.5, 1.5, N).astype(np.float32)),
            "part": torch.from_numpy(np.arange(N) % 3),
            "validation_part": torch.tensor([0, 1, 2, -1]),
            "strength": torch.tensor([0.5, 1.0, 2.0, 1.0]),
            "loss": squared_error,
        }
        return Task(**{**settings, **changes})

    return make


def make_net(kind="hops", seed=0):
    if kind == "hops":
        return HopNetworks(M, D, 1, 8, 2, generator(seed))
    return MessageNetworks(M, D, 0, 1, 8, 2, 1, generator(seed))


def only(task, member):
    some = slice(member, member + 1)
    return replace(task, validation_part=task.validation_part[some], strength=task.strength[some])


def loss_by_hand(net, task, rows, member):
    """Weighted mean loss of one member on some rows."""
    with torch.no_grad():
        out = net(task.inputs)[member, :, 0]
    weight = task.weight[rows]
    return float((weight * (out[rows] - task.target[rows]) ** 2).sum() / weight.sum())


@pytest.mark.parametrize("kind", ["hops", "links"])
class TestMembers:
    def test_an_ensemble_is_its_members_trained_one_at_a_time(self, kind, make_task):
        task, schedule = make_task(kind), replace(SCHEDULE, batch_size=32 if kind == "hops" else None)
        together = make_net(kind)
        history = train(together, task, schedule, generator())
        for j in range(M):
            alone = make_net(kind)
            alone.select([j])
            single = train(alone, only(task, j), schedule, generator())
            np.testing.assert_allclose(single.training[:, 0], history.training[:, j], rtol=1e-4)
            np.testing.assert_allclose(single.validation[:, 0], history.validation[:, j], rtol=1e-4)
            for a, b in zip(alone.parameters(), together.parameters(), strict=True):
                torch.testing.assert_close(a[0], b[j], rtol=1e-3, atol=1e-4)

    def test_the_best_weights_are_kept(self, kind, make_task):
        """An overfitting net: the loss of what is returned is that of the best epoch, not of the last."""
        schedule = replace(
            SCHEDULE,
            learning_rate=0.05,
            weight_decay=0.0,
            group_penalty=0.0,
            max_epochs=60,
            batch_size=32 if kind == "hops" else None,
        )
        task, net = make_task(kind), make_net(kind)
        history = train(net, task, schedule, generator())
        for j, part in enumerate([0, 1, 2, None]):
            rows = np.flatnonzero(np.arange(N) % 3 == part) if part is not None else np.arange(N)
            assert loss_by_hand(net, task, rows, j) == pytest.approx(history.best[j], rel=1e-4)
            assert history.best[j] <= history.validation[:, j].min() + 1e-4 * history.validation[0, j]
        assert (history.best[:3] < 0.9 * history.validation[-1, :3]).all()
        assert (history.best_epoch[:3] < 50).all()

    def test_stops_when_no_member_improves(self, kind, make_task):
        schedule = replace(
            SCHEDULE,
            learning_rate=0.05,
            max_epochs=500,
            patience=4,
            batch_size=32 if kind == "hops" else None,
        )
        net, task = make_net(kind), make_task(kind)
        net.select([0, 1, 2])
        some = {"validation_part": task.validation_part[:3], "strength": task.strength[:3]}
        history = train(net, replace(task, **some), schedule, generator())
        assert len(history.validation) - 1 - history.best_epoch.max() == 4

    def test_rows_of_weight_zero_have_no_outcome(self, kind, make_task):
        task = make_task(kind)
        task = replace(task, weight=task.weight * (torch.arange(N) % 5 > 0))
        nets = []
        for wild in (0.0, 1e6):
            net = make_net(kind)
            target = torch.where(task.weight == 0, wild, task.target)
            schedule = replace(SCHEDULE, batch_size=32 if kind == "hops" else None)
            train(net, replace(task, target=target), schedule, generator())
            nets.append(net)
        for a, b in zip(*(net.parameters() for net in nets), strict=True):
            assert torch.equal(a, b)


class TestOneStep:
    """A single epoch, written out by hand with torch's Adam."""

    def test_batches(self, make_task):
        task, net = make_task(), make_net()
        schedule = replace(SCHEDULE, max_epochs=1)
        start = [value.detach().clone() for value in net.parameters()]
        train(net, task, schedule, generator(5))
        order = torch.randperm(N, generator=generator(5))
        for j in range(M):
            w1, b1, w2, b2, w3, b3 = (value[j].clone().requires_grad_() for value in start)
            optimiser = torch.optim.Adam([w1, b1, w2, b2, w3, b3], lr=schedule.learning_rate)
            weight = torch.where(task.part == task.validation_part[j], 0.0, task.weight)
            for rows in order.split(32):
                out = gelu(gelu(task.inputs[rows] @ w1 + b1) @ w2 + b2) @ w3 + b3
                loss = (weight[rows] * (out[:, 0] - task.target[rows]) ** 2).mean() / weight.mean()
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                step = schedule.learning_rate * float(task.strength[j])
                with torch.no_grad():
                    for w in (w1, w2, w3):
                        w *= 1 - step * schedule.weight_decay
                    length = w1.norm(dim=1, keepdim=True)
                    w1 *= (1 - step * schedule.group_penalty / length).clamp(min=0)
            for ours, theirs in zip(net.parameters(), (w1, b1, w2, b2, w3, b3), strict=True):
                torch.testing.assert_close(ours[j].detach(), theirs.detach(), rtol=1e-4, atol=1e-5)

    def test_whole_weights_are_repeated_rows(self, make_task, columns):
        """All rows at once, so that repeated rows share their steps."""
        times = np.random.default_rng(2).integers(1, 4, N)
        task = make_task(weight=torch.from_numpy(times.astype(np.float32)))
        rows = np.repeat(np.arange(N), times)
        repeated = replace(
            task,
            inputs=task.inputs[rows],
            target=task.target[rows],
            part=task.part[rows],
            weight=torch.ones(len(rows)),
        )
        schedule = replace(SCHEDULE, batch_size=None)
        nets = make_net(), make_net()
        for net, some in zip(nets, (task, repeated), strict=True):
            train(net, some, schedule, generator())
        torch.testing.assert_close(nets[0](task.inputs), nets[1](task.inputs), rtol=1e-3, atol=1e-4)


class TestReports:
    def test_history(self, make_task):
        history = train(make_net(), make_task(), SCHEDULE, generator())
        assert history.training.shape == history.validation.shape == (6, M)
        assert history.best_epoch.shape == history.best.shape == (M,)
        assert history.best.tolist() == [history.validation[e, j] for j, e in enumerate(history.best_epoch)]

    def test_each_epoch_is_told(self, make_task):
        told = []
        history = train(make_net(), make_task(), SCHEDULE, generator(), lambda *seen: told.append(seen))
        assert [epoch for epoch, _ in told] == list(range(6))
        np.testing.assert_allclose([loss for _, loss in told], history.validation.mean(axis=1))

    @pytest.mark.parametrize(("kind", "size"), [("hops", 32), ("links", None)])
    @pytest.mark.parametrize("wrong", [np.nan, np.inf])
    def test_a_loss_that_is_not_finite(self, make_task, kind, size, wrong):
        def loss(out, target):
            broken = torch.zeros_like(out[..., 0])
            broken[-1] = wrong  # member 3 only
            return squared_error(out, target) + broken

        message = (
            rf"the training loss of network 3 must stay finite; got {wrong} in epoch 0 "
            r"\(lower learning_rate, 0.02 now, or look at the architecture\)"
        )
        with pytest.raises(ValueError, match=message):
            train(make_net(kind), make_task(kind, loss=loss), replace(SCHEDULE, batch_size=size), generator())


class TestGroupPenalty:
    @pytest.fixture
    def task(self):
        rng = np.random.default_rng(4)
        x = rng.normal(size=(1500, 4)).astype(np.float32)
        target = np.sin(2 * x[:, 0]) + 0.1 * rng.normal(size=1500)
        part = torch.from_numpy(np.arange(1500) % 3)
        return Task(
            inputs=torch.from_numpy(x),
            target=torch.from_numpy(target.astype(np.float32)),
            weight=torch.ones(1500),
            part=part,
            validation_part=torch.tensor([0, 1, 2, 0]),
            strength=torch.tensor([1.0, 1.0, 1.0, 0.0]),
            loss=squared_error,
        )

    def test_columns_without_use_have_no_weights_at_all(self, task):
        net = make_net()
        schedule = replace(SCHEDULE, group_penalty=1.5, weight_decay=0.0, max_epochs=15, batch_size=50)
        train(net, task, schedule, generator())
        norms = net.first[0].weight.detach().norm(dim=2)
        assert (norms[:3, 1:] == 0).all() and (norms[:, 0] > 0.3).all()
        assert (norms[3] > 0).all()  # a member without a penalty


def test_validation_rows_of_each_member(make_task):
    task = make_task(part=torch.from_numpy(np.random.default_rng(3).choice([0, 0, 1, 2, -2], N)))
    task = replace(task, weight=torch.where(task.part == -2, 0.0, task.weight))
    rows, weight = _training._validation_rows(task)
    for j, part in enumerate([0, 1, 2]):
        expected = np.flatnonzero(task.part == part)
        np.testing.assert_array_equal(rows[j, : len(expected)], expected)
        np.testing.assert_array_equal(weight[j, : len(expected)], task.weight[expected])
        assert (weight[j, len(expected) :] == 0).all()
    assert float(weight[3].sum()) == pytest.approx(float(task.weight.sum()))


class TestThreads:
    @pytest.fixture(autouse=True)
    def three(self):
        before = torch.get_num_threads()
        torch.set_num_threads(3)
        yield
        torch.set_num_threads(before)

    def test_one_inside_and_the_old_number_afterwards(self):
        with torch_threads(one=True):
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == 3
        with pytest.raises(KeyError), torch_threads(one=True):
            raise KeyError
        assert torch.get_num_threads() == 3

    @pytest.mark.parametrize("first_out", ["main", "other"])
    def test_fits_that_overlap(self, first_out):
        """Whoever leaves first, every thread has its old number back, and so has a new one."""
        inside, go = threading.Event(), threading.Event()
        seen = {}

        def other():
            with torch_threads(one=True):
                seen["other, inside"] = torch.get_num_threads()
                inside.set()
                assert go.wait(10)
            seen["other"] = torch.get_num_threads()

        def count(name):
            seen[name] = torch.get_num_threads()

        thread = threading.Thread(target=other)
        with torch_threads(one=True):
            thread.start()
            assert inside.wait(10)
            if first_out == "other":
                go.set()
                thread.join(10)
            count("main, inside")
        count("main")
        go.set()
        thread.join(10)
        new = threading.Thread(target=count, args=("new",))
        new.start()
        new.join(10)
        assert seen == {"other, inside": 1, "other": 3, "main, inside": 1, "main": 3, "new": 3}

    def test_a_fit_on_links_has_all_of_them_beside_one_that_has_not(self):
        seen = []

        def other():
            with torch_threads(one=False):
                seen.append(torch.get_num_threads())

        with torch_threads(one=True):
            thread = threading.Thread(target=other)
            thread.start()
            thread.join(10)
            assert torch.get_num_threads() == 1
        assert seen == [3]


class TestSeededTorch:
    def test_same_numbers_and_an_untouched_generator(self):
        state = torch.random.get_rng_state()
        drawn = []
        for seed in (1, 1, 2):
            with seeded_torch(seed):
                drawn.append(torch.randn(5))
        assert torch.equal(torch.random.get_rng_state(), state)
        assert torch.equal(drawn[0], drawn[1]) and not torch.equal(drawn[0], drawn[2])

    def test_threads_wait_for_each_other(self):
        entered, drawn = threading.Event(), []

        def draw():
            with seeded_torch(1):
                entered.set()
                drawn.append(torch.randn(3))

        thread = threading.Thread(target=draw)
        with seeded_torch(1):
            first = torch.randn(1)
            thread.start()
            assert not entered.wait(0.1)
            rest = torch.randn(2)
        thread.join(10)
        assert entered.is_set() and torch.equal(drawn[0], torch.cat([first, rest]))

    def test_a_fit_inside_a_fit(self):
        with seeded_torch(1):
            expected = torch.randn(2)
        with seeded_torch(1):
            first = torch.randn(1)
            with seeded_torch(2):
                torch.randn(7)
            assert torch.equal(torch.cat([first, torch.randn(1)]), expected)
