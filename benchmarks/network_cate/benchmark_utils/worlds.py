"""What the data sets share: the named worlds, and a draw of one as the objective takes it."""

from __future__ import annotations

from typing import Any

from causalkit.datasets import make_network_cate

_HUBS = {"graph": "barabasi_albert"}

# A world is a set of arguments of `make_network_cate`.
WORLDS: dict[str, dict[str, Any]] = {
    "one_hop": {"effect": "one_hop", **_HUBS},
    "two_hop": {"effect": "two_hop", **_HUBS},
    "local": {"effect": "local", **_HUBS},
    "dense": {"effect": "dense", **_HUBS},
    "dense_er": {"effect": "dense", "graph": "erdos_renyi"},
    "mixed": {"effect": "mixed", "graph": "watts_strogatz"},
    "step": {"effect": "step", **_HUBS},
    "product": {"effect": "product", **_HUBS},
    "many_weak": {"effect": "many_weak", **_HUBS},
    "constant": {"effect": "constant", **_HUBS},
    "published": {"effect": "published", **_HUBS},
    "steep": {"effect": "steep", **_HUBS},
    "rough": {"effect": "rough", **_HUBS},
}

# Neighbours' columns do not enter the treatment: beside `one_hop`, what confounding by neighbours adds.
UNCONFOUNDED = {"one_hop_unconfounded": {"effect": "one_hop", "confounding": 0.0, **_HUBS}}

# For the average effect. Where noise is shared the effect is constant, so that the average over these nodes
# and the one over all draws of nodes are the same number.
_SHARED = {"effect": "constant", "shared_noise": 0.5, "shared_treatment": 0.5}
AVERAGE_WORLDS: dict[str, dict[str, Any]] = {
    "groups": {**_SHARED, "graph": "cliques"},
    "hubs": {**_SHARED, **_HUBS},
    "independent": {"effect": "one_hop", **_HUBS},
}


def draw(world: dict[str, Any], n_nodes: int = 1000, **more: Any) -> dict[str, Any]:
    """Data of one world; groups only where the network falls into them."""
    data = make_network_cate(n_nodes, **world, **more)
    parts = {key: data[key] for key in ("X", "y", "treatment", "graph", "cate")}
    return {**parts, "groups": data.blocks if world.get("graph") == "cliques" else None}
