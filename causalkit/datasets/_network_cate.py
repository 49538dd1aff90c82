"""Synthetic networks in which every node's treatment effect is known."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr
from sklearn.utils import Bunch

from causalkit._random import RandomState, child_generators
from causalkit._validation import check_choice, check_scalar_argument
from causalkit.datasets._given_features import check_given_features, default_names, for_formulas
from causalkit.datasets._network_effects import NETWORK_EFFECTS, HopColumns, Mechanisms
from causalkit.datasets._random_graphs import EVEN_DEGREE_FAMILIES, GRAPH_FAMILIES, random_graph
from causalkit.datasets._shared_noise import neighbourhood_noise
from causalkit.graphs._convert import as_network
from causalkit.graphs._network import Network

Floats = NDArray[np.float64]

_N_FEATURES = 10


def make_network_cate(
    n_nodes: int = 1000,
    *,
    graph: Any = "barabasi_albert",
    effect: str = "one_hop",
    n_features: int | None = None,
    X: Any = None,
    overlap: float = 1.0,
    confounding: float = 1.0,
    noise: float = 1.0,
    shared_noise: float = 0.0,
    shared_treatment: float = 0.0,
    mean_degree: int = 8,
    random_state: RandomState = None,
) -> Bunch:
    r"""Make a network, a treatment and an outcome with a known effect at every node.

    Features are independent N(0, 1), or the columns of ``X``. Let H, H2 and C be the neighbours' mean of x0,
    the neighbours' mean of neighbours' means of x0, and the neighbours' mean of x1, each standardised over
    the nodes (nodes without neighbours have a mean of zero). Unless the effect says otherwise,

    .. math::

        P(T_i = 1 | X, G) = \mathrm{logistic}((0.5 x_{i0} + 0.7 C_i) / \mathrm{overlap}), \qquad
        Y_i = C_i + 0.5 x_{i1} + T_i \tau_i + \mathrm{noise} \cdot \varepsilon_i,

    with standard normal noise. Neighbours' treatments do not enter an outcome.

    Parameters
    ----------
    n_nodes : int, default=1000
        Number of nodes, at least two; not used where ``graph`` is a network or ``X`` is given.
    graph : str or graph, default="barabasi_albert"
        ``"barabasi_albert"`` (growth by preferential attachment from a star), ``"erdos_renyi"``, ``"sbm"``
        (two halves, three times as many links within as between), ``"watts_strogatz"`` (a ring, a tenth of
        the links rewired), ``"cliques"`` (disjoint groups of ``mean_degree + 1`` nodes); or anything that
        :func:`causalkit.graphs.as_network` takes.
    effect : str, default="one_hop"
        ``"constant"`` tau = 2; ``"one_hop"`` 2 + 1.5 sin(H); ``"two_hop"`` 2 + 1.5 sin(H2); ``"local"``
        2 + 1.5 sin(x0); ``"dense"`` 2 + 1.5 sin(R), with R a random one-layer read-out of all neighbours'
        means; ``"interaction"`` 2 + H x1; ``"mixed"`` 1 + sin(H) + 0.8 x2 1[x3 > 0]; ``"step"``
        1 + 2 1[H > 0, x2 > -0.3]; ``"product"`` 1 + H x2; ``"many_weak"`` 1 + a linear function of all own
        columns and neighbours' means with coefficients from N(0, 0.09).

        With harder confounding, tau = 2 + sin(H): ``"steep"``, in which E[Y(0)] = 3 J and the logit of the
        propensity is 2 J - 1 for the jump J = 1[C + x0 > 0.5]; ``"rough"``, in which E[Y(0)] = 3 S and the
        logit is 2 S for S = sin(2 C x0).

        ``"published"`` is the experiment of arXiv 2511.13018: for G = ReLU(GCN(ReLU(GCN(x)))) with random
        weights, tau = 2 + 1.5 sin(G0), E[Y(0)] = G0 + 0.5 x1, P(T = 1) = Phi((0.5 x0 - 0.7 G1) / 0.3), and
        the outcome's noise has standard deviation 0.5.
    n_features : int, optional
        Number of columns that are drawn, at least two (three for ``"step"`` and ``"product"``, four for
        ``"mixed"``); 10 where neither it nor ``X`` is given.
    X : DataFrame or array-like, shape (n_nodes, n_features), optional
        Features of one's own, a row for each node of ``graph``, in place of ``n_features`` drawn ones. The
        formulas take its columns in their order: the first is x0, the second x1, and so on, each less its
        mean and divided by its standard deviation over the nodes. Put columns first that many nodes differ
        in; a rare binary one makes an effect that most nodes share and treatments without overlap (for a
        table of words see Notes). An index of names is matched with the names in ``graph`` as estimators do.
    overlap : float, default=1.0
        What the index of the treatment (its logit; in ``"published"`` its probit index) is divided by: above
        1 propensities lie closer to one half, below 1 closer to 0 and 1.
    confounding : float, default=1.0
        Factor of the confounder's part (C; J, S, G in the effects that name them) in both the treatment's
        index and E[Y(0)]; 0 leaves a treatment that is as good as random given own features.
    noise : float, default=1.0
        Factor of the outcome's noise.
    shared_noise : float, default=0.0
        Share of the noise variance, in [0, 1), that a node's closed neighbourhood has in common. Noise is
        sqrt(1 - s) e_i + sqrt(s) u_i, u_i being white noise averaged over node i and its neighbours and
        scaled to variance 1: equal within a clique, and less alike the fewer neighbours two nodes share.
    shared_treatment : float, default=0.0
        The same share for the latent normal variable that, compared with the propensity, decides the
        treatment. It makes linked nodes' treatments alike and leaves every propensity as it is.
    mean_degree : int, default=8
        Expected number of neighbours, below ``n_nodes``; even for ``"barabasi_albert"`` and
        ``"watts_strogatz"``; not used where ``graph`` is a network.
    random_state : int, Generator, RandomState or None
        The same seed gives the same data; graph, features, effect, treatment and outcome each have a stream
        of their own, so that changing, say, ``noise`` changes nothing but the outcome.

    Returns
    -------
    data : sklearn.utils.Bunch
        X : DataFrame, shape (n_nodes, n_features)
            Columns ``x0``, ``x1``, ..., or the given ones as they came, not scaled; the index has the names
            of the nodes where there are any.
        y : Series, shape (n_nodes,)
        treatment : Series of int, shape (n_nodes,)
            0 or 1.
        graph : Network
        cate : ndarray, shape (n_nodes,)
            tau of each node.
        propensity : ndarray, shape (n_nodes,)
            P(T = 1 | X, G).
        baseline : ndarray, shape (n_nodes,)
            E[Y(0) | X, G].
        outcome_mean : ndarray, shape (n_nodes,)
            E[Y | X, G] = baseline + propensity * cate.
        ate : float
            Mean of ``cate`` over these nodes.
        blocks : ndarray of int, shape (n_nodes,)
            Connected component of each node; noise and treatments of different components are independent.
        effect, DESCR : str

    Raises
    ------
    ValueError
        If a setting is outside its range, ``graph`` or ``effect`` is an unknown name, there are fewer
        columns than the effect needs, both ``n_features`` and ``X`` are given, or ``X`` has values that are
        no finite numbers, not one row for each node, or a column among those needed that does not vary.
    TypeError
        If ``graph`` is neither a name nor something that holds a graph, or ``X`` is sparse.

    Notes
    -----
    Graphs are drawn by vectorised samplers at every size, so that a million nodes take seconds.

    For a table of many sparse columns, such as the words of :func:`load_planetoid`, leading singular vectors
    are better carriers of an effect than single words: ``TruncatedSVD(10).fit_transform(words)`` of
    scikit-learn, as ``X``. Estimators can still be given the words, put in place of the answer's ``X``.

    References
    ----------
    "The Final-Stage Bottleneck: A Systematic Dissection of the R-Learner for Network Causal Inference",
    arXiv 2511.13018.

    Examples
    --------
    >>> from causalkit.datasets import make_network_cate
    >>> data = make_network_cate(500, effect="one_hop", random_state=0)
    >>> data.X.shape, data.graph.n_nodes, bool(data.cate.max() <= 3.5)
    ((500, 10), 500, True)

    With columns and links of one's own:

    >>> import networkx as nx
    >>> import numpy as np
    >>> ages = np.random.default_rng(0).uniform(20, 60, size=(34, 2))
    >>> make_network_cate(graph=nx.karate_club_graph(), X=ages, random_state=0).cate.shape
    (34,)
    """
    _check_settings(overlap, confounding, noise, shared_noise, shared_treatment)
    given = _check_columns(X, n_features, effect)
    streams = child_generators(random_state, 5)
    graph_stream, feature_stream, effect_stream, treatment_stream, outcome_stream = streams
    network = _draw_network(graph, n_nodes, mean_degree, graph_stream, given)
    table = _draw_features(network, n_features, feature_stream) if given is None else given
    own = table.to_numpy() if given is None else for_formulas(given)
    mechanisms = NETWORK_EFFECTS[effect].mechanisms(HopColumns(own, network), confounding, effect_stream)
    propensity = mechanisms.link(mechanisms.treatment_index / overlap)
    treatment = _draw_treatment(propensity, network, shared_treatment, treatment_stream)
    deviation = neighbourhood_noise(network.adjacency, shared_noise, outcome_stream)
    y = mechanisms.baseline + treatment * mechanisms.cate + noise * mechanisms.noise_scale * deviation
    return _bunch(network, _with_node_names(table, network), y, treatment, propensity, mechanisms, effect)


def _check_columns(X: Any, n_features: int | None, effect: str) -> pd.DataFrame | None:
    check_choice(effect, "effect", tuple(NETWORK_EFFECTS))
    if X is not None:
        if n_features is not None:
            raise ValueError(
                f"n_features must not be given together with X, which has columns; got {n_features}"
            )
        return check_given_features(X, effect)
    if n_features is not None:
        check_scalar_argument(n_features, "n_features", integer=True, low=1)
        needed = NETWORK_EFFECTS[effect].n_features
        if n_features < needed:
            raise ValueError(f"n_features must be at least {needed} for effect={effect!r}; got {n_features}")
    return None


def _draw_features(network: Network, n_features: int | None, rng: np.random.Generator) -> pd.DataFrame:
    shape = network.n_nodes, _N_FEATURES if n_features is None else n_features
    return pd.DataFrame(rng.normal(size=shape), columns=default_names(shape[1]))


def _with_node_names(table: pd.DataFrame, network: Network) -> pd.DataFrame:
    counts_rows = table.index.equals(pd.RangeIndex(len(table)))
    return table.set_axis(pd.Index(network.node_ids)) if counts_rows and network.has_node_ids else table


def _draw_network(
    graph: Any, n_nodes: int, mean_degree: int, rng: np.random.Generator, given: pd.DataFrame | None
) -> Network:
    if not isinstance(graph, str):
        return _read_network(graph, n_nodes, given)
    n_nodes = n_nodes if given is None else len(given)
    check_choice(graph, "graph", tuple(GRAPH_FAMILIES))
    check_scalar_argument(n_nodes, "n_nodes", integer=True, low=2)
    check_scalar_argument(mean_degree, "mean_degree", integer=True, low=1)
    if mean_degree >= n_nodes:
        raise ValueError(f"mean_degree must be less than n_nodes; got {mean_degree} and {n_nodes} nodes")
    if graph in EVEN_DEGREE_FAMILIES and mean_degree % 2:
        raise ValueError(f"mean_degree must be even for graph={graph!r}; got {mean_degree}")
    return Network(random_graph(graph, n_nodes, mean_degree, rng))


def _read_network(graph: Any, n_nodes: int, given: pd.DataFrame | None) -> Network:
    if given is not None:
        return as_network(graph, n_nodes=len(given), node_ids=given.index)
    network = as_network(graph, n_nodes=n_nodes if graph is None else None)
    check_scalar_argument(network.n_nodes, "the number of nodes of graph", integer=True, low=2)
    return network


def _draw_treatment(
    propensity: Floats, network: Network, share: float, rng: np.random.Generator
) -> NDArray[np.int64]:
    # The rank of a standard normal is uniform at every node, so that each propensity holds for any share.
    uniform = ndtr(neighbourhood_noise(network.adjacency, share, rng))
    return (uniform < propensity).astype(np.int64)


def _bunch(
    network: Network,
    X: pd.DataFrame,
    y: Floats,
    treatment: NDArray[np.int64],
    propensity: Floats,
    mechanisms: Mechanisms,
    effect: str,
) -> Bunch:
    return Bunch(
        X=X,
        y=pd.Series(y, index=X.index, name="y"),
        treatment=pd.Series(treatment, index=X.index, name="treatment"),
        graph=network,
        cate=mechanisms.cate,
        propensity=propensity,
        baseline=mechanisms.baseline,
        outcome_mean=mechanisms.baseline + propensity * mechanisms.cate,
        ate=float(mechanisms.cate.mean()),
        blocks=network.component_labels(),
        effect=effect,
        DESCR=_describe(network, X.shape[1], effect),
    )


def _describe(network: Network, n_features: int, effect: str) -> str:
    return (
        f"Synthetic network with known effects: {network.n_nodes} nodes, {network.n_edges} links, "
        f"{n_features} features.\n"
        f"Effect {effect!r}: {NETWORK_EFFECTS[effect].formula}.\n"
        "H, H2, C: standardised neighbours' mean of x0, neighbours' mean of neighbours' means of x0, and "
        "neighbours' mean of x1."
    )


def _check_settings(
    overlap: float, confounding: float, noise: float, shared_noise: float, shared_treatment: float
) -> None:
    check_scalar_argument(overlap, "overlap", low=0, inclusive=False)
    check_scalar_argument(confounding, "confounding", low=0)
    check_scalar_argument(noise, "noise", low=0)
    _check_share(shared_noise, "shared_noise")
    _check_share(shared_treatment, "shared_treatment")


def _check_share(value: float, name: str) -> None:
    check_scalar_argument(value, name, low=0, high=1)
    if value == 1:
        raise ValueError(f"{name} must be less than 1; got {value!r}")
