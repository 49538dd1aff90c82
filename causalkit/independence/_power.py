"""How many environments it would take to reject a hypothesis."""

from __future__ import annotations

import numpy as np

from causalkit.independence._rows import Index
from causalkit.independence._sign_flips import Contributions, Flipped, flip, quadratic_form
from causalkit.independence._variables import Floats

_POWER = 0.8
# Where the statistic is no further out than this, nothing was found that more environments would bring out.
_NO_SIGN = 0.3
_LARGEST_FACTOR = 1000.0
_N_FLIPS, _N_NOISES = 299, 199
_STEPS = 12


def environments_needed(test: Contributions, level: float, rng: np.random.Generator) -> int | None:
    """Return about how many environments reject the hypothesis at ``level`` with a power of 80 %.

    Sums over environments grow with their number E, their noise with its root. The sums that were found are
    shrunk until their quadratic form is what the found one exceeds its mean under random signs by. The power
    of k E environments is then the share of flipped sums that lie beyond the critical value once the root of
    k times the shrunk sums is added. None where there is no sign of anything to be found.
    """
    flipped = flip([test], rng, n_flips=_N_FLIPS)[0]
    if not any(flipped.forms) or flipped.test().pvalue >= _NO_SIGN:
        return None
    shift = _shrunk(flipped)
    critical = float(np.quantile(flipped.evidence(flipped.flipped), 1 - level))
    factor = _factor(flipped, shift, critical)
    return None if factor is None else int(np.ceil(factor * len(test.observed)))


def _shrunk(flipped: Flipped) -> Floats:
    columns: Index = np.arange(len(flipped.observed))
    form = quadratic_form(flipped.flipped, flipped.reference, columns)
    found = float(form.values(flipped.observed[None])[0])
    return flipped.observed * np.sqrt(max(1 - form.mean / found, 0.0))


def _factor(flipped: Flipped, shift: Floats, critical: float) -> float | None:
    """Find by bisection how often the environments are needed."""

    def enough(factor: float) -> bool:
        evidence = flipped.evidence(np.sqrt(factor) * shift + flipped.flipped[:_N_NOISES])
        return bool(np.mean(evidence > critical) >= _POWER)

    low, high = 1 / len(flipped.reference), _LARGEST_FACTOR
    if not enough(high):
        return None
    for _ in range(_STEPS):
        middle = np.sqrt(low * high)
        low, high = (low, middle) if enough(middle) else (middle, high)
    return float(high)
