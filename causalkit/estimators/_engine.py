"""The pass over the rows that nuisances and effect share: Gram matrices by fold and arm, pairs by fold."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import Ridge

from causalkit.estimators._nodes import Nodes, Units
from causalkit.nuisance._blocks import HopBasis
from causalkit.nuisance._evidence import FoldedFit, Moments, folded_fit
from causalkit.nuisance._gram import Design, Sums, predict_by_stratum, stratified_sums
from causalkit.nuisance._pairs import PairScreen
from causalkit.nuisance._priors import Pair, block_prior, chosen_blocks

Array = NDArray[np.float64]
Float32 = NDArray[np.float32]
Index = NDArray[np.intp]

OUTCOME, TREATMENT, EFFECT = 0, 1, 2  # targets of the pair screen


@dataclass(frozen=True)
class EffectData:
    """Rows with an observed outcome and treatment, as every part of the learner sees them.

    `groups` are hop columns of these rows, `units` what models are shown that read the network themselves.
    `outcome` is standardised; an effect in its units times `scale` is one in units of y. `rough_effect` is a
    first guess of the average effect: nuisances are fitted to the outcome less that guess, so that an error
    in the propensity enters outcome and treatment residuals alike and cancels.
    """

    groups: list[Float32]
    outcome: Array
    scale: float
    treatment: Array
    fold: Index
    n_folds: int
    units: Units
    rough_effect: float = 0.0

    @property
    def n_rows(self) -> int:
        return len(self.outcome)

    @property
    def n_hops(self) -> int:
        return len(self.groups) - 1

    @property
    def treated_share(self) -> float:
        return float(self.treatment.mean())

    @property
    def arm_strata(self) -> Index:
        return (2 * self.fold + self.treatment.astype(np.intp)).astype(np.intp)

    def columns(self) -> Float32:
        """All hop columns side by side (n, .)."""
        return np.hstack(self.groups)


@dataclass
class Engine:
    """Additive fits of outcome and treatment, pairs that their residuals point to, the sums for all of it."""

    data: EffectData
    n_pairs: int
    n_jobs: int | None
    basis: HopBasis
    column_choices: NDArray[np.bool_] | None = None  # (n_folds + 1, columns) where there are too many for all
    design: Design = field(init=False)
    pairs: list[Pair] = field(init=False)
    choices: list[list[list[Pair]]] = field(init=False)

    def __post_init__(self) -> None:
        self.main_allowed = self.basis.allowed(self.column_choices, self.data.n_folds + 1)
        self._additive()
        self._screen()
        self._with_pairs()

    @property
    def n_main(self) -> int:
        return len(self.basis.blocks) + 1

    @property
    def nodes(self) -> Nodes:
        """The rows that are fitted to, as models of the effect take them."""
        return Nodes(self.design, self.data.units)

    def target(self, which: int) -> Array:
        """The outcome less the rough effect of the treatment; or the standardised treatment."""
        t = self.data.treatment - self.data.treated_share
        return self.data.outcome - self.data.rough_effect * t if which == OUTCOME else t / t.std()

    def targets(self) -> Float32:
        return np.column_stack([self.target(OUTCOME), self.target(TREATMENT)]).astype(np.float32)

    def arm_sums(self, design: Design) -> Sums:
        """Sums for each fold (slow) and treatment arm (fast): all that joint fits need."""
        return stratified_sums(design, self.targets(), self.data.arm_strata, 2 * self.data.n_folds)

    def _additive(self) -> None:
        self.design = Design(self.data.groups, self.basis, n_jobs=self.n_jobs)
        self.sums = self.arm_sums(self.design)
        sums = self.sums.merged(2)
        self._gram = sums.gram.sum(axis=0)
        prior, columns = block_prior(self.design.blocks), np.arange(self.design.n_columns)
        self.additive = [
            folded_fit(sums.folds(target=j), columns, prior, allowed=self.main_allowed)
            for j in (OUTCOME, TREATMENT)
        ]
        self.additive_held_out = [self.held_out(fit) for fit in self.additive]

    def _screen(self) -> None:
        """Residuals of outcome, treatment and, by their product, of the effect."""
        treatment = self.target(TREATMENT) - self.additive_held_out[TREATMENT]
        outcome = self.target(OUTCOME) - self.additive_held_out[OUTCOME]
        outcome = outcome - treatment * (treatment @ outcome) / (treatment @ treatment)
        residuals = np.column_stack([outcome, treatment, outcome * treatment]).astype(np.float32)
        screen = PairScreen(self.design, self._gram, residuals, self.data.fold, self.data.n_folds)
        self.choices = [screen.choices(j, self.n_pairs) for j in range(3)]
        self.pairs = sorted({pair for target in self.choices for choice in target for pair in choice})

    def _with_pairs(self) -> None:
        if not self.pairs:
            self.paired, self.paired_held_out = self.additive, self.additive_held_out
            return
        self.design = Design(self.data.groups, self.basis, self.pairs, n_jobs=self.n_jobs)
        self.sums = self.arm_sums(self.design)
        merged = self.sums.merged(2)
        self.paired = [self._paired_fit(merged, j) for j in (OUTCOME, TREATMENT)]
        self.paired_held_out = [self.held_out(fit) for fit in self.paired]

    def _paired_fit(self, sums: Sums, which: int) -> FoldedFit:
        blocks, allowed = self.blocks_of(which)
        columns, start = self.design.columns_of(blocks), self.additive[which].everything
        prior = block_prior([self.design.blocks[i] for i in blocks]).starting_at(start.variance)
        return folded_fit(
            sums.folds(columns, which), columns, prior, allowed=allowed, noise=start.noise, n_rounds=18
        )

    def blocks_of(self, *which: int) -> tuple[Index, NDArray[np.bool_]]:
        """Main blocks and pairs that some fold chose for a target; who chose which (n_folds + 1, blocks)."""
        by_fold = zip(*(self.choices[i] for i in which), strict=True)
        choices = [list(chain.from_iterable(lists)) for lists in by_fold]
        union = sorted({pair for choice in choices for pair in choice})
        position = {pair: self.n_main + i for i, pair in enumerate(self.pairs)}
        blocks = np.r_[np.arange(self.n_main), [position[p] for p in union]].astype(np.intp)
        return blocks, chosen_blocks(self.main_allowed, union, choices)

    def main_blocks(self) -> tuple[Index, NDArray[np.bool_]]:
        """Blocks of single columns and of hops; who may use them (n_folds + 1, blocks)."""
        return np.arange(self.n_main), self.main_allowed

    def held_out(self, fit: FoldedFit) -> Array:
        return predict_by_stratum(self.design, fit.fold_weights(self.design.n_columns), self.data.fold)[:, 0]


def joint_moments(sums: Sums, mu: Index, tau: Index, contrast: tuple[float, float]) -> list[Moments]:
    """Moments by fold of the outcome target on [design[mu], (T - mean T) design[tau]].

    The contrast takes one value in each arm, so that the Gram matrices of the arms are enough and the columns
    of the effect never have to be formed.
    """
    parts = []
    c0, c1 = contrast
    for k in range(len(sums.n_rows) // 2):
        g, m = sums.gram[2 * k : 2 * k + 2], sums.moment[2 * k : 2 * k + 2, :, OUTCOME]
        once, twice = c0 * g[0] + c1 * g[1], c0**2 * g[0] + c1**2 * g[1]
        gram = np.empty((len(mu) + len(tau),) * 2)
        gram[: len(mu), : len(mu)] = (g[0] + g[1])[np.ix_(mu, mu)]
        gram[: len(mu), len(mu) :] = once[np.ix_(mu, tau)]
        gram[len(mu) :, : len(mu)] = gram[: len(mu), len(mu) :].T
        gram[len(mu) :, len(mu) :] = twice[np.ix_(tau, tau)]
        moment = np.r_[(m[0] + m[1])[mu], (c0 * m[0] + c1 * m[1])[tau]]
        squares, n = sums.squares[2 * k : 2 * k + 2, OUTCOME].sum(), sums.n_rows[2 * k : 2 * k + 2].sum()
        parts.append(Moments(gram, moment, float(squares), float(n)))
    return parts


def rough_effect(columns: Float32, outcome: Array, treatment: Array) -> float:
    """Coefficient of the treatment in a ridge regression of the outcome on it and the columns."""
    filled = np.nan_to_num(columns - np.nanmean(columns, axis=0))
    scale = filled.std(axis=0)
    design = np.column_stack([filled / np.where(scale > 0, scale, 1), treatment - treatment.mean()])
    return float(Ridge(alpha=10.0, solver="lsqr").fit(design, outcome).coef_[-1])
