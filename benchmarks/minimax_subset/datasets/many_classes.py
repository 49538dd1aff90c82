"""Random causal graphs with many classes of subsets: how many of them are fitted?"""

from benchopt import BaseDataset

from benchmark_utils.random_worlds import classes_draw


class Dataset(BaseDataset):
    """Draws with `n_stable` stable variables and one mutable one; seeds from 4000 on are for reporting.

    There are `most_classes` classes of subsets at most and an eighth of that at least. Four environments of
    500 rows to train on, four others to test on.
    """

    name = "many_classes"
    parameters = {
        "kind": ["linear", "products"],
        "n_stable": [10, 12, 14, 16],
        "most_classes": [120],
        "seed": [0],
        "n_draws": [1],
    }
    test_config = {"kind": "linear", "n_stable": 5, "most_classes": 8, "seed": 0, "n_draws": 1}
    requirements = ["pip::causalkit-learn"]

    def get_data(self):
        seeds = range(self.seed, self.seed + self.n_draws)
        draws = [classes_draw(self.kind, self.n_stable, self.most_classes, seed) for seed in seeds]
        return {"draws": draws, "question": "prediction"}
