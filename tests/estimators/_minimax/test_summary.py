"""Lines of the summary for every kind of answer, from models written by hand."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from causalkit.estimators._minimax._overlap import Overlap
from causalkit.estimators._minimax._summary import minimax_summary
from causalkit.inference import EffectEstimate

RISKS = pd.DataFrame(
    {
        "n_rows": [900, 300],
        "picked subset": [0.25, 0.5],
        "whole stable set": [0.125, 0.75],
        "constant": [1.0, 1.0625],
    },
    index=pd.Index(["north", "south"], name="environment"),
)


def table_of(statuses, extrapolated=0.0):
    return pd.DataFrame(
        {
            "status": ["fitted" if s == "fitted" else "pruned" for s in statuses],
            "pruned_by": ["" if s == "fitted" else s for s in statuses],
            "extrapolated_share": [extrapolated] * len(statuses),
            "picked": [True] + [False] * (len(statuses) - 1),
        }
    )


def model(**changes):
    """A model of y with variance 4."""
    values = {
        "subset_": ("Z",),
        "tied_subsets_": [("Z",)],
        "worst_case_risk_": 2.0,
        "worst_case_interval_": (1.0, 3.5),
        "training_variance_": 4.0,
        "alpha": 0.05,
        "search": "best_first",
        "mutable_range": "observed",
        "environment_risks": lambda: RISKS,
        "price_of_robustness_": EffectEstimate(estimate=0.375, standard_error=0.01, n_units=1200),
        "stable_": ("X", "Z"),
        "mutable_": ("M",),
        "causal_graph": None,
        "mutable": ["M"],
        "identification_reason_": "the reason why",
        "is_identified_": True,
        "whole_set_is_optimal_": False,
        "risk_table_": table_of(["fitted"] * 4),
        "overlap_": Overlap(1200, 1100.4, 0.0, False),
    }
    return SimpleNamespace(**values | changes)


def lines_of(**changes):
    return minimax_summary(model(**changes)).splitlines()


def line(start, **changes):
    (found,) = [each for each in lines_of(**changes) if each.strip().startswith(start)]
    return found


def test_the_answer_comes_first():
    assert lines_of()[0] == "Subset with the smallest worst-case risk: {Z}"
    assert lines_of(subset_=("X", "Z"))[0].endswith("{X, Z}")
    assert lines_of(subset_=())[0].endswith("{}")


def test_risks_are_shares_of_the_variance():
    found = line("Worst-case risk")
    assert "0.500 of the outcome's variance (95% interval 0.250 to 0.875)" in found
    assert "90% interval" in line("Worst-case risk", alpha=0.1)


@pytest.mark.parametrize("changes", [{"is_identified_": False}, {"search": "whole_set"}])
def test_the_answer_without_a_search(changes):
    assert lines_of(**changes)[0] == "Subset without a search: {Z}"
    assert lines_of(whole_set_is_optimal_=True)[0].startswith("Subset with the smallest worst-case risk")


def test_a_risk_with_poor_overlap_is_a_least_one():
    found = line("Worst-case risk", overlap_=Overlap(1200, 150.2, 0.1, True))
    assert found.startswith("Worst-case risk: overlap is poor, so at least 0.500 of the outcome's variance")
    assert "at least" not in line("Worst-case risk")


def test_an_unknown_risk_is_said_to_be_unknown():
    found = line("Worst-case risk", worst_case_risk_=np.nan, worst_case_interval_=(np.nan, np.nan))
    assert found == "Worst-case risk: unknown, since the environments do not tell what changes how"


def test_the_worst_training_environment_of_each_predictor():
    found = line("Largest risk in a training environment")
    assert found.endswith("picked subset 0.500, whole stable set 0.750, constant 1.062")
    assert "the smallest has 300 rows" in found


def test_the_price_with_its_interval():
    assert line("Price of robustness").endswith("0.375 (0.355 to 0.395)")
    assert line("Price of robustness", alpha=0.5).endswith("0.375 (0.368 to 0.382)")


def test_nothing_has_no_minus():
    price = EffectEstimate(estimate=-0.0001, standard_error=0.0001, n_units=1200)
    assert line("Price of robustness", price_of_robustness_=price).endswith(" 0.000 (0.000 to 0.000)")


def test_ties_are_listed_up_to_five():
    assert not [each for each in lines_of() if each.startswith("Not worse")]
    assert line("Not worse", tied_subsets_=[("Z",), ("X", "Z"), ()]).endswith("chance: {X, Z}, {}")
    many = [("Z",), *((f"v{i}",) for i in range(7))]
    assert line("Not worse", tied_subsets_=many).endswith("{v0}, {v1}, {v2}, {v3}, {v4} and 2 more")


def test_roles_and_why():
    found = lines_of()
    place = found.index("Stable variables: {X, Z}; mutable: {M}")
    assert found[place + 1].strip() == "the reason why"


def test_what_is_not_identified_is_said():
    found = "\n".join(lines_of(is_identified_=False))
    assert "  not identified: all that shows no sign of change is used, without a search" in found
    assert "Search:" not in found
    assert "not identified" not in "\n".join(lines_of())


def test_how_much_was_searched():
    statuses = ["fitted", "largest set of the subtree", "known intervention", "largest set of the subtree"]
    assert line("Search", risk_table_=table_of(statuses)) == (
        "Search: 1 of 4 classes of subsets fitted; dropped 2 by largest set of the subtree, "
        "1 by known intervention"
    )
    assert line("Search") == "Search: 4 of 4 classes of subsets fitted"


def test_a_graph_that_makes_the_search_needless():
    found = "\n".join(lines_of(whole_set_is_optimal_=True))
    assert "The graph says that the whole stable set is optimal" in found
    assert "Search:" not in found


def test_a_search_that_was_not_wanted():
    found = "\n".join(lines_of(search="whole_set"))
    assert "The whole stable set was asked for" in found
    assert "Search:" not in found


def test_overlap_and_extrapolation():
    values = "of the mutable variables' values occur for given causes"
    assert line("Overlap") == f"Overlap: 1100 effective rows of 1200, 100% {values}"
    covered = Overlap(1200, 1100.4, 0.0, False, covered_share=0.814)
    assert line("Overlap", overlap_=covered) == f"Overlap: 1100 effective rows of 1200, 81% {values}"
    assert "POOR" in line("Overlap", overlap_=Overlap(1200, 150.2, 0.1, True))
    found = line("Overlap", risk_table_=table_of(["fitted"] * 2, extrapolated=0.25))
    assert "25% of the worst intervention is extrapolated" in found


def test_few_rows_for_each_level_are_said():
    thin = Overlap(1200, 1100.4, 0.0, False, rows_per_level=73.36)
    assert "; 73 for each joint level of the mutable variables: too few" in line("Overlap", overlap_=thin)
    enough = Overlap(1200, 1100.4, 0.0, False, rows_per_level=1100.4)
    assert "joint level" not in line("Overlap", overlap_=enough)


def test_what_is_not_identified_rests_on_no_overlap():
    found = "\n".join(lines_of(is_identified_=False))
    assert "Overlap" not in found
    assert "what shows no sign of change does not change elsewhere" in found
    assert "mutable variables within" not in found


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        ("observed", "what is observed for like causes"),
        (1.5, "the observed range widened 1.5 times"),
        (2, "the observed range widened 2 times"),
        ({"M": (0, 3)}, "stated bounds {'M': (0, 3)}"),
    ],
    ids=["observed", "factor", "whole factor", "bounds"],
)
def test_assumptions_with_the_range(wanted, text):
    found = lines_of(mutable_range=wanted)
    assumptions = found[found.index("Assumes") + 1 :]
    assert len(assumptions) == 4
    assert all(each.startswith("  - ") for each in assumptions)
    assert sum(text in each for each in assumptions) == 1


def test_names_may_be_numbers():
    assert lines_of(subset_=(3, 4), stable_=(3, 4))[0].endswith("{3, 4}")
