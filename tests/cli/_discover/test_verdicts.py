"""What is said, for answers of every kind."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from causalkit.cli._discover import _verdicts as say
from causalkit.cli._discover._analysis import Answers, Settings
from causalkit.cli._discover._study import Known, Study

MIRROR = {"arrow": "reverse arrow"}
COIN = Known("b", "has no cause", "a coin decides it")
LAST = Known("b", "has no effect", "it comes last")


def answers(
    pairs: dict[str, str], *, n_bootstrap: int = 0, method: str = "score", alpha: float = 0.05, **study: Any
) -> Answers:
    """Answers with a verdict for each pair of letters, of which the first is the cause of an arrow."""
    rows = []
    for i, (pair, verdict) in enumerate(pairs.items()):
        for cause, effect, answer in ((*pair, verdict), (*pair[::-1], MIRROR.get(verdict, verdict))):
            share = 0.95 - 0.3 * i if answer == "arrow" and n_bootstrap else np.nan
            rows.append(
                {
                    "cause": cause,
                    "effect": effect,
                    "arrow": answer == "arrow",
                    "verdict": answer,
                    "reason": f"because of {cause}{effect}",
                    "score_gap": 7.25,
                    "bootstrap_share": share,
                    "pvalue_arrow": 0.5,
                    "pvalue_reverse": 0.0123,
                    "pvalue_no_edge": 0.0001,
                    "n_environments_needed": 400.0 + 100 * i,
                }
            )
    names = sorted(set("".join(pairs)))
    given = {
        "name": "table",
        "question": "?",
        "X": pd.DataFrame(np.zeros((6, len(names))), columns=names),
        "environments": pd.Series([0, 0, 1, 1, 1, 2], name="site"),
        "units": "sites",
        "missing": pd.DataFrame(),
        "n_left_out": 0,
    }
    discovery: Any = SimpleNamespace(
        evidence_=pd.DataFrame(rows), method_=method, exact_search_=True, n_environments_=3, n_pairs_=4
    )
    return Answers(Study(**(given | study)), Settings(alpha=alpha, n_bootstrap=n_bootstrap), discovery)


class TestArrows:
    def test_arrows_are_named(self) -> None:
        found = answers({"ab": "arrow", "cb": "arrow", "ac": "no edge"})
        assert say.arrows_sentence(found) == "2 arrows are kept: a → b, c → b."
        assert say.open_sentence(found) == "No dependence was found in the other pair."

    def test_one_arrow(self) -> None:
        found = answers({"ab": "arrow"})
        assert say.arrows_sentence(found) == "One arrow is kept: a → b."
        assert say.open_sentence(found) == "Every pair has an arrow."

    @pytest.mark.parametrize("verdict", ["no edge", "not orientable", "assumption violated"])
    def test_without_an_arrow_nothing_is_claimed(self, verdict: str) -> None:
        found = answers({"ab": verdict})
        assert say.arrows_sentence(found).startswith("No arrow is kept among the 2 variables")
        assert "→" not in say.arrows_sentence(found) + say.open_sentence(found)
        assert say.arrow_rows(found) == []

    def test_open_pairs_are_named_by_kind(self) -> None:
        found = answers(
            {"ab": "not orientable", "ac": "assumption violated", "bc": "not orientable", "ad": "no edge"}
        )
        assert say.open_sentence(found) == (
            "Dependent, but the direction stays open: a – b, b – c. The evidence contradicts both "
            "directions: a – c. No dependence was found in the other pair."
        )

    def test_nothing_found_at_all(self) -> None:
        found = answers({"ab": "no edge", "ac": "no edge", "bc": "no edge"})
        assert say.open_sentence(found) == "No dependence was found in the 3 pairs."

    def test_evidence_beside_an_arrow(self) -> None:
        (row,) = say.arrow_rows(answers({"ab": "arrow"}, n_bootstrap=10))
        assert row == {
            "arrow": "a → b",
            "share": "95 %",
            "score gap": "7.2",
            "against it": "p = 0.50",
            "against reverse": "p = 0.012",
            "no edge": "p < 0.001",
        }

    def test_no_score_without_scores(self) -> None:
        found = answers({"ab": "arrow"}, method="test")
        assert "score gap" not in say.arrow_rows(found)[0]
        assert "score" not in say.evidence_note(found).lower()
        assert "Share" not in say.evidence_note(found)


class TestSupport:
    @pytest.mark.parametrize(
        ("against", "reverse", "words"),
        [
            (0.5, 0.01, "Rows of the same environment contradict the reverse of a → b."),
            (0.5, 0.5, "a → b rests on the search over whole graphs alone: tests between rows say nothing."),
            (0.01, 0.5, "Tests between rows contradict a → b: do not rely on that."),
            (0.01, 0.01, "Tests between rows contradict a → b: do not rely on that."),
        ],
        ids=["behind it", "silent", "against it", "against both"],
    )
    def test_one_arrow(self, against: float, reverse: float, words: str) -> None:
        found = answers({"ab": "arrow"})
        found.evidence[["pvalue_arrow", "pvalue_reverse"]] = [[against, reverse], [reverse, against]]
        assert say.support_sentence(found) == words

    def test_nothing_without_an_arrow(self) -> None:
        assert say.support_sentence(answers({"ab": "no edge"})) == ""

    def test_alpha_decides(self) -> None:
        found = answers({"ab": "arrow"}, alpha=0.01)
        assert say.support_sentence(found).startswith("a → b rests on the search")


class TestKnown:
    def test_silent_where_nothing_is_known(self) -> None:
        assert say.known_sentences(answers({"ab": "arrow"})) == []

    def test_agreement(self) -> None:
        assert say.known_sentences(answers({"ba": "arrow"}, known=(COIN,))) == ["No arrow contradicts it."]
        assert say.known_sentences(answers({"ab": "arrow"}, known=(LAST,))) == ["No arrow contradicts it."]

    def test_contradiction_by_a_cause_that_cannot_be(self) -> None:
        (found,) = say.known_sentences(answers({"ab": "arrow"}, known=(COIN,)))
        assert found.startswith("a → b contradicts it: b has no cause here, because a coin decides it.")

    def test_contradiction_by_an_effect_that_cannot_be(self) -> None:
        (found,) = say.known_sentences(answers({"ba": "arrow", "bc": "no edge"}, known=(LAST,)))
        assert found.startswith("b → a contradicts it: b has no effect here")

    def test_an_abstention_is_no_agreement(self) -> None:
        (found,) = say.known_sentences(answers({"ab": "not orientable"}, known=(COIN,)))
        assert found == "No arrow is kept, so that none can contradict what is known."


class TestData:
    def test_resamples(self) -> None:
        assert "--bootstrap 100" in say.stability_sentence(answers({"ab": "arrow"}))
        sure = answers({"ab": "arrow"}, n_bootstrap=20)
        assert (
            say.stability_sentence(sure)
            == "In 20 resamples of the environments the arrows come back in 95 %."
        )
        mixed = answers({"ab": "arrow", "ac": "arrow", "cb": "no edge"}, n_bootstrap=20)
        assert say.stability_sentence(mixed).endswith("in 65 to 95 %; fewer than 80 % have a → c.")
        assert "none to count" in say.stability_sentence(answers({"ab": "no edge"}, n_bootstrap=20))

    def test_environments(self) -> None:
        assert say.environments_sentence(answers({"ab": "arrow"})) == (
            "3 sites of 1 to 3 rows (median 2); 4 pairs of rows share one. 1 of them has one row and tells "
            "nothing about directions."
        )
        even = pd.Series([0, 0, 1, 1, 2, 2], name="site")
        assert say.environments_sentence(answers({"ab": "arrow"}, environments=even)).startswith(
            "3 sites of 2 rows each;"
        )

    def test_missing(self) -> None:
        assert say.missing_sentence(answers({"ab": "arrow"})) == "No value is missing; all 6 rows are used."
        found = answers({"ab": "arrow"}, n_left_out=4)
        assert say.missing_sentence(found).startswith("6 of 10 rows are used; the other 4 lack")
        assert any("missing" in sentence for sentence in say.assumptions(found))

    def test_how_many_environments_would_be_needed(self) -> None:
        assert say.needed_sentence(answers({"ab": "arrow"})) == ""
        found = answers({"ab": "not orientable", "ac": "not orientable"})
        assert "about 400 to 500 sites" in say.needed_sentence(found)

    def test_greedy_search_says_so(self) -> None:
        found = answers({"ab": "arrow"})
        assert "among all graphs" in say.method_sentence(found)
        found.discovery.exact_search_ = False
        assert "greedy search: a better one may exist" in say.method_sentence(found)

    def test_design_stands_among_the_assumptions(self) -> None:
        found = answers({"ab": "arrow"}, design="A coin was thrown.")
        assert say.assumptions(found)[0] == "A coin was thrown."
