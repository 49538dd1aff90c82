"""The simulation of the paper that defined the problem, in random splits of its twenty environments."""

from benchopt import BaseDataset

from benchmark_utils.worlds import published_draw


class Dataset(BaseDataset):
    """For each seed from `seed` on a draw, split into ten training and ten test environments.

    Seeds from 4000 on are for reporting.
    """

    name = "published"
    parameters = {"seed": [0], "n_draws": [10]}
    test_config = {"seed": 0, "n_draws": 1}
    requirements = ["pip::causalkit-learn"]

    def get_data(self):
        seeds = range(self.seed, self.seed + self.n_draws)
        return {"draws": [published_draw(seed) for seed in seeds], "question": "prediction"}
