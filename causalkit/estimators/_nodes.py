"""What a model is shown of the units: hop columns, or own columns and the network where it reads a graph."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.utils import get_tags

from causalkit.graphs._network import Network
from causalkit.nuisance._cross_fitting import MAX_ROWS, at_most
from causalkit.nuisance._fold_models import fit_part, predict_part, takes_graph
from causalkit.nuisance._gram import Design

Array = NDArray[np.float64]
Float32 = NDArray[np.float32]
Index = NDArray[np.intp]


@dataclass(frozen=True)
class Units:
    """All units of a network: their own columns, links, and which of them are fitted to or asked about.

    `values` (n_units, d) is a DataFrame where X came with names. Units outside `rows` (None: all are in it)
    stay neighbours of the others.
    """

    values: Any
    network: Network
    rows: Index | None = None
    may_miss: bool = False  # missing values are allowed, in later data too

    def at(self, rows: Index) -> Units:
        """The same units with others asked about."""
        return replace(self, rows=rows)


@dataclass(frozen=True)
class Nodes:
    """Units that an effect is asked for: their rows of the engine's design, and all units with their links.

    Design rows belong to `units.rows`.
    """

    design: Design
    units: Units

    @property
    def groups(self) -> Sequence[Float32]:
        return self.design.groups

    @property
    def n_rows(self) -> int:
        return self.design.n_rows


@dataclass(frozen=True)
class View:
    """A table of units for one kind of model: `rows` of it are fitted to or asked about, None for all.

    With a network the other rows of the table are neighbours of these, with weight 0 in fits.
    """

    table: Any
    network: Network | None = None
    rows: Index | None = None

    def fit(self, model: Any, y: Array, train: Index, weight: Array | None = None) -> Any:
        """Fit a clone to some of the units; `train` are positions in y (n_rows,) and its weights."""
        if self.network is None or self.rows is None:
            return fit_part(model, self.table, y, train, network=self.network, weight=weight)
        weights = None if weight is None else self._spread(weight)
        train = self.rows[train]
        return fit_part(model, self.table, self._spread(y), train, network=self.network, weight=weights)

    def predict(self, model: Any, *, task: str = "regression", at: Index | None = None) -> Array:
        """Predictions for the units, or for those at some positions, (n,)."""
        if self.rows is not None:
            at = self.rows if at is None else self.rows[at]
        return predict_part(model, self.table, task=task, rows=at, network=self.network)

    def with_column(self, name: Any, values: Array | float) -> View:
        """The table with a column more at its end; units that are not asked about get a zero."""
        column: Any = values
        if self.rows is not None and np.ndim(values):
            column = np.nan_to_num(self._spread(np.asarray(values)))
        if isinstance(self.table, pd.DataFrame):
            return replace(self, table=self.table.assign(**{name: column}))
        column = np.broadcast_to(np.asarray(column, dtype=self.table.dtype), len(self.table))
        return replace(self, table=np.column_stack([self.table, column]))

    def _spread(self, values: Array) -> Array:
        out = np.full(len(self.table), np.nan)
        out[self.rows] = values
        return out


@dataclass(frozen=True)
class Reader:
    """How one model reads the units; `imputer` completes own columns where it takes no missing values."""

    reads_graph: bool = False
    imputer: Any = None

    def view(self, groups: Sequence[Float32], units: Units) -> View:
        """What the model is shown of units with these hop columns."""
        if not self.reads_graph:
            return View(np.hstack(groups))
        table = units.values if self.imputer is None else self.imputer.transform(units.values)
        return View(table, units.network, units.rows)


HOP_COLUMNS = Reader()


def reader_of(model: Any, units: Units) -> tuple[Any, Reader]:
    """The model made ready for the units, and how it reads them.

    Where values may be missing, now or in later data, a model that reads a graph is told to take them if it
    can; any other model that does not take them gets means in their place.
    """
    reads_graph = takes_graph(model)
    reader = Reader(reads_graph=True) if reads_graph else HOP_COLUMNS
    if not units.may_miss:
        return model, reader
    if reads_graph:
        model = _told_of_missing(model)
    if get_tags(model).input_tags.allow_nan:
        return model, reader
    imputer = SimpleImputer(keep_empty_features=True)
    if not reads_graph:
        return make_pipeline(imputer, model), reader
    if isinstance(units.values, pd.DataFrame):
        imputer.set_output(transform="pandas")
    return model, replace(reader, imputer=imputer.fit(units.values))


def fold_models(
    view: View,
    model: Any,
    y: Array,
    fold: Index,
    *,
    among: NDArray[np.bool_] | None = None,
    refit: bool = False,
    n_jobs: int | None,
    seed: int,
) -> list[Any]:
    """The model fitted without each fold, to units `among` the others; with `refit` at last to all folds.

    A model on hop columns trains on at most MAX_ROWS units; one that reads a graph sees all of them.
    """
    n_folds = int(fold.max()) + 1
    seeds = np.random.SeedSequence(seed).spawn(n_folds + 1)

    def without(k: int) -> Any:
        kept = fold != k
        train = np.flatnonzero(kept if among is None else kept & among)
        if view.network is None:
            train = at_most(train, MAX_ROWS, seeds[k])
        return view.fit(model, y, train)

    n_fits = n_folds + refit  # no unit is in fold n_folds
    return list(Parallel(n_jobs=n_jobs, prefer="threads")(delayed(without)(k) for k in range(n_fits)))


def held_out(view: View, models: Sequence[Any], fold: Index, *, task: str = "regression") -> Array:
    """Predictions (n,) of each fold's units by the model that was fitted without them."""
    out = np.empty(len(fold))
    for k in range(int(fold.max()) + 1):
        rows = np.flatnonzero(fold == k)
        out[rows] = view.predict(models[k], task=task, at=rows)
    return out


def _told_of_missing(model: Any) -> Any:
    """A clone whose parameters `missing`, those of inner models included, are "flag" in place of "error"."""
    model = clone(model)
    names = [
        name
        for name, value in model.get_params(deep=True).items()
        if name.split("__")[-1] == "missing" and isinstance(value, str) and value == "error"
    ]
    return model.set_params(**dict.fromkeys(names, "flag"))
