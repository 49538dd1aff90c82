"""The linear world: risks that regression finds too, the same in every environment."""

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from causalkit.datasets import make_mutable_scm
from causalkit.datasets._mutable_world import subsets


@pytest.fixture(scope="module")
def random_m() -> tuple[dict[frozenset[str], LinearRegression], dict[frozenset[str], list[str]]]:
    """Regressions on rows in which M does not depend on y, so that E[y | x_S, m] is E[y | x_S, do(m)]."""
    data = make_mutable_scm("linear", n_rows=[60_000], follow=[0.0], random_state=0)
    columns = {subset: [*sorted(subset), "M"] for subset in subsets(data.stable)}
    fits = {s: LinearRegression().fit(data.X[names], data.y) for s, names in columns.items()}
    return fits, columns


@pytest.mark.parametrize("follow", [-2.0, 0.0, 3.0])
def test_risks_by_regression(follow: float, random_m: tuple) -> None:
    fits, columns = random_m
    data = make_mutable_scm("linear", n_rows=[60_000], follow=[follow], random_state=1)
    for subset, risk in data.worst_case_risk.items():
        loss = (data.y - fits[subset].predict(data.X[columns[subset]])) ** 2
        # Four standard errors, and room for the error of the fit, which grows where M leaves its range.
        assert abs(loss.mean() - risk) < 4 * loss.std() / np.sqrt(len(loss)) + 0.005 * (1 + follow**2)
        assert data.environment_risk[subset].tolist() == [risk]


def test_more_variables_never_hurt() -> None:
    risk = make_mutable_scm("linear", n_rows=1, random_state=0).worst_case_risk
    for small in risk:
        for large in risk:
            if small < large:
                assert risk[large] <= risk[small] * (1 + 1e-12)


def test_simple_risks() -> None:
    """By hand: Var(y) = 2; given X1, 1; given y + N(0, 1) after M is taken off, 2 / (1 + 2)."""
    risk = make_mutable_scm("linear", n_rows=1, random_state=0).worst_case_risk
    found = [risk[frozenset(names)] for names in ([], ["X1"], ["X2"], ["X3"], ["X1", "X3"])]
    np.testing.assert_allclose(found, [2, 1, 2, 2 / 3, 1 / 2])


def test_the_slope_of_the_mutable_variable_is_follow() -> None:
    data = make_mutable_scm("linear", n_rows=4000, random_state=2)
    for code, slope in enumerate(data.follow):
        rows = data.environments == code
        fit = LinearRegression().fit(data.y[rows].to_frame(), data.X.loc[rows, "M"])
        assert abs(fit.coef_[0] - slope) < 4 / np.sqrt(2 * 4000)
