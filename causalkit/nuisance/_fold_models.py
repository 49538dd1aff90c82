"""One model fitted to some rows and asked about others, with the links and weights that it can take."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn import config_context, get_config
from sklearn.base import clone
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.utils import get_tags
from sklearn.utils.metadata_routing import get_routing_for_object
from sklearn.utils.validation import has_fit_parameter

from causalkit.graphs._network import Network

Array = NDArray[np.float64]
Index = NDArray[np.intp]


def fit_part(
    estimator: Any,
    table: Any,
    y: NDArray[Any],
    train: Index,
    *,
    network: Network | None = None,
    weight: Array | None = None,
) -> Any:
    """Fit a clone to the training rows of a table (n, d).

    With a network and an estimator that takes weights, the other rows stay in the fit as neighbours, with
    weight 0 and some training row's outcome in place of theirs. An estimator without weights gets the induced
    subgraph.
    """
    model = clone(estimator)
    if network is None:
        part = None if weight is None else weight[train]
        return _fit(complete_cases(model, table), rows_of(table, train), y[train], part)
    if not takes_weight(model):
        part = None if weight is None else weight[train]
        return _fit(model, rows_of(table, train), y[train], part, graph=network[train])
    seen = np.zeros(len(y))
    seen[train] = 1 if weight is None else weight[train]
    known = np.isin(np.arange(len(y)), train)
    middle = np.sort(y[train])[len(train) // 2]
    return _fit(model, table, np.where(known, y, middle), seen, graph=network)


def predict_part(
    model: Any, table: Any, *, task: str, rows: Index | None = None, network: Network | None = None
) -> Array:
    """Predictions of some rows, all by default; a model with a graph sees all rows and all links."""
    if network is None and rows is not None:
        table, rows = rows_of(table, rows), None
    graph = {} if network is None else {"graph": network}
    if task == "classification":
        values = model.predict_proba(table, **graph)[:, 1]
    else:
        values = np.ravel(model.predict(table, **graph))
    return np.asarray(values if rows is None else values[rows], dtype=np.float64)


def takes_graph(model: Any) -> bool:
    """Whether ``fit`` takes ``graph``: by its signature, or through scikit-learn's metadata routing."""
    return has_fit_parameter(model, "graph") or _routes(model, "graph")


def takes_weight(model: Any) -> bool:
    """Whether ``fit`` takes ``sample_weight``: by its signature, or through metadata routing."""
    return has_fit_parameter(model, "sample_weight") or _routes(model, "sample_weight")


def complete_cases(model: Any, table: Any) -> Any:
    """The model itself, or behind an imputer where the table has missing values that it does not take."""
    if not np.isnan(np.asarray(table)).any() or get_tags(model).input_tags.allow_nan:
        return model
    imputer = SimpleImputer(keep_empty_features=True)
    if hasattr(table, "iloc"):
        imputer.set_output(transform="pandas")
    return make_pipeline(imputer, model)


def rows_of(table: Any, rows: Index) -> Any:
    """Some rows of an array or DataFrame."""
    return table.iloc[rows] if hasattr(table, "iloc") else table[rows]


def _fit(model: Any, table: Any, y: NDArray[Any], weight: Array | None, **graph: Network) -> Any:
    if weight is None:
        return model.fit(table, y, **graph)
    if takes_weight(model):
        return model.fit(table, y, sample_weight=weight, **graph)
    keys = [] if graph else _weight_arguments(model)
    if not keys:
        name = type(model).__name__
        raise ValueError(
            f"sample_weight must be None for an estimator whose fit takes no weights; got {name}"
        )
    # With routing switched on a pipeline would take no argument that is addressed to one of its steps.
    with config_context(enable_metadata_routing=False):
        return model.fit(table, y, **dict.fromkeys(keys, weight))


def _weight_arguments(model: Any) -> list[str]:
    """Names of the weights in ``fit``; for a pipeline of each step that takes them, if the last one does."""
    if not isinstance(model, Pipeline):
        return ["sample_weight"] if has_fit_parameter(model, "sample_weight") else []
    by_step = {step: _weight_arguments(part) for step, part in model.steps}
    last = model.steps[-1][0]
    return [f"{step}__{name}" for step, names in by_step.items() for name in names] if by_step[last] else []


def _routes(model: Any, argument: str) -> bool:
    if not get_config()["enable_metadata_routing"]:
        return False
    return bool(get_routing_for_object(model).consumes("fit", [argument]))
