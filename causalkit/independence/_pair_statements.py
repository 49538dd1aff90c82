"""All statements that the test of two variables rests on, with or without columns to condition on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from causalkit.independence._conditions import Condition, condition_on
from causalkit.independence._cross_rows import cross_statement, level_statement
from causalkit.independence._equal_icc import equal_icc_statement, intraclass_correlations
from causalkit.independence._pairs import Pair, arrange
from causalkit.independence._rows import Rows
from causalkit.independence._same_row import same_row_statement
from causalkit.independence._sign_flips import Contributions
from causalkit.independence._table import Table
from causalkit.independence._three_rows import three_row_statement
from causalkit.independence._variables import Variable, read_residuals


@dataclass(frozen=True)
class PairStatements:
    """What each environment adds to the statements about a first and a second variable.

    Attributes
    ----------
    forward, backward : Contributions
        Of first -> second and of second -> first; they need two rows of an environment.
    no_edge : Contributions
    gate : Contributions or None
        Of i.i.d. rows or equal intraclass correlations; None where a variable is categorical.
    icc : tuple of float
        Intraclass correlations of first and second.
    swapped : bool
        True where ``first`` is the caller's y.
    rows, repeated : Rows
        All rows, and those in environments of two or more.
    levels : tuple of Contributions, or None
        Of forward and of backward, about levels of environments alone; None where a variable is categorical.
    three_rows : tuple of Contributions, or None
        Of forward and of backward, from environments of three or more rows; None where there are none, or
        with columns to condition on.
    """

    forward: Contributions
    backward: Contributions
    no_edge: Contributions
    gate: Contributions | None
    icc: tuple[float, float]
    swapped: bool
    rows: Rows
    repeated: Rows
    levels: tuple[Contributions, Contributions] | None
    three_rows: tuple[Contributions, Contributions] | None


def pair_statements(table: Table, x: int, y: int, given: Sequence[int] = ()) -> PairStatements:
    """Return the statements about two columns of a table, given other columns of it."""
    if not given:
        return unconditional_statements(arrange(table.variables[x], table.variables[y], table.rows.codes))
    first, second = sorted((x, y), key=table.rank.__getitem__)
    pair = Pair(
        table.repeated_rows.codes,
        table.repeated_rows.sizes,
        table.repeated_variables[first],
        table.repeated_variables[second],
        first == y,
    )
    columns = table.pick(table.repeated_variables, given)
    gated = _left_by(pair, condition_on(columns, len(pair.codes)))
    return PairStatements(
        forward=cross_statement(pair.first, pair.second, pair, columns),
        backward=cross_statement(pair.second, pair.first, pair, columns),
        no_edge=table.same_row_statement((first,), (second,), given),
        gate=equal_icc_statement(gated) if _continuous(pair) else None,
        icc=intraclass_correlations(gated),
        swapped=pair.swapped,
        rows=table.rows,
        repeated=table.repeated_rows,
        levels=_level_statements(pair, columns),
        three_rows=None,
    )


def unconditional_statements(pair: Pair) -> PairStatements:
    """Return the statements about a pair of variables."""
    repeated, three = pair.larger(2), pair.larger(3)
    first, second = repeated.first, repeated.second
    return PairStatements(
        forward=cross_statement(first, second, repeated),
        backward=cross_statement(second, first, repeated),
        no_edge=same_row_statement(pair),
        gate=equal_icc_statement(repeated) if _continuous(repeated) else None,
        icc=intraclass_correlations(repeated),
        swapped=pair.swapped,
        rows=pair,
        repeated=repeated,
        levels=_level_statements(repeated),
        three_rows=_three_row_statements(three) if len(three.sizes) else None,
    )


def _level_statements(
    pair: Pair, given: Sequence[Variable] = ()
) -> tuple[Contributions, Contributions] | None:
    if not _continuous(pair):
        return None
    first, second = pair.first, pair.second
    return level_statement(first, second, pair, given), level_statement(second, first, pair, given)


def _three_row_statements(pair: Pair) -> tuple[Contributions, Contributions]:
    first, second = pair.first, pair.second
    return three_row_statement(first, second, pair), three_row_statement(second, first, pair)


def _continuous(pair: Pair) -> bool:
    return not (pair.first.categorical or pair.second.categorical)


def _left_by(pair: Pair, condition: Condition) -> Pair:
    """Replace both variables by what regressions of their scores on the condition leave."""
    first, second = (_left(variable, condition) for variable in (pair.first, pair.second))
    return Pair(pair.codes, pair.sizes, first, second, pair.swapped)


def _left(variable: Variable, condition: Condition) -> Variable:
    return read_residuals(condition.residuals(variable.features[:, :1])[:, 0])
