"""What the minimax subset searches for numbers and for two classes share."""

from __future__ import annotations

import warnings
from collections.abc import Hashable, Mapping
from typing import Any, Self

import networkx as nx
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, is_regressor
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from causalkit._environments import Groups, group_rows
from causalkit._random import RandomState, child_seeds
from causalkit._threads import one_blas_thread
from causalkit._validation import check_choice, check_scalar_argument, check_table, feature_names, row_names
from causalkit.estimators._minimax._analysis import Analysis, FittedSubset, Options, analyse
from causalkit.estimators._minimax._columns import check_kinds, read_columns
from causalkit.estimators._minimax._companions import NeighbourMeans
from causalkit.estimators._minimax._environment_risks import environment_risks
from causalkit.estimators._minimax._pooled import PooledFit, price_of_robustness
from causalkit.estimators._minimax._risk_table import ordered_names
from causalkit.estimators._minimax._roles import Roles, assign_roles
from causalkit.estimators._minimax._search import Outcome
from causalkit.estimators._minimax._summary import minimax_summary
from causalkit.estimators._minimax._types import Floats
from causalkit.exceptions import NotIdentifiedWarning, OverlapWarning

# Rows may lie outside the fit's range by this part of it, and this share of them by more, without a warning.
_MARGIN, _FEW_OUTSIDE = 0.1, 0.01
PICK, WHOLE, POOLED, CONSTANT = "picked subset", "whole stable set", "pooled fit", "constant"


class BaseMinimaxSubset(BaseEstimator):
    """Search for the stable subset with the smallest worst-case risk; subclasses read the outcome."""

    __metadata_request__fit = {"environments": True, "graph": True}  # noqa: RUF012
    __metadata_request__predict = {"graph": True}  # noqa: RUF012
    __metadata_request__predict_proba = {"graph": True}  # noqa: RUF012
    __metadata_request__score = {"graph": True}  # noqa: RUF012

    def __init__(
        self,
        estimator: Any = None,
        causal_graph: nx.DiGraph | None = None,
        mutable: Any = None,
        mutable_range: Any = "observed",
        search: str = "best_first",
        alpha: float = 0.05,
        n_hops: int = 2,
        n_resamples: int = 50,
        n_refits: int = 5,
        n_jobs: int | None = None,
        verbose: int = 0,
        random_state: RandomState = None,
    ) -> None:
        self.estimator = estimator
        self.causal_graph = causal_graph
        self.mutable = mutable
        self.mutable_range = mutable_range
        self.search = search
        self.alpha = alpha
        self.n_hops = n_hops
        self.n_resamples = n_resamples
        self.n_refits = n_refits
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.random_state = random_state

    def environment_risks(
        self, X: Any = None, y: Any = None, environments: ArrayLike | None = None, *, graph: Any = None
    ) -> pd.DataFrame:
        """Risk of the pick, the whole stable set, the pooled fit and a constant in each environment.

        Parameters
        ----------
        X : DataFrame or array, shape (n, d), optional
            Rows of environments to look at. Without, the training rows, each predicted by models that have
            not seen it.
        y : array-like, shape (n,), optional
            Their outcomes.
        environments : array-like, shape (n,), optional
            Their environments; one environment unless given.
        graph : anything that ``as_network`` takes, optional
            Links between these rows.

        Returns
        -------
        DataFrame
            A row for each environment: ``n_rows``, and the mean squared error of "picked subset",
            "whole stable set", "pooled fit" and "constant" (the training mean), divided by the outcome's
            variance in the training population.

        Raises
        ------
        ValueError
            If one of ``X`` and ``y`` is missing, or they cannot be used.
        """
        check_is_fitted(self)
        if X is None and y is None and environments is None:
            predictions = {str(k): v.to_numpy() for k, v in self.out_of_fold_predictions_.items()}
            return environment_risks(self._outcome, predictions, self._groups, self.training_variance_)
        if X is None or y is None:
            missing, other = ("X", "y") if X is None else ("y", "X")
            raise ValueError(f"{missing} must be given together with {other}; got None")
        values = self._values(X, graph, stacklevel=3)
        groups = _group(environments, len(values))
        outcome = self._read_outcome(y, len(values), reset=False)
        return environment_risks(outcome, self._predictions(values), groups, self.training_variance_)

    def summary(self) -> str:
        """Return a text of several lines: the subset, its risk and price, why it, what is assumed."""
        check_is_fitted(self)
        return minimax_summary(self)

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of ``risk_table_``: a row for each class of subsets."""
        check_is_fitted(self)
        return self.risk_table_.copy()

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        tags.target_tags.required = True
        return tags

    def _read_outcome(self, y: Any, n_rows: int, *, reset: bool) -> Floats:
        """Return the outcome as numbers (n,); `reset` in fit."""
        raise NotImplementedError

    def _finish(self, values: Floats) -> Floats:
        """Turn predicted means into predictions in the outcome's range."""
        return values

    def _fit(self, X: Any, y: Any, environments: Any, graph: Any) -> Self:
        self._check_settings()
        check_kinds(X)
        self._check_names(X)
        table = check_table(self, X, reset=True)
        outcome = self._read_outcome(y, len(table), reset=True)
        groups = _group(environments, len(table))
        self._codes = read_columns(table)
        _check_no_copy(table, outcome)
        if isinstance(self.mutable_range, Mapping):
            _check_bounded(self.mutable_range, self._codes.levels)
        seeds = child_seeds(self.random_state, 2)
        with one_blas_thread():
            roles = assign_roles(
                table,
                pd.Series(outcome, name=_outcome_name(y)),
                groups.labels[groups.codes],
                groups.n_groups,
                mutable=self.mutable,
                causal_graph=self.causal_graph,
                n_resamples=self.n_resamples,
                random_state=seeds[0],
            )
            self._keep_data(table, outcome, groups, graph, row_names(X))
            analysis = analyse(
                self._extended,
                (outcome - self._centre) / self._scale,
                groups.codes,
                roles,
                feature_names(self),
                self._neighbours.companions() if self._neighbours else {},
                self._options(seeds[1]),
                scale=self._scale**2,
            )
        self._seen = np.stack([self._extended.min(axis=0), self._extended.max(axis=0)])
        del self._extended
        self._keep(analysis, roles, outcome, groups)
        return self

    def _options(self, seed: int) -> Options:
        return Options(
            estimator=self.estimator,
            mutable_range=self.mutable_range,
            search=self.search,
            alpha=self.alpha,
            n_refits=self.n_refits,
            n_jobs=self.n_jobs,
            random_state=seed,
            tell=self._tell,
        )

    def _keep_data(
        self, table: pd.DataFrame, outcome: Floats, groups: Groups, graph: Any, index: Any
    ) -> None:
        ordered = np.sort(outcome)  # the same to the last bit in any order of the rows
        self._centre, self._scale = float(ordered.mean()), float(ordered.std())
        self.training_variance_ = float(ordered.var(ddof=1))
        self._outcome, self._groups, self._index = outcome, groups, index
        values = self._codes.transform(table)
        self._neighbours: NeighbourMeans | None = None
        self._extended = values
        if graph is not None:
            self._neighbours = NeighbourMeans.of(values, self.n_hops)
            self._extended = self._neighbours.transform(values, graph, index)

    def _keep(self, analysis: Analysis, roles: Roles, outcome: Floats, groups: Groups) -> None:
        place = {name: j for j, name in enumerate(feature_names(self))}
        self.causal_graph_, self.mutable_ = roles.causal_graph, ordered_names(roles.mutable, place)
        self.stable_ = ordered_names(roles.stable, place)
        self.is_identified_ = roles.is_identified
        self.whole_set_is_optimal_ = roles.is_identified and roles.whole_set_is_optimal
        self.identification_reason_, self.stability_ = roles.reason, roles.stability
        self.overlap_, self.n_environments_ = analysis.overlap, groups.n_groups
        self.subset_ = ordered_names(analysis.picked, place)
        self.tied_subsets_ = [ordered_names(members, place) for members in analysis.tied]
        self.risk_table_, self.n_bounds_ = analysis.table, analysis.n_bounds
        row = analysis.table[analysis.table["picked"]].iloc[0]
        self.worst_case_risk_ = float(row["risk"])
        self.worst_case_interval_ = (float(row["risk_low"]), float(row["risk_high"]))
        self._fits: dict[str, FittedSubset | PooledFit] = {
            PICK: analysis.pick,
            WHOLE: analysis.whole,
            POOLED: analysis.pooled,
        }
        columns = {name: self._in_units(fit.out_of_fold) for name, fit in self._fits.items()}
        columns[CONSTANT] = np.full(len(outcome), self._centre)
        self.out_of_fold_predictions_ = pd.DataFrame(columns, index=self._index)
        self.price_of_robustness_ = price_of_robustness(outcome, columns[PICK], columns[POOLED])
        if row["extrapolated_share"] > 0:
            warnings.warn(
                f"mutable_range goes beyond the data: {row['extrapolated_share']:.0%} of the worst "
                "intervention rests on values that do not occur for like causes. The risk is extrapolated "
                "there, which worst_case_interval_ does not count",
                OverlapWarning,
                stacklevel=4,
            )
        if not roles.is_identified:
            warnings.warn(
                f"The environments do not say which subset to search for: {roles.reason}. All columns that "
                f"show no sign of change are used, {list(self.stable_)}; give mutable= or causal_graph= if "
                "you know them",
                NotIdentifiedWarning,
                stacklevel=4,
            )

    def _values(self, X: Any, graph: Any, stacklevel: int = 4) -> Floats:
        table = check_table(self, X, reset=False)
        values = self._codes.transform(table)
        if self._neighbours is None:
            if graph is not None:
                raise ValueError("graph must be None at prediction, as it was in fit; got a graph")
            return values
        if graph is None:
            warnings.warn(
                "graph is None, but the fit had a graph: every row counts as one without links; give graph=",
                UserWarning,
                stacklevel=stacklevel,
            )
        return self._neighbours.transform(values, graph, row_names(X))

    def _predicted(self, X: Any, graph: Any) -> Floats:
        check_is_fitted(self)
        values = self._values(X, graph)
        self._warn_of_new_values(values)
        with one_blas_thread():
            return self._in_units(self._fits[PICK].predict(values))

    def _warn_of_new_values(self, values: Floats) -> None:
        used = self._fits[PICK].columns
        low, high = self._seen[:, used]
        margin = _MARGIN * (high - low)
        outside = (values[:, used] < low - margin) | (values[:, used] > high + margin)
        share = outside.any(axis=1).mean()
        if share > _FEW_OUTSIDE:
            names = feature_names(self)
            found = sorted({names[j % len(names)] for j in used[outside.any(axis=0)]})
            warnings.warn(
                f"predict extrapolates: {share:.0%} of the rows lie outside the values that the fit saw, in "
                f"{found}",
                OverlapWarning,
                stacklevel=4,
            )

    def _predictions(self, values: Floats) -> dict[str, Floats]:
        with one_blas_thread():
            found = {name: self._in_units(fit.predict(values)) for name, fit in self._fits.items()}
        return {**found, CONSTANT: np.full(len(values), self._centre)}

    def _in_units(self, standard: Floats) -> Floats:
        return self._finish(self._centre + self._scale * standard)

    def _check_settings(self) -> None:
        check_choice(self.search, "search", ("best_first", "exhaustive", "whole_set"))
        check_scalar_argument(self.alpha, "alpha", low=0, high=1, inclusive=False)
        check_scalar_argument(self.n_hops, "n_hops", integer=True, low=1)
        check_scalar_argument(self.n_resamples, "n_resamples", integer=True, low=1)
        check_scalar_argument(self.n_refits, "n_refits", integer=True, low=0)
        check_scalar_argument(self.verbose, "verbose", integer=True, low=0)
        if self.n_jobs is not None:
            check_scalar_argument(self.n_jobs, "n_jobs", integer=True)
            if self.n_jobs == 0:
                raise ValueError("n_jobs must not be 0; got 0")
        if not _is_regressor(self.estimator):
            raise ValueError(
                "estimator must be a scikit-learn regressor, also where the outcome has two classes (it fits "
                f"their probability); got {self.estimator!r}"
            )
        if self.n_refits == 1:
            raise ValueError("n_refits must be 0 or at least 2, a variance of one refit being none; got 1")

    def _check_names(self, X: Any) -> None:
        """Refuse names that scikit-learn does not keep where an argument would have to use them."""
        named = self.causal_graph is not None or self.mutable is not None
        if named and isinstance(X, pd.DataFrame) and not all(isinstance(c, str) for c in X.columns):
            raise ValueError(
                "X must have columns named by texts where causal_graph or mutable name them; got "
                f"{list(X.columns)[:5]} (X.columns.astype(str) makes them texts)"
            )

    def _tell(self, outcome: Outcome[Any]) -> None:
        if self.verbose:
            best = min(estimate.risk for _, estimate in outcome.assessed.values())
            print(
                f"{type(self).__name__}: {len(outcome.assessed)} classes fitted, "
                f"{len(outcome.pruned)} parts of the tree dropped, smallest worst-case risk "
                f"{best * self._scale**2:.4g}"
            )


def _group(environments: Any, n_rows: int) -> Groups:
    labels = np.zeros(n_rows, dtype=np.int64) if environments is None else environments
    return group_rows(labels, name="environments", n_rows=n_rows)


def _check_bounded(mutable_range: Mapping[Any, Any], levels: Mapping[str, Any]) -> None:
    for name in mutable_range:
        if name in levels:
            raise ValueError(
                f"mutable_range must bound numbers; got bounds for {name!r}, which has the levels "
                f"{list(levels[name])}"
            )


def _check_no_copy(table: pd.DataFrame, outcome: Floats) -> None:
    for name in table.select_dtypes("number"):
        if np.array_equal(table[name].to_numpy(np.float64), outcome):
            raise ValueError(f"X must not hold the outcome; column {name!r} is a copy of y")


def _is_regressor(estimator: Any) -> bool:
    if estimator is None:
        return True
    return isinstance(estimator, BaseEstimator) and is_regressor(estimator)


def _outcome_name(y: Any) -> Hashable:
    name = getattr(y, "name", None)
    return "y" if name is None else name
