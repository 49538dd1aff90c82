"""A fitted graph in words."""

from types import SimpleNamespace
from typing import Any

import pandas as pd

from causalkit.estimators._discovery._summary import discovery_summary


def row(cause: str, effect: str, verdict: str, share: float = float("nan")) -> dict[str, Any]:
    return {
        "cause": cause,
        "effect": effect,
        "arrow": verdict == "arrow",
        "verdict": verdict,
        "reason": f"reason {cause}{effect}",
        "bootstrap_share": share,
    }


def summary(*rows: dict[str, Any], exact: bool = True) -> str:
    model = SimpleNamespace(
        n_features_in_=3,
        method_="score",
        exact_search_=exact,
        n_environments_=40,
        n_pairs_=120,
        evidence_=pd.DataFrame(rows),
        intraclass_correlations_=pd.Series({"a": 0.123, "b": 0.4}),
    )
    return discovery_summary(model)


def test_every_part() -> None:
    text = summary(
        row("a", "b", "arrow", 0.96),
        row("b", "a", "reverse arrow"),
        row("a", "c", "not orientable"),
        row("c", "a", "not orientable"),
        row("b", "c", "no edge"),
        row("c", "b", "no edge"),
    )
    assert text.splitlines()[:9] == [
        "Causal graph of 3 variables (method 'score', exact search)",
        "  40 environments, 120 pairs of rows inside them",
        "Arrows",
        "  a -> b: reason ab; in 96% of resamples",
        "Left open",
        "  a - c: not orientable: reason ac",
        "No edge: 1 pair",
        "Intraclass correlations",
        "  a: 0.12",
    ]
    assert "no common cause is left out" in text


def test_nothing_found() -> None:
    text = summary(row("a", "b", "no edge"), row("b", "a", "no edge"), exact=False)
    assert "greedy search" in text
    assert "Arrows: none that the data support" in text
    assert "Left open" not in text


def test_violations_are_named() -> None:
    text = summary(row("a", "b", "assumption violated"), row("b", "a", "assumption violated"))
    assert "Left open\n  a - b: assumption violated: reason ab\nNo edge: 0 pairs" in text
