"""Whether both treatments were possible for everybody: propensities of the two arms against each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from causalkit.plotting._learner import finite_column, is_learner, observed
from causalkit.plotting._style import BLUE, GREY, ORANGE, axes_for, finish

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_overlap(
    propensity: Any,
    treatment: ArrayLike | None = None,
    *,
    thresholds: tuple[float, float] = (0.05, 0.95),
    ax: Axes | None = None,
) -> Axes:
    """Draw the estimated propensities of the treated upwards and those of the untreated downwards.

    Where one side is empty, nobody is there to compare with.

    Parameters
    ----------
    propensity : fitted learner, or array-like of shape (n,)
        Probability of treatment of each unit, out of fold.
    treatment : array-like, shape (n,), optional
        0 or 1 for each unit; not needed with a learner.
    thresholds : (low, high), default=(0.05, 0.95)
        Drawn as dashed lines: outside of them average effects rest on few units.
    ax : matplotlib Axes, optional
        Where to draw; a new figure without it.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If propensities are not between 0 and 1, or the treatment is missing, not 0 or 1, or of
        another length.

    Examples
    --------
    >>> from causalkit.plotting import plot_overlap
    >>> ax = plot_overlap([0.2, 0.4, 0.6, 0.7], [0, 1, 0, 1])
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['treated (2)', 'not treated (2)', '0.05 and 0.95']
    >>> ax.figure.clear()
    """
    if is_learner(propensity):
        treatment = observed(propensity, propensity.treatment_residuals_) > 0
        propensity = observed(propensity, propensity.propensity_)
    chance = finite_column(propensity, "propensity")
    treated = _check_treatment(treatment, len(chance))
    if chance.min() < 0 or chance.max() > 1:
        raise ValueError(f"propensity must be between 0 and 1; got {chance.min():.3g} to {chance.max():.3g}")
    ax = axes_for(ax)
    edges = np.linspace(0, 1, 51)
    for sign, inside, color, name in ((1, treated, BLUE, "treated"), (-1, ~treated, ORANGE, "not treated")):
        counts = sign * np.histogram(chance[inside], edges)[0]
        ax.stairs(counts, edges, fill=True, color=color, label=f"{name} ({inside.sum():,})")
    low, high = thresholds
    ax.axvline(low, color=GREY, linestyle="--", linewidth=1, label=f"{low:g} and {high:g}")
    ax.axvline(high, color=GREY, linestyle="--", linewidth=1)
    ax.axhline(0, color=GREY, linewidth=1)
    ax.set_xlim(0, 1)
    ax.yaxis.set_major_formatter(lambda value, _: f"{abs(value):,g}")
    title = "Overlap: chance of treatment in the two arms"
    return finish(ax, title=title, x="Estimated propensity", y="Units", grid="y", legend=True)


def _check_treatment(treatment: ArrayLike | None, n: int) -> np.ndarray:
    if treatment is None:
        raise ValueError("treatment must be given with propensities, one value for each; got None")
    values = np.asarray(treatment)
    if values.shape != (n,):
        raise ValueError(
            f"treatment must have one value for each propensity; got shape {values.shape} and {n}"
        )
    if not np.isin(values, (0, 1)).all():
        raise ValueError(f"treatment must be 0 or 1; got {np.unique(values)[:5].tolist()}")
    return np.asarray(values == 1)
