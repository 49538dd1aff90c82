"""What treatment does in the synthetic networks: one function for each named effect."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import expit, ndtr

from causalkit.graphs._network import Network

Floats = NDArray[np.float64]

_PUBLISHED_WIDTH = 32
_PUBLISHED_TREATMENT_NOISE = 0.3
_PUBLISHED_OUTCOME_NOISE = 0.5


@dataclass(frozen=True)
class HopColumns:
    """Own columns and the standardised means of neighbours' columns.

    Attributes
    ----------
    own : ndarray, shape (n_nodes, n_features)
        Columns x.
    network : Network
        Links of the nodes.
    """

    own: Floats
    network: Network

    @cached_property
    def one_hop(self) -> Floats:
        """Neighbours' means of every column, each with mean 0 and variance 1 over the nodes."""
        return standardise(self.network.random_walk() @ self.own)

    @cached_property
    def two_hop(self) -> Floats:
        """Neighbours' means of neighbours' means of the first column, standardised; shape (n_nodes, 1)."""
        walk = self.network.random_walk()
        return standardise(walk @ (walk @ self.own[:, :1]))


@dataclass(frozen=True)
class Mechanisms:
    """How treatment and outcome of each node arise.

    Attributes
    ----------
    cate, baseline : ndarray, shape (n_nodes,)
        tau and E[Y(0)] of each node.
    treatment_index : ndarray, shape (n_nodes,)
        What ``link`` turns into the propensity.
    link : callable
        Increasing function from an index to a probability, one half at zero.
    noise_scale : float
        Standard deviation of the outcome's noise.
    """

    cate: Floats
    baseline: Floats
    treatment_index: Floats
    link: Callable[[Floats], Floats] = expit
    noise_scale: float = 1.0


@dataclass(frozen=True)
class NetworkEffect:
    """A named effect: its mechanisms, the number of columns that it needs, and its formula."""

    mechanisms: Callable[[HopColumns, float, np.random.Generator], Mechanisms]
    n_features: int
    formula: str


def standardise(columns: Floats) -> Floats:
    """Return columns with mean 0 and variance 1; a column that does not vary becomes zero."""
    centred = columns - columns.mean(axis=0)
    scale = centred.std(axis=0)
    return np.divide(centred, scale, out=np.zeros_like(centred), where=scale > 0)


def _constant(hops: HopColumns, rng: np.random.Generator) -> Floats:
    return np.full(len(hops.own), 2.0)


def _one_hop(hops: HopColumns, rng: np.random.Generator) -> Floats:
    return 2 + 1.5 * np.sin(hops.one_hop[:, 0])


def _two_hop(hops: HopColumns, rng: np.random.Generator) -> Floats:
    return 2 + 1.5 * np.sin(hops.two_hop[:, 0])


def _local(hops: HopColumns, rng: np.random.Generator) -> Floats:
    return 2 + 1.5 * np.sin(hops.own[:, 0])


def _dense(hops: HopColumns, rng: np.random.Generator) -> Floats:
    n_features, width = hops.own.shape[1], 8
    directions = rng.normal(size=(n_features, width))
    read_out = rng.normal(size=width)
    hidden = np.maximum(standardise(hops.one_hop @ directions), 0)
    return 2 + 1.5 * np.sin(standardise(hidden @ read_out))


def _interaction(hops: HopColumns, rng: np.random.Generator) -> Floats:
    return 2 + hops.one_hop[:, 0] * hops.own[:, 1]


def _mixed(hops: HopColumns, rng: np.random.Generator) -> Floats:
    return 1 + np.sin(hops.one_hop[:, 0]) + 0.8 * hops.own[:, 2] * (hops.own[:, 3] > 0)


def _step(hops: HopColumns, rng: np.random.Generator) -> Floats:
    both = (hops.one_hop[:, 0] > 0) & (hops.own[:, 2] > -0.3)
    return 1 + 2 * both.astype(np.float64)


def _product(hops: HopColumns, rng: np.random.Generator) -> Floats:
    return 1 + hops.one_hop[:, 0] * hops.own[:, 2]


def _many_weak(hops: HopColumns, rng: np.random.Generator) -> Floats:
    n_features = hops.own.shape[1]
    own, neighbours = 0.3 * rng.normal(size=(2, n_features))
    return 1 + hops.own @ own + hops.one_hop @ neighbours


def _smoothly_confounded(
    cate: Callable[[HopColumns, np.random.Generator], Floats],
) -> Callable[[HopColumns, float, np.random.Generator], Mechanisms]:
    """Complete an effect by a neighbours' mean that drives both treatment and outcome linearly."""

    def mechanisms(hops: HopColumns, confounding: float, rng: np.random.Generator) -> Mechanisms:
        confounder = confounding * hops.one_hop[:, 1]
        return Mechanisms(
            cate=cate(hops, rng),
            baseline=confounder + 0.5 * hops.own[:, 1],
            treatment_index=0.5 * hops.own[:, 0] + 0.7 * confounder,
        )

    return mechanisms


def _steep(hops: HopColumns, confounding: float, rng: np.random.Generator) -> Mechanisms:
    jump = (hops.one_hop[:, 1] + hops.own[:, 0] > 0.5).astype(np.float64)
    return Mechanisms(
        cate=2 + np.sin(hops.one_hop[:, 0]),
        baseline=3 * confounding * jump,
        treatment_index=confounding * (2 * jump - 1),
    )


def _rough(hops: HopColumns, confounding: float, rng: np.random.Generator) -> Mechanisms:
    wave = confounding * np.sin(2 * hops.one_hop[:, 1] * hops.own[:, 0])
    return Mechanisms(cate=2 + np.sin(hops.one_hop[:, 0]), baseline=3 * wave, treatment_index=2 * wave)


def _published(hops: HopColumns, confounding: float, rng: np.random.Generator) -> Mechanisms:
    hidden = _random_graph_convolutions(hops, rng)
    return Mechanisms(
        cate=2 + 1.5 * np.sin(hidden[:, 0]),
        baseline=confounding * hidden[:, 0] + 0.5 * hops.own[:, 1],
        treatment_index=0.5 * hops.own[:, 0] - 0.7 * confounding * hidden[:, 1],
        link=_published_link,
        noise_scale=_PUBLISHED_OUTCOME_NOISE,
    )


def _published_link(index: Floats) -> Floats:
    return np.asarray(ndtr(index / _PUBLISHED_TREATMENT_NOISE))


def _random_graph_convolutions(hops: HopColumns, rng: np.random.Generator) -> Floats:
    """Return the first two outputs of ReLU(GCN(ReLU(GCN(x)))) with random weights; (n_nodes, 2)."""
    first = _glorot_uniform(hops.own.shape[1], _PUBLISHED_WIDTH, rng)
    second = _glorot_uniform(_PUBLISHED_WIDTH, _PUBLISHED_WIDTH, rng)
    n_nodes = len(hops.own)
    with_loops = hops.network.adjacency + sparse.eye_array(n_nodes, format="csr")
    scale = sparse.diags_array(1 / np.sqrt(np.asarray(with_loops.sum(axis=1)))).tocsr()
    convolution = scale @ with_loops @ scale
    inner = np.maximum(convolution @ (hops.own @ first), 0)
    return np.maximum(convolution @ (inner @ second[:, :2]), 0)


def _glorot_uniform(n_in: int, n_out: int, rng: np.random.Generator) -> Floats:
    return np.sqrt(6 / (n_in + n_out)) * rng.uniform(-1, 1, size=(n_in, n_out))


NETWORK_EFFECTS: dict[str, NetworkEffect] = {
    "constant": NetworkEffect(_smoothly_confounded(_constant), 2, "tau = 2"),
    "one_hop": NetworkEffect(_smoothly_confounded(_one_hop), 2, "tau = 2 + 1.5 sin(H)"),
    "two_hop": NetworkEffect(_smoothly_confounded(_two_hop), 2, "tau = 2 + 1.5 sin(H2)"),
    "local": NetworkEffect(_smoothly_confounded(_local), 2, "tau = 2 + 1.5 sin(x0)"),
    "dense": NetworkEffect(
        _smoothly_confounded(_dense), 2, "tau = 2 + 1.5 sin(R), R a random read-out of all neighbours' means"
    ),
    "interaction": NetworkEffect(_smoothly_confounded(_interaction), 2, "tau = 2 + H x1"),
    "mixed": NetworkEffect(_smoothly_confounded(_mixed), 4, "tau = 1 + sin(H) + 0.8 x2 1[x3 > 0]"),
    "step": NetworkEffect(_smoothly_confounded(_step), 3, "tau = 1 + 2 1[H > 0 and x2 > -0.3]"),
    "product": NetworkEffect(_smoothly_confounded(_product), 3, "tau = 1 + H x2"),
    "many_weak": NetworkEffect(
        _smoothly_confounded(_many_weak),
        2,
        "tau = 1 + b'x + g'(neighbours' means of x), each coefficient drawn from N(0, 0.09)",
    ),
    "steep": NetworkEffect(
        _steep, 2, "tau = 2 + sin(H); J = 1[C + x0 > 0.5], E[Y(0)] = 3 J, logit of the propensity 2 J - 1"
    ),
    "rough": NetworkEffect(
        _rough, 2, "tau = 2 + sin(H); S = sin(2 C x0), E[Y(0)] = 3 S, logit of the propensity 2 S"
    ),
    "published": NetworkEffect(
        _published,
        2,
        "tau = 2 + 1.5 sin(G0), G = ReLU(GCN(ReLU(GCN(x)))) with random weights, E[Y(0)] = G0 + 0.5 x1, "
        "propensity Phi((0.5 x0 - 0.7 G1) / 0.3), noise of standard deviation 0.5",
    ),
}
