"""Outcome and effect fitted together by the engine: additive, then with pairs of columns."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from causalkit.estimators._effect_models import Candidate, LinearEffect, compact_root
from causalkit.estimators._engine import EFFECT, OUTCOME, Engine, joint_moments
from causalkit.nuisance._blocks import fill_sines
from causalkit.nuisance._evidence import FoldedFit, Posterior, folded_fit
from causalkit.nuisance._gram import Design, Sums, predict_by_stratum
from causalkit.nuisance._priors import block_prior
from causalkit.nuisance._stacking import log_odds

Array = NDArray[np.float64]
Float32 = NDArray[np.float32]
Index = NDArray[np.intp]


def joint_columns(propensity: Array, outcome_model: Array) -> dict[str, Float32]:
    """Functions of propensity and outcome nuisance for the outcome part (Hahn, Murray & Carvalho 2020)."""
    index = log_odds(propensity)
    index = ((index - index.mean()) / (index.std() + 1e-12)).astype(np.float32)
    smooth = np.empty((len(index), 5), np.float32)
    fill_sines(smooth, index)
    smooth -= smooth.mean(axis=0)
    level = outcome_model - outcome_model.mean()
    return {
        "propensity": smooth,
        "log-odds of the propensity": index[:, None],
        "outcome model": (level / (level.std() + 1e-12)).astype(np.float32)[:, None],
    }


class JointFits:
    """y = mu(z, given columns) + (T - mean T) tau(z) + noise: additive, then with pairs."""

    def __init__(self, engine: Engine, given: dict[str, Float32]) -> None:
        self.engine = engine
        self.design, self.sums = self._sums(engine, given)
        share = engine.data.treated_share
        self.contrast = (-share, 1 - share)
        n_given = len(given)
        self._given = np.arange(len(self.design.blocks) - n_given, len(self.design.blocks))
        self._main = np.arange(engine.n_main)

    @staticmethod
    def _sums(engine: Engine, given: dict[str, Float32]) -> tuple[Design, Sums]:
        if not given:
            return engine.design, engine.sums
        design = Design(engine.data.groups, engine.basis, engine.pairs, given, engine.n_jobs)
        return design, engine.arm_sums(design)

    def additive(self) -> Candidate:
        mu_blocks = np.r_[self._main, self._given]
        prior = self._prior(mu_blocks, self._main)
        allowed = np.hstack([self._mu_allowed(), self.engine.main_allowed])
        self._additive = self._fit(mu_blocks, self._main, prior, allowed, noise=0.3, n_rounds=22)
        return self._candidate("additive", *self._additive)

    def pairs(self) -> Candidate:
        """Starts where the additive fit ended; each fold's rows chose their own pairs."""
        if not hasattr(self, "_additive"):
            self.additive()
        mu_pairs, mu_allowed = self._pairs_of(OUTCOME)
        tau_pairs, tau_allowed = self._pairs_of(EFFECT)
        mu_blocks = np.r_[self._main, self._given, mu_pairs]
        tau_blocks = np.r_[self._main, tau_pairs]
        allowed = np.hstack([self._mu_allowed(), mu_allowed, self.engine.main_allowed, tau_allowed])
        start = self._additive[0].everything
        n_mu = len(self._main) + len(self._given)
        mu_prior = block_prior([self.design.blocks[i] for i in mu_blocks]).starting_at(start.variance[:n_mu])
        tau_prior = block_prior([self.design.blocks[i] for i in tau_blocks]).starting_at(
            start.variance[n_mu:]
        )
        prior = mu_prior.and_then(tau_prior)
        fit = self._fit(mu_blocks, tau_blocks, prior, allowed, noise=start.noise, n_rounds=18)
        return self._candidate("pairs", *fit)

    def _mu_allowed(self) -> NDArray[np.bool_]:
        main = self.engine.main_allowed
        return np.hstack([main, np.ones((len(main), len(self._given)), bool)])

    def _pairs_of(self, which: int) -> tuple[Index, NDArray[np.bool_]]:
        blocks, allowed = self.engine.blocks_of(which)
        n = self.engine.n_main
        return blocks[n:], allowed[:, n:]

    def _prior(self, mu_blocks: Index, tau_blocks: Index) -> Any:
        return block_prior([self.design.blocks[i] for i in mu_blocks]).and_then(
            block_prior([self.design.blocks[i] for i in tau_blocks])
        )

    def _fit(
        self, mu_blocks: Index, tau_blocks: Index, prior: Any, allowed: Any, *, noise: float, n_rounds: int
    ) -> tuple[FoldedFit, Index, Index]:
        mu, tau = self.design.columns_of(mu_blocks), self.design.columns_of(tau_blocks)
        moments = joint_moments(self.sums, mu, tau, self.contrast)
        columns = np.arange(len(mu) + len(tau))
        fit = folded_fit(moments, columns, prior, allowed=allowed, noise=noise, n_rounds=n_rounds)
        return fit, mu, tau

    def _candidate(self, name: str, fit: FoldedFit, mu: Index, tau: Index) -> Candidate:
        fold = self.engine.data.fold
        p = self.design.n_columns
        by_fold = np.zeros((len(fit.by_fold), p, 2))
        for k, posterior in enumerate(fit.by_fold):
            by_fold[k, mu, 0] = posterior.weights[: len(mu)]
            by_fold[k, tau, 1] = posterior.weights[len(mu) :]
        by_fold[:, 0, 1] += self.engine.data.rough_effect  # the target was the outcome less this effect
        held_out = predict_by_stratum(self.design, by_fold, fold)
        n = self.engine.design.n_columns  # the effect has no given columns, which come last
        weights = np.zeros((n, 1))
        weights[tau, 0] = fit.everything.weights[len(mu) :]
        weights[0] += self.engine.data.rough_effect
        linear = LinearEffect(weights, by_fold[:, :n, 1:], _effect_root(fit.everything, len(mu), tau, n))
        return Candidate(name, linear, held_out[:, 1], (held_out[:, 0], held_out[:, 1]))


def _effect_root(posterior: Posterior, n_mu: int, tau: Index, n_columns: int) -> Array:
    """Square root of the posterior covariance of the effect's weights, on the columns of a design."""
    of_effect = posterior.active >= n_mu
    out = np.zeros((n_columns, posterior.root.shape[1]))
    out[tau[posterior.active[of_effect] - n_mu]] = posterior.root[of_effect]
    return compact_root(out)
