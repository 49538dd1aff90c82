"""Which predictors survive the worst change of a site: the subset with the smallest worst-case risk."""

from __future__ import annotations

from typing import Any, Self

from numpy.typing import ArrayLike
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score

from causalkit._validation import check_outcome
from causalkit.estimators._minimax._base import BaseMinimaxSubset
from causalkit.estimators._minimax._types import Floats


class MinimaxSubsetRegressor(RegressorMixin, BaseMinimaxSubset):
    r"""Find the stable subset whose predictor has the smallest risk under the worst change of mechanisms.

    Between environments (hospitals, schools, batches) the mechanisms of the mutable variables M change; those
    of the outcome Y and of the stable variables do not. A subset S of the stable variables has the predictor

    .. math:: f_S(x) = E[Y \mid x_S, \mathrm{do}(x_M)],

    the same in every environment, and the worst-case risk

    .. math:: R(S) = \max_h E[(Y - f_S)^2 \mid \mathrm{do}(M = h(\mathrm{pa}(M)))].

    Keeping every stable variable is not always best: one that depends on Y and on M can mislead where M
    changes. The subset with the smallest R is searched, over classes of subsets that have one predictor.

    Parameters
    ----------
    estimator : regressor, optional
        Fits f_S; any scikit-learn regressor, cloned. By default boosted trees and a smooth ridge, mixed.
    causal_graph : networkx.DiGraph, optional
        Causal graph of the columns and the outcome (the node named as the Series y is, else "y"), without
        hidden common causes. Learned from the environments unless given, for at most 60 columns.
    mutable : column name or list of them, optional
        Variables whose mechanism changes. Learned from the environments unless given.
    mutable_range : "observed", float or dict, default="observed"
        What an intervention may set a mutable variable to: values that occur for like causes, the observed
        range widened about its middle by a factor of at least 1, or bounds ``{name: (low, high)}``.
    search : {"best_first", "exhaustive", "whole_set"}, default="best_first"
        Whether classes whose lower bound is above the best risk are left out, all are fitted, or only the
        whole stable set is.
    alpha : float, default=0.05
        Level of intervals, of ties and of the tests that leave classes out.
    n_hops : int, default=2
        With a ``graph``, how far neighbours' stable columns are used.
    n_resamples : int, default=50
        Resamples for ``stability_``, where something is learned.
    n_refits : int, default=5
        How often the pick is fitted again without a part of the rows, for an interval that counts it; 0 for
        an interval that counts rows and environments only.
    n_jobs : int, optional
        Classes looked at together, through joblib; the answer does not depend on it.
    verbose : int, default=0
        Whether to print how the search goes on.
    random_state : int, Generator, RandomState or None
        Folds and resamples.

    Attributes
    ----------
    subset_ : tuple of str
        The picked subset, without variables that add nothing to it: of the tied ones, that with the smallest
        risk under random mechanisms.
    tied_subsets_ : list of tuple
        Subsets whose worst-case risk is not larger beyond chance, the picked one first.
    worst_case_risk_ : float
        R of the picked subset, in squared units of y. NaN where ``is_identified_`` is False.
    worst_case_interval_ : tuple of float
        Its interval of level 1 - alpha, which counts rows, environments and refitting. The adversary is the
        best one found, so that R may be larger where the worst change is hard to learn.
    risk_table_ : DataFrame
        A row for each class of subsets: ``subset``, ``free`` (what may be added without any change),
        ``n_subsets``, ``status`` ("fitted", "pruned", "not needed"), ``pruned_by``, ``risk`` with
        ``risk_low`` and ``risk_high``, ``lower_bound`` (of pruned ones), ``average_risk`` (mutable
        variables at random), ``training_risk``, ``extrapolated_share`` (how much of the worst intervention
        has no rows beside it), ``tied`` and ``picked``. Intervals count rows and environments, and that of
        the picked class refitting. Above 5,000 rows, classes that are dropped together share one.
    stable_, mutable_ : tuple of str
        Roles of the columns.
    causal_graph_ : networkx.DiGraph
        The graph that was given or learned.
    whole_set_is_optimal_ : bool
        Whether an identified graph alone says so, which makes the search needless.
    is_identified_ : bool
        Whether roles and graph were given or are singled out by the environments. Where not, all variables
        that show no sign of change are used and no others, and ``risk_table_`` has this one row, without a
        worst-case risk.
    identification_reason_ : str
        Why.
    stability_ : DataFrame or None
        How often resamples find each learned decision; None where nothing was learned.
    overlap_ : Overlap
        ``n_rows``, ``effective_rows``, ``clipped_share``, ``is_poor``: how freely mutable variables vary for
        given causes; ``covered_share``: how much of their values occurs then; ``rows_per_level`` and
        ``is_thin``: whether rows are enough to find the worst change.
    price_of_robustness_ : EffectEstimate
        How much more risk than the pooled fit the pick has where nothing changes, as a share of the
        outcome's variance. Its standard error takes both fits as given.
    out_of_fold_predictions_ : DataFrame, shape (n, 4)
        Predictions of the training rows by models that have not seen them, as in :meth:`environment_risks`.
    training_variance_ : float
        Variance of y, by n - 1.
    n_environments_ : int
    n_bounds_ : int
        Sets whose lower bound was computed.

    Warns
    -----
    OverlapWarning
        If few rows are effective: the mutable variables hardly vary for given causes.
    NotIdentifiedWarning
        If the environments do not tell which mechanisms change.

    Notes
    -----
    R is learned without simulating data: an adversary is a function of the mutable variable's causes, learned
    without a part of the rows and valued doubly robustly on it. With several mutable variables this goes
    backward along their causal order. A class is left out of the search if a law of the mutable variables is
    known under which nothing in its part of the tree can be as good as the best risk found.

    References
    ----------
    Liu, M., Zheng, X., Sun, X., Fang, F. & Wang, Y. (2023). Which Invariance Should We Transfer? A Causal
    Minimax Learning Approach. ICML. arXiv 2107.01876.

    Examples
    --------
    Z follows the outcome alike everywhere; X does so unless M, whose mechanism changes, misleads.

    >>> from causalkit.datasets import make_mutable_scm
    >>> from causalkit.estimators import MinimaxSubsetRegressor
    >>> data = make_mutable_scm("interaction", n_rows=500, random_state=1)
    >>> model = MinimaxSubsetRegressor(causal_graph=data.causal_graph, mutable=data.mutable, random_state=0)
    >>> model.fit(data.X, data.y, environments=data.environments).subset_
    ('Z',)
    >>> model.risk_table_[["subset", "status", "picked"]]
       subset  status  picked
    0    (Z,)  fitted    True
    1  (X, Z)  fitted   False
    2      ()  pruned   False
    3    (X,)  pruned   False
    """

    def fit(self, X: Any, y: Any, *, environments: ArrayLike | None = None, graph: Any = None) -> Self:
        """Find the subset and fit its predictor.

        Parameters
        ----------
        X : DataFrame or array, shape (n, d)
            Numbers; texts, booleans and categories of at most twelve levels, which become codes.
        y : array-like, shape (n,)
            Outcome, a number.
        environments : array-like, shape (n,), optional
            Environment of each row. At least two are needed unless ``mutable`` is given.
        graph : anything that ``as_network`` takes, optional
            Links between the rows: neighbours' means of the subset's columns become predictors as well.
            Standard errors still take rows as independent.

        Returns
        -------
        MinimaxSubsetRegressor

        Raises
        ------
        ValueError
            If the data or a setting cannot be used, ``causal_graph`` or ``mutable`` do not fit the columns,
            or the mutable variables do not vary for given causes.
        """
        return self._fit(X, y, environments, graph)

    def predict(self, X: Any, *, graph: Any = None) -> Floats:
        """Predictions f_S of new rows, (n,), in units of y.

        Parameters
        ----------
        X : DataFrame or array, shape (n, d)
            The columns of the fit; those of the subset and of mutable variables that matter for it are used.
        graph : anything that ``as_network`` takes, optional
            Links between the new rows, where the fit had a graph.
        """
        return self._predicted(X, graph)

    def score(
        self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None, *, graph: Any = None
    ) -> float:
        """R^2 of the predictions for new rows (n, d), linked by `graph` where the fit had one."""
        return float(r2_score(y, self.predict(X, graph=graph), sample_weight=sample_weight))

    def _read_outcome(self, y: Any, n_rows: int, *, reset: bool) -> Floats:
        return check_outcome(y, n_rows, allow_constant=not reset)
