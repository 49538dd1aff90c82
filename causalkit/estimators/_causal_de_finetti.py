"""Causal de Finetti: one causal graph from a few exchangeable rows in each of many environments."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Self

import networkx as nx
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from causalkit._random import RandomState, child_generators, child_seeds
from causalkit._threads import one_blas_thread
from causalkit._validation import check_choice, check_scalar_argument, check_table, feature_names
from causalkit.estimators._discovery._bootstrap import bootstrap_shares
from causalkit.estimators._discovery._data import DiscoveryData, discovery_data, warn_of_single_rows
from causalkit.estimators._discovery._evidence import column_correlations, gather_evidence
from causalkit.estimators._discovery._found import Found
from causalkit.estimators._discovery._frames import Answers, evidence_frame, score_frame
from causalkit.estimators._discovery._orders import best_by_tests
from causalkit.estimators._discovery._scores import best_by_score, choose_method
from causalkit.estimators._discovery._summary import discovery_summary
from causalkit.estimators._discovery._verdict import give_verdicts
from causalkit.estimators._interventional._fitted import fitted_interventional
from causalkit.estimators._interventional._result import InterventionalResult
from causalkit.exceptions import NotOrientableWarning
from causalkit.independence._verdict import NOT_ORIENTABLE, VIOLATED

Floats = NDArray[np.float64]

_MAX_LISTED = 5
_OPEN = {
    NOT_ORIENTABLE: "the data cannot tell a direction",
    VIOLATED: "an assumption is violated: both directions are contradicted",
}


class CausalDeFinetti(BaseEstimator):
    r"""Find what causes what from tables with a few exchangeable rows for each of many environments.

    Environments (patients, sites, households, batches) are independent draws of one process. In each of them
    every mechanism i has a parameter of its own, independent of the other mechanisms' parameters, and rows
    are independent given these:

    .. math::

        P(x_1, \ldots, x_{n_e}) = \prod_i \int \prod_{r=1}^{n_e}
        p(x_{i;r} \mid \mathrm{pa}_{i;r}, \theta_i) \, d\mu_i(\theta_i).

    Then the directed graph itself is identified, not only its equivalence class, unless nothing varies or
    mechanisms vary alike (equal intraclass correlations in linear Gaussian models). Where the data cannot
    tell a direction, the arrow is left out of ``graph_`` and ``evidence_`` says why.

    Parameters
    ----------
    method : {"auto", "score", "test"}, default="auto"
        "score": each family (a variable and its parents) is scored by a penalised marginal likelihood, with
        the mechanism's parameters drawn anew for each environment, and the graph of the highest sum is
        found. Categorical variables have de Finetti mixtures over their conditional tables, continuous ones
        mixed models, linear or smooth in the parents, with an own intercept and, where they earn it, an own
        slope for each environment. "test": sinks are found by independence of other rows, over all orders,
        and arrows by independence inside a row; two columns are judged by
        :func:`~causalkit.independence.de_finetti_test`. "auto": "test" for two columns of which one is
        continuous, and where a column has more than ten levels, otherwise "score".
    alpha : float, default=0.05
        Level of the tests, in (0, 1).
    max_parents : int, optional
        Largest number of parents of a variable; unless given four, or three of more than eight variables.
    n_bootstrap : int, default=0
        Resamples of environments for ``bootstrap_share`` in ``evidence_``.
    n_jobs : int, optional
        Of the resamples, as in joblib; changes no number.
    verbose : int, default=0
        Progress messages of joblib.
    random_state : int, Generator, RandomState or None
        Of random signs and resamples.

    Attributes
    ----------
    graph_ : networkx.DiGraph
        Arrows that the data support, over the column names; a directed acyclic graph.
    best_graph_ : networkx.DiGraph
        The graph of the highest score (of the order that the tests contradict least), without abstaining.
    adjacency_ : DataFrame of int, shape (d, d)
        1 in row u and column v for u -> v in ``graph_``.
    order_ : list of str
        Columns in a causal order of ``best_graph_``, causes first.
    evidence_ : DataFrame
        A row for each ordered pair of columns; see Notes.
    scores_ : DataFrame or None
        A row for each column: parents in ``best_graph_``, score of the family in nats, score without
        parents. None for ``method="test"``.
    intraclass_correlations_ : Series
        Share of the variance of each column's normal scores (indicators of levels) that lies between
        environments.
    method_ : {"score", "test"}
    exact_search_ : bool
        False where there were too many variables to compare all graphs, so that the search was greedy.
    n_environments_, n_pairs_ : int
        Environments, and pairs of rows that share one.
    n_features_in_, feature_names_in_
        As in scikit-learn.

    Notes
    -----
    Columns of ``evidence_``:

    ======================== =================================================================================
    cause, effect            the ordered pair
    arrow                    whether cause -> effect is in ``graph_``
    verdict                  "arrow", "reverse arrow", "no edge", "not orientable", "assumption violated"
    reason                   why, in words
    score_gap                nats that the best graph without this arrow loses; NaN where ``best_graph_``
                             has no such arrow
    given                    names of the columns conditioned on: other parents of the two in ``best_graph_``
    pvalue_arrow             of the statement that cause -> effect implies: effect in one row independent of
                             cause in another, given the cause in the row of the effect (and ``given`` there);
                             small speaks against the arrow
    pvalue_reverse           the same for effect -> cause
    pvalue_no_edge           of independence inside a row, given ``given``; small speaks for an arrow
    adjusted_...             the three after Holm's adjustment over all pairs
    statistic_...            what the p-values of the two directions and of no edge belong to
    pvalue_equal_icc         of rows that are i.i.d. or of equal intraclass correlation; NaN if categorical
    icc_cause, icc_effect    intraclass correlations
    bootstrap_share          share of resamples whose best graph has the arrow; NaN without a bootstrap
    n_environments_needed    estimate of how many environments would show the direction with 80 % power; NaN
                             where there is no sign of any, or nothing to be shown
    ======================== =================================================================================

    References
    ----------
    Guo, S., Toth, V., Schoelkopf, B. & Huszar, F. (2023). Causal de Finetti: On the Identification of
    Invariant Causal Structure in Exchangeable Data. NeurIPS. arXiv 2203.15756.

    Examples
    --------
    >>> from causalkit.datasets import make_exchangeable_scm
    >>> from causalkit.estimators import CausalDeFinetti
    >>> data = make_exchangeable_scm(n_environments=2000, random_state=0)
    >>> model = CausalDeFinetti(random_state=0).fit(data.X, environments=data.environments)
    >>> sorted(model.graph_.edges) == sorted(data.graph.edges)
    True
    """

    # Without environments there is no fit, so that they are asked for by default.
    __metadata_request__fit = {"environments": True}  # noqa: RUF012

    def __init__(
        self,
        method: str = "auto",
        alpha: float = 0.05,
        max_parents: int | None = None,
        n_bootstrap: int = 0,
        n_jobs: int | None = None,
        verbose: int = 0,
        random_state: RandomState = None,
    ) -> None:
        self.method = method
        self.alpha = alpha
        self.max_parents = max_parents
        self.n_bootstrap = n_bootstrap
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.random_state = random_state

    def fit(self, X: Any, y: None = None, *, environments: ArrayLike) -> Self:
        """Find the graph and the evidence for each of its arrows.

        Parameters
        ----------
        X : DataFrame or array, shape (n, d)
            Variables of the graph, d at least two. Numbers with more than six distinct values are continuous;
            texts, booleans, categoricals and other numbers are categorical.
        y : ignored
        environments : array-like, shape (n,)
            Label of each row's environment. Sizes may differ; environments of one row tell nothing about
            directions.
        """
        self._check_settings()
        table = check_table(self, X, reset=True)
        data = discovery_data(table, environments)
        warn_of_single_rows(data)
        signs, resamples = child_generators(self.random_state, 2)
        # A number and no generator, so that resamples get the same signs in whatever process they run.
        self._seed = child_seeds(signs, 1)[0]
        self.method_ = choose_method(self.method, data)
        with one_blas_thread():
            found = self._find(data)
            evidence = gather_evidence(data, found, alpha=self.alpha, rng=signs)
        verdicts = give_verdicts(found, evidence, data.names, self.alpha)
        answers = Answers(found, evidence, verdicts, self._bootstrap(data, resamples))
        self._keep(data, answers, feature_names(self))
        self._warn_of_open_pairs()
        return self

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of ``evidence_``: a row for each ordered pair of columns."""
        check_is_fitted(self)
        return self.evidence_.copy()

    def summary(self) -> str:
        """Return a text of several lines: arrows kept, pairs left open and why, data used, assumptions."""
        check_is_fitted(self)
        return discovery_summary(self)

    def interventional(
        self,
        outcome: str,
        do: Mapping[str, Any],
        companions: pd.DataFrame | None = None,
        *,
        causal_graph: nx.DiGraph | None = None,
        alpha: float | None = None,
        n_bootstrap: int = 100,
    ) -> InterventionalResult:
        r"""Law of an outcome in a new row under an intervention, given other rows of its environment.

        With companions (x_1, y_1), ... of the same environment, which were not intervened on,

        .. math::

            P(y_2 \mid \mathrm{do}(x_2), x_1, y_1) = \prod_{v} \int p(v_2 \mid \mathrm{pa}_{v;2}, \theta_v) \,
            d\mu_v(\theta_v \mid v_1, \mathrm{pa}_{v;1})

        summed over the variables between, v running over those that are not set: companions teach each
        mechanism on its own. Mechanisms whose rows look i.i.d. learn nothing, so that the answer shrinks
        toward that of i.i.d. data.

        Parameters
        ----------
        outcome : str
            Column asked for.
        do : mapping of str to value
            Columns that are set in the new row, and the levels or numbers that they are set to.
        companions : DataFrame, shape (m, d), optional
            Other rows of the new row's environment, with the columns of the fit. None are given by default.
        causal_graph : networkx.DiGraph, optional
            Graph to reason with; ``best_graph_`` unless given.
        alpha : float, optional
            Level of the interval; that of the constructor unless given.
        n_bootstrap : int, default=100
            Resamples of environments for the interval, the graph being held fixed; none with 0.

        Returns
        -------
        InterventionalResult
            The law of the outcome, beside that of i.i.d. rows and that without companions.

        Raises
        ------
        ValueError
            If a name or level is unknown, the outcome is set, or companions lack columns or have others.

        Warns
        -----
        NotOrientableWarning
            If the graph rests on arrows whose direction the data leave open.

        References
        ----------
        Guo, S., Zhang, C., Mohan, K., Huszar, F. & Schoelkopf, B. (2024). Do Finetti: On Causal Effects for
        Exchangeable Data. arXiv 2405.18836.

        Examples
        --------
        >>> from causalkit.datasets import make_exchangeable_scm
        >>> from causalkit.estimators import CausalDeFinetti
        >>> data = make_exchangeable_scm(n_environments=1000, n_variables=2, random_state=0)
        >>> model = CausalDeFinetti(random_state=0).fit(data.X, environments=data.environments)
        >>> list(model.graph_.edges)
        [('x0', 'x1')]
        >>> companion = data.X.iloc[:1]
        >>> answer = model.interventional("x1", {"x0": 1}, companion, n_bootstrap=0)
        >>> bool(abs(answer.distribution["estimate"].sum() - 1) < 1e-9)
        True
        """
        check_is_fitted(self)
        if causal_graph is None:
            causal_graph = self.best_graph_
            self._warn_of_open_arrows()
        return fitted_interventional(
            self._data,
            causal_graph,
            outcome,
            do,
            companions,
            alpha=self.alpha if alpha is None else alpha,
            n_bootstrap=n_bootstrap,
            n_jobs=self.n_jobs,
            random_state=self.random_state,
        )

    def _warn_of_open_arrows(self) -> None:
        doubtful = sorted(set(self.best_graph_.edges) - set(self.graph_.edges))
        if doubtful:
            arrows = ", ".join(f"{u} -> {v}" for u, v in doubtful[:_MAX_LISTED])
            warnings.warn(
                f"interventional rests on arrows that the data do not settle ({arrows}); give causal_graph "
                "to use another graph",
                NotOrientableWarning,
                stacklevel=3,
            )

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        return tags

    def _check_settings(self) -> None:
        check_choice(self.method, "method", ("auto", "score", "test"))
        check_scalar_argument(self.alpha, "alpha", low=0, high=1, inclusive=False)
        check_scalar_argument(self.n_bootstrap, "n_bootstrap", integer=True, low=0)
        check_scalar_argument(self.verbose, "verbose", integer=True, low=0)
        if self.max_parents is not None:
            check_scalar_argument(self.max_parents, "max_parents", integer=True, low=1)

    def _find(self, data: DiscoveryData, counts: Floats | None = None) -> Found:
        """Search the data, or a resample in which environments count as often as told."""
        if self.method_ == "score":
            return best_by_score(data, counts, max_parents=self.max_parents)
        return best_by_tests(data, counts, alpha=self.alpha, seed=self._seed)

    def _bootstrap(self, data: DiscoveryData, rng: np.random.Generator) -> Floats | None:
        if not self.n_bootstrap:
            return None
        return bootstrap_shares(
            data,
            self._find,
            n_bootstrap=self.n_bootstrap,
            n_jobs=self.n_jobs,
            verbose=self.verbose,
            rng=rng,
        )

    def _keep(self, data: DiscoveryData, answers: Answers, columns: list[str]) -> None:
        """Put everything that was found into the columns' given order and under their names."""
        names, found = data.names, answers.found
        self.evidence_ = evidence_frame(data, answers, columns)
        self.scores_ = score_frame(data, found, columns)
        arrows = self.evidence_.loc[self.evidence_["arrow"], ["cause", "effect"]]
        self.graph_ = _named_graph(columns, list(arrows.itertuples(index=False, name=None)))
        best = [(names[u], names[v]) for u, v in found.arrows]
        self.best_graph_ = _named_graph(columns, sorted(best, key=lambda a: [columns.index(n) for n in a]))
        self.adjacency_ = nx.to_pandas_adjacency(self.graph_, nodelist=columns, dtype=int)
        self.order_ = [names[j] for j in found.order]
        icc = pd.Series(column_correlations(data), index=list(names), name="intraclass correlation")
        self.intraclass_correlations_ = icc[columns]
        self.exact_search_ = found.exact
        # What an effect is estimated from; the functions that tests use are left behind.
        self._data = replace(data, variables=())
        self.n_environments_ = data.n_environments
        self.n_pairs_ = data.n_pairs

    def _warn_of_open_pairs(self) -> None:
        """Name the pairs that are dependent and have no arrow."""
        for verdict, words in _OPEN.items():
            rows = self.evidence_.loc[self.evidence_["verdict"] == verdict, ["cause", "effect"]]
            pairs = [f"{u} and {v}" for u, v in rows.itertuples(index=False, name=None) if u < v]
            if pairs:
                listed = ", ".join(pairs[:_MAX_LISTED]) + (", ..." if len(pairs) > _MAX_LISTED else "")
                warnings.warn(
                    f"{words} between {listed}: evidence_ says why, and graph_ leaves "
                    f"{'it' if len(pairs) == 1 else 'them'} out",
                    NotOrientableWarning,
                    stacklevel=3,
                )


def _named_graph(columns: list[str], arrows: list[tuple[str, str]]) -> nx.DiGraph:
    graph = nx.DiGraph()
    graph.add_nodes_from(columns)
    graph.add_edges_from(arrows)
    return graph
