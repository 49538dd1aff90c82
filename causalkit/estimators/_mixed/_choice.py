"""Which mixed model a family gets: straight or bent, pooled, with own intercepts or own slopes, by BIC."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from causalkit.estimators._mixed._bend_gate import uneven_noise
from causalkit.estimators._mixed._fit import GaussianFit
from causalkit.estimators._mixed._intercepts import RATIOS, InterceptModels
from causalkit.estimators._mixed._logistic import LogisticFit, expected_gain, fit_pooled, fit_shifted
from causalkit.estimators._mixed._moments import Moments
from causalkit.estimators._mixed._scales import fit_scales
from causalkit.estimators._mixed._slopes import fit_slopes

Parents = tuple[int, ...]


class NumberModels:
    """Gaussian mixed models of numbers."""

    def __init__(self, moments: Moments) -> None:
        self.moments = moments
        self._intercepts = InterceptModels(moments)

    def best(self, v: int, parents: Parents) -> GaussianFit:
        """Return the fit with the largest penalised likelihood."""
        response = self.moments.straight[v][0]
        fits = [self._shifted_or_pooled(response, straight_columns(self.moments, parents))]
        fits += self._bent(fits[0], parents)
        slopes = [self.moments.straight[p] for p in parents]
        fits = [self._with_own_parts(fit, slopes) for fit in fits]
        return max(fits, key=lambda fit: fit.penalised(self.moments))

    def _with_own_parts(self, fit: GaussianFit, slopes: list[list[int]]) -> GaussianFit:
        """Own slopes where they pay; else own scales where those do."""
        if fit.ratios.max(initial=0.0) >= RATIOS[-1]:
            # A response that hardly varies inside environments; noise would vanish in a richer model.
            return fit
        sloped = fit_slopes(self.moments, fit, slopes) if slopes else fit
        if sloped.penalised(self.moments) > fit.penalised(self.moments):
            return sloped
        return max([fit, fit_scales(self.moments, fit)], key=lambda fit: fit.penalised(self.moments))

    def _bent(self, fit: GaussianFit, parents: Parents) -> list[GaussianFit]:
        """The fit with splines of the parents that earn them, if they gain more than its noise is uneven."""
        chosen = tuple(p for p in parents if self._earns_bends(fit, self.moments.bent[p]))
        if not chosen:
            return []
        bent = [c for p in chosen for c in self.moments.bent[p]]
        more = self._shifted_or_pooled(fit.response, [*fit.regressors, *bent])
        functions = straight_columns(self.moments, chosen)[1:] + bent
        gain = more.log_likelihood - fit.log_likelihood
        return [more] if uneven_noise(self.moments, more, functions) < gain else []

    def pooled(self, fit: GaussianFit) -> GaussianFit:
        """Return the same regression with rows taken as independent."""
        return self._intercepts.pooled(fit.response, list(fit.regressors))

    def _shifted_or_pooled(self, response: int, columns: list[int]) -> GaussianFit:
        fit = self._intercepts.fit(response, columns)
        if not fit.n_ratios:
            return fit
        return max(
            [self._intercepts.pooled(response, columns), fit], key=lambda fit: fit.penalised(self.moments)
        )

    def _earns_bends(self, fit: GaussianFit, bent: list[int]) -> bool:
        """Whether a parent's bent columns beat their penalty at the ratio of the straight model."""
        if not bent:
            return False
        ratio = float(fit.ratios[0]) if len(fit.ratios) else 0.0
        more = self._intercepts.at(fit.response, [*fit.regressors, *bent], ratio)
        gain = more.log_likelihood - fit.log_likelihood
        return gain > 0.5 * len(bent) * np.log(self.moments.n_rows)


class LevelModels:
    """Logistic mixed models of levels."""

    def __init__(self, moments: Moments) -> None:
        self.moments = moments

    def best(self, v: int, parents: Parents) -> LogisticFit:
        """Return the fit with the largest penalised likelihood."""
        fit = self._shifted_or_pooled(v, straight_columns(self.moments, parents))
        bent = [c for p in parents for c in self._earned(fit, self.moments.bent[p])]
        if not bent:
            return fit
        return self._better([fit, self._shifted_or_pooled(v, [*fit.regressors, *bent])])

    def pooled(self, fit: LogisticFit) -> LogisticFit:
        """Return the same regression with rows taken as independent."""
        return fit_pooled(self.moments, fit.response, list(fit.regressors))

    def _shifted_or_pooled(self, v: int, columns: list[int]) -> LogisticFit:
        pooled = fit_pooled(self.moments, v, columns)
        return self._better([pooled, fit_shifted(self.moments, pooled)])

    def _better(self, fits: Iterable[LogisticFit]) -> LogisticFit:
        return max(fits, key=lambda fit: fit.penalised(self.moments))

    def _earned(self, fit: LogisticFit, bent: list[int]) -> list[int]:
        if not bent:
            return []
        needed = 0.5 * len(bent) * (len(fit.loadings) - 1) * np.log(self.moments.n_rows)
        return bent if expected_gain(self.moments, fit, bent) > needed else []


def straight_columns(moments: Moments, parents: Parents) -> list[int]:
    """The column of ones and the straight columns of the parents."""
    return [0, *(c for p in parents for c in moments.straight[p])]
