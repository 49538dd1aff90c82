"""Random causal graphs of eight to ten nodes: need the search be made?"""

from benchopt import BaseDataset

from benchmark_utils.random_worlds import KINDS, condition_draw


class Dataset(BaseDataset):
    """Draws of one kind of mechanisms; seeds from 4000 on are for reporting.

    Four environments of 500 rows. In about half of the draws the whole stable set is optimal.
    """

    name = "random_graphs"
    parameters = {"kind": list(KINDS), "seed": [0], "n_draws": [5]}
    test_config = {"kind": "linear", "seed": 0, "n_draws": 1}
    requirements = ["pip::causalkit-learn"]

    def get_data(self):
        seeds = range(self.seed, self.seed + self.n_draws)
        return {"draws": [condition_draw(self.kind, seed) for seed in seeds], "question": "discovery"}
