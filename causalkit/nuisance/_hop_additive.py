"""HopAdditiveRegressor: a smooth function of own and neighbours' columns by marginal likelihood."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from causalkit._environments import group_rows
from causalkit._random import RandomState, child_seeds
from causalkit._threads import one_blas_thread
from causalkit._validation import (
    check_choice,
    check_features,
    check_outcome,
    check_sample_weight,
    check_scalar_argument,
    feature_names,
    row_names,
)
from causalkit.graphs._convert import as_network
from causalkit.nuisance._blocks import HopBasis
from causalkit.nuisance._column_screen import screen_columns
from causalkit.nuisance._evidence import FoldedFit, folded_fit
from causalkit.nuisance._gram import Design, Sums, predict, predict_by_stratum, stratified_sums
from causalkit.nuisance._hops import HopLayout
from causalkit.nuisance._pairs import PairScreen
from causalkit.nuisance._priors import block_prior, chosen_blocks
from causalkit.nuisance._relevance import block_table, by_feature, by_hop, linear_parts

Array = NDArray[np.float64]


class HopAdditiveRegressor(RegressorMixin, BaseEstimator):
    """Regression on own and neighbours' columns as a sum of smooth blocks, one prior variance for each.

    The model is ``y = a + sum_b f_b(z) + noise`` with ``z`` the own columns of a node, their means over
    neighbours, over neighbours of neighbours, and so on. Each column carries a smooth function, each hop a
    linear function and a random Fourier function of all its columns, and on request products of pairs of
    columns. The prior variance of a block is chosen by marginal likelihood, so that blocks which carry
    nothing vanish. Only the Gram matrix of the blocks is needed: cost is linear in rows and edges, and rows
    are read in blocks.

    Of more than 80 hop columns, the 80 that the outcome points to get functions of their own; the others stay
    in the linear and Fourier blocks.

    Parameters
    ----------
    n_hops : int, default=2
        How far the network is looked at; ignored without a graph.
    n_pairs : int, default=0
        At most so many pairs of columns get a block of their own, picked by a screen of the residuals.
    n_fourier : int, default=100
        Random Fourier functions of each hop group; 0 for none.
    missing : {"error", "flag"}, default="error"
        What a missing value in X means: an error, or a flag column beside functions that leave it out (means
        over neighbours are then taken over those observed).
    n_jobs : int, optional
        Threads for the row blocks; the answer does not depend on it.
    random_state : int, Generator, RandomState or None
        Seed of the Fourier functions.

    Attributes
    ----------
    block_variances_ : DataFrame
        A row for each block: kind, hop, feature, prior variance, degrees of freedom and share of the
        explained variance.
    feature_relevance_, hop_relevance_ : Series
        Share of the explained variance by column and by hop.
    log_marginal_likelihood_ : float
        Of the standardised outcome.
    noise_variance_ : float
        In squared units of y.
    n_features_in_, feature_names_in_ : int, ndarray
        As in scikit-learn.

    Raises
    ------
    ValueError
        For inputs that are missing, not finite, constant, of unequal length, or a graph that does not fit X.

    References
    ----------
    MacKay (1992), Bayesian interpolation. Tipping (2001), Sparse Bayesian learning and the relevance vector
    machine. Solin & Sarkka (2020), Hilbert space methods for reduced-rank Gaussian process regression.

    Examples
    --------
    >>> from causalkit.datasets import make_network_cate
    >>> from causalkit.nuisance import HopAdditiveRegressor
    >>> world = make_network_cate(500, effect="constant", random_state=0)
    >>> model = HopAdditiveRegressor(random_state=0).fit(world.X, world.y, graph=world.graph)
    >>> model.predict(world.X, graph=world.graph).shape
    (500,)
    """

    # Asked for by default: a fit without the graph is another one.
    __metadata_request__fit = {"graph": True}  # noqa: RUF012
    __metadata_request__predict = {"graph": True}  # noqa: RUF012
    __metadata_request__score = {"graph": True}  # noqa: RUF012

    def __init__(
        self,
        n_hops: int = 2,
        n_pairs: int = 0,
        n_fourier: int = 100,
        missing: str = "error",
        n_jobs: int | None = None,
        random_state: RandomState = None,
    ) -> None:
        self.n_hops = n_hops
        self.n_pairs = n_pairs
        self.n_fourier = n_fourier
        self.missing = missing
        self.n_jobs = n_jobs
        self.random_state = random_state

    def fit(self, X: Any, y: ArrayLike, *, graph: Any = None, sample_weight: ArrayLike | None = None) -> Self:
        """Fit to features X (n, d), outcome y (n,) and the network of the n units.

        A row with ``sample_weight`` 2 counts as two rows; one of weight 0 has no part but as a neighbour.
        """
        self._check_settings()
        values = check_features(self, X, reset=True, allow_nan=self.missing == "flag", min_rows=2)
        outcome = check_outcome(y, len(values), allow_constant=True)
        weight = check_sample_weight(sample_weight, len(values))
        network = as_network(graph, n_nodes=len(values), node_ids=row_names(X))
        self._layout = HopLayout.of(values, feature_names(self), self.n_hops)
        groups = self._layout.groups(values, network)
        self._seed = child_seeds(self.random_state, 1)[0]
        self._standardise(outcome, weight)
        self._train = _Training(groups, ((outcome - self._centre) / self._scale).astype(np.float32), weight)
        one_fold = np.zeros(len(values), np.intp)
        with one_blas_thread():
            self._design, fit = self._fit_folds(one_fold, 1, refit=False)
        self._posterior, self._fit_columns = fit.everything, fit.columns
        self._describe(fit)
        self._design.drop_rows()
        return self

    def predict(self, X: Any, *, graph: Any = None, return_std: bool = False) -> Array | tuple[Array, Array]:
        """Predict the outcome of nodes (n,); with ``return_std`` also the function's posterior deviation."""
        check_is_fitted(self, "_posterior")
        values = check_features(self, X, reset=False, allow_nan=self.missing == "flag")
        network = as_network(graph, n_nodes=len(values), node_ids=row_names(X))
        design = self._design.at(self._layout.groups(values, network))
        weights = np.zeros((design.n_columns, 1))
        weights[self._fit_columns, 0] = self._posterior.weights
        mean = predict(design, weights)[:, 0] * self._scale + self._centre
        if not return_std:
            return mean
        root = self._posterior.root_on(self._fit_columns, design.n_columns)
        return mean, np.sqrt((predict(design, root) ** 2).sum(axis=1)) * self._scale

    def score(
        self, X: Any, y: ArrayLike, *, graph: Any = None, sample_weight: ArrayLike | None = None
    ) -> float:
        """R2 of the prediction, 1 - (sum of squared errors) / (sum of squares about the mean)."""
        return float(r2_score(y, self.predict(X, graph=graph), sample_weight=sample_weight))

    def out_of_fold(self, folds: ArrayLike) -> Array:
        """Predict each training node from a fit without its fold, labels (n,): a subtraction for each fold.

        Block variances start from those of the whole fit; pairs are screened anew in every fold. Not
        available for a model that was loaded from a file, which does not carry its training rows.
        """
        check_is_fitted(self, "_posterior")
        if self._train is None:
            raise ValueError(
                "out_of_fold needs the training rows; got a model that was pickled without them: fit again"
            )
        labels = group_rows(folds, name="folds", n_rows=len(self._train.target))
        if labels.n_groups < 2:
            raise ValueError("folds must have at least 2 different labels; got 1")
        codes = labels.codes.astype(np.intp)
        with one_blas_thread():
            design, fit = self._fit_folds(codes, labels.n_groups, refit=True)
        standard = predict_by_stratum(design, fit.fold_weights(design.n_columns), codes)[:, 0]
        return standard * self._scale + self._centre

    def _check_settings(self) -> None:
        check_scalar_argument(self.n_hops, "n_hops", low=0, integer=True)
        check_scalar_argument(self.n_pairs, "n_pairs", low=0, integer=True)
        check_scalar_argument(self.n_fourier, "n_fourier", low=0, integer=True)
        check_choice(self.missing, "missing", ["error", "flag"])

    def _standardise(self, outcome: Array, weight: Array | None) -> None:
        self._centre = float(np.average(outcome, weights=weight))
        deviation = outcome - self._centre
        largest = float(np.abs(deviation).max()) or 1.0  # taken out, so that no square overflows
        spread = largest * float(np.sqrt(np.average((deviation / largest) ** 2, weights=weight)))
        self._scale = spread if spread > 1e-13 * abs(self._centre) else 1.0

    def _fit_folds(self, codes: NDArray[np.intp], n_folds: int, *, refit: bool) -> tuple[Design, FoldedFit]:
        """The additive fit, then the one with pairs where they are asked for."""
        train = self._train
        chosen = screen_columns(train.groups, train.targets, codes, n_folds)
        basis = self._lay_out(chosen)
        main_allowed = basis.allowed(chosen, n_folds + 1 if n_folds > 1 else 1)
        allowed = main_allowed if chosen is not None else None
        design = Design(train.groups, basis, n_jobs=self.n_jobs)
        sums = self._sums(design, codes, n_folds)
        main = np.arange(len(design.blocks))
        fit = folded_fit(
            sums.folds(),
            design.columns_of(main),
            block_prior(design.blocks),
            allowed=allowed,
            refit=refit,
        )
        if self.n_pairs == 0:
            return design, fit
        residual = train.target - predict(design, fit.full_weights(design.n_columns))[:, 0]
        screen = PairScreen(
            design,
            sums.gram.sum(axis=0),
            residual[:, None].astype(np.float32),
            codes,
            n_folds,
            weight=train.weight,
        )
        choices = screen.choices(0, self.n_pairs)
        pairs = sorted({pair for choice in choices for pair in choice})
        if not pairs:
            return design, fit
        design = Design(train.groups, basis, pairs, n_jobs=self.n_jobs)
        sums = self._sums(design, codes, n_folds)
        everything = np.arange(len(design.blocks))
        prior = block_prior(design.blocks).starting_at(fit.everything.variance)
        allowed = chosen_blocks(main_allowed, pairs, choices)
        return design, folded_fit(
            sums.folds(),
            design.columns_of(everything),
            prior,
            allowed=allowed,
            noise=fit.everything.noise,
            refit=refit,
        )

    def _lay_out(self, own: NDArray[np.bool_] | None) -> HopBasis:
        """The same Fourier functions each time; columns of their own for those that some fold chose."""
        rng = np.random.default_rng(self._seed)
        union = None if own is None else np.asarray(own.any(axis=0))
        return HopBasis(n_fourier=self.n_fourier).fit(self._train.groups, rng, self._train.weight, union)

    def _sums(self, design: Design, codes: NDArray[np.intp], n_folds: int) -> Sums:
        train = self._train
        sums = stratified_sums(design, train.targets, codes, n_folds, row_scale=train.row_scale)
        if train.weight is None:
            return sums
        return replace(sums, n_rows=np.bincount(codes, train.weight, n_folds).astype(np.float64))

    def _describe(self, fit: FoldedFit) -> None:
        table = block_table(self._design, fit.everything, self._layout)
        self.block_variances_: pd.DataFrame = table
        parts = linear_parts(self._design, self._layout, fit.everything.weights)
        self.feature_relevance_ = by_feature(table, parts)
        self.hop_relevance_ = by_hop(table, self.n_hops)
        self.log_marginal_likelihood_ = fit.everything.log_evidence
        self.noise_variance_ = fit.everything.noise * self._scale * self._scale

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        if "_train" in state:
            state["_train"] = None  # a saved model does not carry its training rows
        return state

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self.missing == "flag"
        return tags


class _Training:
    """What a refit without a fold needs: hop groups, standardised outcome and weights."""

    def __init__(
        self, groups: list[NDArray[np.float32]], target: NDArray[np.float32], weight: Array | None
    ) -> None:
        self.groups, self.target, self.weight = groups, target, weight
        self.row_scale = None if weight is None else np.sqrt(weight).astype(np.float32)
        scaled = target if self.row_scale is None else target * self.row_scale
        self.targets = scaled[:, None]
