"""How well estimated causal graphs match the true ones, beside what guesses without data reach."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from causalkit._results import Result
from causalkit._validation import check_choice
from causalkit.metrics._graph_pairs import Arrows, matched_graphs

Floats = NDArray[np.float64]

ESTIMATE = "estimate"


def structural_hamming_distance(
    true_graph: Any, estimated_graph: Any, *, normalized: bool = False, reversal: Literal[1, 2] = 2
) -> float:
    r"""Return the number of arrows in which an estimated causal graph differs from the true one.

    With E the set of arrows (u, v) of a graph, and with ``reversal=2``,

    .. math:: \mathrm{SHD} = |\hat E \mathbin{\triangle} E| = |\hat E \setminus E| + |E \setminus \hat E|,

    so that an arrow that points the wrong way counts two: it is missing, and another one is there. With
    ``reversal=1`` it counts one, as in much of the literature. ``normalized=True`` divides by
    :math:`|\hat E| + |E|`: 0 for equal graphs, two empty ones included; 1 for graphs without a common arrow
    where a reversal counts two.

    Parameters
    ----------
    true_graph, estimated_graph : networkx.DiGraph, DataFrame or array-like, shape (d, d)
        Directed graphs without cycles over the same nodes. Entry (u, v) of an adjacency is 1 for an arrow
        u -> v and 0 for none; a DataFrame has the nodes as its index and its columns, an array has nodes
        0, ..., d - 1. Nodes are matched by name, not by place.
    normalized : bool, default=False
        Divide by the number of arrows of both graphs.
    reversal : {1, 2}, default=2
        What an arrow that points the wrong way counts.

    Returns
    -------
    float
        Zero is best.

    Raises
    ------
    ValueError
        If a graph is not directed, has a cycle, is not a square adjacency of zeros and ones, or the graphs
        have other nodes.

    References
    ----------
    Tsamardinos, I., Brown, L. E. & Aliferis, C. F. (2006). The max-min hill-climbing Bayesian network
    structure learning algorithm. Machine Learning 65, 31-78. The normalised form is that of Guo, S., Toth,
    V., Schoelkopf, B. & Huszar, F. (2023). Causal de Finetti. Advances in Neural Information Processing
    Systems 36.

    Examples
    --------
    >>> import networkx as nx
    >>> from causalkit.metrics import structural_hamming_distance
    >>> true = nx.DiGraph([("a", "b"), ("b", "c")])
    >>> estimated = nx.DiGraph([("b", "a"), ("b", "c")])
    >>> structural_hamming_distance(true, estimated), structural_hamming_distance(true, estimated, reversal=1)
    (2.0, 1.0)
    >>> structural_hamming_distance(true, estimated, normalized=True)
    0.5
    """
    check_choice(reversal, "reversal", (1, 2))
    check_choice(normalized, "normalized", (True, False))
    truth, estimate = matched_graphs(true_graph, estimated_graph, "true_graph", "estimated_graph")
    distance = float((truth ^ estimate).sum())
    if reversal == 1:
        distance -= float((truth & ~truth.T & estimate.T).sum())
    n_arrows = int(truth.sum() + estimate.sum())
    return distance / max(n_arrows, 1) if normalized else distance


@dataclass(frozen=True, repr=False)
class GraphRecoveryResult(Result):
    """Estimated causal graphs and guesses without data against the truth; made by :func:`graph_recovery`.

    Attributes
    ----------
    table : DataFrame, shape (6, 7)
        A row for the estimates (``"estimate"``) and for each guess: the empty graph, the complete graph with
        arrows along the columns, against them, and along a random order (in expectation), and the most
        frequent of the true graphs, which is the best guess at a whole graph there is. Columns:
        ``exact_share`` of graphs without a mistake; mean ``shd`` and mean ``normalized_shd`` (a reversal
        counts two; see :func:`structural_hamming_distance`); ``arrow_precision``, ``arrow_recall``,
        ``adjacency_precision`` and ``adjacency_recall``, each over the arrows (adjacent pairs) of all graphs
        together, nan where there are none.
    n_graphs : int
        Number of pairs of graphs.
    beaten_by : tuple of str
        Guesses with a larger share of exact graphs, or a smaller mean normalised distance, than the
        estimates.

    Examples
    --------
    >>> from causalkit.metrics import graph_recovery
    >>> forward, backward = [[0, 1], [0, 0]], [[0, 0], [1, 0]]
    >>> answer = graph_recovery([forward, forward, backward], [forward, backward, backward])
    >>> float(answer.table.loc["estimate", "exact_share"].round(2)), answer.beaten_by
    (0.67, ())
    """

    table: pd.DataFrame
    n_graphs: int
    beaten_by: tuple[str, ...]


def graph_recovery(true_graphs: Sequence[Any], estimated_graphs: Sequence[Any]) -> GraphRecoveryResult:
    """Compare estimated causal graphs with the true ones, and with what guesses without data reach.

    A figure for recovered graphs says little alone: where arrows always lead from earlier to later columns,
    the complete graph along the columns has a small distance, and where few variables are linked the empty
    graph has. So each figure comes with those of the guesses.

    Parameters
    ----------
    true_graphs, estimated_graphs : sequence of networkx.DiGraph, DataFrame or array-like
        Pairs of directed graphs without cycles, as :func:`structural_hamming_distance` takes them; from one
        pair to the next the nodes may differ. "Along the columns" means the order of the true graph's nodes.

    Returns
    -------
    GraphRecoveryResult

    Raises
    ------
    ValueError
        If there is no graph, the numbers of graphs differ, or a pair of graphs cannot be compared.

    Examples
    --------
    >>> from causalkit.metrics import graph_recovery
    >>> chain, fork = [[0, 1, 0], [0, 0, 1], [0, 0, 0]], [[0, 1, 1], [0, 0, 0], [0, 0, 0]]
    >>> answer = graph_recovery([chain, fork], [chain, chain])
    >>> answer.table[["exact_share", "normalized_shd"]]
                                         exact_share  normalized_shd
    estimate                                     0.5            0.25
    empty graph                                  0.0            1.00
    complete graph along the columns             0.0            0.20
    complete graph against the columns           0.0            1.00
    complete graph along a random order          0.0            0.60
    most frequent true graph                     0.5            0.25
    >>> answer.beaten_by
    ('complete graph along the columns',)
    """
    pairs = _matched_pairs(true_graphs, estimated_graphs)
    truths = [truth for truth, _ in pairs]
    frequent = _most_frequent(truths)
    rows = {
        ESTIMATE: _figures(truths, [estimate for _, estimate in pairs]),
        "empty graph": _figures(truths, [np.zeros_like(truth) for truth in truths]),
        "complete graph along the columns": _figures(truths, [_complete(truth) for truth in truths]),
        "complete graph against the columns": _figures(truths, [_complete(truth).T for truth in truths]),
        "complete graph along a random order": _figures_of_random_order(truths),
        "most frequent true graph": _figures(truths, [frequent[len(truth)] for truth in truths]),
    }
    table = pd.DataFrame.from_dict(rows, orient="index")
    return GraphRecoveryResult(table, len(pairs), _beaten_by(table))


def _beaten_by(table: pd.DataFrame) -> tuple[str, ...]:
    own, guesses = table.loc[ESTIMATE], table.drop(index=ESTIMATE)
    better = (guesses["exact_share"] > own["exact_share"]) | (
        guesses["normalized_shd"] < own["normalized_shd"]
    )
    return tuple(guesses.index[better])


def _figures(truths: list[Arrows], guesses: list[Arrows]) -> dict[str, float]:
    pairs = list(zip(truths, guesses, strict=True))
    return _averages(
        exact=[float(np.array_equal(truth, guess)) for truth, guess in pairs],
        n_true=[truth.sum() for truth in truths],
        n_guessed=[guess.sum() for guess in guesses],
        n_right=[(truth & guess).sum() for truth, guess in pairs],
        n_adjacent=[(_adjacent(truth) & _adjacent(guess)).sum() / 2 for truth, guess in pairs],
    )


def _figures_of_random_order(truths: list[Arrows]) -> dict[str, float]:
    """Expected figures: half of the true arrows lie along a random order, and all pairs are adjacent."""
    n_true = [truth.sum() for truth in truths]
    n_pairs = [math.comb(len(truth), 2) for truth in truths]
    return _averages(
        exact=[
            float(arrows == pairs) / math.factorial(len(truth))
            for arrows, pairs, truth in zip(n_true, n_pairs, truths, strict=True)
        ],
        n_true=n_true,
        n_guessed=n_pairs,
        n_right=[arrows / 2 for arrows in n_true],
        n_adjacent=n_true,
    )


def _averages(
    exact: list[float], n_true: list[Any], n_guessed: list[Any], n_right: list[Any], n_adjacent: list[Any]
) -> dict[str, float]:
    """Return the figures of a row from counts for each graph."""
    true, guessed, right, adjacent = (
        np.asarray(counts, dtype=np.float64) for counts in (n_true, n_guessed, n_right, n_adjacent)
    )
    distances = true + guessed - 2 * right
    return {
        "exact_share": float(np.mean(exact)),
        "shd": float(distances.mean()),
        "normalized_shd": float((distances / np.maximum(true + guessed, 1)).mean()),
        "arrow_precision": _share(right, guessed),
        "arrow_recall": _share(right, true),
        "adjacency_precision": _share(adjacent, guessed),
        "adjacency_recall": _share(adjacent, true),
    }


def _share(part: Floats, whole: Floats) -> float:
    return float(part.sum() / whole.sum()) if whole.any() else float("nan")


def _adjacent(arrows: Arrows) -> Arrows:
    return arrows | arrows.T


def _complete(arrows: Arrows) -> Arrows:
    return np.triu(np.ones_like(arrows), k=1)


def _most_frequent(truths: list[Arrows]) -> dict[int, Arrows]:
    """Return the most frequent graph for each number of nodes; ties go to fewer arrows, then to the first."""
    counts = Counter((len(truth), truth.tobytes()) for truth in truths)
    best: dict[int, Arrows] = {}
    for truth in sorted(truths, key=lambda t: (-counts[len(t), t.tobytes()], int(t.sum()))):
        best.setdefault(len(truth), truth)
    return best


def _matched_pairs(true_graphs: Any, estimated_graphs: Any) -> list[tuple[Arrows, Arrows]]:
    for name, graphs in (("true_graphs", true_graphs), ("estimated_graphs", estimated_graphs)):
        if not isinstance(graphs, (list, tuple)):
            raise ValueError(f"{name} must be a list or tuple of graphs; got {type(graphs).__name__}")
    if not true_graphs:
        raise ValueError("true_graphs must hold at least one graph; got none")
    if len(true_graphs) != len(estimated_graphs):
        raise ValueError(
            "estimated_graphs must have one graph for each of true_graphs; "
            f"got {len(estimated_graphs)} and {len(true_graphs)}"
        )
    return [
        matched_graphs(truth, estimate, f"true_graphs[{i}]", f"estimated_graphs[{i}]")
        for i, (truth, estimate) in enumerate(zip(true_graphs, estimated_graphs, strict=True))
    ]
