"""The worlds of `make_exchangeable_scm`, each with a true graph."""

from benchopt import BaseDataset

from benchmark_utils.worlds import WORLDS, draw


class Dataset(BaseDataset):
    """Draws of one world with seeds `seed`, `seed` + 1, ...; those from 3000 on are for reporting."""

    name = "simulated"
    parameters = {
        "world": list(WORLDS),
        "n_environments": [500],
        "n_rows": [2],
        "seed": [0],
        "n_draws": [20],
    }
    test_config = {
        "world": "published_continuous",
        "n_environments": 60,
        "n_rows": 2,
        "seed": 0,
        "n_draws": 2,
    }
    requirements = ["pip::causalkit-learn"]

    def get_data(self):
        seeds = range(self.seed, self.seed + self.n_draws)
        return {"draws": [draw(self.world, self.n_environments, self.n_rows, seed) for seed in seeds]}
