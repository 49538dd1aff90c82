"""Blood counts of knock-out mice, in splits of the genotypes."""

from benchopt import BaseDataset

from benchmark_utils.mice import mouse_draws


class Dataset(BaseDataset):
    """Train on the genotypes `fixed` and two others, test on the rest; the first `n_splits` of 45 splits.

    The splits are given; `seed` deals the training rows into halves for the risk in the training mix.
    The file is the user's: `path`, or the environment variable CAUSALKIT_IMPC, names it or its folder (see
    `causalkit.datasets.load_impc`). Without it the data set is skipped.
    """

    name = "mouse"
    parameters = {"fixed": ["0 2 4 7"], "n_splits": [45], "path": [None], "seed": [0]}
    requirements = ["pip::causalkit-learn"]

    def get_data(self):
        fixed = [int(genotype) for genotype in self.fixed.split()]
        draws = mouse_draws(fixed, self.n_splits, self.seed, self.path)
        return {"draws": draws, "question": "prediction"}
