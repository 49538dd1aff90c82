"""Synthetic data from environments in which some mechanisms change, with exact worst-case risks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import Bunch

from causalkit._random import RandomState, child_generators
from causalkit._validation import check_choice, check_scalar_argument
from causalkit.datasets._mutable_interaction import Interaction
from causalkit.datasets._mutable_linear import Linear
from causalkit.datasets._mutable_multiplicative import Multiplicative
from causalkit.datasets._mutable_published import Published
from causalkit.datasets._mutable_sequence import SequenceWorld
from causalkit.datasets._mutable_world import N_STREAMS, OUTCOME, MutableWorld, Risks, Subset

_WORLDS: dict[str, type[MutableWorld]] = {
    "interaction": Interaction,
    "multiplicative": Multiplicative,
    "published": Published,
    "linear": Linear,
    "sequence": SequenceWorld,
}


@dataclass(frozen=True)
class _Range:
    """Numbers that a setting takes."""

    low: float
    high: float | None = None
    integer: bool = False
    inclusive: bool = True


# Ranges in which the exact risks can be computed in well under a second, without underflow.
_SETTINGS: dict[str, dict[str, _Range]] = {
    "interaction": {"n_levels": _Range(2, 100, integer=True), "noise": _Range(0.02)},
    "multiplicative": {"noise": _Range(0, inclusive=False), "bound": _Range(0, inclusive=False)},
    "published": {},
    "linear": {},
    "sequence": {"n_levels": _Range(2, 10, integer=True), "noise": _Range(0.5)},
}


def make_mutable_scm(
    kind: str = "interaction",
    *,
    n_rows: int | Sequence[int] | None = None,
    follow: ArrayLike | None = None,
    n_levels: int | None = None,
    noise: float | None = None,
    bound: float | None = None,
    random_state: RandomState = None,
) -> Bunch:
    r"""Make environments that differ in how mutable variables react to their parents, and in nothing else.

    A stable variable and the outcome have the same mechanism in every environment; a mutable variable has one
    for each environment. The predictor of a subset S of the stable variables, and its worst-case risk over
    all functions h that mutable variables may follow, are

    .. math::

        f_S(x) = E[Y \mid x_S, do(x_M)], \qquad
        R(S) = \max_h E_{do(X_M = h(pa(X_M)))} (Y - f_S)^2.

    ================ =========================================================================================
    kind             mechanisms
    ================ =========================================================================================
    "interaction"    Y ~ U(0, 1); M in {0, ..., K - 1} is floor(K Y) with probability ``follow`` and any level
                     else; X is Y if floor(K Y) differs from M and fresh U(0, 1) else; Z = Y + ``noise``
                     N(0, 1).
    "multiplicative" Y ~ N(0, 1); M in [-``bound``, ``bound``] is the value that is worst for the predictor of
                     {X, Z} given Y with probability ``follow`` and uniform else; X = M Y + N(0, 1);
                     Z = Y + ``noise`` N(0, 1).
    "published"      the simulation of Liu et al. (2023): eight stable and two mutable variables, whose
                     amplitude is ``follow``; 20 environments with amplitudes -9.5, -8.5, ..., 9.5.
    "linear"         additive linear Gaussian, five stable variables, M = ``follow`` Y + N(0, 1): the whole
                     stable set has the smallest risk whatever M does.
    "sequence"       levels only: Y uniform on 0, ..., K - 1, M1 (a child of Y), X1 (of Y and M1), M2 (of Y,
                     M1 and X1), X2 (of Y, M1 and M2), Z (of Y). Each mutable variable takes the value that
                     is worst for the whole stable set with probability ``follow`` and any value else. X1 and
                     Z are Y blurred, X1 a little less where M1 = 1. X2 is Y where M1 = 1, unless M2 = Y,
                     which makes it uniform; where M1 = 0, it is Y with probability .7 and uniform else.
    ================ =========================================================================================

    Parameters
    ----------
    kind : {"interaction", "multiplicative", "published", "linear", "sequence"}, default="interaction"
        See above. ``DESCR`` of the answer has the formulas in full.
    n_rows : int or sequence of int, shape (n_environments,), optional
        Rows of each environment, at least one; 2000 unless given (100 for "published").
    follow : array-like of float, shape (n_environments,), optional
        How the mutable variables behave, a value for each environment: a probability, but an amplitude for
        "published" and a slope for "linear". Unless given (0, 0, 0.05, 0.1), for "linear" (-1, 0, 1, 2), and
        the 20 amplitudes for "published". Environments to test on come from a call with other values, such
        as ``follow=(0, 0.25, 0.5, 0.75, 1)``.
    n_levels : int, optional
        "interaction" (K, 2 to 100; 10 unless given) and "sequence" (K, 2 to 10; 5 unless given).
    noise : float, optional
        Standard deviation of the noise of Z. "interaction" (0.3 unless given, at least 0.02),
        "multiplicative" (2 unless given, positive), "sequence" (width of the blur in levels, 1.8 unless
        given, at least 0.5).
    bound : float, optional
        "multiplicative" only: largest size of M, positive; 2 unless given.
    random_state : int, Generator, RandomState or None
        The same seed gives the same data. Every noise has a stream of its own: two calls that differ in
        ``follow`` only have the same outcome and noises, row by row, while ``n_rows`` is the same.

    Returns
    -------
    data : sklearn.utils.Bunch
        X : DataFrame, shape (n, n_variables)
            Stable and mutable variables; integers where a variable has levels, floats otherwise. Rows of an
            environment stand together.
        y : Series, shape (n,)
            The outcome, named ``y``, with the index of ``X``.
        environments : Series of int, shape (n,)
            0, 1, ..., with the index of ``X``.
        follow : ndarray of float, shape (n_environments,)
            The value of each environment.
        causal_graph : networkx.DiGraph
            The arrows between ``y`` and the columns of ``X``.
        stable, mutable : tuple of str
            Which columns are what.
        worst_case_risk : dict of frozenset of str to float, or None
            R(S) of every subset S of the stable variables, in squared units of y, over all h with values in
            the range of M; the value of the empty set is the variance of y. None for "published", where no
            bound limits the mutable variables.
        best_subset : frozenset of str, or None
            The smallest of the subsets with the smallest R(S); None where risks are not known.
        environment_risk : dict of frozenset of str to ndarray, shape (n_environments,), or None
            Exact risk of every predictor f_S in each environment, in squared units of y.
        kind, DESCR : str

    Raises
    ------
    ValueError
        If a setting is outside its range or is not one of this kind.

    Notes
    -----
    Risks are integrals over smooth pieces ("interaction"), one-dimensional integrals ("multiplicative"),
    conditional variances ("linear") and sums over a table of all values ("sequence"). In the last, backward
    induction finds the maximum over all deterministic policies, because what M2 sees contains what M1 saw.

    References
    ----------
    Liu, M., Zheng, X., Sun, X., Fang, F. & Wang, Y. (2023). Which Invariance Should We Transfer? A Causal
    Minimax Learning Approach. ICML. arXiv 2107.01876.

    Examples
    --------
    Using both X and Z is best on average, and not in the worst case:

    >>> from causalkit.datasets import make_mutable_scm
    >>> data = make_mutable_scm(n_rows=500, random_state=0)
    >>> {", ".join(sorted(s)): round(risk, 4) for s, risk in data.worst_case_risk.items()}
    {'': 0.0833, 'X': 0.1378, 'Z': 0.0423, 'X, Z': 0.0685}
    >>> sorted(data.best_subset)
    ['Z']
    >>> data.environment_risk[frozenset({"X", "Z"})].round(4)
    array([0.0091, 0.0091, 0.012 , 0.015 ])

    Other environments to test on:

    >>> test = make_mutable_scm(n_rows=500, follow=(0, 0.5, 1), random_state=1)
    >>> test.environments.nunique(), test.follow.tolist()
    (3, [0.0, 0.5, 1.0])
    """
    check_choice(kind, "kind", tuple(_WORLDS))
    world = _WORLDS[kind](**_settings(kind, {"n_levels": n_levels, "noise": noise, "bound": bound}))
    values = _follow(world, follow)
    codes = np.repeat(
        np.arange(len(values)), _sizes(world.default_n_rows if n_rows is None else n_rows, len(values))
    )
    columns = world.draw(values[codes], child_generators(random_state, N_STREAMS))
    table = pd.DataFrame(columns)
    risks = world.worst_case_risk()
    return Bunch(
        X=table[[name for name in columns if name != OUTCOME]],
        y=table[OUTCOME],
        environments=pd.Series(codes, index=table.index, name="environment"),
        follow=values,
        causal_graph=nx.DiGraph(list(world.arrows)),
        stable=world.stable,
        mutable=world.mutable,
        worst_case_risk=risks,
        best_subset=None if risks is None else _best(risks),
        environment_risk=world.environment_risk(values),
        kind=kind,
        DESCR=_describe(kind, world, values, risks),
    )


def _settings(kind: str, given: dict[str, Any]) -> dict[str, Any]:
    taken = _SETTINGS[kind]
    for name, value in given.items():
        if value is None:
            continue
        if name not in taken:
            owners = ", ".join(repr(other) for other, names in _SETTINGS.items() if name in names)
            raise ValueError(f"{name} is a setting of kind={owners}; got it with kind={kind!r}")
        limits = taken[name]
        check_scalar_argument(
            value, name, integer=limits.integer, low=limits.low, high=limits.high, inclusive=limits.inclusive
        )
    return {name: value for name, value in given.items() if value is not None}


def _follow(world: MutableWorld, follow: Any) -> NDArray[np.float64]:
    values = np.asarray(world.default_follow if follow is None else follow)
    if values.ndim != 1 or not len(values) or values.dtype.kind not in "iuf":
        raise ValueError(f"follow must be numbers of shape (n_environments,), at least one; got {follow!r}")
    low, high = (0.0, 1.0) if world.follow_is_probability else (-np.inf, np.inf)
    bad = np.flatnonzero(~(np.isfinite(values) & (values >= low) & (values <= high)))
    if len(bad):
        expected = "probabilities from 0 to 1" if world.follow_is_probability else "finite numbers"
        raise ValueError(f"follow must be {expected}; got {values[bad[0]]:g} at position {bad[0]}")
    return values.astype(np.float64)


def _sizes(n_rows: Any, n_environments: int) -> NDArray[np.int64]:
    sizes = np.asarray(n_rows)
    if sizes.dtype.kind not in "iu" or sizes.shape not in ((), (n_environments,)) or sizes.min() < 1:
        raise ValueError(
            f"n_rows must be a positive integer or one for each of the {n_environments} environments; "
            f"got {n_rows!r}"
        )
    return np.broadcast_to(sizes, n_environments).astype(np.int64)


def _best(risks: Risks) -> Subset:
    # Small subsets come first, and rounding must not make a larger one of the same class look better.
    lowest = min(risks.values())
    return next(subset for subset, risk in risks.items() if risk <= lowest * (1 + 1e-9))


def _describe(kind: str, world: MutableWorld, follow: NDArray[np.float64], risks: Risks | None) -> str:
    lines = [
        f"Environments whose mutable variables behave differently, {len(follow)} of them.",
        f"Kind {kind!r}: {world.formula}.",
        f"follow: {', '.join(f'{value:g}' for value in follow)}.",
        f"Stable: {', '.join(world.stable)}. Mutable: {', '.join(world.mutable)}.",
    ]
    if risks is None:
        return "\n".join([*lines, "Worst-case risks are not known."])
    listed = [f"{{{', '.join(sorted(subset))}}} {risk:.4f}" for subset, risk in risks.items()]
    return "\n".join([*lines, f"Exact worst-case risks of the stable subsets: {'; '.join(listed)}."])
