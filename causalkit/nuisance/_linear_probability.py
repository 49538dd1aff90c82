"""A regressor of a 0/1 outcome read as a classifier, its predictions kept inside (0, 1)."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, clone

Array = NDArray[np.float64]


class LinearProbabilityClassifier(ClassifierMixin, BaseEstimator):
    """E[Y | X] of a 0/1 outcome by a regressor, clipped to [clip, 1 - clip].

    Parameters
    ----------
    regressor : estimator
        Its ``fit`` and ``predict`` take ``graph``.
    clip : float
        Smallest probability.
    """

    def __init__(self, regressor: Any, clip: float = 0.01) -> None:
        self.regressor = regressor
        self.clip = clip

    def fit(self, X: Any, y: Any, *, graph: Any = None, sample_weight: Any = None) -> Self:
        """Fit the regressor to 0/1 outcomes."""
        self.classes_ = np.array([0, 1])
        self.regressor_ = clone(self.regressor).fit(X, y, graph=graph, sample_weight=sample_weight)
        return self

    def predict_proba(self, X: Any, *, graph: Any = None) -> Array:
        """Probabilities of 0 and 1, (n, 2)."""
        p = np.clip(self.regressor_.predict(X, graph=graph), self.clip, 1 - self.clip)
        return np.column_stack([1 - p, p])

    def predict(self, X: Any, *, graph: Any = None) -> NDArray[np.int64]:
        """The likelier outcome."""
        return (self.predict_proba(X, graph=graph)[:, 1] > 0.5).astype(np.int64)
