"""Quadratic forms of sums over environments, compared with the same sums under random signs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincc

from causalkit.independence._variables import Floats

Index = NDArray[np.intp]

_RIDGE = 0.3
# Columns of contributions below this are rounding errors: features are of the order of one.
_NOTHING = 1e-8
_BLOCK_BITS = 2**23
_TINY = 1e-300
_TIE = 1e-9


@dataclass(frozen=True)
class Contributions:
    """What each environment adds to sums that have mean zero under a hypothesis.

    Attributes
    ----------
    observed : ndarray, shape (E, k)
    reference : ndarray, shape (E, k)
        The same, enlarged for the degrees of freedom that a regression took; random signs are put on these.
    groups : tuple of tuples of index arrays
        Columns that make one quadratic form each; of the forms of an inner tuple the one furthest out counts.
    """

    observed: Floats
    reference: Floats
    groups: tuple[tuple[Index, ...], ...]


@dataclass(frozen=True)
class FlipTest:
    """Sum of minus the logarithms of approximate tail areas, and its p-value by random signs."""

    statistic: float
    pvalue: float


def flip_tests(tests: Sequence[Contributions], rng: np.random.Generator, *, n_flips: int) -> list[FlipTest]:
    """Test several hypotheses with the same random signs, one sign for each environment.

    For each group of columns with sums T and cross products C of the contributions, scaled to a unit
    diagonal, there is the form T' (C + 0.3 I)^-1 T. The tail areas of the forms are combined by Fisher's rule
    and judged by the flips, so that dependence between the groups does not matter.
    """
    scales = [np.sqrt((test.reference**2).sum(axis=0)) for test in tests]
    used = [scale > _NOTHING for scale in scales]
    references = [
        test.reference[:, keep] / scale[keep] for test, keep, scale in zip(tests, used, scales, strict=True)
    ]
    flipped = _flipped_sums(np.hstack(references), n_flips, rng)
    ends = np.cumsum([keep.sum() for keep in used])[:-1]
    results = []
    for i, sums in enumerate(np.split(flipped, ends, axis=1)):
        observed = tests[i].observed[:, used[i]].sum(axis=0) / scales[i][used[i]]
        place = np.cumsum(used[i]) - 1
        groups = [[place[group[used[i][group]]] for group in rivals] for rivals in tests[i].groups]
        results.append(_combine(np.vstack([observed, sums]), references[i], groups))
    return results


def _flipped_sums(values: Floats, n_flips: int, rng: np.random.Generator) -> Floats:
    total = np.zeros((n_flips, values.shape[1]))
    step = 8 * max(1, _BLOCK_BITS // (8 * n_flips))
    for start in range(0, len(values), step):
        block = values[start : start + step]
        packed = rng.integers(256, size=(n_flips, -(-len(block) // 8)), dtype=np.uint8)
        ones = np.unpackbits(packed, axis=1, count=len(block)).astype(np.float64)
        total += 2.0 * (ones @ block) - block.sum(axis=0)
    return total


def _combine(totals: Floats, reference: Floats, groups: Sequence[Sequence[Index]]) -> FlipTest:
    """Combine the forms of the groups; the first row of ``totals`` is observed, the others are flipped."""
    combined = np.zeros(len(totals))
    for rivals in groups:
        evidence = [_evidence(totals[:, group], reference[:, group]) for group in rivals if len(group)]
        combined += np.max(evidence, axis=0) if evidence else 0.0
    return FlipTest(float(combined[0]), float(np.mean(combined >= combined[0] - _TIE)))


def _evidence(totals: Floats, reference: Floats) -> Floats:
    """Minus the logarithm of the tail area of each row's form, under a gamma law with the flips' moments.

    The law only shapes the combination of forms; the p-value is that of the flips.
    """
    form = _ridge_form(totals, reference)
    mean, variance = form[1:].mean(), form[1:].var() + _TINY
    return -np.log(np.maximum(gammaincc(mean**2 / variance, form * (mean / variance)), _TINY))


def _ridge_form(totals: Floats, reference: Floats) -> Floats:
    cross = reference.T @ reference + _RIDGE * np.eye(reference.shape[1])
    return np.einsum("ij,ji->i", totals, np.linalg.solve(cross, totals.T))
