"""What is said, for answers of every kind."""

from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from causalkit.cli._effects import _verdicts as say
from causalkit.cli._effects._words import Words
from causalkit.cli._words import probability
from causalkit.inference import EffectEstimate

MONEY = Words("any money", "the share who come", "people", is_share=True)


def answers(**changes: Any) -> Any:
    """An answer as the sentences read it; heterogeneity that is found and modelled unless changed."""
    given = {
        "study": SimpleNamespace(words=MONEY, design="", missing=pd.DataFrame()),
        "average": EffectEstimate(0.456, 0.02, 100),
        "level": 0.05,
        "heterogeneity": SimpleNamespace(pvalue=0.001),
        "finds_heterogeneity": True,
        "varies": True,
        "claims": True,
        "learner": SimpleNamespace(feature_relevance_=pd.Series({"age": 0.2, "log_degree": 0.8})),
        "graph_test": SimpleNamespace(pvalue=0.01),
        "ranking": SimpleNamespace(estimate=0.1, pvalue=0.01),
    }
    return SimpleNamespace(**(given | changes))


class TestAverage:
    def test_gain(self) -> None:
        assert say.average_sentence(answers()) == (
            "Any money raises the share who come by 45.6 percentage points on average "
            "(95 % interval 41.7 to 49.5)."
        )

    def test_loss_is_told_without_signs(self) -> None:
        found = say.average_sentence(answers(average=EffectEstimate(-0.456, 0.02, 100)))
        assert "lowers the share who come by 45.6" in found
        assert "41.7 to 49.5" in found

    @pytest.mark.parametrize("estimate", [-0.01, 0.0, 0.01])
    def test_interval_with_zero_is_no_effect_and_no_proof_of_none(self, estimate: float) -> None:
        found = say.average_sentence(answers(average=EffectEstimate(estimate, 0.02, 100)))
        assert "cannot be told from chance" in found
        assert "raises" not in found
        assert "lowers" not in found


class TestHeterogeneity:
    def test_claim_names_what_it_depends_on(self) -> None:
        assert say.heterogeneity_sentence(answers()) == (
            "The effect varies between people (p = 0.001); it depends most on the number of links."
        )

    def test_claim_close_to_the_limit_says_so(self) -> None:
        found = say.heterogeneity_sentence(answers(heterogeneity=SimpleNamespace(pvalue=0.03)))
        assert "close to the limit of 0.05" in found

    @pytest.mark.parametrize("varies", [True, False])
    def test_no_claim_where_the_test_finds_nothing(self, varies: bool) -> None:
        nothing = SimpleNamespace(pvalue=0.2)
        found = say.heterogeneity_sentence(
            answers(heterogeneity=nothing, finds_heterogeneity=False, varies=varies, claims=False)
        )
        assert found.startswith("No claim is made about who benefits more: there is no clear sign")
        assert "age" not in found

    def test_no_claim_where_nothing_predicts(self) -> None:
        found = say.heterogeneity_sentence(answers(varies=False, claims=False))
        assert found.startswith("No claim is made about who benefits more: the test hints")

    def test_graph(self) -> None:
        assert say.graph_sentence(answers()).startswith("The effect depends on the features of linked people")
        assert "a hint and no finding" in say.graph_sentence(answers(claims=False))
        assert "no clear sign" in say.graph_sentence(answers(graph_test=SimpleNamespace(pvalue=0.3)))
        assert "No links were given" in say.graph_sentence(answers(graph_test=None))

    def test_ranking(self) -> None:
        assert "gains over treating at random" in say.ranking_sentence(answers())
        weak = SimpleNamespace(estimate=0.1, pvalue=0.2)
        wrong = SimpleNamespace(estimate=-0.1, pvalue=0.001)
        for ranking in (weak, wrong):
            assert "Do not rank people" in say.ranking_sentence(answers(ranking=ranking))


class TestNumbers:
    @pytest.mark.parametrize(
        ("value", "written"), [(0.4564, "45.6"), (-0.02, "-2.0"), (-0.0001, "0.0"), (0.0, "0.0")]
    )
    def test_shares(self, value: float, written: str) -> None:
        assert MONEY.number(value) == written

    def test_other_outcomes(self) -> None:
        words = Words("t", "y")
        assert (words.number(1234.5), words.amount(-0.012345)) == ("1.23e+03", "-0.0123")

    @pytest.mark.parametrize(
        ("value", "written"), [(1e-9, "p < 0.001"), (0.0123, "p = 0.012"), (0.256, "p = 0.26")]
    )
    def test_probabilities(self, value: float, written: str) -> None:
        assert probability(value) == written
