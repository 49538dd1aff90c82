"""Small torch models trained on the risks of the environments: invariant risk minimisation and group DRO."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
# From predictions and outcomes of a batch and the rows of each environment in it.
Loss = Callable[[Any, Any, list[slice]], Any]

WIDTH = 64
LEARNING_RATE = 3e-3
WEIGHT_DECAY = 1e-4
BATCH = 128
N_STEPS = {"linear": 1000, "network": 1000}
WARM_STEPS = 300


def train(
    x: Floats,
    y: Floats,
    environments: NDArray[np.int64],
    model: str,
    make_loss: Callable[[], Loss],
    seed: int,
) -> Callable[[Floats], Floats]:
    """Fit a linear model or a network with two hidden layers by Adam.

    Each batch has as many rows of each environment.
    `x` and `y` should have mean 0 and variance 1. `make_loss` gives a loss that may keep a state over steps.
    """
    import torch

    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = _network(x.shape[1], model)
    inputs, outcomes = (torch.as_tensor(part, dtype=torch.float32) for part in (x, y))
    groups = [torch.as_tensor(np.flatnonzero(environments == e)) for e in range(environments.max() + 1)]
    optimiser = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    loss = make_loss()
    for _ in range(N_STEPS[model]):
        picked = [group[torch.randint(len(group), (BATCH,), generator=generator)] for group in groups]
        rows = torch.cat(picked)
        optimiser.zero_grad()
        loss(network(inputs[rows])[:, 0], outcomes[rows], _blocks(len(groups))).backward()
        optimiser.step()
    return lambda new: _predict(network, new)


def _network(n_columns: int, model: str) -> Any:
    from torch import nn

    if model == "linear":
        return nn.Linear(n_columns, 1)
    hidden = [nn.Linear(n_columns, WIDTH), nn.ReLU(), nn.Linear(WIDTH, WIDTH), nn.ReLU()]
    return nn.Sequential(*hidden, nn.Linear(WIDTH, 1))


def _blocks(n_groups: int) -> list[slice]:
    """Rows of each environment in a batch."""
    return [slice(e * BATCH, (e + 1) * BATCH) for e in range(n_groups)]


def _predict(network: Any, x: Floats) -> Floats:
    import torch

    with torch.no_grad():
        return network(torch.as_tensor(x, dtype=torch.float32))[:, 0].numpy().astype(np.float64)


def irm_loss(penalty: float) -> Callable[[], Loss]:
    """Mean risk plus the squared slopes of the environments' risks in a common factor of the prediction.

    IRMv1 of Arjovsky et al. (2019): for the squared loss the slope at factor 1 is 2 E f (f - y). Its square
    is the product of the slopes in two halves of the rows, which has the right mean in batches of any size.
    The penalty counts in full after some steps, from when on the sum is divided by it.
    """

    def make() -> Loss:
        step = 0

        def loss(prediction: Any, outcome: Any, blocks: list[slice]) -> Any:
            nonlocal step
            step += 1
            factor = penalty if step > WARM_STEPS else min(1.0, penalty)
            residual = prediction - outcome
            risk = sum((residual[block] ** 2).mean() for block in blocks) / len(blocks)
            terms = [2 * prediction[block] * residual[block] for block in blocks]
            punished = sum(term[::2].mean() * term[1::2].mean() for term in terms) / len(blocks)
            return (risk + factor * punished) / max(1.0, factor)

        return loss

    return make


def dro_loss(step_size: float) -> Callable[[], Loss]:
    """Risks of the environments under exponentiated weights (Sagawa et al. 2020, ICLR)."""

    def make() -> Loss:
        weights = None

        def loss(prediction: Any, outcome: Any, blocks: list[slice]) -> Any:
            import torch

            nonlocal weights
            losses = torch.stack([((prediction[block] - outcome[block]) ** 2).mean() for block in blocks])
            weights = torch.ones(len(blocks)) if weights is None else weights
            raised = weights * torch.exp(step_size * losses.detach())
            weights = raised / raised.sum()
            return (weights * losses).sum()

        return loss

    return make
