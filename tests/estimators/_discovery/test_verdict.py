"""Five verdicts about pairs of variables, with reasons."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from causalkit.estimators._discovery._evidence import PairEvidence
from causalkit.estimators._discovery._found import Found
from causalkit.estimators._discovery._verdict import Verdict, give_verdicts
from causalkit.independence import DeFinettiTestResult, de_finetti_test

ARROW = Found(((), (0,)), (0, 1), exact=True, gaps={(0, 1): 7.25})


def some_test() -> DeFinettiTestResult:
    rng = np.random.default_rng(0)
    codes = np.repeat(np.arange(40), 3)
    x = rng.normal(size=40)[codes] + rng.normal(size=120)
    return de_finetti_test(x, x + rng.normal(size=120), codes, random_state=0)


TEST = some_test()


def verdict(found: Found, violation: float = 1.0, **changes: Any) -> Verdict:
    test = replace(TEST, pvalue_no_edge=0.001, pvalue_equal_icc=0.01)
    evidence = PairEvidence(replace(test, **changes), (), (1.0, 1.0, 1.0), violation)
    return give_verdicts(found, {(0, 1): evidence}, ("dose", "response"), 0.05)[0, 1]


def test_an_arrow_and_its_mirror() -> None:
    found = verdict(ARROW)
    assert found == Verdict("arrow", "the best graph without dose -> response scores 7.2 nats less")
    assert found.mirrored() == Verdict("reverse arrow", found.reason)
    assert found.mirrored().mirrored() == found
    backward = verdict(Found(((1,), ()), (1, 0), exact=True, gaps={(1, 0): 3.0}))
    assert backward.answer == "reverse arrow"
    assert "without response -> dose scores 3.0 nats less" in backward.reason


def test_an_arrow_that_rests_on_the_shape_of_the_models() -> None:
    shaped = replace(ARROW, rests_on_shape=True)
    assert "rests on the models' shape" in verdict(shaped, pvalue_y_to_x=0.3).reason
    assert "rests on the models' shape" not in verdict(shaped, pvalue_y_to_x=0.01).reason
    assert "rests on the models' shape" not in verdict(ARROW, pvalue_y_to_x=0.3).reason


def test_a_small_preference_needs_tests_beside_it() -> None:
    unclear = replace(ARROW, rests_on_shape=True, unclear=frozenset({(0, 1)}))
    found = verdict(unclear, pvalue_y_to_x=0.3)
    assert found.answer == "not orientable"
    assert "the score prefers dose -> response (by 7.2 nats), but tests of different rows" in found.reason
    assert verdict(unclear, pvalue_y_to_x=0.01).answer == "arrow"


def test_no_edge() -> None:
    none = Found(((), ()), (0, 1), exact=True)
    assert verdict(none, pvalue_no_edge=0.4) == Verdict(
        "no edge", "no dependence inside a row beyond the other arrows was found (p = 0.400)"
    )
    left = verdict(none)
    assert left.answer == "no edge"
    assert "some dependence is left (p = 0.001 before adjustment)" in left.reason


def test_an_arrow_that_a_graph_does_as_well_without() -> None:
    weak = replace(ARROW, gaps={(0, 1): 0.3}, unsettled=frozenset({(0, 1)}))
    found = verdict(weak)
    assert found.answer == found.mirrored().answer == "not orientable"
    assert "the best graph without dose -> response is not clearly worse (by 0.3 nats)" in found.reason
    assert "equal intraclass correlation" not in found.reason
    alike = verdict(weak, pvalue_equal_icc=0.6)
    assert "rows look i.i.d. or of equal intraclass correlation" in alike.reason
    assert "p = 0.600" in alike.reason
    assert verdict(weak, pvalue_no_edge=0.3).answer == "no edge"


def test_how_many_environments_are_needed() -> None:
    weak = replace(ARROW, gaps={(0, 1): 0.3}, unsettled=frozenset({(0, 1)}))
    needed = verdict(weak, n_environments_needed=1234)
    assert needed.reason.endswith("; about 1,234 environments would show a direction with 80 % power")
    for unknown in (None, 12):
        assert "80 % power" not in verdict(weak, n_environments_needed=unknown).reason


def test_by_tests() -> None:
    found = verdict(replace(ARROW, gaps={}))
    assert found.answer == "arrow"
    assert found.reason.endswith("no order with dose -> response reversed fits")
    unsettled = verdict(replace(ARROW, gaps={}, unsettled=frozenset({(0, 1)})))
    assert unsettled.answer == "not orientable"
    assert unsettled.reason.startswith("the tests allow dose -> response as well as the reverse")
    violated = verdict(replace(ARROW, gaps={}, violated=True))
    assert violated.answer == "assumption violated"
    assert violated.reason.startswith("no causal order fits")


@pytest.mark.parametrize(("pvalue", "answer"), [(0.004, "assumption violated"), (0.006, "arrow")])
def test_both_directions_contradicted(pvalue: float, answer: str) -> None:
    found = verdict(ARROW, violation=pvalue)
    assert found.answer == answer
    if answer != "arrow":
        assert "both directions are contradicted (adjusted p = 0.004)" in found.reason


def test_the_score_and_the_tests_disagree() -> None:
    shaped = replace(ARROW, rests_on_shape=True)
    found = verdict(shaped, pvalue_x_to_y=0.04, pvalue_y_to_x=0.4)
    assert found.answer == "not orientable"
    assert (
        "the score prefers dose -> response, but tests of different rows contradict it (p = 0.04"
        in found.reason
    )
    assert verdict(shaped, pvalue_x_to_y=0.06, pvalue_y_to_x=0.4).answer == "arrow"
    assert verdict(shaped, pvalue_x_to_y=0.04, pvalue_y_to_x=0.01).answer == "arrow"
    assert verdict(ARROW, pvalue_x_to_y=0.04, pvalue_y_to_x=0.4).answer == "arrow"


def test_few_environments() -> None:
    found = verdict(ARROW, n_environments_with_pairs=9)
    assert found.answer == "not orientable"
    assert "9 environments of two or more rows are too few" in found.reason
