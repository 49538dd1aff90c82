"""Worlds for the average effect: noise and treatment shared in groups, among neighbours, or not."""

from benchopt import BaseDataset

from benchmark_utils.worlds import AVERAGE_WORLDS, draw

N_NODES = {"groups": 900, "hubs": 1000, "independent": 1000}


class Dataset(BaseDataset):
    """One draw: "groups" of nine that share noise and treatment, "hubs" that share both along links, or
    "independent" noise.

    Seeds 1000 to 1039 are for reporting: nobody tunes on them.
    """

    name = "average_effect"
    parameters = {"world": list(AVERAGE_WORLDS), "n_features": [5], "seed": [0]}
    test_config = {"world": "groups", "n_features": 5, "seed": 0}
    requirements = ["pip::causalkit-learn"]

    def get_data(self):
        size = N_NODES[self.world]
        return draw(AVERAGE_WORLDS[self.world], size, n_features=self.n_features, random_state=self.seed)
