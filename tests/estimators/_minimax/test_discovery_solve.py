"""Least squares with shared and own coefficients against one written-out design."""

import numpy as np
import pytest

from causalkit.estimators._minimax._discovery_solve import Sums, solve, solved

CODES = np.repeat([0, 1, 2], [20, 30, 40])


@pytest.mark.parametrize(("n_shared", "n_own"), [(3, 0), (3, 1), (2, 3), (0, 3)])
def test_the_fit_is_that_of_the_written_out_design(n_shared, n_own):
    rng = np.random.default_rng(0)
    shared, own, target = rng.normal(size=(90, n_shared)), rng.normal(size=(90, n_own)), rng.normal(size=90)
    rows = [e == CODES for e in range(3)]
    sums = Sums(
        shared=(shared.T @ shared)[None],
        mixed=np.stack([own[r].T @ shared[r] for r in rows])[:, None],
        own=np.stack([own[r].T @ own[r] for r in rows])[:, None],
        shared_target=(shared.T @ target)[None],
        own_target=np.stack([own[r].T @ target[r] for r in rows])[:, None],
    )
    b, c = solve(sums)
    fit = shared @ b[0] + np.einsum("nu,nu->n", own, c[CODES, 0])
    design = np.hstack([shared, *(own * r[:, None] for r in rows)])
    expected = design @ np.linalg.lstsq(design, target, rcond=None)[0]
    np.testing.assert_allclose(fit, expected, atol=1e-5)


def test_a_column_of_zeros_gets_no_coefficient():
    gram = np.diag([0.0, 2.0, 4.0])
    np.testing.assert_allclose(solved(gram, np.array([[0.0], [2.0], [8.0]]))[:, 0], [0, 1, 2], atol=1e-6)
