"""GraphRLearner: the effect of a binary treatment for each node of a network, with honest uncertainty."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from causalkit._random import RandomState
from causalkit.estimators._base import NetworkEffectLearner
from causalkit.estimators._effect_fit import EffectFit
from causalkit.estimators._effect_models import Candidate
from causalkit.estimators._engine import EffectData, Engine
from causalkit.estimators._final_models import final_candidates, listed_models
from causalkit.estimators._final_stage import stack_candidates
from causalkit.estimators._joint_fits import JointFits, joint_columns
from causalkit.estimators._nuisances import Propensity, fit_outcome, outcome_stack

Array = NDArray[np.float64]


class GraphRLearner(NetworkEffectLearner):
    """Effect of a binary treatment for each node of a network: tau(i) = E[Y_i(1) - Y_i(0) | X, G].

    The R-learner (Nie & Wager 2021) with nuisances and a final stage that see own and neighbours' columns.
    Outcome and propensity are cross-fitted over folds that keep communities of the network together. The
    effect is a constant plus a non-negative stack of candidates, weighted by held-out R-loss ``mean((Yr - Tr
    tau)^2)`` and pulled towards the constant unless the gain is clear:

    - "additive", "pairs": outcome and effect fitted together as sums of smooth blocks over hop features, one
      prior variance for each block by marginal likelihood, the second with products of pairs of columns;
    - "residual": the same blocks on the residuals;
    - "forest": EconML's causal forest on the residuals (skipped where a small trial forest earns no weight);
    - "sign", from 5,000 units on: an ensemble of neural networks on own columns and neighbours' means
      (:class:`~causalkit.nuisance.GraphRegressor`), skipped where a trial of two of them earns no weight.

    The engine reads every row. The rest is capped so that a million nodes can be fitted: outcome and
    treatment models other than "additive" and "pairs", your own included, train on at most 50,000 rows for
    each fold, drawn at random; the forest on 50,000 rows, 5,000 a tree; the stack's network on 50,000; the
    trials of both on 10,000; the screen of pairs on about 200,000. A model whose ``fit`` takes ``graph`` sees
    own columns and the network, all units of it. Of more than 80 hop columns those that the training rows of
    a fold point to get functions of their own; the others stay in the linear and Fourier blocks.

    Assumptions: ignorability given own columns and those of neighbours, overlap, no interference (a
    neighbour's treatment does not enter a unit's outcome; where it does, the direct effect at the observed
    treatment of the others is estimated).

    Parameters
    ----------
    outcome_model, treatment_model : str, estimator or list, default="stack"
        "linear", "additive", "pairs", "boosting", "stack" (all of them), "sign", "gcn", "sage", "gat", "mlp"
        (networks), a scikit-learn estimator on the hop columns, or a list of those, which are stacked on
        out-of-fold loss.
    final_model : str, regressor or list, default="stack"
        "additive", "pairs", "residual", "forest", "stack" (all of them, and "sign" from 5,000 units on),
        "constant", "sign", "gcn", "sage", "gat", "mlp" (networks), a regressor that takes ``sample_weight``,
        or a list of those.
    cv : int or splitter, default=5
        Number of network folds, or a splitter such as ``NetworkKFold`` or one of scikit-learn: its ``split``
        is given X, the treatment in place of y, ``groups`` and, if it takes one, ``graph``. It must test each
        unit once and train on all others.
    n_hops : int, default=2
        How far the network is looked at.
    n_pairs : int, default=12
        At most so many pairs of columns for outcome, treatment and effect each.
    n_fourier : int, default=100
        Random Fourier functions of each hop group.
    clip : float, default=0.02
        Propensities are kept in [clip, 1 - clip].
    missing : {"error", "flag"}, default="error"
        "flag" accepts missing values: in X they get a flag column and are left out of neighbours' means; a
        unit whose outcome or treatment is missing stays in the network but enters no loss. ``missing_``
        counts them.
    n_jobs : int, optional
        Threads for folds, row blocks and trees; results do not depend on it.
    random_state : int, Generator, RandomState or None
        Seed of everything random.

    Attributes
    ----------
    out_of_fold_cate_ : ndarray, shape (n,)
        Effect of each training node, from candidates that did not see its outcome.
    outcome_residuals_, treatment_residuals_, propensity_ : ndarray, shape (n,)
        Y - m, T - e and e, out of fold; NaN where outcome or treatment is missing.
    constant_effect_ : float
        The single effect with the smallest R-loss.
    final_weights_ : Series
        Weight of each final-stage candidate; what is missing to one stands on the constant.
    nuisance_scores_ : DataFrame
        Out-of-fold R2 (outcome) and log loss (treatment) of every nuisance candidate beside the constant
        guess.
    final_scores_ : DataFrame
        Held-out R-loss of every final-stage candidate beside the constant effect.
    feature_relevance_, hop_relevance_ : Series
        Share of the effect's variance by column and by hop, of the engine's candidate that fits best.
    pairs_ : DataFrame
        Pairs of columns that carry the effect, with their share.
    skipped_ : dict
        Candidates that were left out, with the reason.
    missing_ : Series
        Number of missing values by column, outcome and treatment.
    treatment_levels_ : tuple
        (not treated, treated).
    clipped_share_ : float
        Share of units whose propensity was clipped.
    network_ : Network
    n_features_in_, feature_names_in_ : int, ndarray

    Raises
    ------
    ValueError
        If an argument is missing, not finite, of another length, constant, not binary (treatment), or the
        graph does not fit X.

    Warns
    -----
    OverlapWarning
        If propensities come close to 0 or 1.

    References
    ----------
    Nie & Wager (2021), Quasi-oracle estimation of heterogeneous treatment effects, Biometrika 108(2). The
    final-stage bottleneck (arXiv 2511.13018).

    Examples
    --------
    >>> from causalkit.datasets import make_network_cate
    >>> from causalkit.estimators import GraphRLearner
    >>> world = make_network_cate(600, effect="one_hop", random_state=0)
    >>> learner = GraphRLearner(final_model="additive", random_state=0)
    >>> learner = learner.fit(world.X, world.y, treatment=world.treatment, graph=world.graph)
    >>> learner.predict(world.X, graph=world.graph).shape
    (600,)
    >>> low, high = learner.ate().conf_int()
    >>> bool(low < world.cate.mean() < high)
    True
    """

    def __init__(
        self,
        outcome_model: Any = "stack",
        treatment_model: Any = "stack",
        final_model: Any = "stack",
        cv: Any = 5,
        n_hops: int = 2,
        n_pairs: int = 12,
        n_fourier: int = 100,
        clip: float = 0.02,
        missing: str = "error",
        n_jobs: int | None = None,
        random_state: RandomState = None,
    ) -> None:
        self.outcome_model = outcome_model
        self.treatment_model = treatment_model
        self.final_model = final_model
        self.cv = cv
        self.n_hops = n_hops
        self.n_pairs = n_pairs
        self.n_fourier = n_fourier
        self.clip = clip
        self.missing = missing
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _check_models(self) -> None:
        listed_models(self.final_model)

    def _fit_effect(self, engine: Engine, propensity: Propensity) -> EffectFit:
        data, models = engine.data, listed_models(self.final_model)
        outcome = fit_outcome(
            engine, self.outcome_model, propensity.values, n_jobs=self.n_jobs, seed=self._seeds[2]
        )
        base, _ = outcome_stack(outcome, data.outcome)
        joint = self._joint_fits(engine, propensity, base, models)
        if isinstance(self.outcome_model, str) and self.outcome_model == "stack":
            outcome |= {f"joint {name}": _outcome_of(c, propensity, data) for name, c in joint.items()}
        mean, weights = outcome_stack(outcome, data.outcome)
        yr, tr = data.outcome - mean, data.treatment - propensity.values
        final = final_candidates(models, engine, joint, yr, tr, n_jobs=self.n_jobs, seed=self._seeds[3])
        stack = stack_candidates(final.fitted, yr, tr)
        return EffectFit(
            final.fitted, stack, yr, tr, outcome, weights, (stack.gain, stack.gain_error), final.skipped
        )

    def _joint_fits(
        self, engine: Engine, propensity: Propensity, outcome: Array, models: list[Any]
    ) -> dict[str, Candidate]:
        """Needed as final-stage candidates, and as candidates for the outcome in the default stack."""
        wanted = {"additive", "pairs"} & {m for m in models if isinstance(m, str)}
        if not wanted:
            return {}
        fits = JointFits(engine, joint_columns(propensity.values, outcome))
        joint = {"additive": fits.additive()}
        if "pairs" in wanted:
            joint["pairs"] = fits.pairs()
        return joint


def _outcome_of(candidate: Candidate, propensity: Propensity, data: EffectData) -> Array:
    """E[Y | X] of a joint fit: mu + (e - mean T) tau, out of fold."""
    assert candidate.outcome_held_out is not None
    mu, tau = candidate.outcome_held_out
    return np.asarray(mu + (propensity.values - data.treated_share) * tau)
