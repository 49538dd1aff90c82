"""Columns that belong together, checked for numbers and length."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from causalkit._validation import check_outcome, check_same_length

Floats = NDArray[np.float64]

# Predictions that differ by rounding only are the same prediction.
_ROUNDING = 1e-10


def check_columns(**columns: Any) -> tuple[Floats, ...]:
    """Return named columns as float64 arrays of one length, at least two rows, all finite.

    Raises
    ------
    ValueError
        If a column is missing, not numeric, not finite, or of another length than the first.
    """
    for name, column in columns.items():
        if column is None or np.ndim(column) == 0:
            raise ValueError(f"{name} must have one value for each row; got {column!r}")
    n_rows = check_same_length(**columns)
    if n_rows < 2:
        raise ValueError(f"{next(iter(columns))} must have at least two rows; got {n_rows}")
    return tuple(
        check_outcome(column, n_rows, name=name, allow_constant=True) for name, column in columns.items()
    )


def is_constant(values: Floats) -> bool:
    """Whether values differ by no more than rounding."""
    return bool(np.ptp(values) <= _ROUNDING * np.abs(values).max())
