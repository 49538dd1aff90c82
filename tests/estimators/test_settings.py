"""Settings that all learners share."""

from typing import Any

import pytest
from sklearn.model_selection import KFold
from sklearn.utils import Bunch

from causalkit.estimators._settings import check_settings

GOOD = {"cv": 5, "n_hops": 2, "n_pairs": 0, "n_fourier": 10, "clip": 0.02, "missing": "flag"}


@pytest.mark.parametrize("changes", [{}, {"cv": KFold(3)}, {"n_hops": 0}, {"missing": "error"}])
def test_good_settings(changes: dict[str, Any]) -> None:
    check_settings(Bunch(**{**GOOD, **changes}))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"cv": "5"}, "cv must be a number of folds or a splitter; got '5'"),
        ({"cv": 1}, "cv must be an integer at least 2; got 1"),
        ({"n_fourier": -1}, "n_fourier must be an integer at least 0; got -1"),
        ({"clip": 0}, "clip must be a number greater than 0 and less than 0.5; got 0"),
        ({"missing": None}, "missing must be one of 'error', 'flag'; got None"),
    ],
)
def test_bad_settings(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_settings(Bunch(**{**GOOD, **changes}))
