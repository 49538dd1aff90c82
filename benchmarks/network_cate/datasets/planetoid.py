"""Cora's features and links, with a simulated treatment, outcome and effect."""

import os

import numpy as np
from benchopt import BaseDataset
from sklearn.decomposition import TruncatedSVD

from benchmark_utils.worlds import WORLDS, draw
from causalkit.datasets import load_planetoid

VARIABLE = "CAUSALKIT_PLANETOID"
N_TOPICS = 10


class Dataset(BaseDataset):
    """Effects of `make_network_cate` on a citation network; features are the words' leading components.

    The file is the user's: `path`, or the environment variable CAUSALKIT_PLANETOID, names it or its folder
    (see `causalkit.datasets.load_planetoid`). Without it the data set is skipped.
    """

    name = "planetoid"
    parameters = {
        "world": ["one_hop", "local", "dense", "constant", "published"],
        "network": ["cora"],
        "path": [None],
        "seed": [0],
    }
    requirements = ["pip::causalkit-learn"]

    def get_data(self):
        path = self.path or os.environ.get(VARIABLE)
        if not path:
            return dict.fromkeys(("X", "y", "treatment", "graph", "cate"))
        citations = load_planetoid(self.network, path)
        topics = TruncatedSVD(N_TOPICS, random_state=0).fit_transform(citations.X.to_numpy(dtype=np.float32))
        columns = (topics - topics.mean(axis=0)) / topics.std(axis=0)
        world = {**WORLDS[self.world], "graph": citations.graph}
        return draw(world, X=columns, random_state=self.seed)
