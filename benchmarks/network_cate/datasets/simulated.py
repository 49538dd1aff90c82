"""The worlds of `make_network_cate`, each with a network, a treatment, an outcome and known effects."""

from benchopt import BaseDataset

from causalkit.datasets import make_network_cate

# A world is an effect on a graph: (effect, graph).
WORLDS = {
    "one_hop": ("one_hop", "barabasi_albert"),
    "two_hop": ("two_hop", "barabasi_albert"),
    "local": ("local", "barabasi_albert"),
    "dense": ("dense", "barabasi_albert"),
    "dense_er": ("dense", "erdos_renyi"),
    "mixed": ("mixed", "watts_strogatz"),
    "step": ("step", "barabasi_albert"),
    "product": ("product", "barabasi_albert"),
    "many_weak": ("many_weak", "barabasi_albert"),
    "constant": ("constant", "barabasi_albert"),
    "published": ("published", "barabasi_albert"),
    "steep": ("steep", "barabasi_albert"),
    "rough": ("rough", "barabasi_albert"),
}


class Dataset(BaseDataset):
    """One draw of one world. Seeds 1000 to 1004 are for reporting: nobody tunes on them."""

    name = "simulated"
    parameters = {"world": list(WORLDS), "n_nodes": [2000], "n_features": [10], "seed": [0]}
    test_config = {"world": "one_hop", "n_nodes": 300, "n_features": 4, "seed": 0}
    requirements = ["pip::causalkit-learn"]

    def get_data(self):
        effect, graph = WORLDS[self.world]
        data = make_network_cate(
            self.n_nodes, graph=graph, effect=effect, n_features=self.n_features, random_state=self.seed
        )
        return {key: data[key] for key in ("X", "y", "treatment", "graph", "cate")}
