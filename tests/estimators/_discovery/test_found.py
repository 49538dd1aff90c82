"""A graph as a search leaves it."""

import numpy as np

from causalkit.estimators._discovery._found import Found, causal_order

PARENTS = ((2,), (0, 2), (), (1,))


def test_arrows_and_matrix() -> None:
    found = Found(PARENTS, causal_order(PARENTS), exact=True)
    assert found.arrows == [(2, 0), (0, 1), (2, 1), (1, 3)]
    assert list(zip(*np.nonzero(found.adjacency()), strict=True)) == sorted(found.arrows)


def test_the_arrow_between_two() -> None:
    found = Found(PARENTS, causal_order(PARENTS), exact=True)
    assert found.arrow_between(0, 2) == found.arrow_between(2, 0) == (2, 0)
    assert found.arrow_between(0, 3) is None


def test_causes_come_first_and_ties_go_to_the_lowest() -> None:
    assert causal_order(PARENTS) == (2, 0, 1, 3)
    assert causal_order(((), (), ())) == (0, 1, 2)
    assert causal_order(((1,), (2,), ())) == (2, 1, 0)
