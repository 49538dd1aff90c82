"""The worlds of `make_mutable_scm` whose worst-case risks are known."""

from benchopt import BaseDataset

from benchmark_utils.worlds import TEST_FOLLOW, reference_draw


class Dataset(BaseDataset):
    """Draws of one world with seeds `seed`, `seed` + 1, ...; those from 4000 on are for reporting.

    `n_levels` and `noise` are those of the world unless given. `question` is "prediction" or "discovery".
    """

    name = "reference"
    parameters = {
        "world": list(TEST_FOLLOW),
        "n_levels": [None],
        "noise": [None],
        "n_rows": [2000],
        "seed": [0],
        "n_draws": [2],
        "question": ["prediction"],
    }
    test_config = {"world": "interaction", "n_rows": 100, "seed": 0, "n_draws": 1}
    requirements = ["pip::causalkit-learn"]

    def get_data(self):
        settings = {"n_levels": self.n_levels, "noise": self.noise, "n_rows": self.n_rows}
        seeds = range(self.seed, self.seed + self.n_draws)
        draws = [reference_draw(self.world, seed, **settings) for seed in seeds]
        return {"draws": draws, "question": self.question}
