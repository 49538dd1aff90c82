"""Turns the benchmark's output into RESULTS.md, and prints the table of all cases."""

from __future__ import annotations

import argparse
from pathlib import Path

from reporting.overview import overview
from reporting.page import results_page
from reporting.runs import read_runs

HERE = Path(__file__).parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "files",
        nargs="*",
        type=Path,
        help="parquet files written by benchopt, read as one run: where two hold the same case, the later "
        "one counts (default: outputs/full_*.parquet)",
    )
    parser.add_argument("--out", type=Path, default=HERE / "RESULTS.md", help="file to write")
    parser.add_argument("--command", default="make benchmark-full", help="the command to name in it")
    arguments = parser.parse_args()
    files = arguments.files or sorted((HERE / "outputs").glob("full_*.parquet"))
    if not files:
        raise SystemExit("no parquet file in outputs/; run the benchmark first")
    runs = read_runs(files)
    arguments.out.write_text(results_page(runs, arguments.command), encoding="utf-8")
    print(overview(runs))


if __name__ == "__main__":
    main()
