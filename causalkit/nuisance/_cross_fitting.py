"""Cross-fitting: each row is predicted by a model that was fitted without the row's fold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from inspect import signature
from numbers import Integral
from typing import Any, Self

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, is_classifier
from sklearn.metrics import accuracy_score, r2_score
from sklearn.model_selection import KFold, StratifiedKFold, check_cv
from sklearn.utils import Tags, get_tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, column_or_1d

from causalkit._environments import group_rows
from causalkit._random import RandomState, child_seeds
from causalkit._validation import (
    check_features,
    check_outcome,
    check_sample_weight,
    check_scalar_argument,
    row_names,
)
from causalkit.graphs._convert import as_network
from causalkit.graphs._folds import NetworkKFold
from causalkit.graphs._network import Network
from causalkit.graphs._propagate import HopFeatures
from causalkit.nuisance._defaults import NAMES, resolve_model
from causalkit.nuisance._fold_models import fit_part, predict_part, takes_graph
from causalkit.nuisance._stacking import log_odds, sigmoid, simplex_weights, stack_log_odds

Array = NDArray[np.float64]
Index = NDArray[np.intp]

MAX_ROWS = 50_000  # a learner trains a model that is not linear in rows on at most so many, drawn at random
_CLIP = 0.01  # probabilities are kept so far from 0 and 1 before their log-odds are stacked


def cross_fit(
    estimator: Any,
    columns: NDArray[Any] | Sequence[NDArray[Any]],
    y: Array,
    fold: Index,
    *,
    task: str,
    n_jobs: int | None,
    seed: int,
    max_rows: int = MAX_ROWS,
) -> Array:
    """Out-of-fold predictions (n,) of a scikit-learn estimator, for a classifier of the second class.

    `columns` is one table (n, d), or one for each fold. Missing values are imputed by a column's mean over
    the training rows, unless the estimator takes them. Folds run in threads.
    """
    n_folds = int(fold.max()) + 1
    tables = [columns] * n_folds if isinstance(columns, np.ndarray) else columns
    seeds = np.random.SeedSequence(seed).spawn(n_folds)

    def held_out(k: int) -> Array:
        train = at_most(np.flatnonzero(fold != k), max_rows, seeds[k])
        table = tables[k]
        model = fit_part(estimator, table, y, train)
        return predict_part(model, table, task=task, rows=np.flatnonzero(fold == k))

    parts = Parallel(n_jobs=n_jobs, prefer="threads")(delayed(held_out)(k) for k in range(n_folds))
    out = np.empty(len(y))
    for k, part in enumerate(parts):
        out[fold == k] = part
    return out


def at_most(rows: Index, n_rows: int, seed: np.random.SeedSequence) -> Index:
    """The rows, or so many of them drawn at random, in order."""
    if len(rows) <= n_rows:
        return rows
    return np.sort(np.random.default_rng(seed).choice(rows, n_rows, replace=False))


class CrossFitter(BaseEstimator):
    r"""Predictions of each row by a model that never saw its outcome, and of new rows by the mean model.

    With folds :math:`I_1, \dots, I_K` it estimates :math:`\hat m(x_i) = \hat m_{-k}(x_i)` for :math:`i \in
    I_k`, where :math:`\hat m_{-k}` is fitted to the other folds. Several candidates are stacked: their
    weights are non-negative and chosen on these out-of-fold predictions, for a regression by squared error
    with sum one, for a classification by log loss on log-odds, so that the stack is calibrated.

    Held-out rows stay neighbours of the others, their outcomes are not seen. A model whose ``fit`` takes
    ``graph`` is fitted to all rows, those held out with weight 0 and a made-up outcome; without
    ``sample_weight`` it is fitted to the induced subgraph of the other rows. A model that takes no graph gets
    hop features (:class:`~causalkit.graphs.HopFeatures`) where a graph is given, else the columns as they
    are.

    Parameters
    ----------
    estimator : estimator, str or list, default="stack"
        A scikit-learn regressor or classifier; "linear", "additive" (``HopAdditiveRegressor``), "pairs" (the
        same with pairs of columns), "boosting" (LightGBM); "stack" for all four; or a list of those. Names
        are classifiers where y is boolean, 0/1 or two texts, regressors otherwise.
    cv : int or splitter, default=5
        Number of folds: of a ``NetworkKFold`` where there are edges or groups, of random folds otherwise,
        stratified for classifiers. A splitter must hold out each row exactly once.
    n_hops : int, default=2
        How far named models and hop features look.
    n_jobs : int, optional
        Threads that the fits are spread over; the answer does not depend on it.
    random_state : int, Generator, RandomState or None
        Seed of the folds and of named models.

    Attributes
    ----------
    out_of_fold_ : ndarray, shape (n,)
        Held-out predictions, in units of y; for classifiers probabilities of ``classes_[1]``.
    folds_ : ndarray of int, shape (n,)
        The fold that holds out each row.
    estimators_ : dict of list
        The fitted models by candidate, one for each fold.
    candidates_ : DataFrame, shape (n, n_candidates)
        Held-out predictions of each candidate.
    weights_ : Series
        Weight of each candidate in the stack; 1 for a single one.
    classes_ : ndarray, shape (2,)
        For classifiers: the two values of y.
    n_features_in_, feature_names_in_ : int, ndarray
        As in scikit-learn.

    Raises
    ------
    ValueError
        For an unknown name, a y that does not fit the estimator, folds that hold out a row twice or never, or
        inputs that are missing, not finite or of unequal length. Missing values in X are imputed by a
        column's mean over the training rows for models that do not take them.

    References
    ----------
    Chernozhukov et al. (2018), Double/debiased machine learning for treatment and structural parameters, The
    Econometrics Journal 21. van der Laan, Polley & Hubbard (2007), Super learner.

    Examples
    --------
    >>> from causalkit.datasets import make_network_cate
    >>> from causalkit.nuisance import CrossFitter
    >>> world = make_network_cate(500, random_state=0)
    >>> fitter = CrossFitter("additive", random_state=0).fit(world.X, world.treatment, graph=world.graph)
    >>> fitter.out_of_fold_.shape
    (500,)
    >>> fitter.predict_proba(world.X, graph=world.graph).shape
    (500, 2)
    """

    # Asked for by default: a fit without the graph is another one.
    __metadata_request__fit = {"graph": True}  # noqa: RUF012
    __metadata_request__predict = {"graph": True}  # noqa: RUF012
    __metadata_request__predict_proba = {"graph": True}  # noqa: RUF012
    __metadata_request__score = {"graph": True}  # noqa: RUF012

    def __init__(
        self,
        estimator: Any = "stack",
        cv: Any = 5,
        n_hops: int = 2,
        n_jobs: int | None = None,
        random_state: RandomState = None,
    ) -> None:
        self.estimator = estimator
        self.cv = cv
        self.n_hops = n_hops
        self.n_jobs = n_jobs
        self.random_state = random_state

    def fit(
        self,
        X: Any,
        y: ArrayLike,
        *,
        graph: Any = None,
        groups: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Fit every candidate without each fold, and weigh the candidates.

        Parameters
        ----------
        X : DataFrame or array-like, shape (n, d)
            Numeric columns; missing values are allowed.
        y : array-like, shape (n,)
            Outcome, or two classes.
        graph : anything that ``as_network`` takes, optional
            Links between the rows of X.
        groups : array-like, shape (n,), optional
            Rows that share a label are held out together.
        sample_weight : array-like, shape (n,), optional
            Weights of the rows in fits and in the choice of the candidates' weights.
        """
        check_scalar_argument(self.n_hops, "n_hops", low=0, integer=True)
        values = check_features(self, X, reset=True, allow_nan=True, min_rows=2)
        self._task, outcome = self._read_outcome(y, len(values))
        weight = check_sample_weight(sample_weight, len(values))
        network = as_network(graph, n_nodes=len(values), node_ids=row_names(X))
        fold_seed, model_seed = child_seeds(self.random_state, 2)
        models = resolve_model(
            self.estimator, self._task, name="estimator", seed=model_seed, n_hops=self.n_hops
        )
        splits = list(self._split(X, outcome, network, groups, fold_seed))
        self.folds_ = _fold_of_rows(splits, len(values))
        self._check_classes(outcome, splits)
        self._hops = None if graph is None else HopFeatures(self.n_hops).fit(_with_names(X, values))
        self._reads_graph = {label: takes_graph(model) for label, model in models.items()}
        tables = self._tables(X, values, network)
        self._fit_all(models, tables, outcome, splits, weight)
        self._weigh(outcome, weight)
        return self

    def predict(self, X: Any, *, graph: Any = None) -> NDArray[Any]:
        """Predict new rows (n,) by the mean over the fold models; for classifiers the likelier class."""
        index = self._mean_prediction(X, graph)
        if self._task == "regression":
            return index
        return np.asarray(self.classes_[(index > 0.5).astype(np.intp)])

    @available_if(lambda self: self._is_classifier())
    def predict_proba(self, X: Any, *, graph: Any = None) -> Array:
        """Predict the probabilities of ``classes_`` for new rows, (n, 2)."""
        p = self._mean_prediction(X, graph)
        return np.column_stack([1 - p, p])

    def score(
        self, X: Any, y: ArrayLike, *, graph: Any = None, sample_weight: ArrayLike | None = None
    ) -> float:
        """R2 of the predictions of new rows; for classifiers their accuracy."""
        measure = r2_score if self._task == "regression" else accuracy_score
        return float(measure(y, self.predict(X, graph=graph), sample_weight=sample_weight))

    def _is_classifier(self) -> bool:
        if hasattr(self, "_task"):
            return bool(self._task == "classification")
        return _has_classifier(self.estimator)

    def _read_outcome(self, y: Any, n_rows: int) -> tuple[str, NDArray[Any]]:
        if y is None:
            raise ValueError("fit requires y to be passed, but the target y is None")
        by_name = all(isinstance(model, str) for model in _listed(self.estimator))
        if not (_has_classifier(self.estimator) or (by_name and _is_two_classes(y))):
            self.__dict__.pop("classes_", None)  # of an earlier fit
            return "regression", check_outcome(y, n_rows, allow_constant=True)
        labels = column_or_1d(y, warn=True)
        if labels.dtype.kind == "f":
            check_outcome(labels, n_rows, allow_constant=True)
        grouped = group_rows(labels, name="y", n_rows=n_rows)
        check_classification_targets(labels)
        if grouped.n_groups != 2:
            kind = "" if grouped.n_groups < 2 else ". The type of the target is multiclass"
            raise ValueError(
                f"y must be of two classes (Only binary classification is supported{kind}); "
                f"got {grouped.n_groups} {'class' if grouped.n_groups == 1 else 'classes'}"
            )
        self.classes_ = grouped.labels
        return "classification", grouped.codes

    def _split(
        self, X: Any, y: NDArray[Any], network: Network, groups: ArrayLike | None, seed: int
    ) -> Iterator[tuple[Index, Index]]:
        splitter = self.cv
        if isinstance(splitter, Integral):
            check_scalar_argument(splitter, "cv", integer=True, low=2)
            if network.n_edges or groups is not None:
                splitter = NetworkKFold(int(splitter), random_state=seed)
            else:
                kind = KFold if self._task == "regression" else StratifiedKFold
                splitter = kind(int(splitter), shuffle=True, random_state=seed)
        else:
            splitter = check_cv(splitter, y, classifier=self._task == "classification")
        extra = {"graph": network} if "graph" in signature(splitter.split).parameters else {}
        for train, test in splitter.split(np.zeros((len(y), 1)), y, groups, **extra):
            yield np.asarray(train, dtype=np.intp), np.asarray(test, dtype=np.intp)

    def _check_classes(self, y: NDArray[Any], splits: list[tuple[Index, Index]]) -> None:
        if self._task == "regression":
            return
        for k, (train, _) in enumerate(splits):
            present = np.unique(y[train])
            if len(present) < 2:
                raise ValueError(
                    "y must have both classes in the training rows of every fold; "
                    f"those of fold {k} are all {self.classes_[present[0]]!r} (use fewer folds)"
                )

    def _tables(self, X: Any, values: Array, network: Network) -> _Tables:
        own = _with_names(X, values)
        if self._hops is None:
            return _Tables(own, own, network)
        hops = self._hops.transform(own, graph=network)
        return _Tables(own, hops if isinstance(X, pd.DataFrame) else hops.to_numpy(), network)

    def _fit_all(
        self,
        models: dict[str, Any],
        tables: _Tables,
        y: NDArray[Any],
        splits: list[tuple[Index, Index]],
        weight: Array | None,
    ) -> None:
        def one(label: str, k: int) -> tuple[Any, Array]:
            train, test = splits[k]
            table, network = tables.of(label, self._reads_graph[label])
            model = fit_part(models[label], table, y, train, network=network, weight=weight)
            return model, predict_part(model, table, task=self._task, rows=test, network=network)

        jobs = [(label, k) for label in models for k in range(len(splits))]
        parts = Parallel(n_jobs=self.n_jobs, prefer="threads")(delayed(one)(*job) for job in jobs)
        self.estimators_: dict[str, list[Any]] = {label: [] for label in models}
        held_out = {label: np.empty(len(y)) for label in models}
        for (label, k), (model, values) in zip(jobs, parts, strict=True):
            self.estimators_[label].append(model)
            held_out[label][splits[k][1]] = values
        self.candidates_ = pd.DataFrame(held_out)

    def _weigh(self, y: NDArray[Any], weight: Array | None) -> None:
        table = self.candidates_.to_numpy()
        if table.shape[1] == 1:
            weights = np.ones(1)
        elif self._task == "regression":
            root = np.ones(len(y)) if weight is None else np.sqrt(weight)
            weights = simplex_weights(table * root[:, None], y * root)
        else:
            weights = stack_log_odds(_clipped(table), y.astype(np.float64), weight)
        self.weights_ = pd.Series(weights, index=self.candidates_.columns)
        self.out_of_fold_ = self._combine(table)

    def _combine(self, table: Array) -> Array:
        if table.shape[1] == 1:
            return np.array(table[:, 0])
        w = self.weights_.to_numpy()
        return np.asarray(table @ w if self._task == "regression" else sigmoid(log_odds(_clipped(table)) @ w))

    def _mean_prediction(self, X: Any, graph: Any) -> Array:
        check_is_fitted(self, "estimators_")
        values = check_features(self, X, reset=False, allow_nan=True)
        network = as_network(graph, n_nodes=len(values), node_ids=row_names(X))
        tables = self._tables(X, values, network)
        columns = []
        for label, fitted in self.estimators_.items():
            table, links = tables.of(label, self._reads_graph[label])
            by_fold = [predict_part(model, table, task=self._task, network=links) for model in fitted]
            columns.append(np.mean(by_fold, axis=0))
        return self._combine(np.column_stack(columns))

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        if hasattr(self.estimator, "fit") and not isinstance(self.estimator, type):
            inner = get_tags(self.estimator)
            tags.estimator_type = inner.estimator_type
            tags.classifier_tags, tags.regressor_tags = inner.classifier_tags, inner.regressor_tags
        if tags.classifier_tags is not None:
            tags.classifier_tags.multi_class = False
        tags.input_tags.allow_nan = True
        tags.target_tags.required = True
        return tags


@dataclass(frozen=True)
class _Tables:
    """What the models are shown of some rows: own columns, hop columns, links."""

    own: Any
    hops: Any
    network: Network

    def of(self, label: str, reads_graph: bool) -> tuple[Any, Network | None]:
        """Own columns and links for a model that takes a graph, hop columns for any other."""
        if reads_graph:
            return self.own, self.network
        # LightGBM refuses some characters in column names.
        return np.asarray(self.hops) if label in NAMES else self.hops, None


def _with_names(X: Any, values: Array) -> Any:
    return pd.DataFrame(values, index=X.index, columns=X.columns) if isinstance(X, pd.DataFrame) else values


def _fold_of_rows(splits: list[tuple[Index, Index]], n_rows: int) -> Index:
    """The fold that holds out each row."""
    fold, times = np.zeros(n_rows, np.intp), np.zeros(n_rows, np.intp)
    for k, (train, test) in enumerate(splits):
        if np.intersect1d(train, test).size:
            raise ValueError(f"cv must keep training and test rows apart; fold {k} has rows in both")
        fold[test] = k
        times += np.bincount(test, minlength=n_rows)
    wrong = np.flatnonzero(times != 1)
    if wrong.size:
        raise ValueError(
            f"cv must hold out each row exactly once; got row {wrong[0]} held out {times[wrong[0]]} times"
        )
    return fold


def _clipped(probabilities: Array) -> Array:
    return np.clip(probabilities, _CLIP, 1 - _CLIP)


def _has_classifier(estimator: Any) -> bool:
    models = [m for m in _listed(estimator) if hasattr(m, "fit") and not isinstance(m, type)]
    return any(is_classifier(model) for model in models)


def _is_two_classes(y: Any) -> bool:
    """Whether values are 0/1, boolean or texts."""
    kinds = pd.unique(y if isinstance(y, pd.Series) else pd.Series(np.ravel(np.asarray(y))))
    return {*kinds[:3]} == {0, 1} or any(isinstance(value, str) for value in kinds[:3])


def _listed(estimator: Any) -> list[Any]:
    return list(estimator) if isinstance(estimator, list | tuple) else [estimator]
