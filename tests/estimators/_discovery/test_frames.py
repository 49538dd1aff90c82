"""Evidence and scores as tables in the order of the columns."""

import numpy as np
import pandas as pd

from causalkit.datasets import make_exchangeable_scm
from causalkit.estimators._discovery._data import DiscoveryData, discovery_data
from causalkit.estimators._discovery._evidence import gather_evidence
from causalkit.estimators._discovery._frames import Answers, evidence_frame, score_frame
from causalkit.estimators._discovery._scores import best_by_score
from causalkit.estimators._discovery._verdict import give_verdicts

COLUMNS = ["x2", "x0", "x1"]
MIRRORS = {"arrow": "reverse arrow", "reverse arrow": "arrow"}


def some_answers(shares: np.ndarray | None = None) -> tuple[DiscoveryData, Answers]:
    made = make_exchangeable_scm("location", n_environments=80, n_rows=4, random_state=2)
    data = discovery_data(made.X[COLUMNS], made.environments)
    found = best_by_score(data)
    evidence = gather_evidence(data, found, alpha=0.05, rng=np.random.default_rng(0))
    return data, Answers(found, evidence, give_verdicts(found, evidence, data.names, 0.05), shares)


def test_rows_and_their_mirrors() -> None:
    frame = evidence_frame(*some_answers(), COLUMNS)
    assert list(zip(frame["cause"], frame["effect"], strict=True)) == [
        (u, v) for u in COLUMNS for v in COLUMNS if u != v
    ]
    table = frame.set_index(["cause", "effect"])
    mirror = table.swaplevel().reindex(table.index)
    for one, two in (
        ("pvalue_arrow", "pvalue_reverse"),
        ("adjusted_pvalue_arrow", "adjusted_pvalue_reverse"),
        ("statistic_arrow", "statistic_reverse"),
        ("icc_cause", "icc_effect"),
        ("pvalue_no_edge", "pvalue_no_edge"),
    ):
        pd.testing.assert_series_equal(table[one], mirror[two], check_names=False)
    assert table["verdict"].replace(MIRRORS).equals(mirror["verdict"])
    assert (table["arrow"] == (table["verdict"] == "arrow")).all()
    assert table["bootstrap_share"].isna().all()


def test_numbers_stand_under_their_names() -> None:
    data, answers = some_answers(np.arange(9.0).reshape(3, 3) / 10)
    table = evidence_frame(data, answers, COLUMNS).set_index(["cause", "effect"])
    for u, cause in enumerate(data.names):
        for v, effect in enumerate(data.names):
            if u != v:
                assert table.loc[(cause, effect), "bootstrap_share"] == (3 * u + v) / 10
    for (u, v), gap in answers.found.gaps.items():
        assert table.loc[(data.names[u], data.names[v]), "score_gap"] == gap
    assert table["score_gap"].notna().sum() == len(answers.found.gaps) > 0


def test_scores() -> None:
    data, answers = some_answers()
    frame = score_frame(data, answers.found, COLUMNS)
    assert frame is not None
    assert list(frame.index) == COLUMNS
    parents = {v: set(named) for v, named in frame["parents"].items()}
    assert {(u, v) for v in parents for u in parents[v]} == {
        (data.names[u], data.names[v]) for u, v in answers.found.arrows
    }
    assert (frame["score"] >= frame["score_without_parents"]).all()
    assert frame["kind"].str.len().gt(0).all()
