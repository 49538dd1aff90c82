"""Settings that all effect learners share, checked when they fit."""

from __future__ import annotations

from typing import Any

import numpy as np

from causalkit._validation import check_choice, check_scalar_argument


def check_settings(learner: Any) -> None:
    """Raise a ValueError that names the setting and says what it may be."""
    cv = learner.cv
    is_splitter = hasattr(cv, "split") and not isinstance(cv, str)
    if isinstance(cv, bool) or not (isinstance(cv, int | np.integer) or is_splitter):
        raise ValueError(f"cv must be a number of folds or a splitter; got {cv!r}")
    if isinstance(cv, int | np.integer):
        check_scalar_argument(cv, "cv", low=2, integer=True)
    for name in ("n_hops", "n_pairs", "n_fourier"):
        check_scalar_argument(getattr(learner, name), name, low=0, integer=True)
    check_scalar_argument(learner.clip, "clip", low=0, high=0.5, inclusive=False)
    check_choice(learner.missing, "missing", ["error", "flag"])
