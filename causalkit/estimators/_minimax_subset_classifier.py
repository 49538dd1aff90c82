"""Minimax subset search for two classes, with the Brier score as risk."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score
from sklearn.utils import Tags

from causalkit._validation import check_levels
from causalkit.estimators._minimax._base import BaseMinimaxSubset
from causalkit.estimators._minimax._types import Floats

_FEWEST_ROWS = 10  # of each class: two in each fold


class MinimaxSubsetClassifier(ClassifierMixin, BaseMinimaxSubset):
    r"""Find the stable subset whose probabilities have the smallest Brier score under the worst change.

    The outcome is one of two classes, and the risk of a subset S is the Brier score of
    :math:`f_S(x) = P(Y = c_1 \mid x_S, \mathrm{do}(x_M))` under the worst intervention on the mutable
    variables,

    .. math:: R(S) = \max_h E[(1\{Y = c_1\} - f_S)^2 \mid \mathrm{do}(M = h(\mathrm{pa}(M)))].

    Everything else is as in :class:`MinimaxSubsetRegressor`, with the class as a number 0 or 1.

    Parameters
    ----------
    estimator : regressor, optional
        Fits f_S to zeros and ones; any scikit-learn regressor. Predictions are cut to [0, 1].
    causal_graph, mutable, mutable_range, search, alpha, n_hops, n_resamples, n_refits, n_jobs, verbose
    random_state
        As in :class:`MinimaxSubsetRegressor`.

    Attributes
    ----------
    classes_ : ndarray, shape (2,)
        The classes, sorted; :math:`c_1` is the second.
    subset_, tied_subsets_, worst_case_risk_, worst_case_interval_, risk_table_, stable_, mutable_
    causal_graph_, whole_set_is_optimal_, is_identified_, identification_reason_, stability_, overlap_
    price_of_robustness_, out_of_fold_predictions_, training_variance_, n_environments_, n_bounds_
        As in :class:`MinimaxSubsetRegressor`; risks are Brier scores.

    References
    ----------
    Liu, M., Zheng, X., Sun, X., Fang, F. & Wang, Y. (2023). Which Invariance Should We Transfer? A Causal
    Minimax Learning Approach. ICML. arXiv 2107.01876.

    Brier, G. W. (1950). Verification of forecasts expressed in terms of probability. Monthly Weather
    Review 78.

    Examples
    --------
    A test x shows the class where a guess m, better at some sites than at others, is wrong, and nothing where
    it is right. Even beside the worst guess it adds to z.

    >>> import networkx as nx, numpy as np, pandas as pd
    >>> from causalkit.estimators import MinimaxSubsetClassifier
    >>> rng, site = np.random.default_rng(0), np.repeat(["a", "b", "c"], 600)
    >>> y, coin, chance = rng.integers(0, 2, (3, 1800))
    >>> informed = rng.random(1800) < np.repeat([0.0, 0.1, 0.2], 600)
    >>> m = np.where(informed, y, chance)
    >>> X = pd.DataFrame({"m": m, "x": np.where(m == y, coin, y), "z": y + 0.5 * rng.normal(size=1800)})
    >>> graph = nx.DiGraph([("y", "m"), ("y", "x"), ("m", "x"), ("y", "z")])
    >>> ill = pd.Series(np.where(y == 1, "well", "ill"), name="y")
    >>> model = MinimaxSubsetClassifier(causal_graph=graph, mutable="m", random_state=0)
    >>> model.fit(X, ill, environments=site).subset_
    ('x', 'z')
    >>> model.predict_proba(X).shape, model.predict(X)[:2].tolist()
    ((1800, 2), ['ill', 'well'])
    """

    def fit(self, X: Any, y: Any, *, environments: ArrayLike | None = None, graph: Any = None) -> Self:
        """Find the subset and fit its probabilities.

        Parameters
        ----------
        X : DataFrame or array, shape (n, d)
            Numbers; texts, booleans and categories of at most twelve levels, which become codes.
        y : array-like, shape (n,)
            Two classes.
        environments : array-like, shape (n,), optional
            Environment of each row. At least two are needed unless ``mutable`` is given.
        graph : anything that ``as_network`` takes, optional
            Links between the rows: neighbours' means of the subset's columns become predictors as well.

        Returns
        -------
        MinimaxSubsetClassifier

        Raises
        ------
        ValueError
            If the data or a setting cannot be used, or y has one class or more than two.
        """
        return self._fit(X, y, environments, graph)

    def predict_proba(self, X: Any, *, graph: Any = None) -> Floats:
        """Probabilities (n, 2) of the classes for new rows (n, d), linked by `graph` if the fit had one."""
        second = self._predicted(X, graph)
        return np.column_stack([1 - second, second])

    def predict(self, X: Any, *, graph: Any = None) -> NDArray[Any]:
        """Return the likelier class (n,) of new rows."""
        likelier = self._predicted(X, graph) > 0.5
        return np.asarray(self.classes_[likelier.astype(np.intp)])

    def score(
        self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None, *, graph: Any = None
    ) -> float:
        """Share of new rows (n, d) whose class is predicted; linked by `graph` where the fit had one."""
        return float(accuracy_score(y, self.predict(X, graph=graph), sample_weight=sample_weight))

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags

    def _finish(self, values: Floats) -> Floats:
        return np.clip(values, 0.0, 1.0)

    def _read_outcome(self, y: Any, n_rows: int, *, reset: bool) -> Floats:
        labels = _as_labels(y, n_rows)
        if reset:
            codes, n_classes = check_levels(labels, name="y")
            if n_classes != 2:
                noun = "class" if n_classes == 1 else "classes"
                raise ValueError(f"y must have two classes; got {n_classes} {noun}: {_shown(labels)}")
            rarest = int(np.bincount(codes).min())
            if rarest < _FEWEST_ROWS:
                raise ValueError(f"y must have {_FEWEST_ROWS} rows of each class; got {rarest} of one")
            self.classes_ = np.array([labels.iloc[np.flatnonzero(codes == k)[0]] for k in (0, 1)])
        unknown = [label for label in pd.unique(labels) if label not in self.classes_]
        if unknown:
            raise ValueError(
                f"y must hold the classes of the fit, {self.classes_.tolist()}; got {unknown[0]}"
            )
        return (labels == self.classes_[1]).to_numpy(np.float64)


def _shown(labels: pd.Series) -> str:
    return ", ".join(str(label) for label in pd.unique(labels)[:5])


def _as_labels(y: Any, n_rows: int) -> pd.Series:
    if y is None:
        raise ValueError("fit requires y to be passed, but the target y is None")
    if np.ndim(y) == 2 and np.shape(y)[1] == 1:
        y = y.iloc[:, 0] if isinstance(y, pd.DataFrame) else np.asarray(y)[:, 0]
    if np.ndim(y) != 1 or len(y) != n_rows:
        raise ValueError(f"y must have one label for each row of X, {n_rows}; got shape {np.shape(y)}")
    return pd.Series(y).reset_index(drop=True)
