"""Fit time and peak memory of GraphRLearner as the network grows, beside EconML's causal forest.

Every fit runs in a process of its own. Prints a Markdown table, and how fast time grows with the nodes.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from causalkit.datasets import make_network_cate

# The forest is the one of the other benchmark.
sys.path.insert(0, str(Path(__file__).parent / "network_cate"))

SIZES = (20_000, 40_000, 80_000, 160_000)
MILLION = 1_000_000
N_JOBS = 2
OURS, FOREST = "GraphRLearner", "CausalForestDML"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), help="numbers of nodes")
    parser.add_argument("--million", action="store_true", help="also 1,000,000 nodes and 4,000,000 edges")
    parser.add_argument("--effect", default="one_hop", help="effect of make_network_cate")
    parser.add_argument("--seed", type=int, default=0, help="seed of the data")
    parser.add_argument("--child", nargs=2, metavar=("SOLVER", "NODES"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        solver, n_nodes = arguments.child
        print(json.dumps(measure(solver, int(n_nodes), arguments.effect, arguments.seed)))
        return
    sizes = sorted(arguments.sizes)
    cases = [(FOREST, sizes[0]), *((OURS, n_nodes) for n_nodes in sizes)]
    if arguments.million:
        cases.append((OURS, MILLION))
    print(report([in_own_process(*case, arguments.effect, arguments.seed) for case in cases], sizes))


def in_own_process(solver: str, n_nodes: int, effect: str, seed: int) -> dict[str, Any]:
    print(f"{solver}, {n_nodes:,} nodes ...", file=sys.stderr, flush=True)
    command = [sys.executable, __file__, "--child", solver, str(n_nodes)]
    command += ["--effect", effect, "--seed", str(seed)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def measure(solver: str, n_nodes: int, effect: str, seed: int) -> dict[str, Any]:
    """Time and peak memory of one fit; the peak is that of the process, with data and libraries."""
    fit = {OURS: fit_ours, FOREST: fit_forest}[solver]
    # A small fit first, so that the timed one does not pay for imports.
    fit(draw(500, effect, seed))
    data = draw(n_nodes, effect, seed)
    before = peak_memory()
    start = perf_counter()
    predict = fit(data)
    seconds = perf_counter() - start
    peak = peak_memory()
    return {
        "solver": solver,
        "n_nodes": n_nodes,
        "n_edges": data.graph.n_edges,
        "seconds": seconds,
        "before": before,
        "peak": peak,
        "share": float(np.mean((predict() - data.cate) ** 2) / np.var(data.cate)),
    }


def draw(n_nodes: int, effect: str, seed: int) -> Any:
    return make_network_cate(n_nodes, graph="erdos_renyi", effect=effect, mean_degree=8, random_state=seed)


def fit_ours(data: Any) -> Callable[[], Any]:
    from causalkit.estimators import GraphRLearner

    learner = GraphRLearner(n_jobs=N_JOBS, random_state=0)
    learner.fit(data.X, data.y, treatment=data.treatment, graph=data.graph)
    return lambda: learner.predict(data.X, graph=data.graph)


def fit_forest(data: Any) -> Callable[[], Any]:
    from benchmark_utils.features import feature_table
    from benchmark_utils.forest import causal_forest

    table = feature_table(data.X, data.graph, "hops")
    forest = causal_forest("tuned")
    forest.fit(np.asarray(data.y), np.asarray(data.treatment), X=table)
    return lambda: forest.effect(table)


def peak_memory() -> float:
    """Largest resident memory of this process so far, in GiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**30 if sys.platform == "darwin" else peak / 2**20


def report(results: list[dict[str, Any]], sizes: list[int]) -> str:
    head = ["solver", "nodes", "edges", "seconds", "peak GiB", "of it before", "share of Var(tau)"]
    lines = [head, ["---", *["---:"] * (len(head) - 1)]]
    for result in results:
        counts = [f"{result[key]:,}" for key in ("n_nodes", "n_edges")]
        memory = [f"{result[key]:.2f}" for key in ("peak", "before")]
        lines.append(
            [result["solver"], *counts, f"{result['seconds']:.1f}", *memory, f"{result['share']:.3f}"]
        )
    text = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    ours = {result["n_nodes"]: result["seconds"] for result in results if result["solver"] == OURS}
    text += f"\n\n{os.cpu_count()} cores, n_jobs={N_JOBS}."
    if len(sizes) > 1:
        slope = np.polyfit(np.log(sizes), np.log([ours[n_nodes] for n_nodes in sizes]), 1)[0]
        text += (
            f" Time grows as the number of nodes to the power {slope:.2f} ({sizes[0]:,} to {sizes[-1]:,})."
        )
    return text


if __name__ == "__main__":
    main()
