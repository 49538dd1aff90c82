"""The generalised covariance measure: cross-fitted residuals of x and y given z, and whether they covary."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, clone, is_classifier
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import check_cv
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from causalkit._random import RandomState, child_generators, child_seeds
from causalkit._validation import check_columns, check_same_length, check_scalar_argument
from causalkit.independence._canonical_order import arrange, read_units
from causalkit.independence._group_sums import mean_zero_test, quadratic_test, sum_over_groups
from causalkit.independence._result import IndependenceTestResult, hypothesis_of, independent_units

Floats = NDArray[np.float64]
Index = NDArray[np.intp]
Fold = tuple[Index, Index]

_FEWEST_ROWS = 20
_LANDMARKS = 100
_PENALTIES = tuple(np.logspace(-3, 3, 13))
# A residual below this share of the column is rounding.
_ROUNDING = 1e-8


def covariance_measure_test(
    x: ArrayLike,
    y: ArrayLike,
    given: ArrayLike,
    *,
    x_model: BaseEstimator | None = None,
    y_model: BaseEstimator | None = None,
    cv: Any = 5,
    groups: Any = None,
    random_state: RandomState = None,
) -> IndependenceTestResult:
    r"""Test x independent of y given z by the covariance of the residuals of two regressions on z.

    .. math:: R_i = (x_i - \hat f(z_i)) (y_i - \hat g(z_i)), \qquad
              T = \frac{\sqrt n \, \bar R}{\sqrt{\sum_i (R_i - \bar R)^2 / (n - 1)}}

    with f and g the conditional means, estimated on the other folds. Under the null hypothesis T is close to
    Student's t with n - 1 degrees of freedom as soon as the product of the two root mean squared regression
    errors is small against one over the root of n; each alone may be slow. The test sees E[Cov(x, y | z)]
    and nothing else: not a dependence of variances, nor one whose sign changes with z so that it cancels out
    (`kernel_test` sees these).

    Parameters
    ----------
    x, y : array-like, shape (n,) or (n, d)
        Numeric columns. With several of either, the statistic is the sum over all pairs of the squared total
        of R over its sum of squares, and the null a weighted sum of chi-squared variables.
    given : array-like, shape (n,) or (n, k)
        Numeric columns z to condition on.
    x_model, y_model : scikit-learn estimator, optional
        Prototypes of the regressions on z, cloned for each column and fold. A classifier, for columns of 0
        and 1, gives the probability of 1. By default a ridge regression on z and on Gaussian kernel features
        of z, its penalty chosen by leave-one-out.
    cv : int, splitter or iterable of (train, test)
        Folds. A number takes folds at random, with all rows of a group in the same one; then the answer does
        not depend on the order of the rows. Every row must be in exactly one test fold.
    groups : array-like, shape (n,), optional
        The group of each row, where rows of one group may depend on each other in any way. The sums of R
        over the groups (at least six) then take the place of the R of the rows.
    random_state : int, Generator or RandomState, optional
        Of the folds and of the default models.

    Returns
    -------
    IndependenceTestResult
        ``statistic`` is T for one pair of columns, and the sum of squares for several.

    Raises
    ------
    ValueError
        If a column is not numeric, not finite, constant (x and y) or of another length, there are fewer than
        20 rows or too few groups, a row is not in exactly one test fold, a model leaves nothing of a column,
        or a classifier meets a column that is not 0 and 1 in every training fold.
    TypeError
        If a model is not an estimator with ``fit`` and ``predict``, or ``predict_proba`` for a classifier.

    References
    ----------
    Shah, R. D. & Peters, J. (2020). The hardness of conditional independence testing and the generalised
    covariance measure. Annals of Statistics 48(3).

    Examples
    --------
    >>> import numpy as np
    >>> from causalkit.independence import covariance_measure_test
    >>> rng = np.random.default_rng(0)
    >>> z = rng.normal(size=300)
    >>> x = np.sin(2 * z) + rng.normal(size=300)
    >>> y = z**2 + rng.normal(size=300)
    >>> covariance_measure_test(x, y, z, random_state=0).pvalue > 0.05
    True
    >>> covariance_measure_test(x, y + 0.5 * x, z, random_state=0).pvalue < 0.001
    True

    Any estimator will do:

    >>> from sklearn.ensemble import RandomForestRegressor
    >>> forest = RandomForestRegressor(n_estimators=20, min_samples_leaf=5, random_state=0)
    >>> result = covariance_measure_test(x, y, z, x_model=forest, y_model=forest, cv=2, random_state=0)
    >>> result.method
    'generalised covariance measure, Student t'
    """
    parts = _read(x, y, given)
    rng = child_generators(random_state, 1)[0]
    seed = child_seeds(rng, 1)[0]
    by_number = isinstance(cv, (int, np.integer)) and not isinstance(cv, bool)
    codes, n_groups = read_units(groups, len(parts[0]))
    # Folds that were given belong to the rows as they stand.
    (x_columns, y_columns, z), codes = arrange(parts, codes) if by_number else (parts, codes)
    folds = (
        _random_folds(codes, cv, rng)
        if by_number
        else _given_folds(cv, z, None if n_groups is None else codes)
    )
    x_residuals = _residuals(x_columns, z, x_model, folds, name="x", seed=seed)
    y_residuals = _residuals(y_columns, z, y_model, folds, name="y", seed=seed)
    products = (x_residuals[:, :, None] * y_residuals[:, None, :]).reshape(len(z), -1)
    sums = sum_over_groups(products, codes)
    single = products.shape[1] == 1
    statistic, pvalue = mean_zero_test(sums[:, 0]) if single else quadratic_test(_unit_columns(sums))
    return IndependenceTestResult(
        statistic=statistic,
        pvalue=pvalue,
        n_rows=len(z),
        method="generalised covariance measure, " + ("Student t" if single else "weighted chi-squared"),
        hypothesis=hypothesis_of(z.shape[1]),
        degrees_of_freedom=len(sums) - 1.0 if single else None,
        n_groups=n_groups,
        assumptions=(
            independent_units(n_groups),
            "the models come close to the conditional means of x and y",
            "a covariance that cancels out over what is given is not seen",
        ),
    )


def _read(x: Any, y: Any, given: Any) -> list[Floats]:
    x_columns, y_columns = check_columns(x, name="x"), check_columns(y, name="y")
    z = check_columns(given, name="given", allow_constant=True)
    n_rows = check_same_length(x=x_columns, y=y_columns, given=z)
    if n_rows < _FEWEST_ROWS:
        raise ValueError(
            f"x must have at least {_FEWEST_ROWS} rows to fit regressions on folds; got {n_rows}"
        )
    return [x_columns, y_columns, z]


def _random_folds(codes: Index, n_folds: int, rng: np.random.Generator) -> list[Fold]:
    """Deal the groups out at random to folds that hold equally many, or one more."""
    n_groups = int(codes.max()) + 1
    check_scalar_argument(n_folds, "cv", integer=True, low=2, high=n_groups)
    fold = (rng.permutation(n_groups) % n_folds)[codes]
    return [(np.flatnonzero(fold != i), np.flatnonzero(fold == i)) for i in range(n_folds)]


def _given_folds(cv: Any, z: Floats, groups: Index | None) -> list[Fold]:
    folds = list(check_cv(cv).split(z, groups=groups))
    times = np.bincount(np.concatenate([test for _, test in folds]), minlength=len(z))
    if (times != 1).any():
        row = int(np.argmax(times != 1))
        raise ValueError(f"cv must put every row in exactly one test fold; row {row} is in {times[row]}")
    return folds


def _residuals(
    columns: Floats, z: Floats, model: BaseEstimator | None, folds: list[Fold], *, name: str, seed: int
) -> Floats:
    """Return each column less its prediction from the other folds, shape (n, d)."""
    if model is not None:
        _check_model(model, f"{name}_model")
    residuals = np.empty_like(columns)
    for j, column in enumerate(columns.T):
        for train, test in folds:
            fitted = _default_model(len(train), seed) if model is None else clone(model)
            if is_classifier(fitted) and set(np.unique(column[train])) != {0.0, 1.0}:
                levels = [f"{level:g}" for level in np.unique(column[train])[:5]]
                raise ValueError(
                    f"{name} must be 0 and 1 in every training fold where {name}_model is a classifier; "
                    f"got values {', '.join(levels)}"
                )
            fitted.fit(z[train], column[train])
            residuals[test, j] = column[test] - _predict(fitted, z[test])
        if np.abs(residuals[:, j]).max() <= _ROUNDING * np.abs(column).max():
            raise ValueError(
                f"{name} must vary beyond what {name}_model predicts from given; got no residual at all"
            )
    return residuals


def _predict(model: Any, z: Floats) -> Floats:
    return np.asarray(model.predict_proba(z)[:, 1] if is_classifier(model) else model.predict(z)).reshape(
        len(z)
    )


def _default_model(n_rows: int, seed: int) -> BaseEstimator:
    features = make_union(
        FunctionTransformer(), Nystroem(n_components=min(_LANDMARKS, n_rows), random_state=seed)
    )
    return make_pipeline(StandardScaler(), features, RidgeCV(alphas=_PENALTIES))


def _unit_columns(sums: Floats) -> Floats:
    length = np.sqrt((sums**2).sum(axis=0))
    return sums / np.where(length > 0, length, 1.0)


def _check_model(model: Any, name: str) -> None:
    is_estimator = isinstance(model, BaseEstimator)
    wanted = ["fit", "predict_proba"] if is_estimator and is_classifier(model) else ["fit", "predict"]
    if not is_estimator or not all(hasattr(model, method) for method in wanted):
        raise TypeError(f"{name} must be an estimator with {' and '.join(wanted)}; got {model!r}")
