"""How the command answers which predictors to keep."""

from collections.abc import Callable
from functools import partial

from causalkit.cli._run import Output, Question, answer
from causalkit.cli._subset._analysis import N_STEPS, Answers, Settings, analyse
from causalkit.cli._subset._console import show
from causalkit.cli._subset._contents import contents
from causalkit.cli._subset._figures import NAMES, draw_figures
from causalkit.cli._subset._study import Study
from causalkit.cli._subset._tables import tables

_PACKAGES = ("numpy", "scipy", "scikit-learn", "pandas", "networkx")


def run(read: Callable[[], Study], settings: Settings, output: Output, command_line: str) -> None:
    """Answer a study's question and write everything to a directory."""
    question: Question[Study, Answers] = Question(
        analyse=partial(analyse, settings),
        tables=tables,
        draw=draw_figures,
        contents=contents,
        show=show,
        n_steps=N_STEPS,
        figure_names=NAMES,
        template="_subset/_report.html.jinja",
        packages=_PACKAGES,
    )
    answer(question, read, output, command_line)
