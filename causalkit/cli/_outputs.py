"""Files that a command writes: a directory that can be written to, and tables."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from causalkit.cli._errors import BadInput


def prepare_directory(path: Path) -> None:
    """Make the directory and see that files can be written there, before anything is computed."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        probe = path / ".causalkit-probe"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise BadInput(f"--out: cannot write to {path}: {error.strerror or error}") from error


def write_tables(tables: Mapping[str, pd.DataFrame], directory: Path) -> None:
    """Write one CSV file for each table."""
    for name, table in tables.items():
        table.to_csv(directory / f"{name}.csv", index=False)
