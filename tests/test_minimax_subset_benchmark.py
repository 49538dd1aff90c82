"""The minimax benchmark's own code: problems, scores, competitors, worlds, paired bootstrap and report."""

import dataclasses
import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pytest

from causalkit.graphs import subset_classes

FOLDER = Path(__file__).parent.parent / "benchmarks" / "minimax_subset"
OWN_MODULES = ("benchmark_utils", "reporting", "objective", "solvers", "datasets")

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


def solver_answer(module: str, problem: Any, question: str = "prediction", **parameters: Any) -> Any:
    """What one of the solvers answers."""
    pytest.importorskip("benchopt", reason="the benchmark's own packages are not installed")
    solver = importlib.import_module(f"solvers.{module}").Solver.get_instance(**parameters)
    solver.set_objective([problem], question)
    solver.run(None)
    return solver.get_result()["answers"][0]


@pytest.fixture(scope="module")
def interaction() -> Any:
    from benchmark_utils.worlds import reference_draw

    return reference_draw("interaction", 0, n_rows=400)


def test_halves_of_every_environment() -> None:
    from benchmark_utils.problems import half_of

    environments = pd.Series([3, 1, 1, 3, 1, 3, 1, 7], index=[9, 8, 7, 6, 5, 4, 3, 2])
    half = half_of(environments, np.random.default_rng(0))
    assert pd.Series(half).groupby(environments.to_numpy()).sum().tolist() == [2, 2, 1]
    others = [half_of(environments, np.random.default_rng(seed)) for seed in range(20)]
    assert len({tuple(other) for other in others}) > 5


@pytest.mark.parametrize("kind", ["interaction", "multiplicative", "sequence", "linear"])
def test_reference_draws_have_fresh_rows_and_other_environments(kind: str) -> None:
    from benchmark_utils.worlds import TEST_FOLLOW, reference_draw

    draw = reference_draw(kind, 3, n_rows=50)
    again = reference_draw(kind, 3, n_rows=50)
    pd.testing.assert_frame_equal(draw.problem.train.X, again.problem.train.X)
    assert draw.mix is not None and draw.test is not None and draw.worst_case_risk is not None
    assert list(draw.mix.X) == list(draw.problem.train.X) == list(draw.test.X)
    shared = np.isin(draw.mix.y.to_numpy(), draw.problem.train.y.to_numpy())
    assert kind == "sequence" or not shared.any()
    assert sorted(draw.test.environments.unique()) == sorted(TEST_FOLLOW[kind])
    assert frozenset(draw.problem.stable) in draw.worst_case_risk


def test_published_draws_split_twenty_environments_into_tens() -> None:
    from benchmark_utils.worlds import published_draw

    splits = []
    for seed in range(3):
        draw = published_draw(seed)
        assert draw.test is not None and draw.mix is not None
        assert len(draw.problem.train.X) == len(draw.test.X) == len(draw.mix.X) == 1000
        train, test = draw.problem.train.environments.nunique(), draw.test.environments.unique()
        assert train == len(test) == 10 and set(np.abs(test) % 1) == {0.5}
        splits.append(tuple(sorted(test)))
        assert np.intersect1d(draw.problem.train.y, draw.test.y).size == 0
    assert len(set(splits)) == 3


def mouse_file(folder: Path) -> Path:
    """Made-up counts of 13 + 1 genotypes under the names of the real file."""
    rng = np.random.default_rng(0)
    names = ["neutrophils", "lymphocytes", "eosinophils", "basophils", "large_unstained_cells", "monocytes"]
    genotype = np.repeat(range(14), 6)
    table = pd.DataFrame({name: rng.random(len(genotype)) for name in names})
    path = folder / "impc_haematology.csv"
    table.assign(genotype=genotype).to_csv(path, index=False)
    return path


def test_mouse_splits_come_from_a_file_or_there_are_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from benchmark_utils.mice import CROSS_FIT_EVERY, VARIABLE, mouse_draws

    monkeypatch.delenv(VARIABLE, raising=False)
    assert mouse_draws((0, 2, 4, 7), 45, 0) == []
    monkeypatch.setenv(VARIABLE, str(mouse_file(tmp_path)))
    draws = mouse_draws((0, 2, 4, 7), 45, 0)
    assert [draw.seed for draw in draws] == list(range(45))
    for draw in draws:
        trained, tested = set(draw.problem.train.environments), set(draw.test.environments)
        assert {0, 2, 4, 7} < trained and len(trained) == 6 and len(tested) == 8 and not trained & tested
    halved = [draw.seed for draw in draws if draw.problem.first_half is not None]
    assert halved == list(range(0, 45, CROSS_FIT_EVERY))


def condition_by_paths(graph: nx.DiGraph, mutable: tuple[str, ...]) -> bool:
    """The condition from its definition, path by path."""
    heads = [m for m in mutable if graph.has_edge("y", m)]
    return not any(nx.has_path(graph, m, v) for m in heads for v in graph.successors("y") if v not in mutable)


@pytest.mark.parametrize("kind", ["linear", "nonlinear", "heteroscedastic", "products"])
def test_random_worlds_are_what_they_say(kind: str) -> None:
    from benchmark_utils.random_worlds import condition_draw

    verdicts = []
    for seed in range(8):
        draw = condition_draw(kind, seed)
        graph, mutable, train = draw.problem.causal_graph, draw.problem.mutable, draw.problem.train
        assert nx.is_directed_acyclic_graph(graph) and 8 <= len(graph) <= 10 and 1 <= len(mutable) <= 3
        assert set(train.X) == set(graph) - {"y"} and "y" not in mutable
        assert draw.whole_set_is_optimal == condition_by_paths(graph, mutable)
        assert train.environments.value_counts().tolist() == [500] * 4
        assert draw.mix is not None and draw.test is not None
        assert set(draw.mix.environments) == {0, 1, 2, 3} and set(draw.test.environments) == {4, 5, 6, 7}
        both = pd.concat([train.X, draw.mix.X])
        np.testing.assert_allclose(both.std(ddof=0), 1)
        verdicts.append(draw.whole_set_is_optimal)
    assert 0 < sum(verdicts) < 8


def test_stable_variables_of_random_worlds_keep_their_mechanism() -> None:
    from benchmark_utils.random_worlds import condition_draw

    draw = condition_draw("linear", 1)
    rows, graph = draw.problem.train, draw.problem.causal_graph
    everything = rows.X.assign(y=rows.y)
    changed = []
    for name in graph:
        parents = list(graph.predecessors(name))
        design = np.column_stack([np.ones(len(everything)), everything[parents]])
        fits = [
            np.linalg.lstsq(design[rows.environments == e], everything.loc[rows.environments == e, name])
            for e in range(4)
        ]
        coefficients = np.array([fit[0] for fit in fits])
        spread = np.sqrt(np.array([fit[1][0] for fit in fits]) / 500)
        # Standard errors of coefficients are about 1 / sqrt(500), of log spreads 1 / sqrt(1000).
        moved = np.ptp(coefficients, axis=0).max() / spread.mean() > 0.5 or np.ptp(np.log(spread)) > 0.25
        changed += [name] * bool(moved)
    assert set(changed) == set(draw.problem.mutable)


def test_draws_for_pruning_have_many_classes_and_need_a_search() -> None:
    from benchmark_utils.random_worlds import classes_draw

    for seed in range(3):
        draw = classes_draw("products", 8, 40, seed)
        graph, mutable = draw.problem.causal_graph, draw.problem.mutable
        assert len(draw.problem.stable) == 8 and not condition_by_paths(graph, mutable)
        assert 5 <= len(subset_classes(graph, "y", mutable)) <= 40


def test_anchor_regression_minimises_its_loss() -> None:
    from benchmark_utils.anchor import anchor_coefficients

    rng = np.random.default_rng(0)
    environments = rng.integers(4, size=300)
    x = rng.normal(size=(300, 3)) + environments[:, None]
    y = x @ [1.0, 2.0, 0.0] + environments + rng.normal(size=300)
    x, y = x - x.mean(axis=0), y - y.mean()

    def loss(b: np.ndarray, gamma: float) -> float:
        residual = pd.Series(y - x @ b)
        between = residual.groupby(environments).transform("mean")
        return float(((residual - between) ** 2).sum() + gamma * (between**2).sum())

    for gamma in (1.0, 2.0, 100.0):
        found = anchor_coefficients(x, y, environments, gamma)
        steps = 1e-3 * np.vstack([np.eye(3), -np.eye(3)])
        assert all(loss(found, gamma) < loss(found + step, gamma) for step in steps)
    ordinary = np.linalg.lstsq(x, y)[0]
    np.testing.assert_allclose(anchor_coefficients(x, y, environments, 1.0), ordinary)


def test_group_dro_reaches_the_smallest_largest_loss() -> None:
    from benchmark_utils.group_dro import robust_coefficients, update_weights
    from scipy.optimize import minimize

    rng = np.random.default_rng(1)
    environments = np.repeat([0, 1, 2], [400, 100, 50])
    x = np.column_stack([np.ones(550), rng.normal(size=550)])
    slope, noise = np.array([1.0, -1.0, 0.5])[environments], np.array([0.5, 0.6, 1.0])[environments]
    y = slope * x[:, 1] + noise * rng.normal(size=550)

    def largest(b: np.ndarray) -> float:
        return float(pd.Series((y - x @ b) ** 2).groupby(environments).mean().max())

    found, weights = robust_coefficients(x, y, environments)
    best = minimize(largest, np.zeros(2), method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-10})
    assert largest(found) < 1.01 * best.fun
    assert weights.sum() == pytest.approx(1)
    np.testing.assert_allclose(
        update_weights(np.array([0.5, 0.5]), np.array([1.0, 3.0]), 0.5), [1 / (1 + np.e), np.e / (1 + np.e)]
    )


def test_irm_penalty_is_the_squared_slope_at_one() -> None:
    torch = pytest.importorskip("torch")
    from benchmark_utils.networks import WARM_STEPS, irm_loss

    outcome = torch.tensor([1.0, 2.0, 3.0, 4.0]).repeat_interleave(2)
    prediction, blocks = 0.5 * outcome, [slice(0, 4), slice(4, 8)]
    loss = irm_loss(10.0)()
    values = [float(loss(prediction, outcome, blocks)) for _ in range(WARM_STEPS + 1)]
    risks, slopes = [], []
    for block in blocks:
        y, f = outcome[block].numpy(), prediction[block].numpy()
        risks.append(np.mean((f - y) ** 2))
        slopes.append((np.mean((1.001 * f - y) ** 2) - np.mean((0.999 * f - y) ** 2)) / 0.002)
    # Rows come in equal pairs, so that both halves of a batch have the same slope.
    punished = np.mean(np.square(slopes))
    assert values[0] == pytest.approx(np.mean(risks) + punished, rel=1e-4)
    assert values[-1] == pytest.approx((np.mean(risks) + 10 * punished) / 10, rel=1e-4)


def test_dro_loss_moves_weight_to_the_worst_environment() -> None:
    torch = pytest.importorskip("torch")
    from benchmark_utils.networks import dro_loss

    outcome, prediction = torch.tensor([0.0, 0.0, 2.0, 2.0]), torch.zeros(4)
    loss = dro_loss(0.5)()
    values = [float(loss(prediction, outcome, [slice(0, 2), slice(2, 4)])) for _ in range(20)]
    assert values[0] == pytest.approx(4 * np.exp(2) / (1 + np.exp(2)))
    assert values == sorted(values) and values[-1] == pytest.approx(4, abs=1e-3)


@pytest.mark.parametrize("model", ["linear", "network"])
def test_networks_repeat_and_learn(model: str) -> None:
    pytest.importorskip("torch")
    from benchmark_utils.networks import dro_loss, train

    rng = np.random.default_rng(0)
    x, environments = rng.normal(size=(400, 2)), np.repeat([0, 1], 200)
    y = x[:, 0]
    first, second = (train(x, y, environments, model, dro_loss(0.1), seed=3)(x) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert np.mean((first - y) ** 2) < 0.05


def test_which_invariant_subset_is_taken() -> None:
    from benchmark_utils.invariant_subsets import select

    found = [((), 0.5, 2.0), (("a",), 0.2, 1.0), (("b",), 0.01, 0.1), (("a", "b"), 0.04, 0.05)]
    assert select(found, 0.05) == ("a",)
    assert select(found, 0.6) == ()
    assert select(found, 0.03) == ("a", "b")


def test_residuals_that_differ_in_mean_or_spread_are_rejected() -> None:
    from benchmark_utils.invariant_subsets import residual_pvalue

    rng = np.random.default_rng(0)
    environments = np.repeat([0, 1, 2], 300)
    residuals = rng.normal(size=900)
    rejected = [residual_pvalue(rng.normal(size=900), environments) <= 0.05 for _ in range(200)]
    # Binomial(200, .05): 19 or fewer with probability .997.
    assert sum(rejected) <= 19
    assert residual_pvalue(residuals + 0.3 * (environments == 1), environments) < 0.01
    assert residual_pvalue(residuals * np.where(environments == 2, 1.5, 1), environments) < 0.01


def test_invariant_subset_of_a_world_with_a_changing_child() -> None:
    from benchmark_utils.invariant_subsets import invariant_subset

    rng = np.random.default_rng(0)
    environments = pd.Series(np.repeat([0, 1, 2], 500))
    cause = rng.normal(size=1500)
    y = pd.Series(cause + rng.normal(size=1500))
    child = np.array([0.2, 1.0, 3.0])[environments] * y + rng.normal(size=1500)
    X = pd.DataFrame({"cause": cause, "child": child})
    assert invariant_subset(X, y, environments, "ridge", alpha=0.05, seed=0) == ("cause",)


def test_linear_models_see_levels_as_indicators() -> None:
    from benchmark_utils.columns import encoder, levels_of
    from benchmark_utils.learners import fit_ridge

    X = pd.DataFrame({"level": np.arange(300) % 3, "number": np.linspace(0, 1, 300)})
    y = pd.Series(np.array([0.0, 5.0, 1.0])[X["level"]])
    assert levels_of(X) == ["level"]
    assert encoder(X).fit_transform(X).shape == (300, 4)
    np.testing.assert_allclose(fit_ridge(X, y)(X), y, atol=0.05)


def test_no_columns_give_the_training_mean() -> None:
    from benchmark_utils.learners import fit_on

    X, y = pd.DataFrame({"a": [1.0, 2.0, 3.0]}), pd.Series([1.0, 2.0, 6.0])
    np.testing.assert_array_equal(fit_on((), "ridge", X, y)(X.iloc[:2]), [3.0, 3.0])


def test_boosting_finds_a_step() -> None:
    from benchmark_utils.learners import fit_boosting

    rng = np.random.default_rng(0)
    X = pd.DataFrame({"a": rng.random(600), "b": rng.random(600)})
    y = pd.Series(np.where(X["a"] > 0.5, 1.0, 0.0) + 0.1 * rng.normal(size=600))
    assert np.mean((fit_boosting(X, y)(X) - (X["a"] > 0.5)) ** 2) < 0.02


def test_causal_icp_answers_with_the_parents() -> None:
    pytest.importorskip("causalicp", reason="the benchmark's own packages are not installed")
    from benchmark_utils.problems import Problem, Table

    rng = np.random.default_rng(0)
    environments = pd.Series(np.repeat([0, 1, 2], 400))
    parent = rng.normal(size=1200) * np.array([1.0, 2.0, 3.0])[environments]
    y = pd.Series(parent + rng.normal(size=1200), name="y")
    child = y + np.array([0.0, 2.0, -2.0])[environments] + rng.normal(size=1200)
    X = pd.DataFrame({"parent": parent, "child": child})
    problem = Problem(Table(X, y, environments), nx.DiGraph([("parent", "y"), ("y", "child")]), ())
    answer = solver_answer("causal_icp", problem, learner="ridge").answer
    assert answer.columns == ("parent",)
    np.testing.assert_allclose(answer.predict(X), parent, atol=0.5)


def test_scores_of_a_constant(interaction: Any) -> None:
    from benchmark_utils.answers import scores

    found = scores(solver_answer("constant", interaction.problem), interaction)
    train, test = interaction.problem.train.y, interaction.test
    scale = train.var()
    each = ((test.y - train.mean()) ** 2).groupby(test.environments).mean() / scale
    assert found["max_risk"] == pytest.approx(each.max())
    assert json.loads(found["risks"]) == {str(label): pytest.approx(v, abs=1e-6) for label, v in each.items()}
    assert found["mix_risk"] == pytest.approx(np.mean((interaction.mix.y - train.mean()) ** 2) / scale)
    assert found["columns"] == "{}" and found["exact_risk"] == pytest.approx(1 / 12 / scale)
    best = min(interaction.worst_case_risk.values())
    assert found["regret"] == pytest.approx((1 / 12 - best) / scale)
    assert np.isnan(found["n_tied"]) and found["estimates"] == "" and found["rows"] == ""


def test_regret_and_estimates_are_against_the_exact_risks(interaction: Any) -> None:
    from benchmark_utils.answers import Answer, Search, Timed, scores

    estimates = {("Z",): (0.05, 0.04, 0.06), (): (0.08, 0.07, 0.09)}
    search = Search(0.05, (0.04, 0.06), estimates, (("Z",), ("X",)), 4, 2, 0.5, False)
    answer = Answer(lambda X: X["Z"].to_numpy(), subset=("Z",), columns=("Z",), search=search)
    found = scores(Timed(answer, 1.5), interaction)
    exact = interaction.worst_case_risk
    assert found["regret"] == pytest.approx(0) and found["seconds"] == 1.5
    estimates = json.loads(found["estimates"])
    assert estimates == {
        "{Z}": [0.05, 0.04, 0.06, pytest.approx(exact[frozenset("Z")])],
        "{}": [0.08, 0.07, 0.09, pytest.approx(exact[frozenset()])],
    }
    assert (found["n_fitted"], found["n_classes"], found["poor_overlap"]) == (2, 4, 0)
    assert (found["n_tied"], found["best_tied"]) == (2, 1)
    worse = dataclasses.replace(search, tied=(("X", "Z"), ("M",)))
    assert scores(Timed(dataclasses.replace(answer, search=worse), 1.5), interaction)["best_tied"] == 0


def test_verdicts_count_where_there_is_a_truth(interaction: Any) -> None:
    from benchmark_utils.answers import Answer, Timed, scores

    right = scores(Timed(Answer(verdict=False, mutable=("M",), identified=True), 0.0), interaction)
    wrong = scores(Timed(Answer(verdict=True, mutable=("X",), identified=False), 0.0), interaction)
    assert (right["verdict_right"], right["mutable_right"], right["identified"]) == (1, 1, 1)
    assert (wrong["verdict_right"], wrong["mutable_right"], wrong["identified"]) == (0, 0, 0)
    assert np.isnan(right["max_risk"])
    silent = scores(solver_answer("constant", interaction.problem), interaction)
    assert np.isnan(silent["verdict_right"]) and np.isnan(silent["identified"])


def test_fits_on_halves_predict_the_other_half(tmp_path: Path) -> None:
    from benchmark_utils.answers import scores
    from benchmark_utils.mice import mouse_draws

    draw = mouse_draws((0, 2, 4, 7), 1, 0, str(mouse_file(tmp_path)))[0]
    timed = solver_answer("constant", draw.problem)
    first, y = draw.problem.first_half, draw.problem.train.y.to_numpy()
    expected = np.where(first, y[~first].mean(), y[first].mean())
    np.testing.assert_allclose(timed.out_of_fold, expected)
    found = scores(timed, draw)
    assert found["mix_risk"] == pytest.approx(np.mean((y - expected) ** 2) / y.var(ddof=1))
    rows = json.loads(found["rows"])
    assert rows["row"] == draw.test.X.index.tolist() and len(rows["loss"]) == len(draw.test.y)


def test_our_search_says_what_the_model_says(interaction: Any) -> None:
    timed = solver_answer("minimax_subset", interaction.problem, knows="graph", search="exhaustive")
    answer = timed.answer
    assert answer.subset == answer.columns and not answer.refused
    assert set(answer.search.estimates) == {(), ("X",), ("Z",), ("X", "Z")}
    assert answer.search.n_classes == answer.search.n_fitted == 4
    low, high = answer.search.interval
    assert answer.search.estimates[answer.subset] == pytest.approx((answer.search.risk, low, high))
    assert answer.identified and answer.mutable is None and answer.verdict is False


def test_the_whole_stable_set_is_that_of_the_search(interaction: Any) -> None:
    from causalkit.estimators import MinimaxSubsetRegressor

    problem, test = interaction.problem, interaction.test.rows(np.arange(len(interaction.test.y)) % 20 == 0)
    answer = solver_answer("whole_stable_set", problem).answer
    model = MinimaxSubsetRegressor(
        causal_graph=problem.causal_graph, mutable=problem.mutable, n_refits=0, random_state=0
    ).fit(problem.train.X, problem.train.y, environments=problem.train.environments)
    theirs = model.environment_risks(test.X, test.y, test.environments)["whole stable set"]
    loss = (test.y - answer.predict(test.X)) ** 2 / problem.train.y.var()
    mine = loss.groupby(test.environments).mean()
    # Only the folds differ, by their seed.
    np.testing.assert_allclose(mine, theirs, rtol=0.1)
    assert answer.subset == ("X", "Z")


def test_a_search_without_overlap_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    from benchmark_utils.problems import Problem, Table

    rng = np.random.default_rng(0)
    y = rng.normal(size=400)
    X = pd.DataFrame({"m": y + 0.1 * rng.normal(size=400), "x": y + rng.normal(size=400)})
    # So many effective rows no data have.
    monkeypatch.setattr("causalkit.estimators._minimax._overlap._TOO_FEW", np.inf)
    rows = Table(X, pd.Series(y, name="y"), pd.Series(np.repeat([0, 1], 200)))
    problem = Problem(rows, nx.DiGraph([("y", "m"), ("y", "x"), ("m", "x")]), ("m",))
    for answer in (
        solver_answer("minimax_subset", problem, knows="graph", search="best_first").answer,
        solver_answer("whole_stable_set", problem).answer,
    ):
        assert answer.refused and answer.search is None and answer.subset is None
        np.testing.assert_allclose(answer.predict(X.iloc[:3]), y.mean())


def test_only_a_refusal_is_taken_for_one() -> None:
    from benchmark_utils.problems import Problem, Table

    rows = Table(pd.DataFrame({"m": [1.0, 1.0], "x": [1.0, 2.0]}), pd.Series([0.0, 1.0]), pd.Series([0, 1]))
    problem = Problem(rows, nx.DiGraph([("y", "m"), ("m", "x")]), ("m",))
    with pytest.raises(ValueError, match=r"column .m.. must vary"):
        solver_answer("minimax_subset", problem, knows="graph", search="best_first")


def test_verdicts_of_given_graphs_are_the_truth() -> None:
    from benchmark_utils.answers import scores
    from benchmark_utils.random_worlds import condition_draw

    for seed in range(6):
        draw = condition_draw("linear", seed)
        given = {"knows": "graph", "search": "best_first"}
        timed = solver_answer("minimax_subset", draw.problem, "discovery", **given)
        assert timed.answer.predict is None and scores(timed, draw)["verdict_right"] == 1
    guesses = [
        solver_answer("constant_verdict", draw.problem, "discovery", says=says).answer.verdict
        for says in ("whole set", "search")
    ]
    assert guesses == [True, False]


def test_solvers_skip_what_they_cannot_answer(interaction: Any) -> None:
    pytest.importorskip("benchopt", reason="the benchmark's own packages are not installed")
    from benchmark_utils.worlds import published_draw, reference_draw

    def skips(module: str, problem: Any, question: str, **parameters: Any) -> bool:
        solver = importlib.import_module(f"solvers.{module}").Solver.get_instance(**parameters)
        return bool(solver.skip([problem] if problem else [], question)[0])

    few = reference_draw("interaction", 0, n_rows=10).problem
    ours = {"knows": "nothing", "search": "best_first"}
    assert not skips("constant", interaction.problem, "prediction")
    assert skips("constant", interaction.problem, "discovery")
    assert skips("constant", None, "prediction")
    assert skips("constant_verdict", interaction.problem, "prediction")
    assert skips("minimax_subset", few, "prediction", **ours)
    assert not skips("minimax_subset", few, "prediction", **{**ours, "knows": "graph"})
    wide = published_draw(0).problem
    assert skips("invariant_subset_search", wide, "prediction", learner="boosting")
    assert not skips("invariant_subset_search", wide, "prediction", learner="ridge")


def raw_rows(solver: str, risks: list[float], dataset: str = "reference", **more: Any) -> pd.DataFrame:
    """What benchopt writes for one solver in one case."""
    each = [json.dumps({"0.0": risk / 2, "1.0": risk}) for risk in risks]
    scores = {
        "value": risks,
        "max_risk": risks,
        "risks": each,
        "rows": "",
        "mix_risk": 0.5,
        "columns": "",
        "exact_risk": np.nan,
        "regret": np.nan,
        "estimated_risk": np.nan,
        "n_tied": np.nan,
        "best_tied": np.nan,
        "n_classes": np.nan,
        "n_fitted": np.nan,
        "effective_share": np.nan,
        "poor_overlap": np.nan,
        "estimates": "",
        "verdict_right": np.nan,
        "whole_set_is_optimal": 0.0,
        "mutable_right": np.nan,
        "identified": np.nan,
        "refused": 0.0,
        "training_variance": 0.1,
        "seconds": 2.0,
        "draw": np.arange(len(risks)),
        "versions": "causalkit-learn 0",
        **{name: value for name, value in more.items() if not name.startswith("p_")},
    }
    parameters = {"p_dataset_world": "interaction", "p_dataset_n_levels": 10, "p_dataset_noise": 0.3}
    own = {name: value for name, value in more.items() if name.startswith("p_")}
    return pd.DataFrame(
        {
            "solver_name": solver,
            "dataset_name": f"{dataset}[x=1]",
            "run_date": "2030-01-01",
            **(parameters if dataset == "reference" else {}),
            **own,
            **{f"objective_{name}": value for name, value in scores.items()},
        }
    )


OURS_ROWS = {
    "columns": ["{Z}", "{Z}", "{X, Z}", "{Z}"],
    "exact_risk": 0.5,
    "regret": 0.0,
    "n_tied": 2.0,
    "best_tied": [1.0, 1.0, 0.0, 1.0],
    "n_classes": 4.0,
    "n_fitted": 2.0,
    "identified": 1.0,
    "estimates": [
        json.dumps({"{Z}": [0.05, 0.04, 0.06, 0.04 + shift], "{X, Z}": [0.08, 0.07, 0.09, 0.1]})
        for shift in (0.01, 0.01, 0.01, 0.03)
    ],
    "seconds": 6.0,
}


def page_of(folder: Path, part: str, *rows: pd.DataFrame) -> str:
    from reporting.page import results_page
    from reporting.runs import read_runs

    path = folder / f"full_{part}.parquet"
    pd.concat(rows, ignore_index=True).to_parquet(path)
    return results_page(read_runs([path]), "make benchmark-full")


@pytest.fixture
def page(tmp_path: Path) -> str:
    return page_of(
        tmp_path,
        "interaction",
        raw_rows("constant", [1.0, 1.0, 1.0, 1.0], columns="{}"),
        raw_rows("pooled boosting", [0.5, 0.7, 0.5, 0.7]),
        raw_rows("IRM[model=linear,penalty=100.0]", [0.4, 0.4]),
        raw_rows("ours[knows=graph,search=best_first]", [0.6, 0.4, 0.4, 0.6], **OURS_ROWS),
    )


def table_row(page: str, start: str) -> list[str]:
    line = next(line for line in page.splitlines() if line.startswith(f"| {start} |"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_report_shows_means_errors_and_ratios(page: str) -> None:
    head = "|  | largest risk | largest MSE | training mix | chosen columns |"
    assert head in page and "**interaction, K = 10, t = .3**, 4 draws." in page
    ours = table_row(page, "**ours, given graph**")
    assert ours[1:5] == [".500 (.058)", ".0500 (.0058)", ".500 (.000)", "{Z} 3, {X, Z} 1"]
    # Of four intervals those of the picks count: the third is that of {X, Z}, the fourth misses.
    assert ours[5:] == [".500 (.000)", ".000 (.000)", "2 of 4", "2", "3 of 4", ".50", "0 of 4", "3.0"]
    assert table_row(page, "constant")[1] == "1.000 (.000)"
    assert table_row(page, "pooled boosting")[-1] == "1.0 (2 s)"
    assert "| **ours, given graph** | .250 | .500 |" in page


def test_report_shows_estimates_of_every_subset(page: str) -> None:
    assert table_row(page, "{Z}")[1:] == [".0500", ".0500", "0.0 %", "3 of 4"]
    assert table_row(page, "{X, Z}")[1:] == [".1000", ".0800", "20.0 %", "0 of 4"]
    assert table_row(page, "*every subset*")[3:] == ["20.0 %", "3 of 8"]


def test_report_keeps_what_we_lose_and_what_is_missing(page: str) -> None:
    behind = page.split("## Where another method")[1].split("##")[0]
    assert "| IRM 100, linear | .400 (.000) | .500 (.058) | -.100 (.100) | 1 of 2 |" in behind
    assert "constant" not in behind
    assert "Left out or failed: IRM 100, linear in interaction, K = 10, t = .3: 2 of 4 draws." in page
    assert "Parts that are not in this run: multiplicative, sequence" in page
    assert "Not in this run (part `pruning`)" in page


def test_later_figures_of_a_case_count(tmp_path: Path) -> None:
    from reporting.runs import read_runs

    old, new = tmp_path / "full_interaction.parquet", tmp_path / "more_interaction.parquet"
    raw_rows("constant", [1.0, 1.0]).to_parquet(old)
    raw_rows("constant", [2.0, 2.0]).assign(run_date="2030-01-02").to_parquet(new)
    runs = read_runs([new, old])
    assert runs["max_risk"].tolist() == [2, 2]


def test_discovery_counts_claims(tmp_path: Path) -> None:
    known = {"identified": [1.0, 1.0, 1.0, 0.0], "verdict_right": [1.0, 1.0, 0.0, 1.0]}
    nothing = [np.nan] * 4
    kinds = {"dataset": "random_graphs", "p_dataset_kind": "linear"}
    guess = {"identified": 1.0, "verdict_right": [0.0, 0.0, 1.0, 1.0], "value": 0.5}
    page = page_of(
        tmp_path,
        "discovery",
        raw_rows("constant guess[says=search]", nothing, **kinds, **guess),
        raw_rows(
            "ours[knows=nothing,search=best_first]",
            nothing,
            **kinds,
            **known,
            mutable_right=[1.0, 0.0, 0.0, 0.0],
            value=0.25,
        ),
    )
    assert "| always search | 2 / 0 / 2 | 2 / 0 / 2 |" in page
    assert "| **ours, learned** | 2 / 1 / 1 | 2 / 1 / 1 |" in page
    assert "| **ours, learned** | 1 / 1 / 2 | 1 / 1 / 2 |" in page
    assert "No case with a prediction in this run." in page


def test_pruning_compares_with_every_class(tmp_path: Path) -> None:
    world = {
        "dataset": "many_classes",
        "p_dataset_n_stable": 12.0,
        "p_dataset_kind": "linear",
        "identified": 1.0,
        "n_tied": 1.0,
    }
    best = {"n_classes": 40.0, "n_fitted": [4.0, 12.0, np.nan], "columns": ["{a}", "{b}", ""], "seconds": 1.0}
    every = {"n_classes": 40.0, "n_fitted": 40.0, "columns": ["{a}", "{c}", ""], "seconds": 4.0}
    refused = {"refused": [0.0, 0.0, 1.0]}
    page = page_of(
        tmp_path,
        "pruning",
        raw_rows("constant", [1.0, 1.0, 1.0], **world),
        raw_rows("ours[knows=graph,search=best_first]", [0.5, 0.5, 1.0], **world, **best, **refused),
        raw_rows("ours[knows=graph,search=exhaustive]", [0.5, 0.5, 1.0], **world, **every, **refused),
    )
    row = "| linear, 12 stable variables | 2 | 40 to 40 | .20 (.10) | 1 of 2 | .25 of the other's | 1 of 3 |"
    assert row in page


def split_rows(losses: dict[int, list[float]], first_row: dict[int, int]) -> str:
    """Rows, environments and losses of the test rows of one split."""
    return json.dumps(
        {
            "row": [first_row[e] + i for e, each in losses.items() for i in range(len(each))],
            "environment": [e for e, each in losses.items() for _ in each],
            "loss": [loss for each in losses.values() for loss in each],
        }
    )


def test_paired_difference_is_that_of_the_largest_risks() -> None:
    from reporting.bootstrap import paired_difference

    rng = np.random.default_rng(0)
    first_row = {1: 0, 2: 20, 3: 40}
    splits = [(1, 2), (2, 3), (1, 3)]
    losses = [
        [{e: rng.exponential(size=20).round(3).tolist() for e in split} for split in splits] for _ in range(2)
    ]
    frames = [
        pd.DataFrame({"draw": range(3), "rows": [split_rows(split, first_row) for split in method]})
        for method in losses
    ]
    largest = np.array(
        [[max(np.mean(each) for each in split.values()) for split in method] for method in losses]
    )
    found = paired_difference(*frames)
    assert found.estimate == pytest.approx((largest[0] - largest[1]).mean())
    assert found.low < found.estimate < found.high
    assert (found.splits_won, found.n_splits) == ((largest[0] < largest[1]).sum(), 3)
    same = paired_difference(frames[0], frames[0])
    assert (same.estimate, same.low, same.high) == (0, 0, 0)


def test_bootstrap_interval_of_one_environment_is_that_of_the_mean() -> None:
    from reporting.bootstrap import paired_difference

    rng = np.random.default_rng(1)
    gap = rng.normal(size=200)
    frames = [
        pd.DataFrame({"draw": [0], "rows": [split_rows({5: (5 + side * gap).tolist()}, {5: 0})]})
        for side in (1, 0)
    ]
    found = paired_difference(*frames)
    half_width = 1.96 * gap.std(ddof=1) / np.sqrt(200)
    assert found.estimate == pytest.approx(gap.mean())
    assert found.high - found.low == pytest.approx(2 * half_width, rel=0.1)


def test_every_part_has_a_section_and_every_name_is_known() -> None:
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    pytest.importorskip("benchopt", reason="the benchmark's own packages are not installed")
    from reporting.names import METHODS, method_of
    from reporting.page import SECTIONS
    from reporting.runs import PARTS

    configs = sorted((FOLDER / "configs").glob("*/*.yml"))
    for version in ("short", "full"):
        assert {path.stem for path in configs if path.parent.name == version} == set(PARTS)
    assert tuple(part for _, part, _ in SECTIONS) == PARTS
    for path in configs:
        for entry in yaml.safe_load(path.read_text(encoding="utf-8"))["solver"]:
            assert all(method_of(name) in METHODS for name in names_of(entry)), (path.stem, entry)


def names_of(entry: Any) -> list[str]:
    """Names that benchopt gives to the solvers of one entry of a configuration."""
    if isinstance(entry, str):
        return [entry]
    ((name, settings),) = entry.items()
    each: list[dict[str, Any]] = [{}]
    for key, values in settings.items():
        values = values if isinstance(values, list) else [values]
        each = [{**chosen, key: value} for chosen in each for value in values]
    return [f"{name}[{','.join(f'{k}={chosen[k]}' for k in sorted(chosen))}]" for chosen in each]
