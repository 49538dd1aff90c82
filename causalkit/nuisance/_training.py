"""Training of an ensemble of networks: batches, penalties, early stopping member by member."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

Index = NDArray[np.intp]

_EVALUATED_ROWS = 16_384  # at once, of each member
_FULL_STEPS = 3  # an epoch on all rows at once has so many steps, so that losses are not looked at after each
_TOLERANCE = 1e-4  # a validation loss counts as smaller from this share of the first one on


@dataclass(frozen=True)
class Schedule:
    """How an ensemble is trained; penalties are those of a member of strength one."""

    learning_rate: float
    weight_decay: float
    group_penalty: float
    max_epochs: int
    patience: int
    batch_size: int | None  # None: all rows at once


@dataclass(frozen=True)
class Task:
    """What is fitted: a loss of each row, and which rows each member trains and stops on.

    `loss` takes outputs (m, b, n_out) and targets (b,) or (m, b) and returns (m, b). Member j stops on the
    rows whose `part` is ``validation_part[j]`` and trains on the others; where that is -1 it trains on all
    and stops on them, too. Rows have a weight with mean one.
    """

    inputs: Any  # hop columns (n, d), or GraphInputs
    target: torch.Tensor
    weight: torch.Tensor
    part: torch.Tensor
    validation_part: torch.Tensor  # (m,)
    strength: torch.Tensor  # (m,), factors of the penalties
    loss: Callable[[Any, Any], Any]

    @property
    def n_rows(self) -> int:
        return len(self.target)

    def training_weight(self, rows: Any = slice(None)) -> torch.Tensor:
        """Weight of rows in each member's training loss, (m, b)."""
        used = self.part[rows] != self.validation_part[:, None]
        return used * self.weight[rows]

    def validation_rows(self) -> torch.Tensor:
        """Whether a row is among those that a member stops on, (m, n)."""
        return (self.part == self.validation_part[:, None]) | (self.validation_part[:, None] < 0)

    def validation_weight(self) -> torch.Tensor:
        """Weight of every row in each member's validation loss, (m, n)."""
        return self.validation_rows() * self.weight


@dataclass(frozen=True)
class History:
    """Losses by epoch and member (n_epochs, m), and the epoch whose weights each member kept, (m,)."""

    training: NDArray[np.float64]
    validation: NDArray[np.float64]
    best_epoch: Index

    @property
    def best(self) -> NDArray[np.float64]:
        """Smallest validation loss of each member, (m,)."""
        return self.validation[self.best_epoch, np.arange(self.validation.shape[1])]


def train(
    net: Any,
    task: Task,
    schedule: Schedule,
    generator: torch.Generator,
    on_epoch: Callable[[int, float], None] = lambda epoch, loss: None,
) -> History:
    """Train all members at once; each ends with the weights of its smallest validation loss."""
    import torch

    optimiser = torch.optim.Adam(net.parameters(), lr=schedule.learning_rate)
    run_epoch = (
        _full_epoch(task) if schedule.batch_size is None else _batched_epoch(task, schedule, generator)
    )
    kept, best = net.state(), np.full(net.n_members, np.inf)
    best_epoch = np.zeros(net.n_members, np.intp)
    training, validation = [], []
    for epoch in range(schedule.max_epochs):
        losses = run_epoch(net, optimiser, lambda: _penalise(net, task, schedule))
        _check_finite(losses, epoch, schedule)
        training.append(losses[0])
        validation.append(losses[1])
        better = losses[1] < best - _TOLERANCE * np.abs(validation[0])
        if better.any():
            net.keep(kept, torch.as_tensor(better))
            best, best_epoch = np.where(better, losses[1], best), np.where(better, epoch, best_epoch)
        on_epoch(epoch, float(losses[1].mean()))
        if (epoch - best_epoch).min() >= schedule.patience:
            break
    net.restore(kept)
    return History(np.array(training), np.array(validation), best_epoch)


def _penalise(net: Any, task: Task, schedule: Schedule) -> None:
    step = schedule.learning_rate * task.strength
    if schedule.weight_decay:
        net.decay(step * schedule.weight_decay)
    if schedule.group_penalty:
        net.shrink_columns(step * schedule.group_penalty)


def _batched_epoch(task: Task, schedule: Schedule, generator: torch.Generator) -> Callable[..., Any]:
    """Steps on random batches, which all members share, then each member's loss on its validation rows."""
    import torch

    rows, weight = _validation_rows(task)
    total = task.training_weight().sum(dim=1)
    n = task.n_rows

    def epoch(net: Any, optimiser: Any, penalise: Callable[[], None]) -> tuple[Any, Any]:
        spent = torch.zeros_like(total)
        order = torch.randperm(n, generator=generator).to(task.target.device)
        for batch in order.split(schedule.batch_size):
            out = net(task.inputs[batch])
            part = (task.loss(out, task.target[batch]) * task.training_weight(batch)).sum(dim=1)
            optimiser.zero_grad(set_to_none=True)
            (part * (n / len(batch)) / total).sum().backward()
            optimiser.step()
            penalise()
            spent += part.detach()
        return (spent / total).cpu().numpy(), _held_out_loss(net, task, rows, weight)

    return epoch


def _validation_rows(task: Task) -> tuple[torch.Tensor, torch.Tensor]:
    """Each member's validation rows (m, v), filled up with row 0 at weight zero, and their weights."""
    from torch.nn.utils.rnn import pad_sequence

    rows = [used.nonzero().flatten() for used in task.validation_rows()]
    weight = [task.weight[some] for some in rows]
    return pad_sequence(rows, batch_first=True), pad_sequence(weight, batch_first=True)


def _held_out_loss(net: Any, task: Task, rows: torch.Tensor, weight: torch.Tensor) -> NDArray[np.float64]:
    import torch

    total = torch.zeros(len(rows), device=weight.device)
    with torch.no_grad():
        for some, w in zip(
            rows.split(_EVALUATED_ROWS, dim=1), weight.split(_EVALUATED_ROWS, dim=1), strict=True
        ):
            total += (task.loss(net(task.inputs[some]), task.target[some]) * w).sum(dim=1)
    return np.asarray((total / weight.sum(dim=1)).cpu().numpy(), dtype=np.float64)


def _full_epoch(task: Task) -> Callable[..., Any]:
    """A few steps on all rows; the losses are those before the last step and after it."""
    import torch

    training, validation = task.training_weight(), task.validation_weight()
    training = training / training.sum(dim=1, keepdim=True)
    validation = validation / validation.sum(dim=1, keepdim=True)

    def epoch(net: Any, optimiser: Any, penalise: Callable[[], None]) -> tuple[Any, Any]:
        net.train()
        for _ in range(_FULL_STEPS):
            optimiser.zero_grad(set_to_none=True)
            spent = (task.loss(net(task.inputs), task.target) * training).sum(dim=1)
            spent.sum().backward()
            optimiser.step()
            penalise()
        net.eval()
        with torch.no_grad():
            held_out = (task.loss(net(task.inputs), task.target) * validation).sum(dim=1)
        return spent.detach().cpu().numpy(), held_out.cpu().numpy().astype(np.float64)

    return epoch


def _check_finite(losses: tuple[Any, Any], epoch: int, schedule: Schedule) -> None:
    for kind, values in zip(("training", "validation"), losses, strict=True):
        wrong = np.flatnonzero(~np.isfinite(values))
        if wrong.size:
            raise ValueError(
                f"the {kind} loss of network {wrong[0]} must stay finite; got {values[wrong[0]]} in epoch "
                f"{epoch} (lower learning_rate, {schedule.learning_rate:g} now, or look at the architecture)"
            )


class _Threads:
    """Number of torch's threads in fits that may run beside each other.

    A Python thread has a number of its own, which starts as the one that any thread has set last. So every
    thread puts its own back, and a fit that asks for all of them is told how many that is.
    """

    def __init__(self) -> None:
        self.lock, self.n_users, self.usual = threading.Lock(), 0, 1

    def enter(self, one: bool) -> None:
        import torch

        with self.lock:
            if self.n_users == 0:
                self.usual = torch.get_num_threads()
            self.n_users += 1
            torch.set_num_threads(1 if one else self.usual)

    def leave(self) -> None:
        import torch

        with self.lock:
            self.n_users -= 1
            torch.set_num_threads(self.usual)


_threads = _Threads()
_global_generator = threading.RLock()


@contextmanager
def torch_threads(*, one: bool) -> Iterator[None]:
    """A context in which torch uses one thread, or its usual number whatever fits run in other threads.

    Products of small batches are too small to share; sums depend on the number of threads.
    """
    _threads.enter(one)
    try:
        yield
    finally:
        _threads.leave()


@contextmanager
def seeded_torch(seed: int) -> Iterator[None]:
    """A context for modules that draw from torch's global generator, which is put back afterwards.

    The generator belongs to the process: other threads wait, so that each fit draws the same numbers.
    """
    import torch

    devices = range(torch.cuda.device_count())  # named, since torch warns of more than one otherwise
    with _global_generator, torch.random.fork_rng(devices):
        torch.manual_seed(seed)
        yield
