"""The embedded data sets, each with its question in words."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from causalkit.cli._effects._study import Study, missing_table
from causalkit.cli._effects._words import Words
from causalkit.datasets import load_hiv_incentives, load_social_insurance


@dataclass(frozen=True)
class Embedded:
    """How a data set is loaded and spoken of."""

    load: Callable[[], Any]
    question: str
    outcome: str
    treatment: str
    groups: str
    words: Words
    design: str
    source: str


EMBEDDED = {
    "hiv-incentives": Embedded(
        load=load_hiv_incentives,
        question=(
            "Does any money raise the share who pick up their HIV result, and does anybody respond more?"
        ),
        outcome="got",
        treatment="any",
        groups="villnum",
        words=Words("any money", "the share who pick up their HIV result", "people", is_share=True),
        design="The value of the voucher, and with it whether it was worth anything, was drawn at random.",
        source=(
            "Rebecca L. Thornton (2008), The Demand for, and Impact of, Learning HIV Status, American "
            "Economic "
            "Review 98 (5); the table of the Python package causaldata. Malawi, 2004."
        ),
    ),
    "social-insurance": Embedded(
        load=load_social_insurance,
        question=(
            "Does an intensive information session raise the share who buy insurance, and does anybody "
            "respond more?"
        ),
        outcome="takeup_survey",
        treatment="intensive",
        groups="address",
        words=Words("an intensive session", "the share who buy the insurance", "households", is_share=True),
        design=(
            "Households were assigned at random to an intensive or a simple session; all of them had been "
            "told "
            "how many others bought."
        ),
        source=(
            "Jing Cai, Alain de Janvry & Elisabeth Sadoulet (2015), Social Networks and the Decision to "
            "Insure, "
            "American Economic Journal: Applied Economics 7 (2); the table of the Python package causaldata. "
            "Rural China, 2010, second round of sessions."
        ),
    ),
}


def embedded_study(name: str) -> Study:
    """Load one of the embedded data sets."""
    entry = EMBEDDED[name]
    data = entry.load()
    features = [(column, "feature", data.X[column]) for column in data.X]
    others = [
        (entry.outcome, "outcome", data.y),
        (entry.treatment, "treatment", data.treatment),
        (entry.groups, "groups", data.data[entry.groups]),
    ]
    return Study(
        name=name,
        question=entry.question,
        X=data.X,
        y=data.y.rename(entry.outcome),
        treatment=data.treatment.rename(entry.treatment),
        graph=data.graph,
        groups=data.groups.rename(entry.groups),
        words=entry.words,
        links=f"all {entry.words.units} of the same village ({entry.groups})",
        missing=missing_table([*features, *others]),
        design=entry.design,
        source=entry.source,
    )
