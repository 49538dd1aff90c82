"""GraphTLearner: the difference of two outcome models, one fitted to each arm."""

from __future__ import annotations

from typing import Any, ClassVar

from causalkit._random import RandomState
from causalkit.estimators._base import NetworkEffectLearner
from causalkit.estimators._effect_fit import EffectFit
from causalkit.estimators._engine import Engine
from causalkit.estimators._nuisances import Propensity
from causalkit.estimators._outcome_effect import effect_of_outcomes
from causalkit.estimators._outcomes import outcomes_by_arm


class GraphTLearner(NetworkEffectLearner):
    """Effect of a binary treatment for each node of a network, as a difference of two outcome models.

    The T-learner (Künzel et al. 2019): ``tau(i) = mu_1(i) - mu_0(i)``, where ``mu_a`` is fitted to the units
    of arm a alone and sees own and neighbours' columns. The models are stacked with one non-negative weight
    each, shared by both arms, with sum one, chosen by the out-of-fold squared error of the observed arm.

    Each model is regularised by its own arm: a function that one arm shrinks and the other keeps shows as
    heterogeneity that is not there, the more so the less alike the arms are in size. A constant effect comes
    out rough, and nothing pulls it towards a constant. It is the learner to take where the two outcomes have
    little in common; otherwise :class:`GraphRLearner` is the safer one. Average effects are doubly robust:
    for them, the tests and ``overlap_report`` the propensity is cross-fitted, and the outcome's mean is ``e
    mu_1 + (1 - e) mu_0``.

    The engine reads every row of an arm; other models train on at most 50,000 rows of each arm, drawn at
    random. A model whose ``fit`` takes ``graph`` sees own columns and the network, all units of it.

    Assumptions: ignorability given own columns and those of neighbours, overlap, no interference (a
    neighbour's treatment does not enter a unit's outcome; where it does, the direct effect at the observed
    treatment of the others is estimated).

    Parameters
    ----------
    outcome_model : str, estimator or list, default="stack"
        "linear", "additive", "pairs", "boosting", "stack" (all of them), "sign", "gcn", "sage", "gat", "mlp"
        (networks), a scikit-learn regressor on the hop columns, or a list of those.
    treatment_model : str, estimator or list, default="stack"
        The propensity, for average effects and tests: names as above, a scikit-learn classifier, or a list
        of those.
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
        Effect of each training node, from models that did not see its outcome.
    outcome_residuals_, treatment_residuals_, propensity_ : ndarray, shape (n,)
        Y - m, T - e and e, out of fold; NaN where outcome or treatment is missing.
    constant_effect_ : float
        The single effect with the smallest R-loss.
    final_weights_ : Series
        Weight of each outcome model; they sum to one.
    nuisance_scores_ : DataFrame
        Out-of-fold R2 of every outcome model for the observed arm, and log loss of every treatment model,
        beside the constant guess.
    final_scores_ : DataFrame
        Out-of-fold squared error of every outcome model beside the means of the arms.
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
    Künzel, Sekhon, Bickel & Yu (2019), Metalearners for estimating heterogeneous treatment effects using
    machine learning, PNAS 116(10).

    Examples
    --------
    >>> from causalkit.datasets import make_network_cate
    >>> from causalkit.estimators import GraphTLearner
    >>> world = make_network_cate(600, effect="one_hop", random_state=0)
    >>> learner = GraphTLearner(outcome_model="additive", random_state=0)
    >>> learner = learner.fit(world.X, world.y, treatment=world.treatment, graph=world.graph)
    >>> learner.predict(world.X, graph=world.graph).shape
    (600,)
    >>> low, high = learner.ate().conf_int()
    >>> bool(low < world.cate.mean() < high)
    True
    """

    _loss: ClassVar[str] = "squared_error"
    _models_with_variance: ClassVar[tuple[str, str]] = "outcome_model", "'additive' or 'pairs'"

    def __init__(
        self,
        outcome_model: Any = "stack",
        treatment_model: Any = "stack",
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
        self.cv = cv
        self.n_hops = n_hops
        self.n_pairs = n_pairs
        self.n_fourier = n_fourier
        self.clip = clip
        self.missing = missing
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _fit_effect(self, engine: Engine, propensity: Propensity) -> EffectFit:
        models = outcomes_by_arm(
            engine, self.outcome_model, refit=True, n_jobs=self.n_jobs, seed=self._seeds[2]
        )
        return effect_of_outcomes(models, engine.data, propensity.values)
