"""The network benchmark's own code, and for every benchmark: configurations, and the running of parts."""

import ast
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from causalkit.datasets import make_network_cate

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"
FOLDER = BENCHMARKS / "network_cate"
CONFIGS = sorted(BENCHMARKS.glob("*/configs/*/*.yml"))
KINDS = {"solver": "Solver", "dataset": "Dataset"}

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
    own = ("benchmark_utils", "reporting", "objective")
    for name in [name for name in sys.modules if name.split(".")[0] in own]:
        del sys.modules[name]


@pytest.fixture(scope="module")
def world() -> Any:
    return make_network_cate(300, effect="constant", n_features=3, random_state=0)


def paper_effect(world: Any, final: str, repairs: str, nuisance: str = "mlp") -> np.ndarray:
    from benchmark_utils.paper import Repairs, r_learner

    columns, outcome, treatment = (np.asarray(part) for part in (world.X, world.y, world.treatment))
    settings = {"nuisance": nuisance, "final": final, "repairs": Repairs.named(repairs), "seed": 0}
    return r_learner(columns, world.graph, outcome, treatment, **settings)


def test_an_intercept_finds_the_constant_effect_that_the_released_line_misses(world: Any) -> None:
    errors = {
        repairs: np.mean((paper_effect(world, "linear", repairs) - world.cate) ** 2)
        for repairs in ("none", "intercept")
    }
    assert errors["none"] > 3 * errors["intercept"]


def test_convolutions_with_an_intercept_start_from_the_best_constant(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from benchmark_utils import paper

    monkeypatch.setattr(paper, "EFFECT_EPOCHS", 0)
    rng = np.random.default_rng(0)
    yr, tr = rng.normal(size=300), rng.normal(size=300)
    nodes = paper.Nodes.of(np.asarray(world.X), world.graph)
    effect = paper.network_effect(nodes, yr, tr, paper.Repairs.named("intercept"), 0)
    best = np.linalg.lstsq(tr[:, None], yr, rcond=None)[0]
    np.testing.assert_allclose(effect, np.full(300, best), rtol=1e-6)


def test_released_linear_stage_is_a_line_through_zero() -> None:
    from benchmark_utils.paper import Nodes, Repairs, linear_effect

    rng = np.random.default_rng(0)
    columns, yr, tr = rng.normal(size=(50, 2)), rng.normal(size=50), rng.normal(size=50)
    network = make_network_cate(50, random_state=0).graph
    found = [
        linear_effect(Nodes.of(x, network), yr, tr, Repairs.named("none"), 0) for x in (columns, -columns)
    ]
    np.testing.assert_allclose(found[0], found[1], atol=1e-6)
    slope = np.linalg.lstsq(columns, found[0], rcond=None)[0]
    np.testing.assert_allclose(columns @ slope, found[0], atol=1e-6)


def test_training_to_convergence_keeps_the_best_weights() -> None:
    torch = pytest.importorskip("torch")
    from benchmark_utils.paper import Nodes, OwnNetwork, Repairs, predict, train

    nodes = Nodes(torch.zeros(40, 1), torch.zeros(2, 0, dtype=torch.long))
    targets = {"some": 1.0, "held out": -1.0}
    seen: list[float] = []

    def loss(values: Any, rows: Any) -> Any:
        # Held-out rows want the opposite of the others: the weights from before the first step are the best.
        held_out = len(rows) == 8
        if held_out:
            seen.append(float((values[rows] - targets["held out"]).square().mean()))
        return (values[rows] - targets["held out" if held_out else "some"]).square().mean()

    model = OwnNetwork(1)
    before = predict(model, nodes)
    train(model, nodes, loss, np.arange(40), 0, Repairs.named("convergence"), 0)
    np.testing.assert_allclose(predict(model, nodes), before)
    assert len(seen) > 100


def test_single_network_with_an_intercept_starts_from_the_line() -> None:
    from benchmark_utils.paper import Nodes, Repairs, predict, single_network, tensor

    data = make_network_cate(80, n_features=2, random_state=0)
    columns, outcome, treatment = (np.asarray(part, dtype=float) for part in (data.X, data.y, data.treatment))
    model = single_network(columns, outcome, treatment, Repairs.named("intercept"))
    nodes = Nodes.of(columns, data.graph)
    contrast = predict(model, nodes.beside(tensor(np.ones(80)))) - predict(
        model, nodes.beside(tensor(np.zeros(80)))
    )
    design = np.column_stack([np.ones(80), treatment, columns])
    np.testing.assert_allclose(contrast, np.linalg.lstsq(design, outcome, rcond=None)[0][1], rtol=1e-4)


def test_repairs_by_an_unknown_name() -> None:
    from benchmark_utils.paper import Repairs

    with pytest.raises(ValueError, match=r"repairs must be one of .*; got 'all'"):
        Repairs.named("all")


def final_stage(data: Any, network: Any, final: str) -> np.ndarray:
    """Effects of a final stage that is given the true nuisances."""
    from benchmark_utils.stages import TwoStages

    learner = TwoStages(nuisances="own", final=final, seed=0)
    learner.network, learner.fold = network, np.arange(len(data.X)) % 5
    learner.tr = np.asarray(data.treatment) - data.propensity
    learner.yr = np.asarray(data.y) - data.outcome_mean
    learner._fit_effect(data.X)
    return learner.cate


def test_a_blind_final_stage_does_not_look_at_the_links() -> None:
    data = make_network_cate(400, effect="one_hop", n_features=3, noise=0.2, random_state=0)
    other = make_network_cate(400, n_features=3, random_state=1).graph
    blind, aware = (final_stage(data, data.graph, final) for final in ("own", "hops"))
    np.testing.assert_array_equal(blind, final_stage(data, other, "own"))
    errors = [np.mean((effect - data.cate) ** 2) / data.cate.var() for effect in (blind, aware)]
    assert errors[1] < 0.1 < 0.8 < errors[0]


def objective(**data: Any) -> Any:
    pytest.importorskip("benchopt", reason="the benchmark's own packages are not installed")
    from objective import Objective

    made = Objective.get_instance()
    made.set_data(X=None, y=None, treatment=None, **data)
    return made


def test_scores_of_the_average_effect_and_by_degree() -> None:
    degrees = np.array([1, 1, 2, 2, 2, 2, 2, 2, 2, 9])
    scored = objective(graph=SimpleNamespace(degrees=degrees), cate=np.zeros(10))
    error = np.array([3.0, 5.0, 0, 0, 0, 0, 0, 0, 0, 7.0])
    assert scored._by_degree(error) == {"mse_periphery": 4.0, "mse_hubs": 7.0}
    assert scored._average_scores(0.5, (-0.1, 1.1)) == {
        "ate_bias": 0.5,
        "ate_error": 0.5,
        "ate_covered": 1.0,
        "ate_width": pytest.approx(1.2),
    }
    assert scored._average_scores(-0.5, (-0.9, -0.1))["ate_covered"] == 0.0
    assert np.isnan(scored._average_scores(None, None)["ate_covered"])


def test_data_without_their_file_are_skipped() -> None:
    skipped, reason = objective(graph=None, cate=None).skip(None, None, None, None, None)
    assert skipped
    assert "file" in reason


def raw_row(solver: str, world: str, seed: int, mse: float, **more: Any) -> dict[str, Any]:
    return {
        "solver_name": solver,
        "dataset_name": f"simulated[seed={seed},world={world}]",
        "p_dataset_world": world,
        "p_dataset_seed": seed,
        "objective_value": mse,
        "objective_effect_variance": 0.5,
        "objective_rows": 2000,
        "objective_versions": "causalkit-learn 0",
        "time": 1.0,
        "run_date": "2030-01-01",
        **more,
    }


def saved(folder: Path, name: str, rows: list[dict[str, Any]]) -> Path:
    path = folder / f"{name}.parquet"
    pd.DataFrame(rows).to_parquet(path)
    return path


def test_report_of_a_partial_run(tmp_path: Path) -> None:
    from reporting.page import main_cases, results_page
    from reporting.runs import read_runs

    old = saved(tmp_path, "full_worlds", [raw_row("GraphRLearner[networks=default]", "one_hop", 0, 0.4)])
    new = saved(
        tmp_path,
        "full_features",
        [
            raw_row("GraphRLearner[networks=default]", "one_hop", 0, 0.1, run_date="2030-01-02"),
            raw_row("GraphRLearner[networks=default]", "one_hop", 1, 0.2),
            raw_row("constant", "one_hop", 1, 0.5),
        ],
    )
    runs = read_runs([new, old])
    cases = main_cases(runs)
    assert cases.loc[("one_hop", "GraphRLearner"), "error"] == pytest.approx(0.15 / 0.5)
    page = results_page(runs, "make benchmark-full")
    assert "constant in `one_hop` (simulated), seeds 0" in page
    assert "Parts that are not in this run: worlds, learners" in page
    assert "Not in this run (part `stages`)" in page


def test_labels_do_not_depend_on_the_order_of_parameters() -> None:
    from reporting.names import paper_label, solver_label

    label = solver_label("paper R-learner[final=gcn,nuisance=mlp,repairs=both]")
    assert label == paper_label("mlp", "gcn", "both")
    assert label == "paper R-learner, MLP nuisances, GCN final stage, both repairs"
    assert solver_label("GraphRLearner[networks=default]") == "GraphRLearner"


def declared(folder: Path, kind: str) -> dict[str, set[str]]:
    """Names of solvers or data sets and of their parameters, read without importing what may be missing."""
    found = {}
    for path in (folder / f"{kind}s").glob("*.py"):
        body = next(
            node.body
            for node in ast.parse(path.read_text(encoding="utf-8")).body
            if isinstance(node, ast.ClassDef) and node.name == KINDS[kind]
        )
        values = {node.targets[0].id: node.value for node in body if isinstance(node, ast.Assign)}
        keys = {ast.literal_eval(key) for key in getattr(values.get("parameters"), "keys", [])}
        found[ast.literal_eval(values["name"])] = keys
    return found


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: "-".join([path.parts[-4], *path.parts[-2:]]))
def test_configurations_name_what_exists(path: Path) -> None:
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    config = yaml.safe_load(path.read_text(encoding="utf-8"))
    for kind in KINDS:
        known = declared(path.parents[2], kind)
        for entry in config[kind]:
            name, settings = next(iter(entry.items())) if isinstance(entry, dict) else (entry, {})
            assert set(settings) <= known[name]
    assert config["output"] == f"{path.parent.name}_{path.stem}"


def test_reported_seeds_are_in_full_configurations_only() -> None:
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    for path in CONFIGS:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))["dataset"]
        seeds = np.concatenate([np.ravel(settings["seed"]) for entry in data for settings in entry.values()])
        assert all((seeds >= 1000) == (path.parent.name == "full"))


@pytest.fixture
def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The script that runs the parts, on two made-up benchmarks; commands are noted in `calls`, not run."""
    spec = importlib.util.spec_from_file_location("run_benchmarks", BENCHMARKS / "run.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name, parts in {"apples": ["small", "shared"], "pears": ["shared"]}.items():
        (tmp_path / name / "configs" / "full").mkdir(parents=True)
        (tmp_path / name / "objective.py").touch()
        for part in parts:
            (tmp_path / name / "configs" / "full" / f"{part}.yml").write_text("dataset: []\n")
    monkeypatch.setattr(module, "HERE", tmp_path)
    module.calls = []

    def note(command: list[Any], check: bool) -> None:
        module.calls.append(command)
        if "--config" in command:
            module.figures_of(command[-1]).touch()

    monkeypatch.setattr(module.subprocess, "run", note)
    return module


def called(runner: Any) -> list[str]:
    """The parts that were run, and the benchmarks whose pages were written."""
    return [
        Path(command[-1]).stem if "--config" in command else Path(command[1]).parent.name
        for command in runner.calls
    ]


def test_all_parts_or_those_with_a_name(runner: Any) -> None:
    runner.main(["full"])
    assert called(runner) == ["shared", "small", "apples", "shared", "pears"]
    runner.calls.clear()
    runner.main(["full", "--parts", "small", "--again"])
    assert called(runner) == ["small", "apples"]
    runner.calls.clear()
    runner.main(["full", "--benchmarks", "pears", "--parts"])
    assert called(runner) == ["pears"]


def test_names_that_do_not_exist(runner: Any) -> None:
    with pytest.raises(SystemExit, match="no benchmark is called plums; there are apples, pears"):
        runner.main(["full", "--benchmarks", "plums"])
    with pytest.raises(SystemExit, match="no full part is called large; there are shared, small"):
        runner.main(["full", "--parts", "large", "small"])
    with pytest.raises(SystemExit, match="no full part is called small; there are shared"):
        runner.main(["full", "--benchmarks", "pears", "--parts", "small"])
    assert runner.calls == []


def test_a_part_without_its_file_is_skipped_with_a_line(
    runner: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = runner.HERE / "pears" / "configs" / "full" / "shared.yml"
    config.write_text("# Pears of all sizes.\n# needs: PEAR_FILE\ndataset: []\n")
    monkeypatch.delenv("PEAR_FILE", raising=False)
    runner.main(["full", "--benchmarks", "pears"])
    skipped = "pears/shared: skipped, its data are a file that PEAR_FILE must name\n"
    assert capsys.readouterr().out == skipped + "pears: no figures, no page\n"
    assert runner.calls == []
    monkeypatch.setenv("PEAR_FILE", "pears.csv")
    runner.run_part(config, again=False)
    assert called(runner) == ["shared"]


def test_figures_that_are_there_are_not_made_again_unless_asked_for(
    runner: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    config = runner.HERE / "pears" / "configs" / "full" / "shared.yml"
    figures = runner.HERE / "pears" / "outputs" / "full_shared.parquet"
    figures.parent.mkdir()
    figures.touch()
    runner.run_part(config, again=False)
    assert "figures are there already" in capsys.readouterr().out
    assert runner.calls == [] and figures.exists()
    figures.write_text("old")
    runner.run_part(config, again=True)
    assert called(runner) == ["shared"] and figures.read_text() == ""


def test_a_short_run_starts_without_earlier_figures(runner: Any) -> None:
    folder = runner.HERE / "apples"
    (folder / "configs" / "full").rename(folder / "configs" / "short")
    (folder / "outputs").mkdir()
    old, full = (folder / "outputs" / f"{version}_old.parquet" for version in ("short", "full"))
    old.touch()
    full.touch()
    runner.main(["short", "--benchmarks", "apples"])
    assert full.exists() and not old.exists()
    assert called(runner) == ["shared", "small", "apples"]
    assert runner.calls[-1][-2:] == ["--command", "make benchmark"]


def test_the_part_with_a_file_of_the_users_says_so() -> None:
    for version in ("short", "full"):
        text = (FOLDER / "configs" / version / "cora.yml").read_text(encoding="utf-8")
        assert "# needs: CAUSALKIT_PLANETOID" in text.splitlines()
