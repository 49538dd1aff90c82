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


@dataclass(frozen=True)
class _Form:
    """A quadratic form of some columns, and the gamma law with the moments that it has under random signs.

    The law only shapes the combination of forms; p-values are those of the flips.
    """

    columns: Index
    inverse: Floats
    mean: float
    variance: float

    def values(self, sums: Floats) -> Floats:
        part = sums[:, self.columns]
        return np.einsum("ij,ij->i", part @ self.inverse, part)

    def evidence(self, sums: Floats) -> Floats:
        """Minus the logarithm of the tail area of each row."""
        shape = self.mean**2 / self.variance
        tail = gammaincc(shape, self.values(sums) * (self.mean / self.variance))
        return -np.log(np.maximum(tail, _TINY))


@dataclass(frozen=True)
class Flipped:
    """Sums over environments as they are and under random signs, with the forms that judge them.

    Attributes
    ----------
    observed : ndarray, shape (k,)
    flipped : ndarray, shape (n_flips, k)
    reference : ndarray, shape (E, k)
    forms : tuple of tuples
        Of the forms of an inner tuple the one furthest out counts.
    """

    observed: Floats
    flipped: Floats
    reference: Floats
    forms: tuple[tuple[_Form, ...], ...]

    def evidence(self, sums: Floats) -> Floats:
        """Combine the tail areas of the forms by Fisher's rule, for each row of ``sums``."""
        combined = np.zeros(len(sums))
        for rivals in self.forms:
            if rivals:
                combined += np.max([form.evidence(sums) for form in rivals], axis=0)
        return combined

    def test(self) -> FlipTest:
        """Judge the observed sums by the flipped ones."""
        combined = self.evidence(np.vstack([self.observed, self.flipped]))
        return FlipTest(float(combined[0]), float(np.mean(combined >= combined[0] - _TIE)))


def flip_tests(tests: Sequence[Contributions], rng: np.random.Generator, *, n_flips: int) -> list[FlipTest]:
    """Test several hypotheses with the same random signs, one sign for each environment.

    For each group of columns with sums T and cross products C of the contributions, scaled to a unit
    diagonal, there is the form T' (C + 0.3 I)^-1 T. The tail areas of the forms are combined by Fisher's rule
    and judged by the flips, so that dependence between the groups does not matter.
    """
    return [flipped.test() for flipped in flip(tests, rng, n_flips=n_flips)]


def flip(tests: Sequence[Contributions], rng: np.random.Generator, *, n_flips: int) -> list[Flipped]:
    """Sum the contributions of several hypotheses under the same random signs."""
    if not tests:
        return []
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
        results.append(Flipped(observed, sums, references[i], _forms(sums, references[i], groups)))
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


def _forms(
    flipped: Floats, reference: Floats, groups: Sequence[Sequence[Index]]
) -> tuple[tuple[_Form, ...], ...]:
    return tuple(
        tuple(quadratic_form(flipped, reference, columns) for columns in rivals if len(columns))
        for rivals in groups
    )


def quadratic_form(flipped: Floats, reference: Floats, columns: Index) -> _Form:
    """Return the ridge form of some columns with its moments under random signs."""
    part = reference[:, columns]
    cross = part.T @ part + _RIDGE * np.eye(len(columns))
    inverse = np.asarray(np.linalg.inv(cross), dtype=np.float64)
    values = _Form(columns, inverse, 0.0, 0.0).values(flipped)
    return _Form(columns, inverse, float(values.mean()), float(values.var()) + _TINY)
