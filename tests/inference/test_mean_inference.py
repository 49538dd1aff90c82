"""The rule that picks a variance: each branch, what it says it did, and what it refuses."""

from typing import Any

import networkx as nx
import numpy as np
import pytest

from causalkit.graphs import Network
from causalkit.inference import cluster_variance, mean_inference, network_hac_variance
from causalkit.inference._mean_inference import mean_variance
from causalkit.inference._variance import iid_variance

SCORES = np.random.default_rng(0).normal(size=120) + 1
RING = Network.from_edges([(i, (i + 1) % 120) for i in range(120)])
PAIRS = Network.from_groups(np.repeat(np.arange(60), 2))


def test_no_network_is_iid() -> None:
    effect = mean_inference(SCORES, estimand="average treatment effect (AIPW)", assumptions=("overlap",))
    assert effect.estimate == pytest.approx(SCORES.mean())
    assert effect.standard_error == pytest.approx(np.sqrt(iid_variance(SCORES)))
    assert (effect.variance, effect.degrees_of_freedom, effect.n_units) == ("iid", None, 120)
    assert effect.estimand == "average treatment effect (AIPW)"
    assert effect.assumptions == ("overlap", "rows are independent of each other")


def test_network_without_edges_is_iid() -> None:
    assert mean_inference(SCORES, network=Network.from_edges([], n_nodes=120)).variance == "iid"


def test_connected_network_is_hac() -> None:
    scores = SCORES + np.roll(SCORES, 1)
    effect = mean_inference(scores, network=RING)
    fit = network_hac_variance(scores, RING)
    assert effect.variance == "network HAC (bandwidth 3)"
    assert effect.standard_error == pytest.approx(np.sqrt(fit.variance))
    assert effect.degrees_of_freedom == fit.degrees_of_freedom
    assert effect.assumptions == ("rows more than 3 steps apart in the network are uncorrelated",)
    assert mean_inference(scores, network=RING, bandwidth=1).variance == "network HAC (bandwidth 1)"


def test_hac_says_what_was_changed() -> None:
    apart = SCORES - np.roll(SCORES, 1)
    effect = mean_inference(apart, network=RING)
    assert effect.variance == "network HAC (bandwidth 3; raised to the iid variance)"
    dense = Network.from_networkx(nx.gnp_random_graph(120, 0.15, seed=0))
    scores = SCORES + 3 * (dense.random_walk() @ SCORES) * 5
    assert (
        "bandwidth 1; reduced from 2 to keep degrees of freedom"
        in mean_inference(scores, network=dense).variance
    )


def test_many_small_components_are_clusters() -> None:
    effect = mean_inference(SCORES, network=PAIRS)
    expected = cluster_variance(SCORES, PAIRS.component_labels())
    assert effect.variance == "cluster (by connected component)"
    assert effect.standard_error == pytest.approx(np.sqrt(expected))
    assert effect.degrees_of_freedom == 59
    assert effect.assumptions == ("the 60 connected components are independent of each other",)


@pytest.mark.parametrize(
    ("sizes", "method"),
    [
        ([4] * 30, "cluster"),
        # One component too few.
        ([4] * 28 + [8], "network"),
        # The largest holds 5 % of the nodes, or just less.
        ([6] + [3] * 38, "network"),
        ([5] + [5] * 23, "network"),
        ([5] * 2 + [2] * 55, "cluster"),
    ],
)
def test_when_components_are_clusters(sizes: list[int], method: str) -> None:
    network = Network.from_groups(np.repeat(np.arange(len(sizes)), sizes))
    scores = np.resize(SCORES, sum(sizes))
    assert mean_inference(scores, network=network).variance.startswith(method)


def test_given_groups_win() -> None:
    groups = np.repeat(np.arange(40), 3)
    effect = mean_inference(SCORES, network=RING, groups=groups)
    assert effect.variance == "cluster (40 groups)"
    assert effect.standard_error == pytest.approx(np.sqrt(cluster_variance(SCORES, groups)))
    assert effect.degrees_of_freedom == 39
    # Every third edge of the ring leaves its group.
    assert effect.assumptions == (
        "the 40 groups are independent of each other, although 33.3% of the edges join two groups",
    )
    inside = mean_inference(SCORES, network=PAIRS, groups=np.repeat(np.arange(30), 4))
    assert inside.assumptions == ("the 30 groups are independent of each other",)


def test_few_groups_give_a_warning() -> None:
    groups = np.repeat(np.arange(29), [8, *[4] * 28])
    with pytest.warns(UserWarning, match="a standard error from 29 groups is itself uncertain") as caught:
        effect = mean_inference(SCORES, groups=groups)
    assert caught[0].filename == __file__
    assert effect.degrees_of_freedom == 28


def test_method_can_be_chosen() -> None:
    assert mean_inference(SCORES, network=RING, method="iid").variance == "iid"
    assert mean_inference(SCORES, network=PAIRS, method="hac").variance.startswith("network HAC")
    groups = np.repeat(np.arange(40), 3)
    assert mean_inference(SCORES, network=PAIRS, groups=groups, method="hac").variance.startswith(
        "network HAC"
    )
    with pytest.warns(UserWarning, match="from 2 groups"):
        two = Network.from_groups(np.repeat([0, 1], 60))
        assert mean_inference(SCORES, network=two, method="cluster").degrees_of_freedom == 1


@pytest.mark.parametrize("network", [None, RING, PAIRS])
def test_several_scores_follow_the_same_rule(network: Network | None) -> None:
    table = np.column_stack([SCORES, SCORES**2])
    spread = mean_variance(table, network=network)
    single = mean_inference(SCORES, network=network)
    assert spread.covariance.shape == (2, 2)
    assert spread.description.split("(bandwidth")[0] == single.variance.split("(bandwidth")[0]
    assert spread.degrees_of_freedom == single.degrees_of_freedom


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"scores": np.ones((5, 2))}, r"scores must have shape \(n,\); got shape \(5, 2\)"),
        ({"network": PAIRS[:50]}, "network must have a node for each score; got 50 and 120"),
        ({"groups": [1, 2]}, "groups must have one label for each row; got 2 labels and 120 rows"),
        ({"groups": np.zeros(120)}, "groups must hold at least two different groups; got 1"),
        ({"method": "bootstrap"}, "method must be one of 'auto', 'cluster', 'hac', 'iid'; got 'bootstrap'"),
        ({"method": "cluster"}, "method='cluster' needs groups or a network; got neither"),
        ({"method": "hac"}, "method='hac' needs a network; got None"),
    ],
)
def test_bad_inputs(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        mean_inference(**{"scores": SCORES, **arguments})
