"""Contingency tables: chi-squared and G tests over strata, with an exact null where tables are sparse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats
from scipy.sparse import csr_array
from scipy.special import xlogy

from causalkit._random import RandomState, child_generators
from causalkit._validation import check_choice, check_levels, check_same_length, check_scalar_argument
from causalkit.independence._canonical_order import arrange, read_units
from causalkit.independence._result import IndependenceTestResult, independent_units

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

# Cochran's rule for when the chi-squared distribution will do.
_ENOUGH, _SHARE_WITH_ENOUGH, _LEAST = 5.0, 0.8, 1.0
# Statistics that are equal but for rounding count as equal.
_TIE = 1e-9
# A squared distance from the expected counts below this is rounding.
_NOTHING = 1e-20


@dataclass(frozen=True)
class _Tables:
    """Counts in the strata where both variables vary, shape (strata, r, c), and the rows that they count.

    ``stratum``, ``x`` and ``y`` are codes of all rows; ``stratum`` is -1 in the strata left out.
    """

    observed: Floats
    stratum: Codes
    x: Codes
    y: Codes

    @property
    def totals(self) -> Floats:
        return self.observed.sum(axis=(1, 2))

    @property
    def of_x(self) -> Floats:
        return self.observed.sum(axis=2)

    @property
    def of_y(self) -> Floats:
        return self.observed.sum(axis=1)

    @property
    def expected(self) -> Floats:
        return self.of_x[:, :, None] * self.of_y[:, None, :] / self.totals[:, None, None]

    @property
    def degrees_of_freedom(self) -> int:
        return int((((self.of_x > 0).sum(axis=1) - 1) * ((self.of_y > 0).sum(axis=1) - 1)).sum())


def discrete_test(
    x: ArrayLike,
    y: ArrayLike,
    given: ArrayLike | None = None,
    *,
    kind: str = "pearson",
    null: str = "auto",
    groups: Any = None,
    n_resamples: int = 999,
    random_state: RandomState = None,
) -> IndependenceTestResult:
    r"""Test that two discrete variables are independent inside each stratum of ``given``.

    .. math:: X^2 = \sum_{z,a,b} \frac{(O_{zab} - E_{zab})^2}{E_{zab}}, \quad
              G = 2 \sum_{z,a,b} O_{zab} \log \frac{O_{zab}}{E_{zab}}, \quad
              E_{zab} = \frac{O_{za+} O_{z+b}}{O_{z++}}

    The degrees of freedom are the sum over strata of (levels of x seen there - 1)(levels of y seen there
    - 1). Strata in which x or y has one level say nothing and are left out.

    Parameters
    ----------
    x, y : array-like, shape (n,)
        Numbers, texts, booleans or categoricals; which level is which does not matter.
    given : array-like, shape (n,) or (n, k), optional
        Discrete columns to condition on; a stratum is a combination of their levels.
    kind : {"pearson", "g"}
        The statistic. Pearson's keeps its size better in small tables.
    null : {"auto", "chi2", "permutation"}
        Reference distribution: chi-squared; or tables drawn with the margins of each stratum, which is
        exact in any sample size; or whichever Cochran's rule says (chi-squared if at least 80 % of the
        expected counts are 5 or more and none is below 1).
    groups : array-like, shape (n,), optional
        The group of each row, where rows of one group may depend on each other in any way. The reference
        distribution is then Rao and Scott's chi-squared of second order, with a scale and degrees of freedom
        from how the groups' shares of O - E vary; only with ``kind="pearson"`` and ``null="auto"``. At least
        six groups.
    n_resamples : int
        Number of random tables.
    random_state : int, Generator or RandomState, optional
        Of the random tables.

    Returns
    -------
    IndependenceTestResult
        ``statistic`` is X^2 or G.

    Raises
    ------
    ValueError
        If an entry is missing, lengths differ, x or y has one level or no level that repeats, no stratum
        has two levels of both, there are too few groups, or ``groups`` comes with a choice that it does not
        allow.

    References
    ----------
    Agresti, A. (2013). Categorical data analysis, 3rd edition, chapters 3 and 4. Cochran, W. G. (1954). Some
    methods for strengthening the common chi-squared tests. Biometrics 10(4). Patefield, W. M. (1981).
    Algorithm AS 159: an efficient method of generating random r x c tables. Applied Statistics 30(1). Rao,
    J. N. K. & Scott, A. J. (1984). On chi-squared tests for multiway contingency tables with cell proportions
    estimated from survey data. Annals of Statistics 12(1).

    Examples
    --------
    >>> import numpy as np
    >>> from causalkit.independence import discrete_test
    >>> rng = np.random.default_rng(0)
    >>> site = rng.choice(["north", "south"], size=400)
    >>> x = rng.random(400) < np.where(site == "north", 0.2, 0.8)
    >>> y = rng.random(400) < np.where(site == "north", 0.3, 0.7)
    >>> discrete_test(x, y).pvalue < 0.001
    True
    >>> discrete_test(x, y, site).pvalue > 0.05
    True
    """
    check_choice(kind, "kind", ["pearson", "g"])
    check_choice(null, "null", ["auto", "chi2", "permutation"])
    check_scalar_argument(n_resamples, "n_resamples", integer=True, low=19)
    if groups is not None and (kind, null) != ("pearson", "auto"):
        raise ValueError(f"groups needs kind='pearson' and null='auto'; got kind={kind!r} and null={null!r}")
    codes, n_strata = _read(x, y, given)
    units, n_groups = read_units(groups, len(codes))
    if n_groups is not None:
        # Counts have no order, but sums over the rows of a group have.
        parts, units = arrange([column[:, None].astype(np.float64) for column in codes.T], units)
        codes = np.hstack(parts).astype(np.int64)
    tables = _tabulate(codes)
    statistic = float(_statistics(tables.observed[None], tables.expected, kind)[0])
    freedom = float(tables.degrees_of_freedom)
    if n_groups is not None:
        scale, freedom = _rao_scott(tables, units)
        reference, pvalue = "Rao and Scott's chi-squared", float(stats.chi2.sf(statistic / scale, freedom))
    elif null == "chi2" or (null == "auto" and _is_dense(tables.expected)):
        reference, pvalue = "chi-squared", float(stats.chi2.sf(statistic, freedom))
    else:
        rng = child_generators(random_state, 1)[0]
        reference, pvalue = "random tables", _random_tables_pvalue(tables, statistic, kind, n_resamples, rng)
    return IndependenceTestResult(
        statistic=statistic,
        pvalue=pvalue,
        n_rows=len(codes),
        method=f"{'Pearson' if kind == 'pearson' else 'G'} test, {reference}",
        hypothesis="x independent of y" + (f" in each of {n_strata} strata" if given is not None else ""),
        degrees_of_freedom=freedom,
        n_groups=n_groups,
        assumptions=(independent_units(n_groups),),
    )


def _read(x: Any, y: Any, given: Any) -> tuple[Codes, int]:
    """Return codes of x, y and the strata, shape (n, 3), and the number of strata."""
    parts = {"x": check_levels(x, name="x"), "y": check_levels(y, name="y")}
    for name, (codes, n_levels) in parts.items():
        if n_levels < 2:
            raise ValueError(f"{name} must have at least two levels; got one in all {len(codes)} rows")
        if n_levels == len(codes):
            raise ValueError(
                f"{name} must have levels that repeat; got {n_levels} levels in {len(codes)} rows"
            )
    one = (np.zeros(len(parts["x"][0]), dtype=np.int64), 1)
    parts["given"] = one if given is None else check_levels(given, name="given")
    check_same_length(**{name: codes for name, (codes, _) in parts.items()})
    return np.column_stack([codes for codes, _ in parts.values()]), parts["given"][1]


def _tabulate(codes: Codes) -> _Tables:
    x, y, stratum = codes.T
    n_x, n_y, n_strata = (int(n) for n in codes.max(axis=0) + 1)
    cell = (stratum * n_x + x) * n_y + y
    counts = np.bincount(cell, minlength=n_strata * n_x * n_y).reshape(n_strata, n_x, n_y)
    varies = ((counts.sum(axis=2) > 0).sum(axis=1) > 1) & ((counts.sum(axis=1) > 0).sum(axis=1) > 1)
    if not varies.any():
        raise ValueError(
            f"given must leave both x and y two levels in some stratum; got none among {n_strata} strata "
            f"of {len(codes)} rows"
        )
    place = np.where(varies, np.cumsum(varies) - 1, -1)
    return _Tables(counts[varies].astype(np.float64), place[stratum], x, y)


def _is_dense(expected: Floats) -> bool:
    cells = expected[expected > 0]
    return bool(np.mean(cells >= _ENOUGH) >= _SHARE_WITH_ENOUGH and cells.min() >= _LEAST)


def _statistics(observed: Floats, expected: Floats, kind: str) -> Floats:
    """Return the statistic of tables of shape (m, ...) that share the expected counts."""
    possible = expected > 0
    o, e = observed[:, possible], expected[possible]
    cells = (o - e) ** 2 / e if kind == "pearson" else 2 * (xlogy(o, o) - xlogy(o, e))
    # Sorted, so that the numbering of levels and strata plays no part in rounding.
    return np.asarray(np.sort(cells, axis=1).sum(axis=1))


def _random_tables_pvalue(
    tables: _Tables, statistic: float, kind: str, n_resamples: int, rng: np.random.Generator
) -> float:
    """Share of tables with the same margins in every stratum whose statistic is at least as large.

    The table at hand counts as one of them. Margins and strata are sorted, so that names play no part.
    """
    margins = [
        (np.sort(x[x > 0]).astype(np.int64), np.sort(y[y > 0]).astype(np.int64))
        for x, y in zip(tables.of_x, tables.of_y, strict=True)
    ]
    draws = np.zeros(n_resamples)
    for x, y in sorted(margins, key=lambda pair: (pair[0].tolist(), pair[1].tolist())):
        counts = stats.random_table(x, y).rvs(n_resamples, random_state=rng)
        draws += _statistics(counts, np.outer(x, y) / x.sum(), kind)
    return float((1 + np.sum(draws >= statistic * (1 - _TIE))) / (1 + n_resamples))


def _rao_scott(tables: _Tables, units: NDArray[np.intp]) -> tuple[float, float]:
    r"""Return the scale and the degrees of freedom of chi-squared that has the mean and variance of X^2.

    The total of vectors S_g of the groups has squared length X^2 and, if the hypothesis holds, a covariance
    close to C = \sum_g S_g S_g'; X^2 then has mean tr C and variance 2 tr C^2.
    """
    shares = _group_shares(tables, units)
    mean = shares.power(2).sum()
    half_variance = (shares.T @ shares).power(2).sum()
    if mean <= _NOTHING:
        return 1.0, float(tables.degrees_of_freedom)
    return float(half_variance / mean), float(mean**2 / half_variance)


def _group_shares(tables: _Tables, units: NDArray[np.intp]) -> csr_array:
    r"""Return S_g: the sum over the rows of g of (1[x = a] - p_a)(1[y = b] - p_b) / \sqrt E in each cell."""
    kept = np.flatnonzero(tables.stratum >= 0)
    stratum = tables.stratum[kept]
    n_strata, n_x, n_y = tables.observed.shape
    of_x = np.eye(n_x)[tables.x[kept]] - (tables.of_x / tables.totals[:, None])[stratum]
    of_y = np.eye(n_y)[tables.y[kept]] - (tables.of_y / tables.totals[:, None])[stratum]
    root = np.sqrt(np.where(tables.expected > 0, tables.expected, np.inf))[stratum]
    cells = (of_x[:, :, None] * of_y[:, None, :] / root).reshape(len(kept), n_x * n_y)
    # Sparse, since a group's rows lie in few of the strata; repeated entries are added up.
    row = np.repeat(units[kept], n_x * n_y)
    column = (stratum[:, None] * (n_x * n_y) + np.arange(n_x * n_y)).ravel()
    shape = (int(units.max()) + 1, n_strata * n_x * n_y)
    return csr_array((cells.ravel(), (row, column)), shape=shape)
