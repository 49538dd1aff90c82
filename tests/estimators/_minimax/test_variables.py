"""Lists of mutable variables: which matter for a subset, which are refused."""

import numpy as np
import pytest

from causalkit.estimators._minimax._variables import MutableVariable, check_variables

X = np.random.default_rng(0).normal(size=(20, 3))
NAMES = ["a", "b", "c"]


def test_a_variable_matters_for_its_descendants():
    variable = MutableVariable(0, descendants=(2,))
    assert variable.matters_for([1, 2])
    assert not variable.matters_for([1])
    assert not variable.matters_for([])


def test_without_a_graph_or_as_a_cause_of_the_outcome_it_always_matters():
    assert MutableVariable(0).matters_for([])
    assert MutableVariable(0, descendants=(), outcome_is_descendant=True).matters_for([])


def test_a_good_list_passes():
    check_variables([MutableVariable(0, (1,), True, 1), MutableVariable(2, (0,), False, 2)], X, NAMES)


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ([MutableVariable(0), MutableVariable(0)], r"different columns of X; got \[0, 0\]"),
        ([MutableVariable(3)], r"columns 0\.\.2 of X; got \[3\]"),
        ([MutableVariable(0, (0,))], "'a' must not be its own parent"),
        (
            [MutableVariable(0, (7,))],
            r"parents of mutable variable 'a' must be columns 0\.\.2 of X; got \(7,\)",
        ),
        ([MutableVariable(0), MutableVariable(1, (0,))], r"'b' must come in a later generation.*got \['a'\]"),
    ],
    ids=["twice", "no column", "own parent", "no parent", "order"],
)
def test_a_bad_list_is_refused(variables, message):
    with pytest.raises(ValueError, match=message):
        check_variables(variables, X, NAMES)


def test_a_constant_variable_is_refused():
    table = X.copy()
    table[:, 1] = 4
    with pytest.raises(ValueError, match="'b' must take more than one value; got only 4"):
        check_variables([MutableVariable(1)], table, NAMES)
