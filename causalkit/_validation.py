"""Data and settings turned into checked arrays and numbers: the only place that checks inputs."""

from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from sklearn.utils.validation import column_or_1d, validate_data

Floats = NDArray[np.float64]

_MAX_LISTED = 5
_ARRAYS = (np.ndarray, pd.Series, pd.DataFrame, pd.Index, pd.api.extensions.ExtensionArray)


def check_features(
    estimator: Any, X: Any, *, reset: bool, allow_nan: bool = False, min_rows: int = 1
) -> Floats:
    """Return ``X`` as a float64 array of shape (n, d) and keep its column names on the estimator.

    Parameters
    ----------
    estimator : object
        Gets ``feature_names_in_`` and ``n_features_in_`` when ``reset``, is compared with them otherwise.
    X : DataFrame or array-like, shape (n, d)
        Numeric or boolean columns.
    reset : bool
        True in ``fit``, False afterwards.
    allow_nan : bool
        Let missing values through; infinities are refused in any case.
    min_rows : int
        Smallest number of rows that is enough.

    Raises
    ------
    ValueError
        If ``X`` is empty, not two-dimensional, holds a column that is not numeric, or values that are not
        finite; or if its columns are not those of the fit.
    TypeError
        If ``X`` is sparse.
    """
    if isinstance(X, pd.DataFrame):
        _check_column_types(X)
    try:
        checked = validate_data(
            estimator,
            X,
            reset=reset,
            dtype=np.float64,
            ensure_all_finite=False,
            ensure_min_samples=min_rows,
            accept_sparse=False,
        )
    except ValueError as error:
        raise ValueError(error if str(error).startswith("X ") else f"X cannot be used: {error}") from error
    _check_finite_columns(checked, X, allow_nan=allow_nan)
    return checked


def check_table(estimator: Any, X: Any, *, reset: bool) -> pd.DataFrame:
    """Return ``X`` as a DataFrame of numbers and categories, and keep its column names on the estimator.

    Columns are named as :func:`feature_names` says; rows are numbered from 0.

    Raises
    ------
    ValueError
        If ``X`` is empty, not two-dimensional, has missing or infinite entries, or has columns that share a
        name or are not those of the fit.
    TypeError
        If ``X`` is sparse.
    """
    if sparse.issparse(X):
        raise TypeError("X must be a DataFrame or a dense array; got a sparse matrix")
    table = X if isinstance(X, pd.DataFrame) else np.asarray(X)
    if table.ndim != 2 or 0 in table.shape:
        raise ValueError(
            f"X must have shape (n, d) with at least one row and column; got shape {table.shape}, which is "
            f"0 samples or 0 features, or not 2 dimensions"
        )
    if isinstance(table, pd.DataFrame) and table.columns.has_duplicates:
        twice = table.columns[table.columns.duplicated()][0]
        raise ValueError(f"X must have columns of different names; got {twice!r} twice")
    try:
        validate_data(estimator, table, reset=reset, skip_check_array=True)
    except ValueError as error:
        raise ValueError(error if str(error).startswith("X ") else f"X cannot be used: {error}") from error
    checked = pd.DataFrame(table).infer_objects().reset_index(drop=True)
    checked.columns = feature_names(estimator)
    _check_entries(checked)
    return checked


def feature_names(estimator: Any) -> list[str]:
    """Return the column names seen in ``fit``; ``x0``, ``x1``, ... where the columns had none."""
    names = getattr(estimator, "feature_names_in_", None)
    if names is None:
        return [f"x{i}" for i in range(estimator.n_features_in_)]
    return [str(name) for name in names]


def row_names(X: Any) -> pd.Index | None:
    """Return the index of a DataFrame, which names its rows; None for anything else."""
    return X.index if isinstance(X, pd.DataFrame) else None


def check_outcome(
    y: Any, n_rows: int, *, name: str = "y", allow_nan: bool = False, allow_constant: bool = False
) -> Floats:
    """Return an outcome as a float64 array of shape (n_rows,).

    Raises
    ------
    ValueError
        If ``y`` is missing, not numeric, of another length, not finite, or the same in every row.
    """
    if y is None:
        raise ValueError(f"fit requires {name} to be passed, but the target {name} is None")
    values = _numeric_column(y, n_rows, name=name)
    _check_finite(values, name=name, allow_nan=allow_nan)
    observed = values[~np.isnan(values)]
    if not len(observed):
        raise ValueError(f"{name} must have an observed value; got {n_rows} missing values")
    if not allow_constant and observed.min() == observed.max():
        raise ValueError(
            f"{name} must vary between rows; got {observed[0]:g} in every row (n_samples={n_rows})"
        )
    return values


def check_binary_treatment(
    treatment: Any, n_rows: int, *, owner: str = "GraphRLearner", allow_nan: bool = False
) -> tuple[Floats, tuple[Any, Any]]:
    """Return a binary treatment as 0.0 and 1.0, and its two levels (not treated, treated).

    Booleans, the numbers 0 and 1, two texts (the later in sorted order is "treated") and categoricals with
    two used categories (the later category is "treated") are taken.

    Raises
    ------
    ValueError
        If ``treatment`` is missing, of another length, or has not exactly two such levels.
    """
    if treatment is None:
        raise ValueError(f"treatment must be given for {owner}, one value for each row of X; got None")
    column = _as_column(treatment, n_rows, name="treatment")
    missing = np.flatnonzero(column.isna().to_numpy())
    if len(missing) and not allow_nan:
        raise ValueError(
            f"treatment must not be missing; got {len(missing)} missing {_plural(len(missing))} "
            f"(first at row {missing[0]})"
        )
    levels = _treatment_levels(column, owner)
    values = np.where(column == levels[1], 1.0, 0.0)
    values[missing] = np.nan
    return values, levels


def check_sample_weight(sample_weight: Any, n_rows: int, *, name: str = "sample_weight") -> Floats | None:
    """Return weights as a float64 array of shape (n_rows,), or None where none were given.

    Raises
    ------
    ValueError
        If a weight is negative or not finite, all are zero, or their number is not ``n_rows``.
    """
    if sample_weight is None:
        return None
    weights = _numeric_column(sample_weight, n_rows, name=name)
    _check_finite(weights, name=name, allow_nan=False)
    negative = np.flatnonzero(weights < 0)
    if len(negative):
        row = negative[0]
        raise ValueError(f"{name} must not be negative; got {weights[row]:g} at row {row}")
    if not weights.any():
        raise ValueError(f"{name} must have a positive value; got zero in every row")
    return weights


def check_columns(values: Any, *, name: str, allow_constant: bool = False) -> Floats:
    """Return one column or several as a float64 array of shape (n, d).

    Raises
    ------
    ValueError
        If ``values`` is not of shape (n,) or (n, d) with n and d positive, or a column is not numeric, not
        finite, or (unless ``allow_constant``) the same in every row.
    """
    checked = []
    for label, column in _labelled_columns(values, name):
        numbers = _numeric_column(column, len(column), name=label)
        _check_finite(numbers, name=label, allow_nan=False)
        if not allow_constant and numbers.min() == numbers.max():
            raise ValueError(f"{label} must vary between rows; got {numbers[0]:g} in all {len(numbers)} rows")
        checked.append(numbers)
    return np.column_stack(checked)


def check_levels(values: Any, *, name: str) -> tuple[NDArray[np.int64], int]:
    """Return the code of the level of each row, and the number of levels; joint levels of several columns.

    Numbers, texts, booleans and categoricals are taken. Codes follow the sorted order of the levels.

    Raises
    ------
    ValueError
        If ``values`` is not of shape (n,) or (n, d) with n and d positive, or an entry is missing.
    """
    joint: NDArray[np.int64] | None = None
    for label, column in _labelled_columns(values, name):
        codes = pd.factorize(column, sort=True)[0].astype(np.int64)
        missing = np.flatnonzero(codes < 0)
        if len(missing):
            raise ValueError(
                f"{label} must not be missing; got {len(missing)} missing {_plural(len(missing))} "
                f"(first at row {missing[0]})"
            )
        paired = codes if joint is None else joint * (int(codes.max()) + 1) + codes
        # Numbered anew after each column, so that many columns cannot overflow.
        joint = np.unique(paired, return_inverse=True)[1].astype(np.int64)
    assert joint is not None
    return joint, int(joint.max()) + 1


def check_same_length(**columns: Any) -> int:
    """Return the number of rows that all given arrays share; arrays that are None are left out.

    Raises
    ------
    ValueError
        If two arrays have different lengths; the message names both.
    """
    lengths = {name: len(column) for name, column in columns.items() if column is not None}
    first = next(iter(lengths))
    for name, length in lengths.items():
        if length != lengths[first]:
            raise ValueError(
                f"{name} must have one entry for each row of {first}; got {length} and {lengths[first]}"
            )
    return lengths[first]


def check_scalar_argument(
    value: Any,
    name: str,
    *,
    integer: bool = False,
    low: float | None = None,
    high: float | None = None,
    inclusive: bool = True,
) -> Any:
    """Return ``value`` if it is a finite number between ``low`` and ``high``.

    Raises
    ------
    ValueError
        If it is not; the message says which numbers are taken.
    """
    expected = _describe_range("an integer" if integer else "a number", low, high, inclusive)
    kind = Integral if integer else Real
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, kind) or not np.isfinite(float(value)):
        raise ValueError(f"{name} must be {expected}; got {value!r}")
    number = float(value)
    above = low is None or number > low or (inclusive and number == low)
    below = high is None or number < high or (inclusive and number == high)
    if not (above and below):
        raise ValueError(f"{name} must be {expected}; got {value!r}")
    return value


def check_choice(value: Any, name: str, choices: Sequence[Any]) -> Any:
    """Return ``value`` if it is one of ``choices``; a ValueError lists them otherwise."""
    if not any(value is choice or (type(value) is type(choice) and value == choice) for choice in choices):
        listed = ", ".join(repr(choice) for choice in choices)
        raise ValueError(f"{name} must be one of {listed}; got {value!r}")
    return value


def _check_column_types(X: pd.DataFrame) -> None:
    if not X.shape[1]:
        raise ValueError("X must have at least one column; got a DataFrame with 0 columns")
    for position, (name, dtype) in enumerate(zip(X.columns, X.dtypes, strict=True)):
        if not pd.api.types.is_numeric_dtype(dtype) and not _holds_numbers(X.iloc[:, position]):
            raise ValueError(
                f"X must have numeric or boolean columns; column {name!r} has dtype {dtype} "
                "(encode texts, categories and dates as numbers first)"
            )


def _holds_numbers(column: pd.Series) -> bool:
    # Arrays of mixed origin often arrive as object although every entry is a number.
    return column.dtype == object and all(isinstance(value, Real) for value in column)


def _check_finite_columns(values: Floats, X: Any, *, allow_nan: bool) -> None:
    # One sum over everything is finite in the ordinary case, and needs no table of flags.
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(values.sum()):
            return
    for position in range(values.shape[1]):
        column = values[:, position]
        label = repr(X.columns[position]) if isinstance(X, pd.DataFrame) else f"{position}"
        for flags, word in ((np.isinf(column), "infinite"), (np.isnan(column), "missing")):
            if flags.any() and not (allow_nan and word == "missing"):
                allowed = "infinity" if allow_nan else "NaN or infinity"
                raise ValueError(
                    f"X must not contain {allowed}; column {label} has {flags.sum()} {word} "
                    f"{_plural(int(flags.sum()))} (first at row {np.argmax(flags)})"
                )


def _labelled_columns(values: Any, name: str) -> list[tuple[str, pd.Series]]:
    """Split an array, Series or DataFrame into columns, each with what a message calls it."""
    if hasattr(values, "__array__") and not isinstance(values, _ARRAYS):
        values = np.asarray(values)
    is_scalar = values is None or isinstance(values, (str, bytes))
    shape = () if is_scalar else np.shape(values)
    if len(shape) not in (1, 2) or 0 in shape:
        got = repr(values) if is_scalar else f"shape {shape}"
        raise ValueError(f"{name} must have shape (n,) or (n, d) with at least one row and column; got {got}")
    if len(shape) == 1:
        column = values if isinstance(values, pd.Series) else pd.Series(values)
        return [(name, column.reset_index(drop=True))]
    table = values if isinstance(values, pd.DataFrame) else pd.DataFrame(np.asarray(values))
    table = table.reset_index(drop=True)
    return [(f"{name} (column {label!r})", table.iloc[:, i]) for i, label in enumerate(table.columns)]


def _check_entries(table: pd.DataFrame) -> None:
    for name in table:
        column = table[name]
        numeric = pd.api.types.is_numeric_dtype(column.dtype)
        infinite = np.isinf(column.to_numpy(np.float64, na_value=np.nan)) if numeric else np.zeros(1, bool)
        for flags, word in ((infinite, "infinite"), (column.isna().to_numpy(), "missing")):
            if flags.any():
                raise ValueError(
                    f"X must not contain {word} values; column {name!r} has {int(flags.sum())} (first at "
                    f"row {int(np.argmax(flags))}): drop or impute these rows first"
                )


def _check_finite(values: Floats, *, name: str, allow_nan: bool) -> None:
    for flags, word in ((np.isinf(values), "infinite"), (np.isnan(values), "missing")):
        if flags.any() and not (allow_nan and word == "missing"):
            allowed = "infinity" if allow_nan else "NaN or infinity"
            raise ValueError(
                f"{name} must not contain {allowed}; got {flags.sum()} {word} {_plural(int(flags.sum()))} "
                f"(first at row {np.argmax(flags)})"
            )


def _plural(count: int) -> str:
    return "value" if count == 1 else "values"


def _numeric_column(column: Any, n_rows: int, *, name: str) -> Floats:
    series = _as_column(column, n_rows, name=name)
    if np.iscomplexobj(series):
        raise ValueError(f"{name} must be real numbers; Complex data not supported, got dtype {series.dtype}")
    if not pd.api.types.is_numeric_dtype(series.dtype) and series.dtype != object:
        raise ValueError(f"{name} must be numeric; got dtype {series.dtype}, first value {series.iloc[0]!r}")
    try:
        return series.to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError):
        text = next(value for value in series if not isinstance(value, Real))
        raise ValueError(f"{name} must be numeric; got the value {text!r}") from None


def _as_column(column: Any, n_rows: int, *, name: str) -> pd.Series:
    if hasattr(column, "__array__") and not isinstance(column, _ARRAYS):
        column = np.asarray(column)
    shape = np.shape(column)
    if len(shape) == 2 and shape[1] == 1:
        column = column_or_1d(column, warn=True)
    elif len(shape) != 1:
        raise ValueError(f"{name} should be a 1d array with one value for each row of X; got shape {shape}")
    if len(column) != n_rows:
        raise ValueError(
            f"{name} must have one value for each row of X; got {len(column)} values and {n_rows} rows"
        )
    return column if isinstance(column, pd.Series) else pd.Series(column)


def _treatment_levels(column: pd.Series, owner: str) -> tuple[Any, Any]:
    levels = _sorted_levels(column)
    numeric = pd.api.types.is_numeric_dtype(column.dtype)
    if len(levels) > 10 and pd.api.types.is_float_dtype(column.dtype):
        raise ValueError(
            f"treatment must be binary for {owner}; got a continuous treatment with {len(levels)} "
            "distinct values"
        )
    if numeric and set(levels) <= {0, 1} and len(levels) == 2:
        return levels[0], levels[1]
    if numeric and len(levels) == 2:
        raise ValueError(
            f"treatment must be coded 0 (not treated) and 1 (treated) for {owner}; got the numbers {levels}"
        )
    if len(levels) != 2:
        shown = repr(levels[:_MAX_LISTED])[:-1] + (", ...]" if len(levels) > _MAX_LISTED else "]")
        word = "level" if len(levels) == 1 else "levels"
        raise ValueError(f"treatment must be binary for {owner}; got {len(levels)} {word}: {shown}")
    return levels[0], levels[1]


def _sorted_levels(column: pd.Series) -> list[Any]:
    if isinstance(column.dtype, pd.CategoricalDtype):
        return list(column.cat.remove_unused_categories().cat.categories)
    _, uniques = pd.factorize(column, sort=True)
    return [value.item() if isinstance(value, np.generic) else value for value in uniques]


def _describe_range(noun: str, low: float | None, high: float | None, inclusive: bool) -> str:
    at_least, at_most = ("at least", "at most") if inclusive else ("greater than", "less than")
    parts = [f"{word} {bound}" for word, bound in ((at_least, low), (at_most, high)) if bound is not None]
    return f"{noun} {' and '.join(parts)}".strip()
