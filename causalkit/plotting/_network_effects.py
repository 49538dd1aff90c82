"""A network with its nodes coloured by their estimated effect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from causalkit._validation import check_scalar_argument
from causalkit.graphs import Network, as_network
from causalkit.plotting._learner import finite_column, is_learner
from causalkit.plotting._style import GREY, axes_for, finish, with_unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]


def plot_network_effects(
    effects: Any,
    network: Any = None,
    *,
    max_nodes: int = 1000,
    unit: str = "",
    random_state: int = 0,
    ax: Axes | None = None,
) -> Axes:
    """Draw the nodes at places found by springs along the links, coloured by their effect.

    Parts of the network that are not linked lie side by side, the largest first.

    Parameters
    ----------
    effects : fitted learner, or array-like of shape (n_nodes,)
        Effect of each node; of a learner, its out-of-fold effects.
    network : anything that :func:`causalkit.graphs.as_network` takes, optional
        The links; not needed with a learner.
    max_nodes : int, default=1000
        A larger network is refused: its picture could not be read.
    unit : str, default=""
        Unit of the effects, for the colour bar.
    random_state : int, default=0
        Seed of the places.
    ax : matplotlib Axes, optional
        Where to draw; a new figure without it.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If there are more than ``max_nodes`` nodes, no network is given, or lengths differ.

    Examples
    --------
    >>> from causalkit.graphs import Network
    >>> from causalkit.plotting import plot_network_effects
    >>> ties = Network.from_edges([(0, 1), (1, 2), (2, 3)])
    >>> ax = plot_network_effects([0.1, 0.4, 0.2, 0.3], ties)
    >>> len(ax.collections[-1].get_offsets())
    4
    >>> ax.figure.clear()
    """
    check_scalar_argument(max_nodes, "max_nodes", integer=True, low=1)
    if is_learner(effects):
        network, effects = effects.network_, effects.out_of_fold_cate_
    if network is None:
        raise ValueError("network must be given with an array of effects; got None")
    values = finite_column(effects, "effects")
    links = as_network(network, n_nodes=len(values))
    if links.n_nodes > max_nodes:
        raise ValueError(
            f"network must have at most max_nodes={max_nodes} nodes to be readable; got {links.n_nodes} "
            "(draw a part of it: network[rows] and effects[rows])"
        )
    ax = axes_for(ax, (6.4, 5.2))
    places = _places(links, random_state)
    _draw_links(ax, links, places)
    size = float(np.clip(9000 / len(values), 8, 120))
    dots = ax.scatter(
        places[:, 0],
        places[:, 1],
        c=values,
        s=size,
        cmap="viridis",
        linewidths=0.4,
        edgecolors="white",
        zorder=2,
    )
    ax.figure.colorbar(dots, ax=ax, label=with_unit("Estimated effect", unit), shrink=0.8)
    ax.set_aspect("equal")
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines[:].set_visible(False)
    return finish(ax, title=f"{links.n_nodes:,} nodes by estimated effect", x="", y="")


def _draw_links(ax: Axes, network: Network, places: Floats) -> None:
    from matplotlib.collections import LineCollection

    alpha = float(np.clip(400 / max(network.n_edges, 1), 0.12, 0.6))
    ax.add_collection(
        LineCollection(places[network.edges()].tolist(), colors=GREY, linewidths=0.6, alpha=alpha)
    )


def _places(network: Network, seed: int) -> Floats:
    """Place each connected part by springs in a square of its own, and the squares in rows."""
    labels = network.component_labels()
    parts = sorted((np.flatnonzero(labels == i) for i in range(network.n_components)), key=len, reverse=True)
    sides = [np.sqrt(len(rows)) for rows in parts]
    width = max(1.15 * np.sqrt(sum((side + 1) ** 2 for side in sides)), sides[0])
    out, left, bottom, height = np.zeros((network.n_nodes, 2)), 0.0, 0.0, 0.0
    for rows, side in zip(parts, sides, strict=True):
        if left > 0 and left + side > width:
            left, bottom, height = 0.0, bottom - height - 1.0, 0.0
        out[rows] = np.array([left, bottom - side]) + side * _in_unit_square(network[rows], seed)
        left, height = left + side + 1.0, max(height, side)
    return out


def _in_unit_square(network: Network, seed: int) -> Floats:
    import networkx

    if network.n_nodes == 1:
        return np.full((1, 2), 0.5)
    graph = networkx.from_scipy_sparse_array(network.adjacency)
    found = networkx.spring_layout(graph, seed=seed, iterations=80)
    places = np.array([found[i] for i in range(network.n_nodes)])
    return (places - places.min(axis=0)) / np.maximum(np.ptp(places, axis=0), 1e-9)
