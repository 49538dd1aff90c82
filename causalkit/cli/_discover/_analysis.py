"""Everything that is computed for a study: the graph, and the evidence for each pair."""

import os
from dataclasses import dataclass

import pandas as pd

from causalkit.cli._console import Step
from causalkit.cli._discover._study import Known, Study
from causalkit.cli._errors import BadInput
from causalkit.cli._warnings import collected
from causalkit.estimators import CausalDeFinetti
from causalkit.exceptions import NotOrientableWarning

N_STEPS = 1  # that an analysis tells of

_ARGUMENTS = ("X", "environments", "method", "alpha")


@dataclass(frozen=True)
class Settings:
    """How the answers are computed."""

    method: str = "auto"
    alpha: float = 0.05
    n_bootstrap: int = 0
    max_parents: int | None = None
    seed: int = 0
    n_jobs: int | None = None


@dataclass(frozen=True)
class Answers:
    """All that the console, the tables and the report say about a study."""

    study: Study
    settings: Settings
    discovery: CausalDeFinetti
    cautions: tuple[str, ...] = ()

    @property
    def evidence(self) -> pd.DataFrame:
        """A row for each ordered pair of variables."""
        return self.discovery.evidence_

    @property
    def arrows(self) -> pd.DataFrame:
        """The rows of the arrows that were kept."""
        return self.evidence[self.evidence["arrow"].astype(bool)]

    def pairs(self, verdict: str) -> pd.DataFrame:
        """Return the rows with a verdict that is the same in both directions, one for each pair."""
        place = {name: position for position, name in enumerate(self.study.X.columns)}
        first = self.evidence["cause"].map(place) < self.evidence["effect"].map(place)
        return self.evidence[first & (self.evidence["verdict"] == verdict)]

    @property
    def contradictions(self) -> list[tuple[str, str, Known]]:
        """Arrows that cannot be right, each with what is known against it."""
        forbidden = {(known.role, known.column): known for known in self.study.known}
        return [
            (cause, effect, forbidden[key])
            for cause, effect in self.arrows[["cause", "effect"]].itertuples(index=False)
            for key in (("has no effect", cause), ("has no cause", effect))
            if key in forbidden
        ]


def analyse(settings: Settings, study: Study, step: Step) -> Answers:
    """Search for the graph; ``step`` is told what comes next."""
    cautions: list[str] = []
    again = f" and {settings.n_bootstrap} resamples" if settings.n_bootstrap else ""
    step(f"graph{again}")
    # Pairs that cannot be oriented have a place of their own in the answers.
    with collected(cautions, told_elsewhere=NotOrientableWarning):
        discovery = _fit(study, settings)
    return Answers(study, settings, discovery, tuple(cautions))


def _fit(study: Study, settings: Settings) -> CausalDeFinetti:
    discovery = CausalDeFinetti(
        method=settings.method,
        alpha=settings.alpha,
        max_parents=settings.max_parents,
        n_bootstrap=settings.n_bootstrap,
        n_jobs=settings.n_jobs or os.cpu_count(),
        random_state=settings.seed,
    )
    try:
        return discovery.fit(study.X, environments=study.environments)
    except ValueError as error:
        # An error that a user can mend names the argument; any other is a bug and keeps its traceback.
        if not str(error).startswith(_ARGUMENTS):
            raise
        raise BadInput(f"{study.name}: {error}") from error
