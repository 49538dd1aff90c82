"""GraphRLearner: the effect of a binary treatment for each node of a network, with honest uncertainty."""

from __future__ import annotations

import warnings
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from causalkit._random import RandomState, child_generators, child_seeds
from causalkit._threads import one_blas_thread
from causalkit._validation import (
    check_choice,
    check_features,
    check_scalar_argument,
    feature_names,
    row_names,
)
from causalkit.estimators._base import NetworkEffectLearner
from causalkit.estimators._candidates import Candidate, JointFits, LinearEffect, joint_columns
from causalkit.estimators._effect_data import (
    CheckedData,
    check_arms_outside_folds,
    check_data,
    split_labels,
)
from causalkit.estimators._engine import EffectData, Engine, rough_effect
from causalkit.estimators._final_models import final_candidates, listed_models
from causalkit.estimators._final_stage import stack_candidates
from causalkit.estimators._graph_r_tests import (
    TestInputs,
    flip_groups,
    graph_test,
    heterogeneity_test,
    test_inputs,
)
from causalkit.estimators._intervals import effect_variance, unseen_variance
from causalkit.estimators._nuisances import Nuisances, fit_nuisances, nuisance_scores, outcome_stack
from causalkit.estimators._refutation import refutation
from causalkit.estimators._results import GraphTest, HeterogeneityTest, RefutationResult
from causalkit.exceptions import OverlapWarning
from causalkit.graphs._convert import as_network
from causalkit.graphs._folds import fold_labels
from causalkit.nuisance._blocks import HopBasis
from causalkit.nuisance._column_screen import screen_columns
from causalkit.nuisance._gram import Design
from causalkit.nuisance._hops import HopLayout
from causalkit.nuisance._relevance import (
    by_feature,
    by_hop,
    explained_variance,
    linear_parts,
    name_blocks,
    shares,
)

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
    - "forest": EconML's causal forest on the residuals (skipped where a small trial forest earns no weight).

    The engine reads every row. The rest is capped so that a million nodes can be fitted: outcome and
    treatment models other than "additive" and "pairs", your own included, train on at most 50,000 rows for
    each fold, drawn at random; the forest on 50,000 rows, 5,000 a tree, and its trial on 10,000; the screen
    of pairs on about 200,000. Of more than 80 hop columns those that the training rows of a fold point to get
    functions of their own; the others stay in the linear and Fourier blocks.

    Assumptions: ignorability given own columns and those of neighbours, overlap, no interference (a
    neighbour's treatment does not enter a unit's outcome; where it does, the direct effect at the observed
    treatment of the others is estimated).

    Parameters
    ----------
    outcome_model, treatment_model : str, estimator or list, default="stack"
        "linear", "additive", "pairs", "boosting", "stack" (all of them), a scikit-learn estimator on the hop
        columns, or a list of those, which are stacked on out-of-fold loss.
    final_model : str, regressor or list, default="stack"
        "additive", "pairs", "residual", "forest", "stack" (all of them), "constant", a regressor that takes
        ``sample_weight``, or a list of those.
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

    # Asked for by default: without treatment there is no fit, and without the graph another one.
    __metadata_request__fit = {"treatment": True, "graph": True, "groups": True}  # noqa: RUF012
    __metadata_request__predict = {"graph": True}  # noqa: RUF012
    __metadata_request__score = {"treatment": True, "graph": True, "groups": True}  # noqa: RUF012

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

    def fit(
        self, X: Any, y: ArrayLike, *, treatment: ArrayLike, graph: Any = None, groups: Any = None
    ) -> Self:
        """Estimate nuisances, effect and everything that the answers need.

        Parameters
        ----------
        X : DataFrame or array, shape (n, d)
            Features of the nodes, known before treatment.
        y : array, shape (n,)
            Outcome; effects are in its units.
        treatment : array, shape (n,)
            Two levels: 0 and 1, booleans, or two labels of which the later in order counts as treated.
        graph : Network, networkx graph, torch_geometric Data, sparse matrix, edge table or None
            Who is linked with whom; an edge table's ids are those of X's index.
        groups : array, shape (n,), optional
            Labels such as villages: kept together in folds, and the clusters of standard errors.
        """
        self._check_settings()
        self._heterogeneity: HeterogeneityTest | None = None
        self._graph_matters: GraphTest | None = None
        n_folds = int(self.cv) if isinstance(self.cv, int | np.integer) else 2
        checked = check_data(
            self, X, y, treatment, graph, groups, allow_missing=self.missing == "flag", n_folds=n_folds
        )
        self._seeds = child_seeds(self.random_state, 5)
        with one_blas_thread():
            self._fit_checked(checked)
        self._warn_of_overlap()
        return self

    def _fit_checked(self, checked: CheckedData) -> None:
        data = self._lay_out(checked)
        engine = self._engine(data)
        nuisances = fit_nuisances(
            engine,
            self.outcome_model,
            self.treatment_model,
            clip=self.clip,
            n_jobs=self.n_jobs,
            seed=self._seeds[2],
        )
        self._fit_effect(engine, nuisances, checked)

    def predict(self, X: Any, *, graph: Any = None) -> Array:
        """Effect tau of each node of a network, (n,), in units of y; nodes may be new."""
        design = self._design_for(X, graph)
        return self._effect_at(design) * self._scale

    def predict_interval(self, X: Any, *, graph: Any = None, alpha: float = 0.05) -> Array:
        """Lower and upper end (n, 2) of an interval for the effect of each node.

        The variance is the sum of the engine's posterior and a jackknife over folds, plus the
        disagreement of the candidates that held-out loss cannot tell apart, plus the heterogeneity that
        held-out residuals show and no candidate caught. The aim is average coverage 1 - alpha over nodes, not
        for every single node. Only the engine's candidates ("additive", "pairs", "residual") know a variance:
        without one of them a warning says that the interval is too narrow.
        """
        check_scalar_argument(alpha, "alpha", low=0, high=1, inclusive=False)
        design = self._design_for(X, graph)
        if self._models and not any(isinstance(model, LinearEffect) for model in self._models):
            warnings.warn(
                "predict_interval knows no variance of the candidates in final_model: its intervals are too "
                "narrow; add 'additive', 'pairs' or 'residual' to the list",
                UserWarning,
                stacklevel=2,
            )
        effects = [c.predict(design) for c in self._models]
        tau = self._stack.combine(effects, design.n_rows)
        variance = effect_variance(self._stack, self._models, design, effects, tau, self._misfit)
        half = stats.norm.ppf(1 - alpha / 2) * np.sqrt(variance)
        return np.column_stack([tau - half, tau + half]) * self._scale

    def score(
        self, X: Any, y: ArrayLike, *, treatment: ArrayLike, graph: Any = None, groups: Any = None
    ) -> float:
        """R-score of the effect on other units: 1 - L(tau) / L(best constant effect of these units).

        L is the mean of ``(Yr - Tr tau)^2`` with residuals of the units given here, from nuisances that are
        cross-fitted on them with this learner's settings, because the truth is not observed (Schuler et al.
        2018). 0: as good as their best constant; noise stays in both losses, so that even the true effect
        scores far below 1. Takes what ``fit`` takes; units should be others than those of the fit.
        """
        tau = self.predict(X, graph=graph)
        alike = clone(self).set_params(final_model="constant")
        alike.fit(X, y, treatment=treatment, graph=graph, groups=groups)
        yr, tr = alike._residuals()
        best = np.mean((yr - tr * alike.constant_effect_) ** 2)
        return float(1 - np.mean((yr - tr * tau[alike.observed_]) ** 2) / best)

    def heterogeneity_test(self) -> HeterogeneityTest:
        """Test that the effect is the same for all units, by sign flips of block scores.

        Every block of functions (columns, hops) is a direction in which the effect could vary; the largest
        standardised score of tau = constant is compared with its distribution when the signs of whole groups
        of units are flipped at random.
        """
        check_is_fitted(self, "network_")
        if self._heterogeneity is None:
            stack, scale = self._stack, self._scale
            with one_blas_thread():
                self._heterogeneity = heterogeneity_test(
                    self._test_inputs(), stack.constant, stack.gain * scale**2, stack.gain_error * scale**2
                )
        return self._heterogeneity

    def graph_matters_test(self) -> GraphTest:
        """Test that the effect depends on own features only.

        The same sign-flip test on the neighbours' blocks, cleared of what own columns span, beside the
        difference in held-out R-loss between the engine without and with the network.
        """
        check_is_fitted(self, "network_")
        if self._graph_matters is None:
            network, groups = self._dependence()
            with one_blas_thread():
                self._graph_matters = graph_test(self._test_inputs(), network, groups, self._scale)
        return self._graph_matters

    def placebo_test(
        self,
        X: Any,
        y: ArrayLike,
        *,
        treatment: ArrayLike,
        graph: Any = None,
        groups: Any = None,
        n_repetitions: int = 5,
    ) -> RefutationResult:
        """Refit with the treatment permuted among the units: the average effect must be zero."""
        check_scalar_argument(n_repetitions, "n_repetitions", low=1, integer=True)
        rngs = (
            child_generators(self._seeds[4], n_repetitions)
            if hasattr(self, "_seeds")
            else child_generators(0, n_repetitions)
        )
        values = np.asarray(treatment)
        fits = [
            clone(self).fit(X, y, treatment=rng.permutation(values), graph=graph, groups=groups)
            for rng in rngs
        ]
        return refutation("placebo treatment", 0.0, [fit.ate() for fit in fits], None)

    def random_cause_test(
        self,
        X: Any,
        y: ArrayLike,
        *,
        treatment: ArrayLike,
        graph: Any = None,
        groups: Any = None,
        n_repetitions: int = 5,
    ) -> RefutationResult:
        """Refit with a random column more: the average effect must stay."""
        check_scalar_argument(n_repetitions, "n_repetitions", low=1, integer=True)
        check_is_fitted(self, "network_")
        original = self.ate()
        fits = []
        for rng in child_generators(self._seeds[4], n_repetitions):
            wider = pd.DataFrame(X).assign(**{"(random cause)": rng.normal(size=len(self.propensity_))})
            wider.columns = wider.columns.astype(str)
            fits.append(clone(self).fit(wider, y, treatment=treatment, graph=graph, groups=groups))
        return refutation(
            "random cause", original.estimate, [fit.ate() for fit in fits], original.standard_error
        )

    def _check_settings(self) -> None:
        is_splitter = hasattr(self.cv, "split") and not isinstance(self.cv, str)
        if isinstance(self.cv, bool) or not (isinstance(self.cv, int | np.integer) or is_splitter):
            raise ValueError(f"cv must be a number of folds or a splitter; got {self.cv!r}")
        if isinstance(self.cv, int | np.integer):
            check_scalar_argument(self.cv, "cv", low=2, integer=True)
        for name in ("n_hops", "n_pairs", "n_fourier"):
            check_scalar_argument(getattr(self, name), name, low=0, integer=True)
        check_scalar_argument(self.clip, "clip", low=0, high=0.5, inclusive=False)
        check_choice(self.missing, "missing", ["error", "flag"])
        listed_models(self.final_model)

    def _lay_out(self, checked: CheckedData) -> EffectData:
        """Hop groups of all units, folds, and the rows whose outcome and treatment are known."""
        self.network_, self.observed_ = checked.network, checked.observed
        self.groups_ = None if checked.groups is None else checked.groups.codes
        self.missing_, self.treatment_levels_ = checked.missing, checked.levels
        self._layout = HopLayout.of(checked.values, feature_names(self), self.n_hops)
        self._groups = self._layout.groups(checked.values, checked.network)
        fold = self._folds(checked)[checked.observed]
        check_arms_outside_folds(checked.treatment[checked.observed], fold, checked.levels)
        y = checked.outcome[checked.observed]
        self._centre, self._scale = float(y.mean()), float(y.std())
        every = len(checked.observed) == checked.n_units
        groups = self._groups if every else [g[checked.observed] for g in self._groups]
        outcome, treatment = (y - self._centre) / self._scale, checked.treatment[checked.observed]
        rough = rough_effect(np.hstack(groups), outcome, treatment)
        return EffectData(groups, outcome, self._scale, treatment, fold, int(fold.max()) + 1, rough)

    def _engine(self, data: EffectData) -> Engine:
        """Lay out the blocks; where there are too many columns, those that some fold chose get their own."""
        centred = data.treatment - data.treatment.mean()
        targets = np.column_stack([data.outcome, centred, data.outcome * centred]).astype(np.float32)
        chosen = screen_columns(data.groups, targets, data.fold, data.n_folds)
        own = None if chosen is None else np.asarray(chosen.any(axis=0))
        rng = child_generators(self._seeds[0], 1)[0]
        basis = HopBasis(n_fourier=self.n_fourier).fit(self._groups, rng, own=own)
        return Engine(data, self.n_pairs, self.n_jobs, basis, chosen)

    def _folds(self, checked: CheckedData) -> NDArray[np.intp]:
        if isinstance(self.cv, int | np.integer):
            return fold_labels(checked.network, int(self.cv), self._seeds[1], groups=self.groups_).astype(
                np.intp
            )
        return split_labels(self.cv, checked)

    def _fit_effect(self, engine: Engine, nuisances: Nuisances, checked: CheckedData) -> None:
        models = listed_models(self.final_model)
        data = engine.data
        base, _ = outcome_stack(nuisances.outcome_candidates, data.outcome)
        joint = self._joint_fits(engine, nuisances, base, models)
        candidates = dict(nuisances.outcome_candidates)
        if self.outcome_model == "stack":
            candidates |= {f"joint {name}": _outcome_of(c, nuisances, data) for name, c in joint.items()}
        outcome, outcome_weights = outcome_stack(candidates, data.outcome)
        yr, tr = data.outcome - outcome, data.treatment - nuisances.propensity
        final = final_candidates(models, engine, joint, yr, tr, n_jobs=self.n_jobs, seed=self._seeds[3])
        self._stack = stack_candidates(final.fitted, yr, tr)
        self._models = [c.model for c in final.fitted]
        self.skipped_ = final.skipped
        self._keep_rows(data, nuisances, yr, tr, checked)
        self._keep_effects(engine, final.fitted, yr, tr, checked)
        self._describe(engine, final.fitted, candidates, outcome_weights, nuisances)

    def _joint_fits(
        self, engine: Engine, nuisances: Nuisances, base: Array, models: list[Any]
    ) -> dict[str, Candidate]:
        """Needed as final-stage candidates, and as candidates for the outcome in the default stack."""
        wanted = {"additive", "pairs"} & {m for m in models if isinstance(m, str)}
        if not wanted:
            return {}
        fits = JointFits(engine, joint_columns(nuisances.propensity, base))
        joint = {"additive": fits.additive()}
        if "pairs" in wanted:
            joint["pairs"] = fits.pairs()
        return joint

    def _keep_rows(
        self, data: EffectData, nuisances: Nuisances, yr: Array, tr: Array, checked: CheckedData
    ) -> None:
        def spread(values: Array) -> Array:
            out = np.full(checked.n_units, np.nan)
            out[checked.observed] = values
            return out

        self.outcome_residuals_ = spread(yr * self._scale)
        self.treatment_residuals_ = spread(tr)
        self.propensity_ = spread(nuisances.propensity)
        self.clipped_share_ = nuisances.clipped
        self.constant_effect_ = self._stack.constant * self._scale
        self._fold = data.fold

    def _keep_effects(
        self, engine: Engine, candidates: list[Candidate], yr: Array, tr: Array, checked: CheckedData
    ) -> None:
        held_out = self._stack.combine([c.held_out for c in candidates], len(yr))
        rng = child_generators(self._seeds[4], 1)[0]
        self._misfit = unseen_variance(engine.data.groups, engine.data.fold, yr, tr, held_out, rng)
        self._design = engine.design
        cate = np.empty(checked.n_units)
        cate[checked.observed] = held_out
        rest = np.setdiff1d(np.arange(checked.n_units), checked.observed)
        if rest.size:
            cate[rest] = self._effect_at(engine.design.at([g[rest] for g in self._groups]))
        self.out_of_fold_cate_ = cate * self._scale
        self._rows: list[NDArray[np.float32]] | None = engine.data.groups
        del self._groups
        engine.design.drop_rows()

    def _describe(
        self,
        engine: Engine,
        candidates: list[Candidate],
        outcome: dict[str, Array],
        outcome_weights: dict[str, float],
        nuisances: Nuisances,
    ) -> None:
        names = [c.name for c in candidates]
        self.final_weights_ = pd.Series(self._stack.weights, index=names, name="weight", dtype=float)
        losses = pd.Series(self._stack.losses, name="r_loss") * self._scale**2
        self.final_scores_ = pd.DataFrame(
            {"r_loss": losses, "weight": self.final_weights_.reindex(losses.index)}
        )
        self.nuisance_scores_ = nuisance_scores(engine.data, outcome, outcome_weights, nuisances)
        best = min(
            (c for c in candidates if isinstance(c.model, LinearEffect)),
            key=lambda c: self._stack.losses[c.name],
            default=None,
        )
        self._relate(best.model if best is not None else None)  # type: ignore[arg-type]

    def _relate(self, model: LinearEffect | None) -> None:
        design = self._design.at(self._rows or [])
        table = name_blocks(design, self._layout)
        explained = (
            np.zeros(len(table)) if model is None else explained_variance(design, model.weights[:, 0])[1:]
        )
        table = table.assign(share=shares(explained))
        parts = {} if model is None else linear_parts(design, self._layout, model.weights[:, 0])
        self.feature_relevance_, self.hop_relevance_ = by_feature(table, parts), by_hop(table, self.n_hops)
        pairs = table[(table["kind"] == "pair") & (table["share"] > 1e-6)]
        self.pairs_ = pairs[["feature", "hop", "share"]].sort_values(
            "share", ascending=False, ignore_index=True
        )

    def _design_for(self, X: Any, graph: Any) -> Design:
        check_is_fitted(self, "network_")
        values = check_features(self, X, reset=False, allow_nan=self.missing == "flag")
        network = as_network(graph, n_nodes=len(values), node_ids=row_names(X))
        return self._design.at(self._layout.groups(values, network))

    def _effect_at(self, design: Design) -> Array:
        return self._stack.combine([model.predict(design) for model in self._models], design.n_rows)

    def _test_inputs(self) -> TestInputs:
        if self._rows is None:
            raise ValueError(
                "tests need the training rows, which a saved model does not carry; got one that was loaded: "
                "test before saving"
            )
        design = self._design.at(self._rows)
        yr, tr = self._residuals()
        network, groups = self._dependence()
        flips = flip_groups(network, groups, len(yr), self._seeds[4])
        return test_inputs(
            design,
            name_blocks(design, self._layout),
            yr / self._scale,
            tr,
            self._fold,
            flips,
            self._seeds[4],
        )

    def _warn_of_overlap(self) -> None:
        report = self.overlap_report()
        if report.is_poor:
            warnings.warn(
                f"{report.summary()} Average effects rest on few units: see overlap_report(), and compare "
                "ate() with overlap_weighted_effect().",
                OverlapWarning,
                stacklevel=3,
            )

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        if "_rows" in state:
            state["_rows"] = None  # a saved model does not carry its training rows
        return state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self.missing == "flag"
        tags.target_tags.required = True
        return tags


def _outcome_of(candidate: Candidate, nuisances: Nuisances, data: EffectData) -> Array:
    """E[Y | X] of a joint fit: mu + (e - mean T) tau, out of fold."""
    assert candidate.outcome_held_out is not None
    mu, tau = candidate.outcome_held_out
    return np.asarray(mu + (nuisances.propensity - data.treated_share) * tau)
