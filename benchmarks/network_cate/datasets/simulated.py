"""The worlds of `make_network_cate`, each with a network, a treatment, an outcome and known effects."""

from benchopt import BaseDataset

from benchmark_utils.worlds import UNCONFOUNDED, WORLDS, draw


class Dataset(BaseDataset):
    """One draw of one world. Seeds 1000 to 1004 are for reporting: nobody tunes on them."""

    name = "simulated"
    parameters = {"world": list(WORLDS), "n_nodes": [2000], "n_features": [10], "seed": [0]}
    test_config = {"world": "one_hop", "n_nodes": 300, "n_features": 4, "seed": 0}
    requirements = ["pip::causalkit-learn"]

    def get_data(self):
        world = {**WORLDS, **UNCONFOUNDED}[self.world]
        return draw(world, self.n_nodes, n_features=self.n_features, random_state=self.seed)
