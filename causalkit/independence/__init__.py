"""Independence tests: pure functions with frozen results, and the causal de Finetti test of two variables."""

from causalkit.independence._covariance_measure import covariance_measure_test
from causalkit.independence._de_finetti import DeFinettiTestResult, de_finetti_test
from causalkit.independence._discrete import discrete_test
from causalkit.independence._kernel import kernel_test
from causalkit.independence._partial_correlation import partial_correlation_test
from causalkit.independence._result import IndependenceTestResult
from causalkit.independence._row_tests import cross_row_test, same_row_test

__all__ = [
    "DeFinettiTestResult",
    "IndependenceTestResult",
    "covariance_measure_test",
    "cross_row_test",
    "de_finetti_test",
    "discrete_test",
    "kernel_test",
    "partial_correlation_test",
    "same_row_test",
]
