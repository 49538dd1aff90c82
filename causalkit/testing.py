"""Checks that any estimator of the kit passes, usable on estimators of one's own.

An estimator of the kit follows scikit-learn's conventions and takes, in ``fit``, those of the keywords
``treatment``, ``environments`` and ``graph`` that it needs. :func:`check_estimator` runs every check that
applies; each check can be called alone, with the estimator (never changed: it is cloned) and the data to use.
"""

import pickle
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from inspect import Parameter, signature
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from sklearn import config_context
from sklearn.base import clone, is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, PredefinedSplit, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.utils import Bunch, get_tags

from causalkit.datasets import make_mutable_scm, make_network_cate
from causalkit.graphs import Network, NetworkKFold

__all__ = [
    "check_bad_input_is_refused",
    "check_clone_and_parameters",
    "check_columns_at_prediction",
    "check_constructor_stores",
    "check_estimator",
    "check_fitted_names",
    "check_forms_of_a_graph",
    "check_isolated_node_changes_no_other",
    "check_names_of_environments",
    "check_odd_input_is_taken",
    "check_order_of_nodes_at_prediction",
    "check_order_of_nodes_in_fit",
    "check_pickle",
    "check_routing",
    "check_same_seed_same_numbers",
    "check_unfitted",
    "checks_for",
    "make_check_data",
    "make_environment_check_data",
]

_Check = Callable[[Any, Mapping[str, Any]], None]

_ROUTED = ("treatment", "environments", "graph")  # keywords of fit that are arrays or networks
_BY_ROW = ("X", "y", *_ROUTED)
_ADDRESS = r" at 0x[0-9a-f]+"  # in the repr of a setting such as a graph, which a clone copies
_ROUNDING = 1e-4  # of the answers' spread: sums of 32-bit products in another order


def check_estimator(estimator: Any, data: Mapping[str, Any] | None = None) -> None:
    """Run every check that applies to an estimator.

    Parameters
    ----------
    estimator : estimator
        An instance with its settings; it is cloned for each fit and stays as it is.
    data : mapping, optional
        What :func:`make_check_data` or :func:`make_environment_check_data` returns, where the default of the
        first does not suit the estimator.

    Raises
    ------
    AssertionError
        For the first check that fails; the message names the estimator and the check.

    Examples
    --------
    >>> from causalkit.graphs import HopFeatures
    >>> from causalkit.testing import check_estimator
    >>> check_estimator(HopFeatures())
    """
    data = make_check_data() if data is None else data
    for check in checks_for(estimator):
        try:
            check(estimator, data)
        except AssertionError as error:
            raise AssertionError(f"{type(estimator).__name__} fails {check.__name__}: {error}") from error


def checks_for(estimator: Any) -> list[_Check]:
    """Return the checks that apply to an estimator, for use with ``pytest.mark.parametrize``.

    Parameters
    ----------
    estimator : estimator
        Its methods and settings say which checks apply.

    Returns
    -------
    list of functions
        Each takes the estimator and the data and raises an AssertionError where the estimator falls short.

    Examples
    --------
    >>> from causalkit.graphs import HopFeatures
    >>> from causalkit.testing import checks_for
    >>> checks_for(HopFeatures())[0].__name__
    'check_constructor_stores'
    """
    found: list[_Check] = [
        check_constructor_stores,
        check_clone_and_parameters,
        check_fitted_names,
        check_bad_input_is_refused,
    ]
    method = _answering_method(estimator)
    if method is None:
        return found
    found += [
        check_unfitted,
        check_pickle,
        check_same_seed_same_numbers,
        check_columns_at_prediction,
        check_order_of_nodes_at_prediction,
        check_order_of_nodes_in_fit,
        check_odd_input_is_taken,
    ]
    found += [check_names_of_environments] if _takes(estimator.fit, "environments") else []
    if _takes(getattr(estimator, method), "graph"):
        found += [check_isolated_node_changes_no_other, check_forms_of_a_graph]
        found += [check_routing] if hasattr(estimator, "score") or method == "transform" else []
    return found


def make_check_data(n_nodes: int = 240, n_features: int = 4, random_state: int = 0) -> Bunch:
    """Make a small network, a treatment, an outcome and environments to run checks on.

    Parameters
    ----------
    n_nodes, n_features : int
    random_state : int

    Returns
    -------
    sklearn.utils.Bunch
        X (DataFrame), y, treatment, graph (Network) and environments, with a row or node for each unit.

    Examples
    --------
    >>> from causalkit.testing import make_check_data
    >>> sorted(make_check_data())
    ['X', 'environments', 'graph', 'treatment', 'y']
    """
    world = make_network_cate(
        n_nodes, n_features=n_features, overlap=2.0, noise=0.5, random_state=random_state
    )
    return Bunch(
        X=world.X,
        y=world.y,
        treatment=world.treatment,
        graph=world.graph,
        environments=pd.Series(np.arange(n_nodes) % 3, index=world.X.index, name="environment"),
    )


def make_environment_check_data(kind: str = "linear", n_rows: int = 60, random_state: int = 0) -> Bunch:
    """Make environments in which the mechanisms of some variables change, to run checks on.

    Columns are called x0, x1, ..., as those of an array without names are, so that settings which name
    columns hold for both. The network between the rows has nothing to do with their values.

    Parameters
    ----------
    kind : str
        As in :func:`causalkit.datasets.make_mutable_scm`.
    n_rows : int
        Rows of each environment.
    random_state : int

    Returns
    -------
    sklearn.utils.Bunch
        X (DataFrame), y, graph (Network) and environments, with a row or node for each unit; causal_graph and
        mutable (names), for the settings of an estimator.

    Examples
    --------
    >>> from causalkit.testing import make_environment_check_data
    >>> data = make_environment_check_data()
    >>> list(data.X), data.mutable
    (['x0', 'x1', 'x2', 'x3', 'x4', 'x5'], ('x5',))
    """
    world = make_mutable_scm(kind, n_rows=n_rows, random_state=random_state)
    names = {name: f"x{i}" for i, name in enumerate((*world.stable, *world.mutable))}
    return Bunch(
        X=world.X[list(names)].rename(columns=names),
        y=world.y,
        graph=make_network_cate(len(world.X), random_state=random_state).graph,
        environments=world.environments,
        causal_graph=nx.relabel_nodes(world.causal_graph, names),
        mutable=tuple(names[name] for name in world.mutable),
    )


def check_constructor_stores(estimator: Any, data: Mapping[str, Any]) -> None:
    """Check that the constructor keeps its arguments as given and does nothing else.

    Parameters
    ----------
    estimator : estimator
    data : mapping
        Not used.

    Examples
    --------
    >>> from causalkit.graphs import HopFeatures
    >>> check_constructor_stores(HopFeatures(), {})
    """
    given = estimator.get_params(deep=False)
    made = type(estimator)(**given)
    changed = [name for name, value in given.items() if getattr(made, name) is not value]
    _require(not changed, f"the constructor changes {changed}")
    extra = sorted(set(vars(made)) - set(given))
    _require(not extra, f"the constructor sets {extra} beside its arguments")
    type(estimator)()


def check_clone_and_parameters(estimator: Any, data: Mapping[str, Any]) -> None:
    """Check clone, get_params, set_params and repr.

    Parameters
    ----------
    estimator : estimator
    data : mapping
        Not used.

    Examples
    --------
    >>> from causalkit.graphs import HopFeatures
    >>> check_clone_and_parameters(HopFeatures(), {})
    """
    copy = clone(estimator)
    shown = [re.sub(_ADDRESS, "", repr(each)) for each in (copy, estimator)]
    _require(shown[0] == shown[1], f"a clone shows as {copy!r}, the original as {estimator!r}")
    _require(repr(estimator).startswith(type(estimator).__name__), f"repr is {estimator!r}")
    names = list(copy.get_params(deep=False))
    marker = object()
    for name in names:
        _require(copy.set_params(**{name: marker}) is copy, "set_params must return the estimator")
        _require(copy.get_params(deep=False)[name] is marker, f"set_params does not set {name}")
    _refuses(lambda: clone(estimator).set_params(no_such_name=1), "no_such_name", "an unknown parameter")


def check_fitted_names(estimator: Any, data: Mapping[str, Any]) -> None:
    """Check what a fit leaves: its settings as they were, names ending in "_", columns, untouched data.

    Parameters
    ----------
    estimator : estimator
    data : mapping
        X, y and those of treatment, environments and graph that ``fit`` takes.

    Examples
    --------
    >>> from causalkit.graphs import HopFeatures
    >>> check_fitted_names(HopFeatures(), make_check_data())
    """
    before = {name: pickle.dumps(value) for name, value in data.items()}
    model = clone(estimator)
    settings = model.get_params(deep=False)
    _require(_fit(model, data, cloned=False) is model, "fit must return the estimator itself")
    moved = [name for name, value in settings.items() if getattr(model, name) is not value]
    _require(not moved, f"fit changes the settings {moved}")
    wrong = [n for n in vars(model) if n not in settings and not (n.endswith("_") or n.startswith("_"))]
    _require(not wrong, f"fitted names must end in '_'; got {wrong}")
    X = data["X"]
    _require(model.n_features_in_ == X.shape[1], f"n_features_in_ is {model.n_features_in_}")
    _require(list(model.feature_names_in_) == list(X.columns), f"feature_names_in_ {model.feature_names_in_}")
    without_names = _fit(estimator, {**data, "X": X.to_numpy()})
    _require(not hasattr(without_names, "feature_names_in_"), "feature_names_in_ for an array without names")
    touched = [name for name, value in data.items() if pickle.dumps(value) != before[name]]
    _require(not touched, f"fit changes its data: {touched}")


def check_unfitted(estimator: Any, data: Mapping[str, Any]) -> None:
    """Check that an answer before ``fit`` is a NotFittedError.

    Parameters
    ----------
    estimator : estimator
    data : mapping

    Examples
    --------
    >>> from causalkit.graphs import HopFeatures
    >>> check_unfitted(HopFeatures(), make_check_data())
    """
    unfitted = clone(estimator)
    _refuses(lambda: _answer_to(unfitted, data), "not fitted", "an answer before fit", kind=NotFittedError)


def check_pickle(estimator: Any, data: Mapping[str, Any]) -> None:
    """Check that a saved and loaded model gives the same answers to the last bit.

    Parameters
    ----------
    estimator : estimator
    data : mapping

    Examples
    --------
    >>> from causalkit.graphs import HopFeatures
    >>> check_pickle(HopFeatures(), make_check_data())
    """
    model = _fit(estimator, data)
    loaded = pickle.loads(pickle.dumps(model))
    _same(_answer_to(loaded, data), _answer_to(model, data), 0.0, "answers after pickling")


def check_same_seed_same_numbers(estimator: Any, data: Mapping[str, Any]) -> None:
    """Check that a second fit gives the same numbers, and so does any ``n_jobs``.

    Numbers agree to the last bit; random settings are fixed by ``random_state=0`` where there is one.

    Parameters
    ----------
    estimator : estimator
    data : mapping

    Examples
    --------
    >>> from causalkit.graphs import HopFeatures
    >>> check_same_seed_same_numbers(HopFeatures(), make_check_data())
    """
    settings = estimator.get_params(deep=False)
    seeded = clone(estimator)
    if "random_state" in settings:
        seeded.set_params(random_state=0)
    first = _answer_to(_fit(seeded, data), data)
    _same(_answer_to(_fit(seeded, data), data), first, 0.0, "answers of a second fit")
    for n_jobs in (1, 2) if "n_jobs" in settings else ():
        again = _fit(clone(seeded).set_params(n_jobs=n_jobs), data)
        _same(_answer_to(again, data), first, 0.0, f"answers with n_jobs={n_jobs}")


def check_columns_at_prediction(estimator: Any, data: Mapping[str, Any]) -> None:
    """Check that columns which are not those of the fit are refused, in words about X.

    Parameters
    ----------
    estimator : estimator
    data : mapping

    Examples
    --------
    >>> from causalkit.graphs import HopFeatures
    >>> check_columns_at_prediction(HopFeatures(), make_check_data())
    """
    model, X, graph = _fit(estimator, data), data["X"], data.get("graph")
    _refuses(
        lambda: _answer(model, X[X.columns[::-1]], graph), "X.*feature names", "columns in another order"
    )
    _refuses(lambda: _answer(model, X.iloc[:, 1:], graph), "X.*feature names", "a column that is missing")
    nameless = _fit(estimator, {**data, "X": X.to_numpy()})
    _refuses(lambda: _answer(nameless, X.to_numpy()[:, 1:], graph), "X has .* features", "too few columns")


def check_order_of_nodes_at_prediction(estimator: Any, data: Mapping[str, Any]) -> None:
    """Check that a permutation of the nodes permutes a fitted model's answers and does nothing else.

    Parameters
    ----------
    estimator : estimator
    data : mapping

    Examples
    --------
    >>> from causalkit.graphs import HopFeatures
    >>> check_order_of_nodes_at_prediction(HopFeatures(), make_check_data())
    """
    model, order = _fit(estimator, data), _some_order(len(data["X"]))
    permuted = _answer_to(model, _rows(data, order))
    _same(permuted, _answer_to(model, data)[order], _ROUNDING, "answers for permuted nodes")


def check_order_of_nodes_in_fit(estimator: Any, data: Mapping[str, Any]) -> None:
    """Check that a fit to permuted nodes gives the same answers.

    Folds that are drawn at random depend on the order of the rows. An estimator with a setting ``cv``
    therefore gets folds that are permuted together with the nodes; anything else that draws rows (a forest,
    say) must be left out of its settings for this check.

    Parameters
    ----------
    estimator : estimator
    data : mapping

    Examples
    --------
    >>> from causalkit.graphs import HopFeatures
    >>> check_order_of_nodes_in_fit(HopFeatures(), make_check_data())
    """
    n = len(data["X"])
    order, folds = _some_order(n), np.arange(n) % 5
    settings = estimator.get_params(deep=False)
    seed = {"random_state": 0} if "random_state" in settings else {}

    def fitted(rows: NDArray[np.intp]) -> Any:
        cv = {"cv": PredefinedSplit(folds[rows])} if "cv" in settings else {}
        return _fit(clone(estimator).set_params(**seed, **cv), _rows(data, rows))

    original, permuted = (_answer_to(fitted(rows), data) for rows in (np.arange(n), order))
    _same(permuted, original, 10 * _ROUNDING, "answers of a fit to permuted nodes")


def check_isolated_node_changes_no_other(estimator: Any, data: Mapping[str, Any]) -> None:
    """Check that a node without neighbours, added to the data, leaves the answers for all others as they are.

    Parameters
    ----------
    estimator : estimator
    data : mapping

    Examples
    --------
    >>> from causalkit.graphs import HopFeatures
    >>> check_isolated_node_changes_no_other(HopFeatures(), make_check_data())
    """
    model, X = _fit(estimator, data), data["X"]
    wider = pd.concat([X, X.iloc[:1] + 1], ignore_index=True)
    links = sparse.block_diag([data["graph"].adjacency, np.zeros((1, 1))], format="csr")
    answers = _answer(model, wider, Network(links))
    _require(bool(np.isfinite(answers).all()), "the answer for an isolated node is not finite")
    _same(answers[: len(X)], _answer_to(model, data), _ROUNDING, "answers beside an added isolated node")


def check_forms_of_a_graph(estimator: Any, data: Mapping[str, Any]) -> None:
    """Check that a matrix, a networkx graph and an edge table (repeats, text ids) mean the same network.

    Parameters
    ----------
    estimator : estimator
    data : mapping

    Examples
    --------
    >>> from causalkit.graphs import HopFeatures
    >>> check_forms_of_a_graph(HopFeatures(), make_check_data())
    """
    expected = _answer_to(_fit(estimator, data), data)
    named = data["X"].set_axis([f"unit {i}" for i in range(len(data["X"]))])
    ends = np.array(named.index)[data["graph"].edges()]
    table = pd.DataFrame(np.vstack([ends, ends[:3], ends[:3, ::-1]]), columns=["source", "target"])
    forms = {
        "sparse matrix": {"graph": data["graph"].adjacency},
        "networkx graph": {"graph": data["graph"].to_networkx()},
        "edge table": {"graph": table, "X": named},
    }
    for name, form in forms.items():
        same = {**data, **form}
        _same(_answer_to(_fit(estimator, same), same), expected, 0.0, f"answers with the graph as a {name}")


def check_routing(estimator: Any, data: Mapping[str, Any]) -> None:
    """Check that cross-validation and grid search hand each fold its own part of the graph and the keywords.

    Scores of ``cross_validate`` must be those of a loop written out by hand. A transformer is followed by a
    ridge regression in a pipeline.

    Parameters
    ----------
    estimator : estimator
    data : mapping

    Examples
    --------
    >>> from causalkit.graphs import HopFeatures
    >>> check_routing(HopFeatures(), make_check_data())
    """
    model, X, y = clone(estimator), data["X"], data["y"]
    if "random_state" in model.get_params(deep=False):
        model.set_params(random_state=0)
    model = model if hasattr(model, "score") else make_pipeline(model, Ridge())
    params = {name: data[name] for name in _ROUTED if _is_routed(estimator, name)}
    in_steps = not hasattr(estimator, "score")  # a pipeline hands its score whatever a step asks for
    scored = {name: value for name, value in params.items() if in_steps or _takes(estimator.score, name)}
    splitter = NetworkKFold(n_splits=2, random_state=0)
    with config_context(enable_metadata_routing=True):
        found = cross_validate(model, X, y, params=params, cv=splitter, error_score="raise")["test_score"]
        by_hand = [
            clone(model)
            .fit(X.iloc[train], y.iloc[train], **_part(params, train))
            .score(X.iloc[test], y.iloc[test], **_part(scored, test))
            for train, test in splitter.split(X, graph=data["graph"])
        ]
        _same(np.array(found), np.array(by_hand), 0.0, "scores of cross_validate")
        name, value = next((n, v) for n, v in model.get_params().items() if isinstance(v, str | int))
        search = GridSearchCV(model, {name: [value]}, cv=splitter, error_score="raise").fit(X, y, **params)
        whole = clone(model).fit(X, y, **params).predict(X, graph=data["graph"])
        _same(
            search.best_estimator_.predict(X, graph=data["graph"]),
            whole,
            0.0,
            "predictions after a grid search",
        )


def check_names_of_environments(estimator: Any, data: Mapping[str, Any]) -> None:
    """Check that other labels of the environments, in another sorted order, give the same answers.

    Parameters
    ----------
    estimator : estimator
    data : mapping

    Examples
    --------
    >>> from causalkit.graphs import HopFeatures
    >>> check_names_of_environments(HopFeatures(), make_check_data())
    """
    codes, labels = pd.factorize(pd.Series(data["environments"]))
    names = np.array([f"site {len(labels) - i}" for i in range(len(labels))], dtype=object)
    forms = {"texts": names[codes], "categories": pd.Categorical(names[codes], categories=names)}
    expected = _answer_to(_fit(estimator, data), data)
    for what, form in forms.items():
        same = {**data, "environments": pd.Series(form, index=data["X"].index)}
        _same(_answer_to(_fit(estimator, same), same), expected, 0.0, f"answers with environments as {what}")


def check_odd_input_is_taken(estimator: Any, data: Mapping[str, Any]) -> None:
    """Check that odd but legitimate input gives finite answers, such as a constant column.

    Booleans, whole numbers, large values, no graph, no edges, and self-loops, which are dropped with a
    warning; a constant column and, without a treatment, a constant outcome, but not beside environments: what
    never varies has no mechanism.

    Parameters
    ----------
    estimator : estimator
    data : mapping

    Examples
    --------
    >>> from causalkit.graphs import HopFeatures
    >>> check_odd_input_is_taken(HopFeatures(), make_check_data())
    """
    X, links = data["X"], data["graph"].adjacency
    first = X.columns[0]
    constant = (
        {} if _compares_environments(estimator) else {"a constant column": {"X": X.assign(**{first: 1.0})}}
    )
    odd = {
        **constant,
        "a column of booleans": {"X": X.assign(**{first: X[first] > X[first].median()})},
        "a column of whole numbers": {"X": X.assign(**{first: np.arange(len(X)) % 7})},
        "large values": {"X": X * 1e6 + 1e8},
        "no graph": {"graph": None},
        "a graph without edges": {"graph": Network(links * 0)},
    }
    for what, changes in odd.items():
        changed = {**data, **changes}
        answers = _answer_to(_fit(estimator, changed), changed)
        _require(bool(np.isfinite(answers).all()), f"answers are not finite for {what}")
    if not is_classifier(estimator) and not _needs_variation(estimator):
        changed = {**data, "y": data["y"] * 0 + 3}
        answers = _answer_to(_fit(estimator, changed), changed)
        _require(bool(np.isfinite(answers).all()), "answers are not finite for a constant outcome")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        looped = {**data, "graph": (links + sparse.eye_array(len(X))).tocsr()}
        answers = _answer_to(_fit(estimator, looped), looped)
    if _takes(getattr(estimator, _answering_method(estimator) or ""), "graph"):
        _require(
            any("self-loop" in str(w.message) for w in caught), "self-loops must be dropped with a warning"
        )
    _same(answers, _answer_to(_fit(estimator, data), data), 0.0, "answers with self-loops in the graph")


def check_bad_input_is_refused(estimator: Any, data: Mapping[str, Any]) -> None:
    """Check that bad input raises an error that names the argument.

    In turn: X with missing values (unless the estimator takes them), infinities, the same text in every row,
    without rows or columns; outcome, treatment, environments and graph, where the estimator takes them, of
    another length, missing or not finite; a constant outcome beside a treatment, which must have two levels;
    a constant outcome or column beside environments; an edge table with unknown or repeated names.

    Parameters
    ----------
    estimator : estimator
    data : mapping

    Examples
    --------
    >>> from causalkit.graphs import HopFeatures
    >>> check_bad_input_is_refused(HopFeatures(), make_check_data())
    """
    for what, changes, pattern in _bad_inputs(estimator, data):
        bad = {**data, **changes}
        _refuses(lambda bad=bad: _fit_and_answer(estimator, bad), pattern, what)  # type: ignore[misc]


_Case = tuple[str, dict[str, Any], str]


def _bad_inputs(estimator: Any, data: Mapping[str, Any]) -> Iterator[_Case]:
    tags = get_tags(estimator).input_tags
    takes_missing = tags.allow_nan
    yield from _bad_features(estimator, data, takes_missing, takes_texts=tags.categorical)
    if "y" in signature(estimator.fit).parameters and get_tags(estimator).target_tags.required:
        yield from _bad_outcomes(data["y"], takes_missing, takes_texts=is_classifier(estimator))
        if _needs_variation(estimator):
            yield "a constant y", {"y": data["y"] * 0 + 3}, r"\by must (vary|have two)"
    for name in ("treatment", "environments"):
        if _takes(estimator.fit, name):
            needed = signature(estimator.fit).parameters[name].default is Parameter.empty
            yield from _bad_labels(name, data[name], takes_missing, needed=needed)
    if _is_routed(estimator, "graph"):
        yield from _bad_graphs(data["X"], data["graph"])


def _bad_features(
    estimator: Any, data: Mapping[str, Any], takes_missing: bool, *, takes_texts: bool
) -> Iterator[_Case]:
    X, nothing = data["X"], _part(data, np.arange(0))
    yield "X without rows", nothing, r"X.*0 sample"
    yield "X without columns", {"X": X.iloc[:, :0]}, r"X.*0 (columns|feature)"
    yield "one column as X", {"X": X.iloc[:, 0]}, r"X.*2"
    yield "infinity in X", {"X": _with_first(X, np.inf)}, f"X must not contain .*{X.columns[0]}"
    texts = X.assign(**{X.columns[1]: "text"})
    complaint = (
        f"column '{X.columns[1]}'.* must vary" if takes_texts else f"X must have numeric .*{X.columns[1]}"
    )
    yield "texts in X", {"X": texts}, complaint
    if _compares_environments(estimator):
        yield (
            "a constant column",
            {"X": X.assign(**{X.columns[0]: 1.0})},
            f"column '{X.columns[0]}'.* must vary",
        )
    if not takes_missing:
        yield "NaN in X", {"X": _with_first(X, np.nan)}, f"X must not contain .*{X.columns[0]}"


def _bad_outcomes(y: pd.Series, takes_missing: bool, *, takes_texts: bool) -> Iterator[_Case]:
    yield "a short y", {"y": y[:-1]}, r"\by must have one (value|label) for each row"
    yield "no y", {"y": None}, r"\by\b"
    # Beside two classes, infinity is a third.
    unfit = r"\by must (not contain|have two)" if takes_texts else r"\by must not contain"
    yield "infinity in y", {"y": _with_first(y, np.inf)}, unfit
    if not takes_texts:
        yield "texts as y", {"y": [f"text {i % 3}" for i in range(len(y))]}, r"\by must be"
    if not takes_missing:
        yield "NaN in y", {"y": _with_first(y, np.nan)}, r"\by must not (contain|be missing)"


def _bad_labels(name: str, labels: pd.Series, takes_missing: bool, *, needed: bool) -> Iterator[_Case]:
    yield f"a short {name}", {name: labels[:-1]}, f"{name} must have one"
    if needed:
        yield f"no {name}", {name: None}, name
    if not takes_missing:
        yield f"a missing {name}", {name: _with_first(labels, np.nan)}, f"{name} must"
    if name == "treatment":
        yield "one level of treatment", {name: labels * 0}, "treatment must be binary .*1 level"
        yield (
            "three levels of treatment",
            {name: np.arange(len(labels)) % 3},
            "treatment must be binary .*3 levels",
        )
        yield (
            "a continuous treatment",
            {name: np.linspace(0, 1, len(labels))},
            "treatment must be binary .*continuous",
        )


def _bad_graphs(X: pd.DataFrame, graph: Network) -> Iterator[_Case]:
    named = X.set_axis([f"unit {i}" for i in range(len(X))])
    stranger = pd.DataFrame({"source": ["unit 0"], "target": ["a stranger"]})
    repeated = X.set_axis(["unit 0", *named.index[:-1]])
    yield (
        "a graph of fewer nodes",
        {"graph": graph[: len(X) - 1]},
        "graph must have one node for each row of X",
    )
    yield "a graph that is none", {"graph": "text"}, "graph must be"
    yield (
        "an edge to an unknown name",
        {"X": named, "graph": stranger},
        "edges must only name known nodes.*a stranger",
    )
    yield (
        "a name that two rows share",
        {"X": repeated, "graph": stranger},
        "node_ids must be distinct.*unit 0",
    )
    yield "an edge table without ends", {"graph": pd.DataFrame({"a": [0], "b": [1]})}, "graph .*source"


def _with_first(values: Any, entry: float) -> Any:
    changed = values.astype(np.float64)
    if changed.ndim == 1:
        changed.iloc[0] = entry
    else:
        changed.iloc[0, 0] = entry
    return changed


def _answering_method(estimator: Any) -> str | None:
    return next((name for name in ("predict", "transform") if hasattr(estimator, name)), None)


def _takes(method: Any, name: str) -> bool:
    return name in signature(method).parameters


def _is_routed(estimator: Any, name: str) -> bool:
    method = _answering_method(estimator)
    return _takes(estimator.fit, name) or (method is not None and _takes(getattr(estimator, method), name))


def _fit(estimator: Any, data: Mapping[str, Any], *, cloned: bool = True) -> Any:
    model = clone(estimator) if cloned else estimator
    keywords = {name: data[name] for name in _ROUTED if _takes(model.fit, name)}
    return (
        model.fit(data["X"], data["y"], **keywords)
        if _takes(model.fit, "y")
        else model.fit(data["X"], **keywords)
    )


def _needs_variation(estimator: Any) -> bool:
    return _takes(estimator.fit, "treatment") or _compares_environments(estimator)


def _compares_environments(estimator: Any) -> bool:
    return _takes(estimator.fit, "environments")


def _answer(model: Any, X: Any, graph: Any) -> NDArray[np.float64]:
    method = getattr(model, _answering_method(model) or "")
    keywords = {"graph": graph} if _takes(method, "graph") else {}
    return np.asarray(method(X, **keywords), dtype=np.float64)


def _answer_to(model: Any, data: Mapping[str, Any]) -> NDArray[np.float64]:
    return _answer(model, data["X"], data.get("graph"))


def _fit_and_answer(estimator: Any, data: Mapping[str, Any]) -> None:
    model = _fit(estimator, data)
    if _answering_method(model) is not None:
        _answer_to(model, data)


def _rows(data: Mapping[str, Any], rows: NDArray[np.intp]) -> dict[str, Any]:
    """All data of some rows; names of rows are dropped, so that nothing can be put back in order by them."""
    chosen = _part(data, rows)
    return {
        name: value.reset_index(drop=True) if hasattr(value, "reset_index") else value
        for name, value in chosen.items()
    }


def _part(data: Mapping[str, Any], rows: NDArray[np.intp]) -> dict[str, Any]:
    """Some rows of what has a row or node for each unit; the rest as it is."""

    def of_rows(value: Any) -> Any:
        return value.iloc[rows] if hasattr(value, "iloc") else value[rows]

    return {name: of_rows(value) if name in _BY_ROW else value for name, value in data.items()}


def _some_order(n: int) -> NDArray[np.intp]:
    return np.random.default_rng(0).permutation(n)


def _require(holds: bool, complaint: str) -> None:
    if not holds:
        raise AssertionError(complaint)


def _same(found: NDArray[np.float64], expected: NDArray[np.float64], tolerance: float, what: str) -> None:
    """Equal shapes, and no difference above the tolerance times the spread of what is expected."""
    _require(found.shape == expected.shape, f"{what} have shape {found.shape}, expected {expected.shape}")
    gap = float(np.max(np.abs(found - expected), initial=0.0))
    spread = float(np.std(expected)) if expected.size else 0.0
    _require(
        gap <= tolerance * spread,
        f"{what} differ by up to {gap:.3g}, the answers' deviation being {spread:.3g}",
    )


def _refuses(call: Callable[[], Any], pattern: str, what: str, kind: type[Exception] | None = None) -> None:
    kinds = (ValueError, TypeError) if kind is None else kind
    try:
        call()
    except kinds as error:
        _require(
            re.search(pattern, str(error), re.DOTALL) is not None,
            f"the message for {what} must match {pattern!r}; got {str(error)!r}",
        )
        return
    raise AssertionError(f"{what} must be refused")
