"""The ``causalkit`` command: from tables on disk to an answer, tables, figures and a report."""

from causalkit.cli._main import main

__all__ = ["main"]
