"""The de Finetti benchmark's own code: answers and their scores, the paper's rule, worlds, and the report."""

import importlib
import itertools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from causalkit.datasets import make_exchangeable_scm

FOLDER = Path(__file__).parent.parent / "benchmarks" / "de_finetti"
OWN_MODULES = ("benchmark_utils", "reporting", "objective", "solvers")

pytestmark = pytest.mark.skipif(
    not FOLDER.exists(), reason="the benchmark is not part of a source distribution"
)


@pytest.fixture(scope="module", autouse=True)
def benchmark_on_path() -> Iterator[None]:
    """Another benchmark has modules of the same names."""
    forget_modules()
    sys.path.insert(0, str(FOLDER))
    yield
    sys.path.remove(str(FOLDER))
    forget_modules()


def forget_modules() -> None:
    for name in [name for name in sys.modules if name.split(".")[0] in OWN_MODULES]:
        del sys.modules[name]


def all_dags(n_variables: int) -> list[NDArray[np.int64]]:
    """Every graph whose arrows go from lower to higher numbers."""
    pairs = list(itertools.combinations(range(n_variables), 2))
    found = []
    for chosen in itertools.product([0, 1], repeat=len(pairs)):
        arrows = np.zeros((n_variables, n_variables), dtype=np.int64)
        arrows[tuple(np.transpose(pairs))] = chosen
        found.append(arrows)
    return found


def tosses(answer: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Every orientation of the open edges, all equally likely."""
    edges = np.argwhere(np.triu(answer == 0.5))
    found = []
    for heads in itertools.product([0, 1], repeat=len(edges)):
        tossed = answer.copy()
        for (u, v), head in zip(edges, heads, strict=True):
            tossed[u, v], tossed[v, u] = head, 1 - head
        found.append(tossed)
    return found


def random_answer(n_variables: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Each pair has no edge, an arrow either way, or an open edge."""
    answer = np.zeros((n_variables, n_variables))
    for u, v in itertools.combinations(range(n_variables), 2):
        answer[u, v], answer[v, u] = [(0, 0), (1, 0), (0, 1), (0.5, 0.5)][rng.integers(4)]
    return answer


@pytest.mark.parametrize("seed", range(20))
def test_open_edges_count_as_the_mean_over_tosses(seed: int) -> None:
    from benchmark_utils.answers import normalised_distance, probability_of_truth

    rng = np.random.default_rng(seed)
    truth = all_dags(3)[rng.integers(8)].astype(float)
    answer = random_answer(3, rng)
    if seed % 2:
        answer = np.where(rng.random() < 0.5, truth, 0.5 * (truth + truth.T))
    each = tosses(answer)
    exact = [np.array_equal(tossed, truth) for tossed in each]
    assert probability_of_truth(answer, truth) == pytest.approx(np.mean(exact))
    if answer.sum() + truth.sum():
        distance = [(tossed != truth).sum() / (tossed.sum() + truth.sum()) for tossed in each]
        assert normalised_distance(answer, truth) == pytest.approx(np.mean(distance))


def test_what_is_left_open_is_no_answer_even_where_there_is_no_edge() -> None:
    from benchmark_utils.answers import Answer, scores

    nothing, pair = np.zeros((2, 2)), ~np.eye(2, dtype=bool)
    assert scores(Answer.always(nothing), nothing)["exact"] == 1
    left_open = scores(Answer(nothing, pair, forced=nothing), nothing)
    assert (left_open["exact"], left_open["exact_forced"], left_open["distance"]) == (0, 1, 0)


def test_scores_of_arrows() -> None:
    from benchmark_utils.answers import Answer, scores

    truth = np.array([[0.0, 1, 1], [0, 0, 0], [0, 0, 0]])
    answer = np.array([[0.0, 1, 0], [0, 0, 1], [0, 0, 0]])
    found = scores(Answer.always(answer), truth)
    assert (found["n_stated"], found["n_right"], found["n_true"]) == (2, 1, 2)
    assert (found["exact"], found["distance"], found["states"], found["flagged"]) == (0, 0.5, 1, 0)


def test_marks_of_arrows_and_of_edges_without_a_direction() -> None:
    from benchmark_utils.open_edges import HEAD, TAIL, answer_of

    marks = np.zeros((4, 4), dtype=np.int64)
    marks[0, 1], marks[1, 0] = TAIL, HEAD
    marks[1, 2] = marks[2, 1] = TAIL
    marks[2, 3] = marks[3, 2] = HEAD
    answer = answer_of(marks)
    assert np.argwhere(answer.stated).tolist() == [[0, 1]]
    assert np.argwhere(answer.left_open).tolist() == [[1, 2], [2, 1], [2, 3], [3, 2]]
    np.testing.assert_array_equal(answer.forced, answer.stated + 0.5 * answer.left_open)


def unrolled(arrows: NDArray[np.int64]) -> nx.DiGraph:
    """Two rows of one environment: d variables each, and for each mechanism the parameter that both share."""
    n = len(arrows)
    graph = nx.DiGraph()
    for row, v in itertools.product((0, 1), range(n)):
        graph.add_edge(f"parameter {v}", row * n + v)
        graph.add_edges_from((row * n + int(u), row * n + v) for u in np.flatnonzero(arrows[:, v]))
    return graph


def oracle(arrows: NDArray[np.int64]) -> Callable[[int, int, list[int]], float]:
    """p-values of 1 where the two are d-separated, else 0."""
    graph = unrolled(arrows)
    return lambda a, b, given: float(nx.is_d_separator(graph, {a}, {b}, set(given)))


@pytest.mark.parametrize("n_variables", [2, 3, 4])
def test_paper_rule_finds_every_graph_from_an_oracle(n_variables: int) -> None:
    pytest.importorskip("causallearn", reason="the benchmark's own packages are not installed")
    from benchmark_utils.paper import several_variables, two_variables

    rng = np.random.default_rng(0)
    for dag in all_dags(n_variables):
        order = rng.permutation(n_variables)
        arrows = dag[np.ix_(order, order)]
        np.testing.assert_array_equal(several_variables(oracle(arrows), n_variables, 0.05), arrows)
        if n_variables == 2:
            np.testing.assert_array_equal(two_variables(oracle(arrows), 0.05), arrows)


@pytest.mark.parametrize(
    ("pvalues", "arrow"),
    [
        ((0.3, 0.01, 0.01), (0, 1)),
        ((0.01, 0.3, 0.01), (1, 0)),
        ((0.06, 0.9, 0.3), None),
        ((0.3, 0.6, 0.01), (1, 0)),
        ((0.02, 0.01, 0.04), None),
        ((0.3, 0.2, 0.04), (0, 1)),
    ],
    ids=["x->y", "y->x", "no edge", "both stand", "none stands", "x->y by the larger"],
)
def test_paper_rule_for_two_variables_always_answers(
    pvalues: tuple[float, ...], arrow: tuple[int, int] | None
) -> None:
    pytest.importorskip("causallearn", reason="the benchmark's own packages are not installed")
    from benchmark_utils.paper import two_variables

    of = {(0, 3): pvalues[0], (1, 2): pvalues[1], (0, 1): pvalues[2]}
    found = two_variables(lambda a, b, given: of[(a, b)], 0.05)
    assert [tuple(pair) for pair in np.argwhere(found)] == ([] if arrow is None else [arrow])


def test_two_rows_of_each_environment() -> None:
    pytest.importorskip("causallearn", reason="the benchmark's own packages are not installed")
    from benchmark_utils.paper import two_rows

    X = pd.DataFrame({"x0": range(6), "x1": range(10, 16)})
    pairs = two_rows(X, np.array([7, 3, 3, 9, 7, 7]))
    np.testing.assert_array_equal(pairs, [[1, 11, 2, 12], [0, 10, 4, 14]])


def test_every_world_can_be_drawn() -> None:
    from benchmark_utils.worlds import WORLDS, draw

    for world in WORLDS:
        made = draw(world, 30, 2, seed=0)
        assert list(made.X) == [f"x{place}" for place in range(len(made.arrows))]
        assert len(made.X) == len(made.environments) == 60


def test_columns_stand_in_random_order() -> None:
    from benchmark_utils.worlds import draw

    places = {tuple(map(tuple, np.argwhere(draw("chain", 10, 2, seed).arrows))) for seed in range(12)}
    assert len(places) > 6
    pairs = [draw("published_continuous", 10, 2, seed).arrows for seed in range(60)]
    assert {tuple(np.ravel(arrows)) for arrows in pairs} == {(0, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0)}


def test_one_discrete_column_of_two_or_three_levels() -> None:
    from benchmark_utils.worlds import draw

    levels = [draw("one_discrete", 100, 3, seed).X.nunique().sort_values().tolist() for seed in range(8)]
    assert [row[0] for row in levels] == [2, 2, 2, 2, 3, 3, 3, 3]
    assert all(row[1] > 100 for row in levels)


def raw_rows(solver: str, exact: list[float], **more: Any) -> pd.DataFrame:
    """What benchopt writes for one solver in one case."""
    columns = {
        "solver_name": solver,
        "p_dataset_world": "published_continuous",
        "p_dataset_n_environments": 200,
        "p_dataset_n_rows": 2,
        "objective_value": 1 - np.array(exact),
        "objective_exact": exact,
        "objective_exact_forced": 1.0,
        "objective_distance": 0.5,
        "objective_distance_forced": 0.25,
        "objective_draw": np.arange(1000, 1000 + len(exact)),
        "objective_versions": "causalkit-learn 0",
        "run_date": "2030-01-01",
    }
    numbers = ("n_stated", "n_forced", "n_right", "n_true", "states", "flagged", "seconds")
    numbers += ("n_undecided", "n_stated_undecided")
    return pd.DataFrame({**columns, **{f"objective_{name}": 1.0 for name in numbers}, **more})


def test_arrows_that_an_equivalence_class_leaves_open() -> None:
    from benchmark_utils.undecided import undecided_arrows

    chain = np.array([[0, 1, 0], [0, 0, 1], [0, 0, 0]])
    collider = np.array([[0, 0, 1], [0, 0, 1], [0, 0, 0]])
    complete = np.array([[0, 1, 1], [0, 0, 1], [0, 0, 0]])
    # A collider a -> c <- b whose child d is decided, too.
    below = np.zeros((4, 4), dtype=int)
    below[0, 2] = below[1, 2] = below[2, 3] = 1
    for arrows, expected in ((chain, chain), (collider, 0), (complete, complete), (below, 0)):
        found = undecided_arrows(arrows)
        assert found is not None and (found == np.broadcast_to(expected, arrows.shape).astype(bool)).all()
    assert undecided_arrows(np.zeros((5, 5), dtype=int)) is None


@pytest.fixture
def page(tmp_path: Path) -> str:
    from reporting.page import results_page
    from reporting.runs import read_runs

    parts = [
        raw_rows("empty graph", [1, 0, 0, 0]),
        raw_rows("PC", [0, 0, 0, 0]),
        raw_rows("paper's rule", [1, 1, 1, 0]),
        raw_rows("de_finetti_test", [1, 0]),
    ]
    path = tmp_path / "full_figure_3.parquet"
    pd.concat(parts, ignore_index=True).to_parquet(path)
    return results_page(read_runs([path]), "make benchmark-full")


def test_report_shows_means_errors_and_published_numbers(page: str) -> None:
    lines = page.splitlines()
    assert "| empty graph | .25 (.25) |" in lines
    assert "| PC | .00 (.00) |" in lines
    assert "| PC, open edges tossed | 1.00 (.00) |" in lines
    assert "| **de_finetti_test** | .50 (.50) |" in lines
    assert "| *as published* | .82 |" in lines
    row = next(line for line in lines if line.startswith("| `published_continuous` | 200 | 2 | .50 (.50)"))
    assert "1.00 (.00), PC, open edges tossed | .25 (.25), empty graph | .82 |" in row


def test_report_keeps_what_we_lose_and_what_is_missing(page: str) -> None:
    behind = page.split("## Where another method")[1].split("##")[0]
    assert "| paper's rule | .75 (.25) | .50 (.50) | 1.00 (.00) |" in behind
    assert "empty graph" not in behind
    assert "de_finetti_test in `published_continuous`, 200 environments of 2 rows: 2 of 4 draws" in page
    assert "Parts that are not in this run: figure_4, four_nodes" in page
    assert "Not in this run (part `dependent_parameters`)" in page


def test_later_figures_of_a_case_count(tmp_path: Path) -> None:
    from reporting.runs import read_runs

    old, new = tmp_path / "full_figure_3.parquet", tmp_path / "full_other.parquet"
    raw_rows("PC", [0, 0], run_date="2030-01-01").to_parquet(old)
    raw_rows("PC", [1, 1], run_date="2030-01-02").to_parquet(new)
    runs = read_runs([new, old])
    assert runs[runs["method"] == "PC"]["exact"].tolist() == [1, 1]


def test_every_part_has_a_section_and_every_world_is_known() -> None:
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    from benchmark_utils.worlds import WORLDS
    from reporting.names import PAIRS
    from reporting.page import SECTIONS
    from reporting.runs import PARTS

    configs = sorted((FOLDER / "configs").glob("*/*.yml"))
    assert {path.stem for path in configs} == set(PARTS) == {part for _, part, _ in SECTIONS}
    worlds = [
        world
        for path in configs
        for entry in yaml.safe_load(path.read_text(encoding="utf-8"))["dataset"]
        for world in np.ravel(entry["simulated"]["world"])
    ]
    assert set(worlds) == set(WORLDS)
    assert set(PAIRS) < set(WORLDS)


def test_report_without_a_graph_to_find(tmp_path: Path) -> None:
    from reporting.overview import NO_CASE, behind, overview
    from reporting.runs import read_runs

    path = tmp_path / "full_not_identified.parquet"
    raw_rows("PC", [0, 0], p_dataset_world="iid_gaussian").to_parquet(path)
    runs = read_runs([path])
    assert overview(runs) == behind(runs) == NO_CASE


def answers(module: str, world: str, n_environments: int, n_rows: int, **parameters: Any) -> list[Any]:
    """What one of causalkit's solvers answers for six draws."""
    pytest.importorskip("benchopt", reason="the benchmark's own packages are not installed")
    from benchmark_utils.worlds import draw

    solver = importlib.import_module(f"solvers.{module}").Solver.get_instance(**parameters)
    made = [draw(world, n_environments, n_rows, seed) for seed in range(6)]
    solver.set_objective([(data.X, data.environments) for data in made])
    solver.run(None)
    return solver.get_result()["answers"]


@pytest.mark.parametrize(
    ("module", "parameters"),
    [("de_finetti_test", {}), ("causal_de_finetti", {"method": "auto"})],
    ids=["test", "search"],
)
def test_what_our_solvers_leave_open_is_answered_where_forced(
    module: str, parameters: dict[str, str]
) -> None:
    known = answers(module, "unequal_icc", 300, 5, **parameters)
    assert all(answer.stated.sum() == 1 and not answer.left_open.any() for answer in known)
    unknown = answers(module, "equal_icc_gaussian", 200, 2, **parameters)
    left_open = [answer for answer in unknown if answer.left_open.any()]
    assert len(left_open) >= 4
    assert all(answer.stated.sum() == 0 and answer.forced.sum() == 1 for answer in left_open)
    violated = answers(module, "dependent_location", 200, 10, **parameters)
    assert sum(answer.flagged for answer in violated) >= 5


def test_draws_with_a_constant_column_are_drawn_again() -> None:
    from benchmark_utils.worlds import draw

    # With this seed the first draw has a column of one value.
    first = make_exchangeable_scm(
        "categorical", n_environments=500, n_rows=10, concentration=4, shuffle_columns=True, random_state=235
    )
    assert (first.X.nunique() == 1).any()
    assert (draw("tables_4", 500, 10, 235).X.nunique() == 2).all()
