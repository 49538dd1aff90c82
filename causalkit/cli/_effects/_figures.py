"""The figures of a report: each drawn for a light and for a dark page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from causalkit.cli._figures import Figure, draw_figure
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
    from causalkit.cli._effects._analysis import Answers

NAMES = (
    "average_effects",
    "overlap",
    "effect_distribution",
    "calibration",
    "uplift",
    "relevance_feature",
    "relevance_hop",
)


def draw_figures(answers: Answers) -> dict[str, Figure]:
    """Draw what the answers call for; pictures of who benefits only where that is claimed."""
    words = answers.study.words
    scaled = {name: _Scaled(effect, words.scale) for name, effect in answers.effects.items()}
    found = [
        draw_figure(
            "average_effects",
            "Points are estimates, lines their 95 % intervals. The last ones are plain least squares.",
            0.6 * len(scaled) + 1.2,
            lambda ax: plot_estimates(scaled, unit=words.unit, number_format=words.number_format, ax=ax),
        ),
        draw_figure(
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
        draw_figure(
            "effect_distribution",
            "Estimated for each unit by models that did not see its outcome.",
            3.3,
            lambda ax: plot_effect_distribution(
                effects, constant=words.scale * average.estimate, interval=interval, unit=words.unit, ax=ax
            ),
        ),
        draw_figure(
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
        draw_figure(
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
    return draw_figure(
        f"relevance_{by}", caption, 1.4 + 0.3 * n_bars, lambda ax: plot_relevance(shares, by=by, ax=ax)
    )


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
