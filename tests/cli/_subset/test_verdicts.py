"""What is said, for answers of every kind."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pytest

from causalkit.cli._subset import _grounds as grounds
from causalkit.cli._subset import _verdicts as say
from causalkit.cli._subset._analysis import Answers, Settings
from causalkit.cli._subset._contents import contents
from causalkit.cli._subset._study import NewRows, Study
from causalkit.inference import EffectEstimate

NAN = np.nan
PREDICTORS = ["picked subset", "whole stable set", "pooled fit", "constant"]
SEARCH = nx.DiGraph([("y", "m"), ("y", "x"), ("m", "x"), ("y", "z")])
NO_SEARCH = nx.DiGraph([("y", "m"), ("y", "x"), ("y", "z")])


def risks(values: list[list[float]], names: list[str]) -> pd.DataFrame:
    return pd.DataFrame(values, names, PREDICTORS).assign(n_rows=[10 + 20 * i for i in range(len(names))])


def classes(picked: int = 0, tied: tuple[int, ...] = ()) -> pd.DataFrame:
    """Two fitted classes, {z} and the whole set, and two pruned ones; in units of a variance of 2."""
    table = pd.DataFrame(
        {
            "subset": [("z",), ("x", "z"), (), ("x",)],
            "free": [(), (), (), ()],
            "status": ["fitted", "fitted", "pruned", "pruned"],
            "pruned_by": ["", "", "known intervention", "known intervention"],
            "risk": [1.0, 1.6, NAN, NAN],
            "risk_low": [0.9, 1.4, NAN, NAN],
            "risk_high": [1.1, 1.8, NAN, NAN],
            "lower_bound": [NAN, NAN, 1.9, 2.4],
            "training_risk": [1.0, 0.3, NAN, NAN],
            "extrapolated_share": [0.0, 0.0, NAN, NAN],
        }
    )
    place = np.arange(len(table))
    return table.assign(picked=place == picked, tied=np.isin(place, [picked, *tied]))


def overlap(**changes: Any) -> SimpleNamespace:
    values = {"n_rows": 40, "effective_rows": 36.2, "covered_share": 1.0, "is_poor": False, "is_thin": False}
    return SimpleNamespace(**values | changes)


def answers(*, picked: int = 0, tied: tuple[int, ...] = (), study: Any = None, **model: Any) -> Answers:
    """Answers about an outcome y with stable x, z and mutable m."""
    table = classes(picked, tied)
    low, high = table.loc[picked, ["risk_low", "risk_high"]]
    fitted: dict[str, Any] = {
        "risk_table_": table,
        "subset_": table.loc[picked, "subset"],
        "tied_subsets_": [table.loc[i, "subset"] for i in (picked, *tied)],
        "stable_": ("x", "z"),
        "mutable_": ("m",),
        "causal_graph_": SEARCH,
        "whole_set_is_optimal_": False,
        "is_identified_": True,
        "identification_reason_": "as given",
        "stability_": None,
        "training_variance_": 2.0,
        "worst_case_risk_": table.loc[picked, "risk"],
        "worst_case_interval_": (low, high),
        "overlap_": overlap(),
        "price_of_robustness_": EffectEstimate(0.35, 0.01, 40),
    }
    given: dict[str, Any] = {
        "name": "table",
        "question": "?",
        "X": pd.DataFrame(np.zeros((40, 3)), columns=["m", "x", "z"]),
        "y": pd.Series(np.zeros(40), name="y"),
        "environments": pd.Series(["a"] * 10 + ["b"] * 30, name="site"),
        "units": "sites",
        "missing": pd.DataFrame(),
        "n_left_out": 0,
        "causal_graph": SEARCH,
        "mutable": ("m",),
    }
    in_training = risks([[0.5, 0.1, 0.1, 1.0], [0.5, 0.2, 0.18, 1.0]], ["a", "b"])
    return Answers(
        Study(**(given | (study or {}))), Settings(), SimpleNamespace(**(fitted | model)), in_training
    )


def unidentified(mutable: tuple[str, ...] | None = None, graph: Any = None, **model: Any) -> Answers:
    """What a fit is like where the environments do not tell: one class, with risks if only m changed."""
    table = classes(picked=1).iloc[[1]].assign(average_risk=1.2)
    changes = {
        "risk_table_": table,
        "is_identified_": False,
        "subset_": ("x", "z"),
        "tied_subsets_": [("x", "z")],
        "worst_case_risk_": NAN,
        "worst_case_interval_": (NAN, NAN),
    }
    study = {"mutable": mutable, "causal_graph": graph}
    return answers(picked=1, study=study, **changes | model)


class TestAnswer:
    def test_pick_beside_the_others(self) -> None:
        found = answers()
        assert say.answer_sentence(found) == (
            "Predict y from z: at worst the risk is 0.50 of the variance of y (95 % interval 0.45 to 0.55)."
        )
        assert say.second_sentence(found) == (
            "With the whole stable set, x and z, the risk can reach 0.80 (95 % interval 0.70 to 0.90), "
            "although in the training mix that has 0.17 against 0.50. The pooled fit on all columns has 0.16 "
            "in the training mix and 0.18 in its worst training environment, which says nothing about "
            "others; the mean of y alone has 1.00."
        )

    def test_whole_set_is_not_set_beside_itself(self) -> None:
        found = answers(picked=1, causal_graph_=NO_SEARCH, whole_set_is_optimal_=True)
        assert say.answer_sentence(found).startswith("Predict y from x and z: at worst the risk is 0.80")
        assert say.second_sentence(found).startswith("That is the whole stable set. The pooled fit")
        assert [row["predictor"] for row in say.predictor_rows(found)] == [
            "pick: whole stable set",
            "pooled fit",
            "constant",
        ]

    def test_no_predictor_is_worth_keeping(self) -> None:
        found = answers()
        found.classes.at[0, "subset"] = ()
        assert say.answer_sentence(found).startswith(
            "No stable predictor is shown to be worth keeping for y: at worst"
        )

    def test_unidentified_has_no_known_risk(self) -> None:
        found = unidentified()
        assert say.answer_sentence(found) == (
            "These data do not tell which mechanisms change: as a precaution, y is predicted from all that "
            "shows no sign of change, x and z. The worst-case risk is unknown."
        )
        assert say.second_sentence(found).startswith(
            "In the training mix that has 0.50, and 0.50 in its worst training environment. The pooled fit"
        )
        assert say.columns_note(found).startswith(
            "Worst case: unknown, since the data do not tell which mechanisms change; training: in the"
        )
        (pick, pooled, _) = say.predictor_rows(found)
        assert (pick["worst case"], pick["interval"], pick["training"]) == ("unknown", "–", "0.500")
        assert pooled["worst case"] == "–"

    def test_a_graph_that_cannot_be_learned_is_another_thing_not_told(self) -> None:
        found = unidentified(mutable=("m",))
        assert say.answer_sentence(found).startswith(
            "These data do not tell what depends on what: as a precaution, y is predicted from all that is "
            "not named as mutable, x and z. The worst"
        )
        assert "do not tell what depends on what;" in say.columns_note(found)
        assert grounds.search_sentences(found) == [
            "No search was done: without knowing what depends on what there is nothing to compare."
        ]

    def test_unidentified_without_a_stable_predictor(self) -> None:
        table = classes().iloc[[0]]
        table.at[0, "subset"] = ()
        found = unidentified(risk_table_=table, stable_=())
        assert say.answer_sentence(found).startswith(
            "These data do not tell which mechanisms change: as a precaution, y is predicted from no "
            "predictor. The"
        )

    def test_no_number_of_an_unidentified_risk_is_shown(self) -> None:
        found = unidentified()
        assert not np.isfinite(
            found.picked[["risk", "risk_low", "risk_high", "average_risk"]].astype(float)
        ).any()
        assert found.picked["training_risk"] == 0.3
        assert np.isfinite(found.model.risk_table_["risk"]).all()
        (row,) = contents(found)["classes"]
        assert (row["worst case"], row["interval"], row["training mix"]) == ("unknown", "–", "0.150")
        known = contents(answers())["classes"]
        assert [row["worst case"] for row in known] == ["0.500", "0.800", "at least 0.950", "at least 1.200"]
        assert [row["training mix"] for row in known] == ["0.500", "0.150", "–", "–"]
        assert found.keeps_all

    def test_poor_overlap_stands_beside_the_answer(self) -> None:
        poor = answers(overlap_=overlap(n_rows=4000, effective_rows=150.4, is_poor=True))
        assert say.second_sentence(poor).endswith(
            "Overlap is poor: the worst case rests on 150 effective rows of 4,000 and may be far higher."
        )
        assert "at worst the risk is at least 0.50 of the variance of y (95 %" in say.answer_sentence(poor)
        assert grounds.overlap_sentence(poor).startswith("POOR: 150 of 4,000 rows are effective")
        assert any("overlap is poor" in sentence for sentence in grounds.limits(poor))
        assert "poor" not in say.second_sentence(answers())
        assert not any("overlap is poor" in sentence for sentence in grounds.limits(answers()))

    def test_values_that_never_occur_for_given_causes_are_said(self) -> None:
        found = answers(overlap_=overlap(covered_share=0.124, is_poor=True))
        said = "12 % of the values of m occur for given causes"
        assert f"36 effective rows of 40, where {said}, and may be far higher." in say.second_sentence(found)
        assert f"; {said}. The worst case rests on little" in grounds.overlap_sentence(found)
        most = answers(overlap_=overlap(covered_share=0.9))
        assert grounds.overlap_sentence(most).endswith("; 90 % of the values of m occur for given causes.")
        almost = answers(overlap_=overlap(covered_share=0.96))
        assert "of the values" not in grounds.overlap_sentence(almost)

    def test_few_rows_for_each_level_are_said(self) -> None:
        thin = answers(overlap_=overlap(is_thin=True, rows_per_level=3.6))
        assert (
            "; 4 for each joint level of them are few to find the worst change"
            in grounds.overlap_sentence(thin)
        )
        assert "joint level" not in grounds.overlap_sentence(answers())

    def test_overlap_says_nothing_of_a_risk_that_is_unknown(self) -> None:
        found = unidentified(overlap_=overlap(is_poor=True, is_thin=True, rows_per_level=3.6))
        sentence = grounds.overlap_sentence(found)
        assert sentence.startswith("POOR: 36 of 40 rows are effective")
        assert "worst" not in sentence
        assert "verlap" not in say.second_sentence(found)

    def test_level_of_the_interval(self) -> None:
        found = replace(answers(), settings=Settings(alpha=0.1))
        assert "(90 % interval" in say.answer_sentence(found)

    def test_rows_of_the_table(self) -> None:
        pick, whole, pooled, constant = say.predictor_rows(answers())
        assert pick == {
            "predictor": "picked subset",
            "uses": "z",
            "worst case": "0.500",
            "interval": "0.450 to 0.550",
            "training": "0.500",
            "its worst": "0.500",
        }
        assert (whole["uses"], whole["worst case"], whole["training"]) == ("x and z", "0.800", "0.175")
        assert (pooled["worst case"], pooled["its worst"]) == ("–", "0.180")
        assert (constant["uses"], constant["training"]) == ("nothing", "1.000")


class TestTiesAndPrice:
    def test_ties(self) -> None:
        assert say.ties_sentence(answers()).startswith("None: every other class has a larger worst-case risk")
        assert say.ties_sentence(answers(tied=(1,))).startswith("Not worse beyond chance: {x, z}. Of all")
        assert "Which of the tied classes is best." in grounds.limits(answers(tied=(1,)))

    def test_many_ties_are_not_all_named(self) -> None:
        found = answers(tied_subsets_=[("z",), *[(f"v{i}",) for i in range(9)]])
        assert "{v4} and 4 more." in say.ties_sentence(found)

    def test_no_ties_without_a_search(self) -> None:
        assert say.ties_sentence(answers(whole_set_is_optimal_=True)) == ""
        assert say.ties_sentence(unidentified()) == ""

    @pytest.mark.parametrize(
        ("estimate", "start"),
        [
            (0.35, "Where nothing changes, the pick's risk is higher than the pooled fit's by 0.35 (95 % "),
            (
                0.01,
                "None that shows: in the training mix the pick's risk less the pooled fit's is 0.01 (95 %",
            ),
            (-0.35, "None: in the training mix the pick's risk differs from the pooled fit's by -0.35 (95 %"),
            (
                -0.001,
                "None that shows: in the training mix the pick's risk less the pooled fit's is 0.00 (95 %",
            ),
        ],
        ids=["costs", "nothing to see", "gains", "no minus before zero"],
    )
    def test_price(self, estimate: float, start: str) -> None:
        found = answers(price_of_robustness_=EffectEstimate(estimate, 0.02, 40))
        assert say.price_sentence(found).startswith(start)


class TestSearch:
    def test_why_it_was_needed(self) -> None:
        why, looked_at = grounds.search_sentences(answers())
        assert why == (
            "A search was needed: x is an effect both of y and of m, whose mechanism changes, so that "
            "elsewhere a rule for m can turn what x says about y into a trap."
        )
        assert looked_at == (
            "2 of 4 classes of subsets were fitted; a lower bound rules out the others: known "
            "intervention (2)."
        )

    def test_an_effect_further_down_counts(self) -> None:
        graph = nx.DiGraph([("y", "m"), ("m", "z"), ("z", "x"), ("y", "x")])
        why, _ = grounds.search_sentences(answers(causal_graph_=graph))
        assert why.startswith("A search was needed: x is an effect both of y and of m,")

    @pytest.mark.parametrize(
        ("graph", "why"),
        [
            (NO_SEARCH, "no direct effect of y is also an effect of m"),
            (
                nx.DiGraph([("m", "y"), ("y", "x"), ("y", "z")]),
                "no mutable predictor is a direct effect of y",
            ),
        ],
        ids=["no common effect", "mutable cause"],
    )
    def test_why_it_was_not_needed(self, graph: nx.DiGraph, why: str) -> None:
        found = answers(picked=1, causal_graph_=graph, whole_set_is_optimal_=True)
        (sentence,) = grounds.search_sentences(found)
        assert sentence.startswith(f"No search was needed: by the causal graph {why}, and then")

    def test_unidentified(self) -> None:
        (sentence,) = grounds.search_sentences(unidentified())
        assert sentence == (
            "No search was done: without knowing which mechanisms change there is nothing to compare."
        )

    @pytest.mark.parametrize(
        ("mutable", "graph", "start"),
        [
            (
                None,
                None,
                "Which mechanisms change, and so how large the risk can get elsewhere. Give the mutable "
                "predictors with --mutable and the causal graph with --graph, or add",
            ),
            (
                None,
                SEARCH,
                "Which mechanisms change, and so how large the risk can get elsewhere. Give the "
                "mutable predictors with --mutable, or add",
            ),
            (
                ("m",),
                None,
                "What depends on what, and so how large the risk can get elsewhere. Give the causal "
                "graph with --graph, or add",
            ),
        ],
        ids=["nothing is given", "graph is given", "mutable is given"],
    )
    def test_what_would_tell(self, mutable: Any, graph: Any, start: str) -> None:
        (limit,) = grounds.limits(unidentified(mutable, graph))
        assert limit.startswith(start)

    def test_extrapolation_is_said(self) -> None:
        assert "no rows" not in grounds.overlap_sentence(answers())
        found = answers(risk_table_=classes().assign(extrapolated_share=0.2))
        assert "20 % of the worst change lies where there are no rows." in grounds.overlap_sentence(found)


class TestDiscovery:
    @pytest.fixture
    def stability(self) -> pd.DataFrame:
        rows = [
            ("whole set is optimal", None, None, False, 0.3, True),
            ("mutable", None, "m", True, 0.98, True),
            ("mutable", None, "x", False, 0.02, True),
            ("arrow", "m", "x", True, 0.6, True),
            ("arrow", "y", "z", True, 0.5, False),
        ]
        return pd.DataFrame(rows, columns=["decision", "cause", "effect", "found", "share", "needed"])

    def test_needed_decisions_are_listed(self, stability: pd.DataFrame) -> None:
        rows = grounds.decision_rows(answers(stability_=stability))
        assert [row["decision"] for row in rows] == [
            "the whole stable set is optimal",
            "m is mutable",
            "x is mutable",
            "m → x",
        ]
        assert rows[1] == {"decision": "m is mutable", "found": "yes", "resamples that find it": "98 %"}

    def test_unsure_ones_are_named(self, stability: pd.DataFrame) -> None:
        found = answers(stability_=stability)
        expected = "Fewer than 80 % of the resamples agree on: the whole stable set is optimal and m → x."
        assert grounds.unsure_sentence(found) == expected
        sure = stability.assign(share=stability["found"].astype(float))
        assert grounds.unsure_sentence(answers(stability_=sure)) == ""

    @pytest.mark.parametrize(
        ("graph", "mutable", "learned"),
        [
            (None, None, "the mutable predictors and the causal graph"),
            (SEARCH, None, "the mutable predictors"),
            (None, ("m",), "the causal graph"),
        ],
        ids=["both", "mutable", "graph"],
    )
    def test_what_was_learned(self, stability: pd.DataFrame, graph: Any, mutable: Any, learned: str) -> None:
        found = answers(
            stability_=stability,
            identification_reason_="98% agree",
            study={"causal_graph": graph, "mutable": mutable},
        )
        expected = f"Learned from the environments: {learned} (mutable: m). 98% agree."
        assert grounds.identified_sentence(found) == expected

    def test_unidentified_is_said_loudly(self, stability: pd.DataFrame) -> None:
        found = unidentified(stability_=stability, mutable_=())
        assert grounds.identified_sentence(found).startswith("NOT IDENTIFIED. Learned from")
        assert "(mutable: none)" in grounds.identified_sentence(found)

    def test_nothing_was_learned(self) -> None:
        assert "nothing was learned" in grounds.identified_sentence(answers())
        assert grounds.decision_rows(answers()) == []
        assert grounds.unsure_sentence(answers()) == ""

    def test_long_graphs_are_cut(self) -> None:
        graph = nx.DiGraph([("y", f"v{i}") for i in range(40)])
        assert grounds.graph_sentence(answers(causal_graph_=graph)).endswith("y → v29, and 10 more.")
        assert grounds.graph_sentence(answers(causal_graph_=nx.DiGraph())) == "The causal graph has no arrow."


class TestNewRows:
    def test_largest_risks(self) -> None:
        new = risks([[0.52, 0.3, 0.3, 1.0], [0.4, 0.85, 0.8, 1.1]], ["c", "d"])
        found = replace(answers(), new_risks=new)
        assert say.new_sentence(found) == (
            "In 2 environments that were not trained on, the largest risk is 0.52 for the pick, 0.85 for the "
            "whole stable set, 0.80 for the pooled fit and 1.10 for the constant."
        )
        assert say.predictor_rows(found)[0]["worst new"] == "0.520"

    def test_a_broken_promise_is_said(self) -> None:
        new = risks([[0.7, 0.3, 0.3, 1.0]], ["c"])
        found = say.new_sentence(replace(answers(), new_risks=new))
        assert "In one environment that was not trained on" in found
        assert "The pick's is above its interval (0.55)" in found

    def test_nothing_without_new_rows(self) -> None:
        assert say.new_sentence(answers()) == ""


class TestData:
    def test_environments(self) -> None:
        assert say.environments_sentence(answers()) == "2 sites of 10 to 30 rows (median 20)."
        none = answers(study={"environments": None})
        assert say.environments_sentence(none) == "40 rows, without environments."

    def test_missing(self) -> None:
        assert say.missing_sentence(answers()) == "No value is missing; all 40 rows are used."
        assert say.missing_sentence(answers(study={"n_left_out": 4})) == (
            "40 of 44 rows are used; the other 4 lack a value or an environment."
        )
        new = NewRows(pd.DataFrame({"x": [1.0]}), None, None, 2, "new.csv")
        assert say.missing_sentence(answers(study={"new": new})).endswith(
            "2 new rows lack a predictor and get no prediction."
        )
        assert any(
            "missing" in sentence for sentence in grounds.assumptions(answers(study={"n_left_out": 4}))
        )

    def test_truth_beside_the_estimates(self) -> None:
        exact = {frozenset(["z"]): 1.04, frozenset(): 2.0}
        assert say.exact_rows(answers(study={"exact": exact})) == [
            {"subset": "{z}", "true": "0.520", "estimated": "0.500", "interval": "0.450 to 0.550"},
            {"subset": "{}", "true": "1.000", "estimated": "at least 0.950", "interval": "–"},
        ]
        assert say.exact_rows(answers()) == []

    def test_range_of_the_mutable_predictors(self) -> None:
        assert "within values that occur for like causes" in say.method_sentence(answers())
        wide = replace(answers(), settings=Settings(mutable_range=1.5))
        assert "within the observed range, widened 1.5 times" in say.method_sentence(wide)

    def test_learned_arrows_are_assumed_right(self) -> None:
        assert "The causal graph is right." in grounds.assumptions(answers())
        learned = grounds.assumptions(answers(study={"causal_graph": None}))
        assert "The arrows that were learned are right where the answer uses them." in learned

    def test_design_stands_among_the_assumptions(self) -> None:
        found = answers(study={"design": "A coin was thrown."})
        assert grounds.assumptions(found)[0] == "A coin was thrown."

    def test_mutable_predictors_are_named(self) -> None:
        assert say.use_sentence(answers()).startswith("m is mutable: what y had to do with it in training")
        assert say.use_sentence(answers(mutable_=("m", "k"))).startswith("m and k are mutable: what y had")
        assert say.use_sentence(answers(mutable_=())) == "No predictor is mutable."
