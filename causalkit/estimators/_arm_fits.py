"""The outcome of each treatment arm by the engine, each by itself: additive, then with pairs of columns."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from causalkit.estimators._effect_models import LinearEffect, compact_root
from causalkit.estimators._engine import EFFECT, OUTCOME, Engine
from causalkit.estimators._outcome_models import OutcomeModel
from causalkit.nuisance._evidence import FoldedFit, Moments, folded_fit
from causalkit.nuisance._gram import Sums, predict_by_stratum
from causalkit.nuisance._priors import block_prior

Array = NDArray[np.float64]
Index = NDArray[np.intp]

_ARMS = (0, 1)


class ArmFits:
    """y = mu_a(z) + noise in arm a, from the sums by fold and arm that the engine has anyway."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def additive(self) -> OutcomeModel:
        blocks, allowed = self.engine.main_blocks()
        self._additive = [self._fit(arm, blocks, allowed, None) for arm in _ARMS]
        return self._model("additive", self._additive)

    def pairs(self) -> OutcomeModel:
        """With the pairs that each fold chose for outcome and effect, begun where the additive fits ended."""
        if not hasattr(self, "_additive"):
            self.additive()
        blocks, allowed = self.engine.blocks_of(OUTCOME, EFFECT)
        fits = [self._fit(arm, blocks, allowed, self._additive[arm]) for arm in _ARMS]
        return self._model("pairs", fits)

    def _fit(self, arm: int, blocks: Index, allowed: NDArray[np.bool_], start: FoldedFit | None) -> FoldedFit:
        design = self.engine.design
        columns, prior = design.columns_of(blocks), block_prior([design.blocks[i] for i in blocks])
        moments = arm_moments(self.engine.sums, arm, columns)
        if start is None:
            return folded_fit(moments, columns, prior, allowed=allowed)
        prior = prior.starting_at(start.everything.variance)
        noise = start.everything.noise
        return folded_fit(moments, columns, prior, allowed=allowed, noise=noise, n_rounds=18)

    def _model(self, name: str, fits: list[FoldedFit]) -> OutcomeModel:
        data, n = self.engine.data, self.engine.design.n_columns
        full = np.hstack([fit.full_weights(n) for fit in fits])
        by_fold = np.concatenate([fit.fold_weights(n) for fit in fits], axis=2)
        # In each arm the engine's target is the outcome less a constant: the rough effect of that arm.
        offset = data.rough_effect * (np.array(_ARMS) - data.treated_share)
        full[0] += offset
        by_fold[:, 0] += offset
        predictions = predict_by_stratum(self.engine.design, by_fold, data.fold)
        root = np.hstack([fit.everything.root_on(fit.columns, n) for fit in fits])
        effect = LinearEffect(
            full[:, 1:] - full[:, :1], by_fold[:, :, 1:] - by_fold[:, :, :1], compact_root(root)
        )
        return OutcomeModel(name, predictions[:, 0], predictions[:, 1], effect)


def arm_moments(sums: Sums, arm: int, columns: Index) -> list[Moments]:
    """Moments by fold of the outcome on some columns of the design, of the rows of one arm."""
    of_arm = slice(arm, None, 2)
    part = Sums(sums.gram[of_arm], sums.moment[of_arm], sums.squares[of_arm], sums.n_rows[of_arm])
    return part.folds(columns, OUTCOME)
