"""Synthetic data with a few exchangeable rows in each of many environments and a known causal graph."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import Bunch

from causalkit._random import RandomState, child_generators
from causalkit._validation import check_choice, check_scalar_argument
from causalkit.datasets._exchangeable_kinds import (
    Drawn,
    LocationModel,
    categorical,
    location,
    published_binary,
    published_continuous,
)
from causalkit.datasets._random_dags import Arrows, given_arrows, random_arrows

Integers = NDArray[np.int64]

# What each kind can be told, with the value that stands for "not told".
_OPTIONS: dict[str, dict[str, Any]] = {
    "published_continuous": {},
    "published_binary": {"parity": False},
    "location": {
        "icc": None,
        "varying": ("intercept",),
        "slope_sd": 0.5,
        "scale_sd": 0.5,
        "correlation": 0.0,
        "noise": "gaussian",
        "levels": None,
    },
    "categorical": {"n_levels": 2, "concentration": 4.0},
}
_FORMULAS = {
    "published_continuous": (
        "N1, N2 Laplace with locations from U(-1, 1); effect a N1 + c N2, in half of the environments plus "
        "k (a N1^2 + (c - 1) N2^2)"
    ),
    "published_binary": "Bernoulli(theta) XOR product (or parity) of the parents, theta from Beta(1, 3)",
    "location": "linear in the parents, with intercepts, slopes or noise scales drawn for each environment",
    "categorical": "conditional tables drawn from a Dirichlet for each environment",
}
_NOISES = ("gaussian", "laplace", "t")
_VARYING = ("intercept", "slope", "scale")
_LOWEST_ICC, _HIGHEST_ICC = 0.1, 0.7


def make_exchangeable_scm(
    kind: str = "published_binary",
    *,
    n_environments: int = 500,
    n_rows: int | tuple[int, int] | ArrayLike = 2,
    n_variables: int | None = None,
    causal_graph: nx.DiGraph | None = None,
    edge_probability: float | None = None,
    parity: bool | None = None,
    icc: float | Sequence[float] | None = None,
    varying: Sequence[str] | None = None,
    slope_sd: float | None = None,
    scale_sd: float | None = None,
    correlation: float | None = None,
    noise: str | None = None,
    levels: Mapping[Any, int] | None = None,
    n_levels: int | None = None,
    concentration: float | None = None,
    shuffle_columns: bool = False,
    random_state: RandomState = None,
) -> Bunch:
    r"""Make environments with a few exchangeable rows each, from mechanisms redrawn for each of them.

    In environment e every mechanism i has a parameter of its own, independent of the other mechanisms'
    parameters (unless ``correlation`` says otherwise), and rows are independent given these parameters:

    .. math::

        P(x_1, \ldots, x_{n_e}) = \prod_i \int \prod_{r=1}^{n_e}
        p(x_{i;r} \mid \mathrm{pa}_{i;r}, \theta_i) \, d\mu_i(\theta_i).

    ======================= ==================================================================================
    kind                    mechanism of a variable
    ======================= ==================================================================================
    "published_continuous"  two variables with noises N1, N2 ~ Laplace(theta_e, 1), theta_e ~ U(-1, 1). The
                            cause is N1, the effect a N1 + c N2 + 1[e in H] k (a N1^2 + (c - 1) N2^2) with
                            integers a, c, k from 1 to 9 and H a random half of the environments. Without an
                            arrow the two are N1 and N2. The three graphs are equally likely.
    "published_binary"      Bernoulli(theta_e) XOR the product of the parents, theta_e ~ Beta(1, 3).
    "location"              linear in the parents with coefficients of size U(0.5, 1.5) and random sign, noise
                            of variance 1 - icc and, from environment to environment, an intercept of variance
                            icc; ``varying`` says what varies in a variable with parents.
    "categorical"           a table of P(v | parents) drawn from a Dirichlet with parameters ``concentration``
                            times a base table, which is itself uniform on the simplex and drawn once.
    ======================= ==================================================================================

    Parameters
    ----------
    kind : str, default="published_binary"
        See above.
    n_environments : int, default=500
        Number of environments, at least one.
    n_rows : int, (int, int) or array-like, shape (n_environments,), default=2
        Rows of each environment: the same everywhere, a tuple of a lowest and a highest number with all
        between equally likely, or a list or array with one number for each environment. At least one.
    n_variables : int, optional
        Number of variables: 3 unless said; always two for "published_continuous"; not to be given with
        ``causal_graph``.
    causal_graph : networkx.DiGraph, optional
        Arrows between the variables, whose nodes name the columns. Drawn at random unless given.
    edge_probability : float, optional
        Chance of each arrow u -> v, u < v, of a random graph, 0.5 unless given. Not for
        "published_continuous". In "published_binary" a graph with an isolated node is drawn again.
    parity : bool, optional
        "published_binary" only: XOR with the parity of the parents in place of their product.
    icc : float or sequence of float, shape (n_variables,), optional
        "location" only: intraclass correlation of each variable's own part, in [0, 1); a number for all
        (one in which no direction can be known from Gaussian data), or one for each node. Unless given,
        evenly spaced values from 0.1 to 0.7 in random order. 0 everywhere makes rows i.i.d. where only
        intercepts vary.
    varying : sequence of {"intercept", "slope", "scale"}, optional
        "location" only: what varies in a variable with parents, ``("intercept",)`` unless given. Of a
        variable without parents it is always the intercept.
    slope_sd, scale_sd : float, optional
        "location" only: standard deviation of a slope, and of the logarithm of a noise's scale, between
        environments; 0.5 unless given.
    correlation : float, optional
        "location" only: correlation in [0, 1] of any two parameters of an environment, 0 unless given. A
        positive one breaks the assumption of independent mechanisms.
    noise : {"gaussian", "laplace", "t"}, optional
        "location" only: law of the noise at the same variance; "t" has five degrees of freedom.
    levels : mapping of node to int, optional
        "location" only: variables that are cut into so many about equally frequent levels (0, 1, ...), which
        is what their children see. Nodes are those of ``causal_graph``, else positions in causal order.
    n_levels : int, optional
        "categorical" only: levels of each variable, 2 unless given.
    concentration : float, optional
        "categorical" only: 4 unless given; tables vary less between environments the larger it is.
    shuffle_columns : bool, default=False
        Put the columns in random order. Columns without names of their own are then called ``x0``, ``x1``,
        ... after the shuffle, so that neither names nor places give the causal order away.
    random_state : int, Generator, RandomState or None
        The same seed gives the same data; graph, sizes, values and shuffle have a stream each.

    Returns
    -------
    data : sklearn.utils.Bunch
        X : DataFrame, shape (n, n_variables)
            Rows of an environment stand together. Integers for the kinds of levels, floats otherwise.
        environments : Series of int, shape (n,)
            0, 1, ..., with the index of ``X``.
        graph : networkx.DiGraph
            The arrows between column names.
        adjacency : DataFrame of int, shape (n_variables, n_variables)
            1 in row u and column v for u -> v, in the order of the columns of ``X``.
        parameters : dict
            What was drawn for each environment and once, by name. Variables stand in ``causal_order`` there.
        causal_order : list
            Column names, causes before effects.
        kind, DESCR : str

    Raises
    ------
    ValueError
        If a setting is outside its range or is not one of this kind, or ``causal_graph`` has cycles.

    References
    ----------
    Guo, S., Toth, V., Schoelkopf, B. & Huszar, F. (2023). Causal de Finetti: On the Identification of
    Invariant Causal Structure in Exchangeable Data. NeurIPS. arXiv 2203.15756.

    Examples
    --------
    >>> from causalkit.datasets import make_exchangeable_scm
    >>> data = make_exchangeable_scm(n_environments=200, n_rows=(1, 4), random_state=0)
    >>> data.X.shape[1], data.environments.nunique(), int(data.environments.value_counts().max())
    (3, 200, 4)
    >>> sorted(data.graph.edges)
    [('x0', 'x2'), ('x1', 'x2')]
    """
    check_choice(kind, "kind", tuple(_OPTIONS))
    check_scalar_argument(n_environments, "n_environments", integer=True, low=1)
    given = {
        "parity": parity,
        "icc": icc,
        "varying": varying,
        "slope_sd": slope_sd,
        "scale_sd": scale_sd,
        "correlation": correlation,
        "noise": noise,
        "levels": levels,
        "n_levels": n_levels,
        "concentration": concentration,
    }
    options = _options(kind, given)
    graph_stream, size_stream, value_stream, shuffle_stream = child_generators(random_state, 4)
    nodes, arrows = _graph(kind, n_variables, causal_graph, edge_probability, graph_stream)
    codes = np.repeat(np.arange(n_environments), _sizes(n_rows, n_environments, size_stream))
    drawn = _draw(kind, nodes or list(range(len(arrows))), arrows, codes, options, value_stream)
    # The first variable of the published pair is the cause; which column it becomes is a part of the graph.
    shuffled = shuffle_columns or (kind == "published_continuous" and causal_graph is None)
    order = shuffle_stream.permutation(len(arrows)) if shuffled else np.arange(len(arrows))
    return _bunch(kind, nodes, arrows, codes, drawn, order)


def _options(kind: str, given: dict[str, Any]) -> dict[str, Any]:
    taken = _OPTIONS[kind]
    for name, value in given.items():
        if value is not None and name not in taken:
            owners = [repr(other) for other, names in _OPTIONS.items() if name in names]
            raise ValueError(f"{name} is a setting of kind={owners[0]}; got it with kind={kind!r}")
    return {name: default if given[name] is None else given[name] for name, default in taken.items()}


def _graph(
    kind: str,
    n_variables: int | None,
    causal_graph: Any,
    edge_probability: float | None,
    rng: np.random.Generator,
) -> tuple[list[Hashable], Arrows]:
    """Names in a topological order (none where they are to be made up) and arrows between positions."""
    if causal_graph is not None:
        return _given_graph(kind, n_variables, causal_graph, edge_probability)
    if kind == "published_continuous":
        if edge_probability is not None or n_variables not in (None, 2):
            raise ValueError(
                "kind='published_continuous' has two variables and three equally likely graphs; got "
                f"n_variables={n_variables} and edge_probability={edge_probability}"
            )
        return [], random_arrows(2, 2 / 3, rng)
    n_variables = 3 if n_variables is None else n_variables
    check_scalar_argument(n_variables, "n_variables", integer=True, low=1)
    edge_probability = 0.5 if edge_probability is None else edge_probability
    check_scalar_argument(edge_probability, "edge_probability", low=0, high=1)
    connected = kind == "published_binary" and n_variables > 1
    if connected and edge_probability == 0:
        raise ValueError("edge_probability must be above 0 for kind='published_binary'; got 0")
    return [], random_arrows(n_variables, edge_probability, rng, isolated=not connected)


def _given_graph(
    kind: str, n_variables: int | None, causal_graph: Any, edge_probability: float | None
) -> tuple[list[Hashable], Arrows]:
    if n_variables is not None or edge_probability is not None:
        raise ValueError(
            "n_variables and edge_probability must not be given together with causal_graph; got "
            f"n_variables={n_variables} and edge_probability={edge_probability}"
        )
    nodes, arrows = given_arrows(causal_graph)
    if kind == "published_continuous" and len(nodes) != 2:
        raise ValueError(f"causal_graph must have two nodes for kind={kind!r}; got {len(nodes)}")
    return nodes, arrows


def _sizes(n_rows: Any, n_environments: int, rng: np.random.Generator) -> Integers:
    expected = (
        "n_rows must be a positive integer, a tuple of a lowest and a highest one, or a list or array of one "
        f"for each of the {n_environments} environments"
    )
    if isinstance(n_rows, tuple):
        if len(n_rows) != 2 or not all(_is_count(n) for n in n_rows) or n_rows[0] > n_rows[1]:
            raise ValueError(f"{expected}; got {n_rows!r}")
        return rng.integers(n_rows[0], n_rows[1] + 1, size=n_environments)
    if _is_count(n_rows):
        return np.full(n_environments, n_rows, dtype=np.int64)
    sizes = np.asarray(n_rows)
    if sizes.shape != (n_environments,) or sizes.dtype.kind not in "iu" or sizes.min() < 1:
        raise ValueError(f"{expected}; got {n_rows!r}")
    return sizes.astype(np.int64)


def _is_count(value: Any) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool) and int(value) >= 1


def _draw(
    kind: str,
    nodes: list[Hashable],
    arrows: Arrows,
    codes: Integers,
    options: dict[str, Any],
    rng: np.random.Generator,
) -> Drawn:
    if kind == "published_continuous":
        return published_continuous(arrows, codes, rng)
    if kind == "published_binary":
        check_choice(options["parity"], "parity", (True, False))
        return published_binary(arrows, codes, rng, parity=options["parity"])
    if kind == "location":
        return location(arrows, codes, rng, model=_location_model(nodes, options, rng))
    check_scalar_argument(options["n_levels"], "n_levels", integer=True, low=2)
    check_scalar_argument(options["concentration"], "concentration", low=0, inclusive=False)
    return categorical(arrows, codes, rng, **options)


def _location_model(
    nodes: list[Hashable], options: dict[str, Any], rng: np.random.Generator
) -> LocationModel:
    varying = options["varying"]
    for name in [varying] if isinstance(varying, str) else varying:
        check_choice(name, "every entry of varying", _VARYING)
    for name in ("slope_sd", "scale_sd"):
        check_scalar_argument(options[name], name, low=0)
    check_scalar_argument(options["correlation"], "correlation", low=0, high=1)
    return LocationModel(
        icc=_shares(options["icc"], len(nodes), rng),
        varying=(varying,) if isinstance(varying, str) else tuple(varying),
        slope_sd=options["slope_sd"],
        scale_sd=options["scale_sd"],
        correlation=options["correlation"],
        noise=check_choice(options["noise"], "noise", _NOISES),
        levels=_levels(options["levels"] or {}, nodes),
    )


def _shares(icc: Any, n_variables: int, rng: np.random.Generator) -> NDArray[np.float64]:
    if icc is None:
        return rng.permutation(np.linspace(_LOWEST_ICC, _HIGHEST_ICC, n_variables))
    shares = np.asarray(icc, dtype=np.float64)
    if shares.shape not in ((), (n_variables,)) or not ((shares >= 0) & (shares < 1)).all():
        raise ValueError(
            f"icc must be a number in [0, 1) or one for each of the {n_variables} variables; got {icc!r}"
        )
    return np.broadcast_to(shares, (n_variables,)).copy()


def _levels(levels: Mapping[Any, int], nodes: list[Hashable]) -> dict[int, int]:
    for node, count in levels.items():
        check_choice(node, "every key of levels", nodes)
        check_scalar_argument(count, f"levels[{node!r}]", integer=True, low=2)
    return {nodes.index(node): count for node, count in levels.items()}


def _bunch(
    kind: str,
    nodes: list[Hashable],
    arrows: Arrows,
    codes: Integers,
    drawn: Drawn,
    order: NDArray[np.intp],
) -> Bunch:
    columns = [nodes[i] for i in order] if nodes else [f"x{i}" for i in range(len(order))]
    X = pd.DataFrame(drawn.values[:, order], columns=columns)
    adjacency = pd.DataFrame(arrows[np.ix_(order, order)], index=columns, columns=columns)
    return Bunch(
        X=X,
        environments=pd.Series(codes, index=X.index, name="environment"),
        graph=nx.from_pandas_adjacency(adjacency, create_using=nx.DiGraph),
        adjacency=adjacency,
        parameters=drawn.parameters,
        causal_order=[columns[i] for i in np.argsort(order)],
        kind=kind,
        DESCR=_describe(kind, codes, adjacency),
    )


def _describe(kind: str, codes: Integers, adjacency: pd.DataFrame) -> str:
    sizes = np.bincount(codes)
    rows = f"{sizes.min()}" if sizes.min() == sizes.max() else f"{sizes.min()} to {sizes.max()}"
    names = list(adjacency)
    arrows = [f"{names[u]} -> {names[v]}" for u, v in np.argwhere(adjacency.to_numpy())]
    return (
        f"Exchangeable data with a known causal graph: {len(sizes)} environments of {rows} rows, "
        f"{len(adjacency)} variables.\n"
        f"Kind {kind!r}: {_FORMULAS[kind]}.\n"
        f"Arrows: {', '.join(arrows) or 'none'}."
    )
