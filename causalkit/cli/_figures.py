"""The figures of a report: each drawn for a light and for a dark page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from causalkit._optional import require
from causalkit.metrics import toc_curve
from causalkit.plotting import (
    plot_calibration,
    plot_effect_distribution,
    plot_estimates,
    plot_overlap,
    plot_relevance,
    plot_uplift,
)

if TYPE_CHECKING:
    from causalkit.cli._analysis import Answers

_DARK = {
    **dict.fromkeys(
        ("text.color", "axes.labelcolor", "xtick.color", "ytick.color", "axes.edgecolor"), "#e4e7ec"
    ),
    **dict.fromkeys(("figure.facecolor", "axes.facecolor", "savefig.facecolor"), "#1a1d23"),
}
_LIGHT = dict.fromkeys(("figure.facecolor", "axes.facecolor", "savefig.facecolor"), "white")
_DOTS_PER_INCH = 160
_WIDTH = 5.2
_NAMES = (
    "average_effects",
    "overlap",
    "effect_distribution",
    "calibration",
    "uplift",
    "relevance_feature",
    "relevance_hop",
)


@dataclass(frozen=True)
class Figure:
    """A picture with how to read it; PNG bytes for both kinds of page."""

    name: str
    caption: str
    light: bytes
    dark: bytes


def draw_figures(answers: Answers) -> dict[str, Figure]:
    """Draw what the answers call for; pictures of who benefits only where that is claimed."""
    words = answers.study.words
    scaled = {name: _Scaled(effect, words.scale) for name, effect in answers.effects.items()}
    found = [
        _figure(
            "average_effects",
            "Points are estimates, lines their 95 % intervals. The last ones are plain least squares.",
            0.6 * len(scaled) + 1.2,
            lambda ax: plot_estimates(scaled, unit=words.unit, number_format=words.number_format, ax=ax),
        ),
        _figure(
            "overlap",
            "Where one side is empty, there is nobody to compare with.",
            3.3,
            lambda ax: plot_overlap(answers.learner, ax=ax),
        ),
    ]
    found += _figures_of_variation(answers) if answers.varies else []
    return {figure.name: figure for figure in found}


def _figures_of_variation(answers: Answers) -> list[Figure]:
    words, learner = answers.study.words, answers.learner
    average = answers.effects["overlap-weighted effect"]
    low, high = average.conf_int()
    interval = (words.scale * low, words.scale * high)
    effects = words.scale * learner.out_of_fold_cate_[learner.observed_]
    columns = ["predicted", "estimate", "low", "high"]
    groups = answers.groups.assign(**{column: words.scale * answers.groups[column] for column in columns})
    found = [
        _figure(
            "effect_distribution",
            "Estimated for each unit by models that did not see its outcome.",
            3.3,
            lambda ax: plot_effect_distribution(
                effects, constant=words.scale * average.estimate, interval=interval, unit=words.unit, ax=ax
            ),
        ),
        _figure(
            "calibration",
            "On the dashed line predictions mean what they say; on a level line they say nothing.",
            3.3,
            lambda ax: plot_calibration(groups, unit=words.unit, ax=ax),
        ),
    ]
    return found + (_figures_of_claims(answers) if answers.claims else [])


def _figures_of_claims(answers: Answers) -> list[Figure]:
    words, learner = answers.study.words, answers.learner
    rows = learner.observed_
    groups = None if learner.groups_ is None else learner.groups_[rows]
    curve = toc_curve(
        learner.out_of_fold_cate_[rows], learner.aipw_scores(), network=learner.network_[rows], groups=groups
    )
    columns = ["estimate", "conf_low", "conf_high"]
    curve = curve.assign(**{column: words.scale * curve[column] for column in columns})
    found = [
        _figure(
            "uplift",
            "How much more those with the highest estimates gain than everybody, and how sure that is.",
            3.3,
            lambda ax: plot_uplift(curve, unit=words.unit, ax=ax),
        )
    ]
    relevance = {"feature": learner.feature_relevance_, "hop": learner.hop_relevance_}
    for by, shares in relevance.items():
        if shares.any() and (by == "feature" or answers.study.graph.n_edges):
            found.append(_relevance_figure(by, shares))
    return found


def _relevance_figure(by: Any, shares: Any) -> Figure:
    n_bars = min(12, int((shares >= 0.005).sum())) if by == "feature" else len(shares)
    caption = "Shares are those of the best single model of the effect."
    if by == "feature":
        caption += " log_degree: number of links; isolated: no link; missing(x): x is not known."
    return _figure(
        f"relevance_{by}", caption, 1.4 + 0.3 * n_bars, lambda ax: plot_relevance(shares, by=by, ax=ax)
    )


def _figure(name: str, caption: str, height: float, draw: Callable[[Any], Any]) -> Figure:
    light, dark = (_png(draw, height, theme) for theme in (_LIGHT, _DARK))
    return Figure(name, caption, light, dark)


def _png(draw: Callable[[Any], Any], height: float, theme: dict[str, str]) -> bytes:
    matplotlib = require("matplotlib", extra="plot", purpose="figures of the causalkit command")
    figures = require("matplotlib.figure", extra="plot", purpose="figures of the causalkit command")
    # A figure of its own, not of pyplot: no window system is asked for, and none stays open.
    with matplotlib.rc_context(theme):
        figure = figures.Figure(figsize=(_WIDTH, height), layout="constrained")
        figure.get_layout_engine().set(w_pad=0.1, h_pad=0.1)
        draw(figure.subplots())
        out = BytesIO()
        # Without the version of matplotlib in the file, the same picture is the same file.
        figure.savefig(out, format="png", dpi=_DOTS_PER_INCH, metadata={"Software": None})
    return out.getvalue()


def write_figures(figures: dict[str, Figure], directory: Path) -> None:
    """Write the light version of each figure; those of an earlier run that are not drawn now are removed."""
    folder = directory / "figures"
    for name in _NAMES:
        (folder / f"{name}.png").unlink(missing_ok=True)
    if figures:
        folder.mkdir(exist_ok=True)
    for name, figure in figures.items():
        (folder / f"{name}.png").write_bytes(figure.light)


@dataclass(frozen=True)
class _Scaled:
    """An effect in the unit that the report speaks in."""

    effect: Any
    scale: float

    @property
    def estimate(self) -> float:
        return float(self.scale * self.effect.estimate)

    def conf_int(self, alpha: float) -> tuple[float, float]:
        low, high = self.effect.conf_int(alpha)
        return self.scale * low, self.scale * high
