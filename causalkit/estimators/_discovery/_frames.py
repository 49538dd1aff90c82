"""Evidence and scores as tables, in the order and under the names of the columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from causalkit.estimators._discovery._data import DiscoveryData
from causalkit.estimators._discovery._evidence import PairEvidence
from causalkit.estimators._discovery._found import Arrow, Found
from causalkit.estimators._discovery._verdict import ARROW, Verdict

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Answers:
    """What is known about all pairs u < v: tests, verdicts and, from resamples, shares of arrows (d, d)."""

    found: Found
    evidence: dict[Arrow, PairEvidence]
    verdicts: dict[Arrow, Verdict]
    shares: Floats | None


def evidence_frame(data: DiscoveryData, answers: Answers, columns: list[str]) -> pd.DataFrame:
    """Return a row for each ordered pair of columns, in their order."""
    place = {name: j for j, name in enumerate(data.names)}
    rows = [
        _row(data.names, answers, place[cause], place[effect])
        for cause in columns
        for effect in columns
        if cause != effect
    ]
    return pd.DataFrame(rows)


def score_frame(data: DiscoveryData, found: Found, columns: list[str]) -> pd.DataFrame | None:
    """Return parents, score and score without parents of each column; None where nothing was scored."""
    if found.scores is None:
        return None
    place = {name: j for j, name in enumerate(data.names)}
    rows = []
    for name in columns:
        parents = found.parents[place[name]]
        rows.append(
            {
                "parents": tuple(data.names[u] for u in parents),
                "score": found.scores.score(place[name], parents),
                "score_without_parents": found.scores.score(place[name], ()),
                "kind": found.scores.family(place[name], parents).kind,
            }
        )
    return pd.DataFrame(rows, index=pd.Index(columns, name="column"))


def _row(names: tuple[str, ...], answers: Answers, u: int, v: int) -> dict[str, Any]:
    pair = (min(u, v), max(u, v))
    evidence, verdict = answers.evidence[pair], answers.verdicts[pair]
    test, edge = evidence.test, evidence.adjusted[2]
    directions = [
        (test.statistic_x_to_y, test.pvalue_x_to_y, evidence.adjusted[0], test.icc_x),
        (test.statistic_y_to_x, test.pvalue_y_to_x, evidence.adjusted[1], test.icc_y),
    ]
    if v < u:
        verdict, directions = verdict.mirrored(), directions[::-1]
    forward, backward = directions
    return {
        "cause": names[u],
        "effect": names[v],
        "arrow": verdict.answer == ARROW,
        "verdict": verdict.answer,
        "reason": verdict.reason,
        "score_gap": answers.found.gaps.get((u, v), np.nan),
        "bootstrap_share": np.nan if answers.shares is None else answers.shares[u, v],
        "given": tuple(names[j] for j in evidence.given),
        "statistic_arrow": forward[0],
        "statistic_reverse": backward[0],
        "statistic_no_edge": test.statistic_no_edge,
        "pvalue_arrow": forward[1],
        "pvalue_reverse": backward[1],
        "pvalue_no_edge": test.pvalue_no_edge,
        "adjusted_pvalue_arrow": forward[2],
        "adjusted_pvalue_reverse": backward[2],
        "adjusted_pvalue_no_edge": edge,
        "pvalue_equal_icc": _number(test.pvalue_equal_icc),
        "icc_cause": forward[3],
        "icc_effect": backward[3],
    }


def _number(value: float | None) -> float:
    return np.nan if value is None else float(value)
