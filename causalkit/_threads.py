"""Threads of the linear algebra library: one, where our own matrices are too small to share."""

from contextlib import AbstractContextManager
from typing import Any

from threadpoolctl import threadpool_limits


def one_blas_thread() -> AbstractContextManager[Any]:
    """A context in which BLAS uses one thread; parallel work goes over row blocks, folds and trees.

    Factorising matrices of a few hundred columns on more threads costs several times the processor time, most
    of it waiting, and makes sums depend on the number of threads.
    """
    return threadpool_limits(1, "blas")
