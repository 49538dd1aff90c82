"""Graphs of causal-learn, with arrows and open edges, as answers; and its progress bars kept quiet."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from benchmark_utils.answers import Answer

# causal-learn's marks: entry (u, v) is the mark at the end u of the edge between u and v.
TAIL, HEAD = -1, 1


def answer_of(marks: NDArray[np.int64]) -> Answer:
    """Arrows are stated; an edge with the same mark at both ends is open and tossed where forced."""
    stated = ((marks == TAIL) & (marks.T == HEAD)).astype(float)
    left_open = (marks != 0) & (stated + stated.T == 0)
    return Answer(stated, left_open, np.where(left_open, 0.5, stated))


@contextlib.contextmanager
def quietly() -> Iterator[None]:
    """Without the progress bars that causal-learn draws whatever it is told."""
    with contextlib.redirect_stderr(io.StringIO()):
        yield
