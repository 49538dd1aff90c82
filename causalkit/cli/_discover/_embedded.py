"""The embedded data sets, each with its question in words and with what is known of the answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from causalkit.cli._discover._study import Known, Study, complete_rows
from causalkit.datasets import load_hiv_incentives


@dataclass(frozen=True)
class Embedded:
    """How a data set is loaded and spoken of."""

    load: Callable[[], Any]
    question: str
    environments: str
    columns: Mapping[str, str]
    known: tuple[Known, ...]
    design: str
    source: str
    missing_codes: Mapping[str, float]


EMBEDDED = {
    "hiv-incentives": Embedded(
        load=load_hiv_incentives,
        question=(
            "Money, distance, age, HIV status and whether people pick up their HIV result: what causes what?"
        ),
        environments="villnum",
        columns={
            "tinc": "dollars that the voucher drawn is worth",
            "distvct": "kilometres to the centre where the result waits",
            "age": "years",
            "hiv2004": "the result: 1 positive, 0 negative",
            "got": "1 if the person picked the result up",
        },
        known=(
            Known("tinc", "has no cause", "the voucher was drawn at random"),
            Known("distvct", "has no cause", "how far the centre lies was drawn at random"),
            Known("age", "has no cause", "nothing here changes how old somebody is"),
            Known("got", "has no effect", "everything else was settled before"),
        ),
        design="The value of the voucher and the distance to the centre were drawn at random.",
        source=(
            "Rebecca L. Thornton (2008), The Demand for, and Impact of, Learning HIV Status, American "
            "Economic Review 98 (5); the table of the Python package causaldata. Malawi, 2004."
        ),
        missing_codes={"hiv2004": -1.0},
    ),
}


def embedded_study(name: str) -> Study:
    """Load one of the embedded data sets."""
    entry = EMBEDDED[name]
    table = entry.load().data
    X = table[list(entry.columns)].astype("float64")
    for column, code in entry.missing_codes.items():
        X[column] = X[column].mask(X[column] == code)
    complete = complete_rows(X, table[entry.environments])
    return Study(
        name=name,
        question=entry.question,
        X=complete.X,
        environments=complete.environments,
        units="villages",
        missing=complete.missing,
        n_left_out=complete.n_left_out,
        meanings=entry.columns,
        known=entry.known,
        design=entry.design,
        source=entry.source,
    )
