"""Runs the parts of the benchmarks and writes their pages, for `make benchmark` and `make benchmark-full`.

A benchmark is a folder with `objective.py`; a part of it is a file in `configs/short` or `configs/full`, and
its figures are a file in `outputs/`. The full version does not run parts again that have theirs.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).parent
# A line in a configuration that names the environment variable without which the part has no data.
NEEDS = "# needs: "


def benchmarks() -> list[str]:
    """Folders that hold a benchmark."""
    return sorted(path.parent.name for path in HERE.glob("*/objective.py"))


def parts_of(benchmark: str, version: str) -> list[Path]:
    """Configurations of all parts of one benchmark."""
    return sorted((HERE / benchmark / "configs" / version).glob("*.yml"))


def chosen_parts(version: str, names: Sequence[str], parts: Sequence[str]) -> dict[str, list[Path]]:
    """Configurations to run for each benchmark that has any: all, or those with the given names.

    Raises
    ------
    SystemExit
        If there is no benchmark, or no part, of a given name.
    """
    _check(names, benchmarks(), "benchmark")
    found = {name: parts_of(name, version) for name in names or benchmarks()}
    _check(parts, sorted({path.stem for paths in found.values() for path in paths}), f"{version} part")
    if parts:
        found = {name: [path for path in paths if path.stem in parts] for name, paths in found.items()}
    return {name: paths for name, paths in found.items() if paths}


def _check(given: Sequence[str], known: list[str], what: str) -> None:
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise SystemExit(f"no {what} is called {', '.join(unknown)}; there are {', '.join(known)}")


def lacking(config: Path) -> str | None:
    """The environment variable that a part needs and does not have."""
    lines = config.read_text(encoding="utf-8").splitlines()
    needed = next((line.removeprefix(NEEDS).strip() for line in lines if line.startswith(NEEDS)), None)
    return needed if needed and not os.environ.get(needed) else None


def figures_of(config: Path) -> Path:
    """`outputs/full_<part>.parquet`, as the configuration says."""
    return config.parents[2] / "outputs" / f"{config.parent.name}_{config.stem}.parquet"


def clear_short(benchmark: str) -> None:
    """Figures of an earlier short run must not get into the page of this one."""
    for path in (HERE / benchmark / "outputs").glob("short_*.parquet"):
        path.unlink()


def run_part(config: Path, again: bool) -> None:
    """Run benchopt, unless the figures are there or the data are not."""
    figures, variable = figures_of(config), lacking(config)
    name = f"{config.parents[2].name}/{config.stem}"
    if again:
        figures.unlink(missing_ok=True)
    if figures.exists():
        print(f"{name}: figures are there already; AGAIN=1 runs it afresh", flush=True)
    elif variable:
        print(f"{name}: skipped, its data are a file that {variable} must name", flush=True)
    else:
        print(f"{name} ...", flush=True)
        figures.parent.mkdir(exist_ok=True)
        benchopt = Path(sys.executable).with_name("benchopt")
        subprocess.run([benchopt, "run", config.parents[2], "--config", config], check=True)


def write_page(benchmark: str, version: str) -> None:
    """Write a page from all figures of this version; the short one stays beside its figures."""
    folder = HERE / benchmark
    figures = sorted((folder / "outputs").glob(f"{version}_*.parquet"))
    if not figures:
        print(f"{benchmark}: no figures, no page", flush=True)
        return
    command: list[str | Path] = [sys.executable, folder / "report.py", *figures]
    if version == "short":
        command += ["--out", folder / "outputs" / "RESULTS.md", "--command", "make benchmark"]
    subprocess.run(command, check=True)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("version", choices=("short", "full"))
    parser.add_argument("--benchmarks", nargs="*", default=[], help="folders, all unless given")
    parser.add_argument("--parts", nargs="*", default=[], help="names of configurations, all unless given")
    parser.add_argument("--again", action="store_true", help="also the full parts that have figures")
    given = parser.parse_args(arguments)
    chosen = chosen_parts(given.version, given.benchmarks, given.parts)
    try:
        for benchmark, configs in chosen.items():
            if given.version == "short":
                clear_short(benchmark)
            for config in configs:
                run_part(config, given.again)
            write_page(benchmark, given.version)
    except subprocess.CalledProcessError as error:
        raise SystemExit(error.returncode) from None


if __name__ == "__main__":
    main()
