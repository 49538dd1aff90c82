"""Time of one training epoch of a two-layer GraphSAGE: links as a CSR matrix beside a list of edges.

An epoch is a forward pass over all nodes, a squared loss, a backward pass and a step of Adam. The three
sides are causalkit's own layers on CSR, and torch_geometric's SAGEConv on CSR and on a list of edges. All
start from the same weights, their outputs are compared first, and their epochs alternate. causalkit takes the
neighbours' means of the columns, which never change, once before training. Prints a Markdown table, and the
ratio of the median times.
"""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import torch
import torch_geometric
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import gelu, mse_loss
from torch_geometric.nn import SAGEConv

from causalkit.datasets import make_network_cate
from causalkit.graphs import Network
from causalkit.nuisance._graph_inputs import csr_tensor, graph_inputs
from causalkit.nuisance._modules import MessageNetworks

OURS, CSR, EDGES = "causalkit, CSR", "torch_geometric, CSR", "torch_geometric, edge list"
N_WARM_UP = 3

Epoch = Callable[[], None]


class TwoLayers(nn.Module):
    """Two layers of torch_geometric's GraphSAGE with means of neighbours, and a linear read-out."""

    def __init__(self, n_features: int, n_hidden: int) -> None:
        super().__init__()
        self.first, self.second = SAGEConv(n_features, n_hidden), SAGEConv(n_hidden, n_hidden)
        self.last = nn.Linear(n_hidden, 1)

    def forward(self, x: Tensor, links: Tensor) -> Tensor:
        return self.last(gelu(self.second(gelu(self.first(x, links)), links)))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--nodes", type=int, default=100_000, help="number of nodes")
    parser.add_argument("--degree", type=int, default=8, help="mean number of neighbours")
    parser.add_argument("--features", type=int, default=10, help="number of columns")
    parser.add_argument("--hidden", type=int, default=64, help="width of the hidden layer")
    parser.add_argument("--epochs", type=int, default=20, help="timed epochs of each side")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="threads of torch")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    device = torch.device(arguments.device)
    data = make_network_cate(
        arguments.nodes,
        graph="erdos_renyi",
        mean_degree=arguments.degree,
        n_features=arguments.features,
        random_state=0,
    )
    x, y = (torch.tensor(part.to_numpy(np.float32), device=device) for part in (data.X, data.y))
    epochs = all_sides(x, y, data.graph, arguments.hidden)
    print(report(alternate(epochs, arguments.epochs, device), data.graph, arguments))


def all_sides(x: Tensor, y: Tensor, network: Network, n_hidden: int) -> dict[str, Epoch]:
    """One epoch of each side as a function, after a check that all compute the same."""
    inputs = graph_inputs(x.cpu().numpy(), 0, network, "sage").to(x.device)
    ours = MessageNetworks(1, x.shape[1], 0, 1, n_hidden, 2, 0, torch.Generator().manual_seed(0))
    forwards = {OURS: (ours.to(x.device), (inputs,))}
    for side, links in ((CSR, csr_tensor(network.adjacency)), (EDGES, edge_index(network))):
        forwards[side] = (with_weights_of(ours, x.shape[1], n_hidden), (x, links.to(x.device)))
    with torch.no_grad():
        first, *others = (model(*seen).reshape(len(x)) for model, seen in forwards.values())
        for other in others:
            torch.testing.assert_close(first, other, rtol=1e-3, atol=1e-4)
    return {side: epoch_of(model, seen, y) for side, (model, seen) in forwards.items()}


def with_weights_of(ours: MessageNetworks, n_features: int, n_hidden: int) -> TwoLayers:
    """torch_geometric's network with the weights of the only member of ours."""
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        theirs = TwoLayers(n_features, n_hidden)
        for layer, root, neighbour in zip(
            (theirs.first, theirs.second), ours.root, ours.neighbour, strict=True
        ):
            layer.lin_r.weight.copy_(root.weight[0].T)
            layer.lin_l.weight.copy_(neighbour.weight[0].T)
            layer.lin_l.bias.copy_((root.bias + neighbour.bias).flatten())
        theirs.last.weight.copy_(ours.last.weight[0].T)
        theirs.last.bias.copy_(ours.last.bias.flatten())
    return theirs.to(ours.last.weight.device)


def edge_index(network: Network) -> Tensor:
    links = network.adjacency.tocoo()
    return torch.tensor(np.stack([links.col, links.row]), dtype=torch.int64)


def epoch_of(model: nn.Module, seen: tuple[Any, ...], y: Tensor) -> Epoch:
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)

    def epoch() -> None:
        optimiser.zero_grad()
        mse_loss(model(*seen).reshape(len(y)), y).backward()
        optimiser.step()

    return epoch


def alternate(
    epochs: dict[str, Epoch], n_epochs: int, device: torch.device
) -> dict[str, NDArray[np.float64]]:
    """Seconds of each epoch, (n_epochs,) for each side; one epoch of each side in turn."""
    times: dict[str, list[float]] = {side: [] for side in epochs}
    for _ in range(N_WARM_UP + n_epochs):
        for side, epoch in epochs.items():
            times[side].append(seconds_of(epoch, device))
    return {side: np.array(found[N_WARM_UP:]) for side, found in times.items()}


def seconds_of(epoch: Epoch, device: torch.device) -> float:
    start = perf_counter()
    epoch()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return perf_counter() - start


def report(times: dict[str, NDArray[np.float64]], network: Network, arguments: argparse.Namespace) -> str:
    head = ["links", "ms an epoch, median", "fastest", "slowest", "/ edge list"]
    lines = [f"| {' | '.join(head)} |", "| --- | ---: | ---: | ---: | ---: |"]
    edges = np.median(times[EDGES])
    for side, seconds in times.items():
        figures = [f"{1e3 * value:.1f}" for value in (np.median(seconds), seconds.min(), seconds.max())]
        lines.append(f"| {' | '.join([side, *figures, f'{np.median(seconds) / edges:.2f}'])} |")
    return "\n".join(
        [
            *lines,
            "",
            f"**CSR / edge list: {np.median(times[OURS]) / edges:.2f}** (medians of {arguments.epochs} "
            f"alternated epochs; {network.n_nodes:,} nodes, {network.n_edges:,} edges, "
            f"{arguments.features} features, {arguments.hidden} hidden).",
            f"{processor(arguments.device)}, {arguments.threads} of {os.cpu_count()} cores; "
            f"torch {torch.__version__}, torch_geometric {torch_geometric.__version__}, "
            f"Python {platform.python_version()}.",
        ]
    )


def processor(device: str) -> str:
    """What the machine calls the processor that was timed."""
    if device.startswith("cuda"):
        return torch.cuda.get_device_name(device)
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.is_file() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


if __name__ == "__main__":
    main()
