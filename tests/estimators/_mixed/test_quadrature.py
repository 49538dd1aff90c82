"""Points and weights reproduce moments of a normal variable."""

import numpy as np
import pytest

from causalkit.estimators._mixed._quadrature import nodes_and_log_weights


@pytest.mark.parametrize("size", [1, 10, 11, 40, 500])
def test_moments(size):
    nodes, log_weights = nodes_and_log_weights(size)
    weights = np.exp(log_weights)
    np.testing.assert_allclose([weights.sum(), weights @ nodes, weights @ nodes**2], [1, 0, 1], atol=1e-12)
    np.testing.assert_allclose([weights @ nodes**4, weights @ nodes**8], [3, 105])


def test_more_points_for_more_rows():
    assert (
        len(nodes_and_log_weights(5)[0])
        < len(nodes_and_log_weights(20)[0])
        < len(nodes_and_log_weights(50)[0])
    )
