"""GraphDRLearner: doubly robust pseudo-outcomes regressed on own and neighbours' columns."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from causalkit._random import RandomState
from causalkit.estimators._base import NetworkEffectLearner
from causalkit.estimators._effect_fit import EffectFit
from causalkit.estimators._engine import Engine
from causalkit.estimators._final_models import (
    PSEUDO_OUTCOME_STACK,
    final_candidates,
    listed_models,
    pseudo_outcome_fits,
)
from causalkit.estimators._final_stage import r_loss_gain, stack_candidates
from causalkit.estimators._joint_fits import JointFits, joint_columns
from causalkit.estimators._nuisances import Propensity
from causalkit.estimators._outcome_effect import stacked_outcome
from causalkit.estimators._outcome_models import OutcomeModel, joint_outcome_model
from causalkit.estimators._outcomes import outcomes_by_arm

Array = NDArray[np.float64]


class GraphDRLearner(NetworkEffectLearner):
    """Effect of a binary treatment for each node of a network, by regressing doubly robust pseudo-outcomes.

    The DR-learner (Kennedy 2023) with nuisances and a final stage that see own and neighbours' columns. With
    cross-fitted outcome models mu_a of each arm and propensity e, the pseudo-outcome of a unit is::

        phi = mu_1 - mu_0 + (T - e) / (e (1 - e)) * (Y - mu_T)

    Its mean given the features is the effect where either the outcome models or the propensity are right, and
    its error is a product of theirs. The effect is a constant, the mean of phi, plus a non-negative stack of
    candidates, weighted by held-out ``mean((phi - tau)^2)`` and pulled towards the constant unless the gain
    is clear:

    - "additive", "pairs": sums of smooth blocks over hop features, one prior variance for each block by
      marginal likelihood, the second with products of pairs of columns;
    - "forest": EconML's regression forest (skipped where a small trial forest earns no weight).

    Units with a propensity near 0 or 1 have pseudo-outcomes that are as noisy as 1 / (e (1 - e)) and weigh as
    much as all others: where overlap is poor :class:`GraphRLearner`, which weighs them by e (1 - e), is the
    steadier one. Where it is good the two are close.

    The engine reads every row. Outcome and treatment models other than "additive" and "pairs", your own
    included, train on at most 50,000 rows for each fold (and arm), drawn at random; the forest on 50,000
    rows, 5,000 a tree, and its trial on 10,000. A model whose ``fit`` takes ``graph`` sees own columns and
    the network, all units of it.

    Assumptions: ignorability given own columns and those of neighbours, overlap, no interference (a
    neighbour's treatment does not enter a unit's outcome; where it does, the direct effect at the observed
    treatment of the others is estimated).

    Parameters
    ----------
    outcome_model : str, estimator or list, default="stack"
        Fitted to each arm by itself: "linear", "additive", "pairs", "boosting", "stack" (all of them, and
        joint fits of both arms by the engine), "sign", "gcn", "sage", "gat", "mlp" (networks), a scikit-learn
        regressor on the hop columns, or a list of those. One weight each, by out-of-fold squared error.
    treatment_model : str, estimator or list, default="stack"
        The propensity: names as above, a scikit-learn classifier, or a list of those.
    final_model : str, regressor or list, default="stack"
        "additive", "pairs", "forest", "stack" (all of them, and "sign" from 5,000 units on), "constant", a
        network's name, a regressor, or a list of those.
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
    pseudo_outcomes_ : ndarray, shape (n,)
        phi, out of fold, in units of y: the scores whose mean ``ate()`` is.
    outcome_residuals_, treatment_residuals_, propensity_ : ndarray, shape (n,)
        Y - m with m = e mu_1 + (1 - e) mu_0, T - e and e, out of fold; NaN where outcome or treatment is
        missing.
    constant_effect_ : float
        The single effect with the smallest loss: the mean of phi.
    final_weights_ : Series
        Weight of each final-stage candidate; what is missing to one stands on the constant.
    nuisance_scores_ : DataFrame
        Out-of-fold R2 of every outcome model for the observed arm, and log loss of every treatment model,
        beside the constant guess.
    final_scores_ : DataFrame
        Held-out loss of every final-stage candidate beside the constant effect.
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
    Kennedy (2023), Towards optimal doubly robust estimation of heterogeneous causal effects, Electronic
    Journal of Statistics 17(2).

    Examples
    --------
    >>> from causalkit.datasets import make_network_cate
    >>> from causalkit.estimators import GraphDRLearner
    >>> world = make_network_cate(600, effect="one_hop", random_state=0)
    >>> learner = GraphDRLearner(final_model="additive", random_state=0)
    >>> learner = learner.fit(world.X, world.y, treatment=world.treatment, graph=world.graph)
    >>> learner.predict(world.X, graph=world.graph).shape
    (600,)
    >>> low, high = learner.ate().conf_int()
    >>> bool(low < world.cate.mean() < high)
    True
    """

    _loss: ClassVar[str] = "dr_loss"
    _models_with_variance: ClassVar[tuple[str, str]] = "final_model", "'additive' or 'pairs'"

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

    def aipw_scores(self) -> Array:
        """Doubly robust score of each observed unit, its pseudo-outcome, (n_observed,)."""
        check_is_fitted(self, "pseudo_outcomes_")
        return self.pseudo_outcomes_[self.observed_]

    def _check_models(self) -> None:
        self._listed_models()

    def _listed_models(self) -> list[Any]:
        return listed_models(self.final_model, PSEUDO_OUTCOME_STACK, weighted=False)

    def _fit_effect(self, engine: Engine, propensity: Propensity) -> EffectFit:
        data, models = engine.data, self._listed_models()
        outcomes = self._outcomes(engine, propensity)
        stacked, weights = stacked_outcome(outcomes, data)
        yr, tr = data.outcome - stacked.mean(propensity.values), data.treatment - propensity.values
        phi = pseudo_outcome(stacked, data.outcome, data.treatment, propensity.values)
        given = pseudo_outcome_fits(models, engine, phi)
        final = final_candidates(models, engine, given, phi, None, n_jobs=self.n_jobs, seed=self._seeds[3])
        stack = stack_candidates(final.fitted, phi, np.ones(len(phi)))
        held_out = stack.combine([c.held_out for c in final.fitted], len(phi))
        predictions = {model.name: model.observed(data.treatment) for model in outcomes}
        gain = r_loss_gain(held_out, yr, tr)
        return EffectFit(final.fitted, stack, yr, tr, predictions, weights, gain, final.skipped, phi)

    def _outcomes(self, engine: Engine, propensity: Propensity) -> list[OutcomeModel]:
        """Models of each arm; in the default stack also the engine's fits of both arms together."""
        settings: dict[str, Any] = {"n_jobs": self.n_jobs, "seed": self._seeds[2]}
        by_arm = outcomes_by_arm(engine, self.outcome_model, refit=False, **settings)
        if not (isinstance(self.outcome_model, str) and self.outcome_model == "stack"):
            return by_arm
        stacked, _ = stacked_outcome(by_arm, engine.data)
        fits = JointFits(engine, joint_columns(propensity.values, stacked.mean(propensity.values)))
        joint = {"joint additive": fits.additive(), "joint pairs": fits.pairs()}
        return by_arm + [joint_outcome_model(c, engine.data, name) for name, c in joint.items()]


def pseudo_outcome(outcome_model: OutcomeModel, outcome: Array, treatment: Array, propensity: Array) -> Array:
    """mu_1 - mu_0 + (T - e) / (e (1 - e)) (Y - mu_T)."""
    weight = (treatment - propensity) / (propensity * (1 - propensity))
    return outcome_model.contrast + weight * (outcome - outcome_model.observed(treatment))
