"""The estimators of "The Final-Stage Bottleneck" (arXiv 2511.13018), as released and repaired.

Two things keep the released ones from the answer. Their linear stage has no column for the treatment itself,
so that not even a constant effect can be expressed; and 150 to 200 steps of Adam from zero are too few. Each
can be repaired alone ("intercept", "convergence") or with the other ("both").
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.model_selection import KFold
from torch import Tensor, nn
from torch.nn import functional
from torch_geometric.nn import GCNConv

from causalkit.graphs import Network

Array = NDArray[np.float64]
Loss = Callable[[Tensor, Tensor], Tensor]  # (predictions of all nodes, rows that count)

WIDTH = 32
LEARNING_RATE = 1e-3
N_FOLDS = 2
NUISANCE_EPOCHS, EFFECT_EPOCHS = 150, 200
RIDGE_PENALTY = 0.1
# To convergence: until held-out loss has not improved for so many steps; the best weights are kept.
MOST_EPOCHS, PATIENCE, HELD_OUT = 4000, 150, 0.2

REPAIRS = ("none", "intercept", "convergence", "both")


@dataclass(frozen=True)
class Repairs:
    """What is put right: the effect has a free constant; networks are trained to convergence."""

    intercept: bool
    convergence: bool

    @classmethod
    def named(cls, name: str) -> Repairs:
        if name not in REPAIRS:
            raise ValueError(f"repairs must be one of {REPAIRS}; got {name!r}")
        return cls(name in ("intercept", "both"), name in ("convergence", "both"))


class OwnNetwork(nn.Module):
    """Two hidden layers on a node's own columns."""

    def __init__(self, n_columns: int) -> None:
        super().__init__()
        self.hidden = nn.ModuleList([nn.Linear(n_columns, WIDTH), nn.Linear(WIDTH, WIDTH)])
        self.last = nn.Linear(WIDTH, 1)

    def forward(self, x: Tensor, edge_index: Tensor) -> Tensor:
        for layer in self.hidden:
            x = layer(x).relu()
        return self.last(x).squeeze(-1)


class ConvolutionNetwork(nn.Module):
    """Two graph convolutions (Kipf & Welling 2017)."""

    def __init__(self, n_columns: int) -> None:
        super().__init__()
        self.first, self.last = GCNConv(n_columns, WIDTH), GCNConv(WIDTH, 1)

    def forward(self, x: Tensor, edge_index: Tensor) -> Tensor:
        return self.last(self.first(x, edge_index).relu(), edge_index).squeeze(-1)

    def start_at_zero(self) -> None:
        """Let the output be zero before training, whatever the columns."""
        nn.init.zeros_(self.last.lin.weight)


class WithOwnTreatment(nn.Module):
    """A network on [X, T] plus a line in a node's own treatment, the last column."""

    def __init__(self, n_columns: int, start: tuple[float, float]) -> None:
        super().__init__()
        self.network = ConvolutionNetwork(n_columns)
        self.network.start_at_zero()
        self.line = nn.Parameter(torch.tensor(start))

    def forward(self, x: Tensor, edge_index: Tensor) -> Tensor:
        return self.network(x, edge_index) + self.line[0] + self.line[1] * x[:, -1]


NETWORKS = {"mlp": OwnNetwork, "gcn": ConvolutionNetwork}


@dataclass(frozen=True)
class Nodes:
    """Columns (n, d) and links of all nodes; outcomes of some of them may not be looked at."""

    x: Tensor
    edge_index: Tensor

    @classmethod
    def of(cls, columns: Array, network: Network) -> Nodes:
        links = network.adjacency.tocoo()
        edge_index = torch.from_numpy(np.stack([links.row, links.col]).astype(np.int64))
        return cls(tensor(columns), edge_index)

    def beside(self, column: Tensor) -> Nodes:
        return Nodes(torch.column_stack([self.x, column]), self.edge_index)


def tensor(values: Array) -> Tensor:
    return torch.from_numpy(np.asarray(values, dtype=np.float32))


def r_learner(
    x: Array,
    network: Network,
    outcome: Array,
    treatment: Array,
    *,
    nuisance: str,
    final: str,
    repairs: Repairs,
    seed: int,
) -> Array:
    """Effect of each node (n,): nuisances "mlp" or "gcn", final stage "linear" or "gcn"."""
    nodes, (y, scale) = Nodes.of(x, network), outcome_units(outcome, repairs)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        outcome_residual, treatment_residual = residuals(nodes, y, treatment, nuisance, repairs, seed)
        stage = linear_effect if final == "linear" else network_effect
        return scale * stage(nodes, outcome_residual, treatment_residual, repairs, seed)


def t_learner(
    x: Array, network: Network, outcome: Array, treatment: Array, *, repairs: Repairs, seed: int
) -> Array:
    """Effect of each node (n,): one network on [X, T], everybody treated against nobody.

    That contrast moves the neighbours' treatments too. With an intercept the network starts from the least
    squares line in the own treatment.
    """
    y, scale = outcome_units(outcome, repairs)
    own = Nodes.of(x, network)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = single_network(x, y, treatment, repairs)
        seen, target = own.beside(tensor(treatment)), tensor(y)
        train(model, seen, mean_squares(target), np.arange(len(y)), NUISANCE_EPOCHS, repairs, seed)
        ones = torch.ones(len(y))
        return scale * (predict(model, own.beside(ones)) - predict(model, own.beside(0 * ones)))


def single_network(x: Array, y: Array, treatment: Array, repairs: Repairs) -> nn.Module:
    n_columns = x.shape[1] + 1
    if not repairs.intercept:
        return ConvolutionNetwork(n_columns)
    design = np.column_stack([np.ones(len(y)), treatment, x])
    line = np.linalg.lstsq(design, y, rcond=None)[0]
    return WithOwnTreatment(n_columns, (float(line[0]), float(line[1])))


def outcome_units(outcome: Array, repairs: Repairs) -> tuple[Array, float]:
    """The outcome in standard deviations from its mean where training is repaired; and those units."""
    if not repairs.convergence:
        return outcome, 1.0
    scale = float(outcome.std())
    return (outcome - outcome.mean()) / scale, scale


# Stages


def residuals(
    nodes: Nodes, y: Array, treatment: Array, nuisance: str, repairs: Repairs, seed: int
) -> tuple[Array, Array]:
    """Outcome and treatment less what networks predict that did not see them."""
    mean, chance = np.empty(len(y)), np.empty(len(y))
    for rows, others in KFold(N_FOLDS, shuffle=True, random_state=seed).split(y):
        for target, loss, out in (
            (y, mean_squares(tensor(y)), mean),
            (treatment, log_loss(tensor(treatment)), chance),
        ):
            model = NETWORKS[nuisance](nodes.x.shape[1])
            train(model, nodes, loss, rows, NUISANCE_EPOCHS, repairs, seed)
            values = predict(model, nodes)[others]
            out[others] = values if target is y else 1 / (1 + np.exp(-values))
    return y - mean, treatment - chance


def linear_effect(
    nodes: Nodes, outcome_residual: Array, treatment_residual: Array, repairs: Repairs, seed: int
) -> Array:
    """Ridge regression of the outcome residual on X Tr, and on Tr too where the effect has an intercept."""
    columns = nodes.x.numpy().astype(np.float64)
    penalty = np.full(columns.shape[1], RIDGE_PENALTY)
    if repairs.intercept:
        columns, penalty = np.column_stack([np.ones(len(columns)), columns]), np.r_[0.0, penalty]
    design = columns * treatment_residual[:, None]
    weights = np.linalg.solve(design.T @ design + np.diag(penalty), design.T @ outcome_residual)
    return columns @ weights


def network_effect(
    nodes: Nodes, outcome_residual: Array, treatment_residual: Array, repairs: Repairs, seed: int
) -> Array:
    """Graph convolutions trained on the R-loss, mean of (Yr - Tr tau)^2."""
    constant = 0.0
    model = ConvolutionNetwork(nodes.x.shape[1])
    if repairs.intercept:
        constant = float(treatment_residual @ outcome_residual / (treatment_residual @ treatment_residual))
        model.start_at_zero()
    yr, tr = tensor(outcome_residual), tensor(treatment_residual)

    def r_loss(values: Tensor, rows: Tensor) -> Tensor:
        return (yr[rows] - tr[rows] * (constant + values[rows])).square().mean()

    train(model, nodes, r_loss, np.arange(len(yr)), EFFECT_EPOCHS, repairs, seed)
    return constant + predict(model, nodes)


# Training


def mean_squares(target: Tensor) -> Loss:
    return lambda values, rows: functional.mse_loss(values[rows], target[rows])


def log_loss(target: Tensor) -> Loss:
    return lambda values, rows: functional.binary_cross_entropy_with_logits(values[rows], target[rows])


def train(
    model: nn.Module,
    nodes: Nodes,
    loss: Loss,
    rows: NDArray[np.intp],
    n_epochs: int,
    repairs: Repairs,
    seed: int,
) -> None:
    """Full-batch Adam: for a fixed number of steps, or until the loss of held-out rows stops falling."""
    if repairs.convergence:
        _train_to_convergence(model, nodes, loss, rows, seed)
        return
    optimiser = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)
    some = torch.from_numpy(rows)
    for _ in range(n_epochs):
        _step(optimiser, loss(model(nodes.x, nodes.edge_index), some))


def _train_to_convergence(
    model: nn.Module, nodes: Nodes, loss: Loss, rows: NDArray[np.intp], seed: int
) -> None:
    mixed = torch.from_numpy(np.random.default_rng(seed).permutation(rows))
    n_held_out = int(HELD_OUT * len(rows))
    held_out, some = mixed[:n_held_out], mixed[n_held_out:]
    optimiser = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)
    best, best_weights, since = np.inf, deepcopy(model.state_dict()), 0
    for _ in range(MOST_EPOCHS):
        values = model(nodes.x, nodes.edge_index)
        now = float(loss(values.detach(), held_out))
        since = 0 if now < best else since + 1
        if now < best:
            best, best_weights = now, deepcopy(model.state_dict())
        elif since >= PATIENCE:
            break
        _step(optimiser, loss(values, some))
    model.load_state_dict(best_weights)


def _step(optimiser: torch.optim.Optimizer, value: Tensor) -> None:
    optimiser.zero_grad()
    value.backward()
    optimiser.step()


def predict(model: nn.Module, nodes: Nodes) -> Array:
    with torch.no_grad():
        return model(nodes.x, nodes.edge_index).numpy().astype(np.float64)
