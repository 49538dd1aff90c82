"""Independence inside one row, and of one row from another of the same environment, as tests of their own."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from causalkit._random import RandomState, child_generators
from causalkit._validation import check_scalar_argument
from causalkit.independence._read_table import Places, read_table
from causalkit.independence._result import IndependenceTestResult
from causalkit.independence._sign_flips import Contributions, flip_tests
from causalkit.independence._table import Table
from causalkit.independence._variables import read_variables

_METHOD = "residual products summed over environments, random signs"
_UNITS = "environments are independent draws of one process, and their rows are exchangeable"
_SEEN = "what is seen are products of functions of the columns, after additive regressions and a few products"


def cross_row_test(
    x: ArrayLike,
    y: ArrayLike,
    given: ArrayLike | None,
    environments: ArrayLike,
    *,
    n_flips: int = 999,
    random_state: RandomState = None,
) -> IndependenceTestResult:
    r"""Test that x in one row says nothing about y in another row of the same environment.

    .. math:: X_i \perp Y_j \mid Z_j \qquad \text{for rows } i \ne j \text{ of an environment.}

    The statement carries causal directions in exchangeable data: if X causes Y, it holds with Z = X. With
    x and ``given`` all other variables, it says that y is a sink: that none of them is an effect of y. Each
    environment adds products of residuals, of functions of the other rows' x and of functions of y, after
    regressions on functions of Z_j; quadratic forms of their sums are compared with those under random
    signs, one for each environment.

    Parameters
    ----------
    x, y : array-like, shape (n,) or (n, k)
        One column or several; numbers with more than six distinct values are continuous and enter by their
        ranks, everything else is categorical.
    given : array-like, shape (n,) or (n, k), or None
        Columns to condition on, in the row of y. They may be columns of x.
    environments : array-like, shape (n,)
        Label of each row's environment. Environments of one row are left out.
    n_flips : int, default=999
        Number of random sign patterns; p-values are at least 1 / (n_flips + 1).
    random_state : int, Generator, RandomState or None
        Of the signs. With a fixed one, the order of rows and columns and the labels change nothing.

    Returns
    -------
    IndependenceTestResult
        ``n_groups`` is the number of environments of two or more rows.

    Raises
    ------
    ValueError
        If lengths differ, a column is constant or has missing or infinite values, there is one environment,
        or none with two rows, or ``n_flips`` is out of range.

    References
    ----------
    Guo, S., Toth, V., Schoelkopf, B. & Huszar, F. (2023). Causal de Finetti: On the Identification of
    Invariant Causal Structure in Exchangeable Data. NeurIPS. arXiv 2203.15756.

    Examples
    --------
    >>> from causalkit.datasets import make_exchangeable_scm
    >>> from causalkit.independence import cross_row_test
    >>> import networkx as nx
    >>> chain = nx.DiGraph([("a", "b"), ("b", "c")])
    >>> data = make_exchangeable_scm("location", causal_graph=chain, n_rows=5, random_state=0)
    >>> causes = data.X[["a", "b"]]
    >>> cross_row_test(causes, data.X["c"], causes, data.environments, random_state=0).pvalue > 0.05
    True
    >>> others = data.X[["b", "c"]]
    >>> cross_row_test(others, data.X["a"], others, data.environments, random_state=0).pvalue < 0.01
    True
    """
    table, places = _read(x, y, given, environments, n_flips, pairs=True)
    statement = table.cross_statement(places["x"], places["y"], places["given"])
    n_environments = table.n_environments_with_pairs
    n_rows = len(table.repeated_rows.codes)
    hypothesis = "x in one row independent of y in another" + _given_words(places, " in the row of y")
    return _test(statement, n_rows, n_environments, hypothesis, n_flips, random_state)


def same_row_test(
    x: ArrayLike,
    y: ArrayLike,
    environments: ArrayLike,
    *,
    given: ArrayLike | None = None,
    n_flips: int = 999,
    random_state: RandomState = None,
) -> IndependenceTestResult:
    r"""Test that x and y are independent in the same row, where rows of an environment may be alike.

    .. math:: X_j \perp Y_j \mid Z_j, \qquad
              S_e = \sum_{j \in e} r_f\big(f(X_j)\big) \, r_g\big(g(Y_j)\big)

    with residuals after regressions on functions of Z_j. The sums S_e over environments have mean zero; their
    quadratic forms are compared with those under random signs, one for each environment. A second group of
    products takes one of the residuals less its mean in the environment, which also needs independence of
    x and y in different rows, as it is implied where no arrow joins x and y and Z holds their causes.

    Parameters
    ----------
    x, y : array-like, shape (n,) or (n, k)
        One column or several; numbers with more than six distinct values are continuous and enter by their
        ranks, everything else is categorical.
    environments : array-like, shape (n,)
        Label of each row's environment. One row each is enough.
    given : array-like, shape (n,) or (n, k), optional
        Columns to condition on.
    n_flips : int, default=999
        Number of random sign patterns; p-values are at least 1 / (n_flips + 1).
    random_state : int, Generator, RandomState or None
        Of the signs. With a fixed one, the order of rows and columns and the labels change nothing.

    Returns
    -------
    IndependenceTestResult
        ``n_groups`` is the number of environments.

    Raises
    ------
    ValueError
        If lengths differ, a column is constant or has missing or infinite values, there is one environment,
        or ``n_flips`` is out of range.

    Examples
    --------
    >>> import numpy as np
    >>> from causalkit.independence import same_row_test
    >>> rng = np.random.default_rng(0)
    >>> site = np.repeat(np.arange(100), 3)
    >>> cause = rng.normal(size=100)[site] + rng.normal(size=300)
    >>> one, two = cause + rng.normal(size=(2, 300))
    >>> same_row_test(one, two, site, random_state=0).pvalue < 0.01
    True
    >>> same_row_test(one, two, site, given=cause, random_state=0).pvalue > 0.05
    True
    """
    table, places = _read(x, y, given, environments, n_flips, pairs=False)
    statement = table.same_row_statement(places["x"], places["y"], places["given"])
    hypothesis = "x independent of y in the same row" + _given_words(places, "")
    return _test(statement, len(table.rows.codes), table.n_environments, hypothesis, n_flips, random_state)


def _read(
    x: ArrayLike, y: ArrayLike, given: ArrayLike | None, environments: ArrayLike, n_flips: int, *, pairs: bool
) -> tuple[Table, Places]:
    check_scalar_argument(n_flips, "n_flips", integer=True, low=19)
    columns = {"x": read_variables(x, "x"), "y": read_variables(y, "y")}
    columns["given"] = [] if given is None else read_variables(given, "given")
    return read_table(environments, columns, pairs=pairs)


def _test(
    statement: Contributions,
    n_rows: int,
    n_environments: int,
    hypothesis: str,
    n_flips: int,
    random_state: RandomState,
) -> IndependenceTestResult:
    rng: np.random.Generator = child_generators(random_state, 1)[0]
    test = flip_tests([statement], rng, n_flips=n_flips)[0]
    return IndependenceTestResult(
        statistic=test.statistic,
        pvalue=test.pvalue,
        n_rows=n_rows,
        method=_METHOD,
        hypothesis=hypothesis,
        n_groups=n_environments,
        assumptions=(_UNITS, _SEEN),
    )


def _given_words(places: Places, where: str) -> str:
    n_given = len(places["given"])
    if not n_given:
        return ""
    return f" given {n_given} column" + ("s" if n_given > 1 else "") + where
