"""How risks, intervals and sets of names are written in sentences."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pandas as pd

from causalkit.cli._words import listed

if TYPE_CHECKING:
    from causalkit.cli._subset._analysis import Answers

_NEARLY_ALL = 0.95


def words(names: Iterable[Any]) -> str:
    """Return "a, b and c", or "nothing"."""
    texts = [str(name) for name in names]
    return listed(texts) if texts else "nothing"


def braces(names: Iterable[Any]) -> str:
    """Return "{a, b}"."""
    return "{" + ", ".join(str(name) for name in names) + "}"


def covered_values(answers: Answers) -> str:
    """Say how much of the mutable variables' values occurs for given causes; nothing where almost all do."""
    share = answers.model.overlap_.covered_share
    if share >= _NEARLY_ALL:
        return ""
    return f"{100 * share:.0f} % of the values of {words(answers.model.mutable_)} occur for given causes"


def untold(answers: Answers) -> str:
    """Return what the data do not tell where the roles of the columns are not identified."""
    return "which mechanisms change" if answers.study.mutable is None else "what depends on what"


def level(answers: Answers) -> str:
    """Return the confidence of the intervals, such as "95 %"."""
    return f"{100 * (1 - answers.settings.alpha):g} %"


def interval(answers: Answers, row: Any, form: str) -> str:
    """Return "0.50 to 0.53", shares of the outcome's variance."""
    scale = answers.model.training_variance_
    return f"{row['risk_low'] / scale:{form}} to {row['risk_high'] / scale:{form}}"


def worst_case(answers: Answers, row: Any, of: str = "") -> str:
    """Return "0.51 (95 % interval 0.50 to 0.53)", with the words ``of`` behind the first number."""
    risk = row["risk"] / answers.model.training_variance_
    return f"{risk:.2f}{of} ({level(answers)} interval {interval(answers, row, '.2f')})"


def largest(risks: pd.DataFrame) -> dict[str, float]:
    """Return the largest risk of each predictor over environments."""
    return {str(name): float(value) for name, value in risks.drop(columns="n_rows").max().items()}
