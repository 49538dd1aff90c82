"""Torch modules: ensembles of networks on hop columns or on links, trained as one computation."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

_HEADS = 4  # of an attention layer
_FIRST, _LAST = 0.3, 0.3  # scale of the first and last layer's initial weights: a network starts almost flat


@dataclass(frozen=True)
class GraphInputs:
    """What a network on links sees.

    Shapes
    ------
    x : (n, d), columns that travel along links
    own : (n, k), columns that stay with their node; k may be 0
    matrix, transposed : sparse CSR (n, n), what a layer multiplies its nodes with, for "gcn" and "sage"
    neighbours : (n, d), matrix @ x
    edge_index : (2, 2 * n_edges), for "gat" and modules of one's own
    edge_weight : (2 * n_edges,), for modules of one's own
    """

    x: Tensor
    own: Tensor
    matrix: Tensor | None = None
    transposed: Tensor | None = None
    neighbours: Tensor | None = None
    edge_index: Tensor | None = None
    edge_weight: Tensor | None = None

    def to(self, device: torch.device) -> GraphInputs:
        moved = {name: value.to(device) for name, value in vars(self).items() if isinstance(value, Tensor)}
        return replace(self, **moved)

    def propagate(self, hidden: Tensor) -> Tensor:
        """The matrix times every member's hidden columns (m, n, c), as one sparse product."""
        m, n, c = hidden.shape
        flat = hidden.transpose(0, 1).reshape(n, m * c)
        return sparse_product(self.matrix, self.transposed, flat).view(n, m, c).transpose(0, 1)


class _SparseProduct(torch.autograd.Function):
    """Torch would transpose the matrix in every backward pass; here the transposed one is given."""

    @staticmethod
    def forward(ctx: Any, matrix: Tensor, transposed: Tensor, dense: Tensor) -> Tensor:
        ctx.transposed = transposed
        return matrix @ dense

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[None, None, Tensor]:
        return None, None, ctx.transposed @ gradients[0].contiguous()


def sparse_product(matrix: Tensor | None, transposed: Tensor | None, dense: Tensor) -> Tensor:
    """matrix @ dense for a CSR matrix (n, n) whose transpose is known, and dense (n, c)."""
    product: Tensor = _SparseProduct.apply(matrix, transposed, dense)
    return product


class MemberLinear(nn.Module):
    """A linear map for each member of an ensemble.

    Shapes
    ------
    x : (n, n_in), the same for all, or (m, n, n_in); returns (m, n, n_out)
    """

    def __init__(
        self, n_members: int, n_in: int, n_out: int, generator: torch.Generator, scale: float = 1.0
    ) -> None:
        super().__init__()
        # He's scale for layers followed by a rectifier-like function.
        spread = scale * (2 / max(n_in, 1)) ** 0.5
        self.weight = nn.Parameter(spread * torch.randn(n_members, n_in, n_out, generator=generator))
        self.bias = nn.Parameter(torch.zeros(n_members, 1, n_out))

    def forward(self, x: Tensor) -> Tensor:
        members = x.expand(len(self.weight), *x.shape) if x.dim() == 2 else x
        return torch.baddbmm(self.bias, members, self.weight)


class BatchedNetworks(nn.Module):
    """Base of ensembles whose parameters all have the members along their first dimension."""

    first: nn.ModuleList  # layers whose input columns the group penalty may drop

    @property
    def n_members(self) -> int:
        return len(next(self.parameters()))

    @torch.no_grad()
    def decay(self, amount: Tensor) -> None:
        """Shrink every weight matrix by the factor 1 - amount, (m,)."""
        for layer in self.modules():
            if isinstance(layer, MemberLinear):
                layer.weight.mul_(1 - amount[:, None, None])

    @torch.no_grad()
    def shrink_columns(self, amount: Tensor) -> None:
        """Proximal step of the group penalty: the norm of an input column's weights falls by amount, (m,)."""
        for layer in self.first:
            norm = layer.weight.norm(dim=2, keepdim=True)  # type: ignore[operator]
            layer.weight.mul_((1 - amount[:, None, None] / norm.clamp(min=1e-12)).clamp(min=0))  # type: ignore[operator]

    def state(self) -> list[Tensor]:
        return [parameter.detach().clone() for parameter in self.parameters()]

    def keep(self, best: list[Tensor], better: Tensor) -> None:
        """Write the present weights of some members (m,) into the kept ones."""
        for parameter, kept in zip(self.parameters(), best, strict=True):
            kept[better] = parameter.detach()[better]

    @torch.no_grad()
    def restore(self, best: list[Tensor]) -> None:
        for parameter, kept in zip(self.parameters(), best, strict=True):
            parameter.copy_(kept)

    def select(self, members: Sequence[int]) -> None:
        """Drop all other members."""
        for layer in self.modules():
            if isinstance(layer, MemberLinear):
                layer.weight = nn.Parameter(layer.weight.detach()[list(members)].clone())
                layer.bias = nn.Parameter(layer.bias.detach()[list(members)].clone())


class HopNetworks(BatchedNetworks):
    """Dense networks on the same hop columns (n, d): all members in one batched product; (m, n, n_out)."""

    def __init__(
        self,
        n_members: int,
        n_in: int,
        n_out: int,
        n_hidden: int,
        n_layers: int,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        widths = [n_in] + [n_hidden] * n_layers
        self.hidden = nn.ModuleList(
            MemberLinear(n_members, a, b, generator, _FIRST if i == 0 else 1.0)
            for i, (a, b) in enumerate(itertools.pairwise(widths))
        )
        _spread_biases(self.hidden[0], generator)
        self.last = MemberLinear(n_members, n_hidden, n_out, generator, _LAST)
        self.first = nn.ModuleList([self.hidden[0]])

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.hidden:
            x = functional.gelu(layer(x))
        out: Tensor = self.last(x)
        return out


class MessageNetworks(BatchedNetworks):
    """Graph convolutions with a root term, then dense layers; members share the sparse products.

    A layer is ``gelu(h V + (M h) W + b)``: M is the mean over neighbours (GraphSAGE; Hamilton et al. 2017) or
    the symmetrically normalised adjacency with self-loops (GCN; Kipf & Welling 2017). The root term h V keeps
    a node's own columns from being diluted by those of its neighbours. Returns (m, n, n_out).
    """

    def __init__(
        self,
        n_members: int,
        n_in: int,
        n_own: int,
        n_out: int,
        n_hidden: int,
        n_hops: int,
        n_dense: int,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        widths = [n_in] + [n_hidden] * n_hops
        steps = list(itertools.pairwise(widths))

        def layers(scale: float) -> nn.ModuleList:
            scales = [scale * _FIRST] + [scale] * (len(steps) - 1)
            return nn.ModuleList(
                MemberLinear(n_members, a, b, generator, s) for (a, b), s in zip(steps, scales, strict=True)
            )

        self.root, self.neighbour = layers(0.5**0.5), layers(0.5**0.5)
        _spread_biases(self.root[0], generator)
        dense = [n_hidden + n_own] + [n_hidden] * n_dense
        self.dense = nn.ModuleList(
            MemberLinear(n_members, a, b, generator) for a, b in itertools.pairwise(dense)
        )
        self.last = MemberLinear(n_members, dense[-1], n_out, generator, _LAST)
        self.first = nn.ModuleList([self.root[0], self.neighbour[0]])

    def forward(self, inputs: GraphInputs) -> Tensor:
        hidden, around = inputs.x, inputs.neighbours
        for i, (root, neighbour) in enumerate(zip(self.root, self.neighbour, strict=True)):
            around = inputs.propagate(hidden) if i else around
            hidden = functional.gelu(root(hidden) + neighbour(around))
        if inputs.own.shape[1]:
            hidden = torch.cat([hidden, inputs.own.expand(len(hidden), *inputs.own.shape)], dim=2)
        for layer in self.dense:
            hidden = functional.gelu(layer(hidden))
        out: Tensor = self.last(hidden)
        return out


class AttentionNetwork(nn.Module):
    """Graph attention (Velickovic et al. 2018) with a root term, then dense layers; one member."""

    def __init__(self, n_in: int, n_own: int, n_out: int, n_hidden: int, n_hops: int, n_dense: int) -> None:
        # Importing it takes seconds, which no other architecture needs.
        from torch_geometric.nn import GATConv

        super().__init__()
        heads = _HEADS if n_hidden % _HEADS == 0 else 1
        widths = [n_in] + [n_hidden] * n_hops
        steps = list(itertools.pairwise(widths))
        self.attention = nn.ModuleList(
            GATConv(a, b // heads, heads=heads, add_self_loops=False) for a, b in steps
        )
        self.root = nn.ModuleList(nn.Linear(a, b) for a, b in steps)
        dense = [n_hidden + n_own] + [n_hidden] * n_dense
        self.dense = nn.ModuleList(nn.Linear(a, b) for a, b in itertools.pairwise(dense))
        self.last = nn.Linear(dense[-1], n_out)

    def forward(self, inputs: GraphInputs) -> Tensor:
        hidden = inputs.x
        for attention, root in zip(self.attention, self.root, strict=True):
            hidden = functional.gelu(attention(hidden, inputs.edge_index) + root(hidden))
        hidden = torch.cat([hidden, inputs.own], dim=1)
        for layer in self.dense:
            hidden = functional.gelu(layer(hidden))
        out: Tensor = self.last(hidden)
        return out


class UserNetwork(nn.Module):
    """A module of the user's own behind the same call: forward(x), (x, edge_index) or with edge_weight."""

    def __init__(self, module: nn.Module, n_out: int) -> None:
        super().__init__()
        self.module, self.n_out = module, n_out
        names = list(inspect.signature(module.forward).parameters)
        self.reads_links, self.reads_weights = len(names) > 1, "edge_weight" in names

    def forward(self, inputs: GraphInputs) -> Tensor:
        extra: dict[str, Any] = {}
        if self.reads_weights:
            extra["edge_weight"] = inputs.edge_weight
        links = (inputs.edge_index,) if self.reads_links else ()
        out = self.module(inputs.x, *links, **extra)
        n = len(inputs.x)
        if isinstance(out, Tensor) and self.n_out == 1 and out.shape == (n,):
            out = out[:, None]
        if not isinstance(out, Tensor) or out.shape != (n, self.n_out):
            found = tuple(out.shape) if isinstance(out, Tensor) else type(out).__name__
            raise ValueError(
                f"architecture must make a module whose forward returns a tensor of shape {(n, self.n_out)}, "
                f"one row for each node; got {found}"
            )
        return out


class SeparateNetworks(nn.Module):
    """An ensemble of ordinary modules, one after the other; returns (m, n, n_out)."""

    def __init__(self, members: Sequence[nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    @property
    def n_members(self) -> int:
        return len(self.members)

    def forward(self, inputs: GraphInputs) -> Tensor:
        return torch.stack([member(inputs) for member in self.members])

    @torch.no_grad()
    def decay(self, amount: Tensor) -> None:
        for member, part in zip(self.members, amount, strict=True):
            for parameter in member.parameters():
                if parameter.dim() > 1:
                    parameter.mul_(1 - part)

    @torch.no_grad()
    def shrink_columns(self, amount: Tensor) -> None:
        """The root and attention maps of the first layer; a module of the user's own has no known one."""
        for member, part in zip(self.members, amount, strict=True):
            for weight in _first_weights(member):
                norm = weight.norm(dim=0, keepdim=True)
                weight.mul_((1 - part / norm.clamp(min=1e-12)).clamp(min=0))

    def state(self) -> list[dict[str, Tensor]]:
        return [_copy_of(member) for member in self.members]

    def keep(self, best: list[dict[str, Tensor]], better: Tensor) -> None:
        for j in torch.nonzero(better).flatten().tolist():
            best[j] = _copy_of(self.members[j])

    def restore(self, best: list[dict[str, Tensor]]) -> None:
        for member, kept in zip(self.members, best, strict=True):
            member.load_state_dict(kept)

    def select(self, members: Sequence[int]) -> None:
        self.members = nn.ModuleList(self.members[j] for j in members)


def _spread_biases(layer: Any, generator: torch.Generator) -> None:
    """Units of the first layer bend at different places from the start."""
    layer.bias.data += 0.5 * torch.randn(layer.bias.shape, generator=generator)


def _copy_of(module: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in module.state_dict().items()}


def _first_weights(member: nn.Module) -> list[Tensor]:
    if not isinstance(member, AttentionNetwork):
        return []
    return [member.attention[0].lin.weight, member.root[0].weight]  # type: ignore[union-attr,list-item]
