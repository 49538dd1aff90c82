"""Gaussian models with an own intercept for each environment: likelihood profiled over the variance ratio."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from causalkit.estimators._mixed._features import Floats
from causalkit.estimators._mixed._fit import GaussianFit, log_likelihood, regress
from causalkit.estimators._mixed._moments import Moments

# Variance of the intercepts over that of the noise.
RATIOS = np.concatenate([[0.0], np.exp(np.linspace(np.log(0.004), np.log(50), 18))])
_REFINEMENTS = 3


class InterceptModels:
    """Maximum likelihood in models with an own intercept, for any response and regressors of a table."""

    def __init__(self, moments: Moments) -> None:
        self.moments = moments
        self._determinants = moments.log_determinants(RATIOS)

    @cached_property
    def _grams(self) -> Floats:
        return self.moments.weighted_products(RATIOS)

    def fit(self, response: int, regressors: list[int]) -> GaussianFit:
        """Fit feature column ``response`` by the feature columns ``regressors``, the first of them one."""
        columns = [*regressors, response]
        grams = self._grams[:, columns][:, :, columns]
        likelihoods = log_likelihood(self.moments, self._determinants, regress(grams)[1])
        best = int(np.argmax(likelihoods))
        if 1 < best < len(RATIOS) - 1:
            ratio = self._refine(
                columns, np.log(RATIOS[best - 1 : best + 2]), likelihoods[best - 1 : best + 2]
            )
        else:
            ratio = float(RATIOS[best])
        return self.at(response, regressors, ratio)

    def pooled(self, response: int, regressors: list[int]) -> GaussianFit:
        """Fit as if rows were independent."""
        return self.at(response, regressors, 0.0)

    def at(self, response: int, regressors: list[int], ratio: float) -> GaussianFit:
        """Fit at a given ratio of variances."""
        ratios = np.array([ratio])
        gram = self.moments.weighted_products(ratios, [*regressors, response])
        coefficients, residual = regress(gram)
        value = log_likelihood(self.moments, self.moments.log_determinants(ratios), residual)
        return GaussianFit(
            response=response,
            regressors=tuple(regressors),
            coefficients=coefficients[0],
            noise_variance=float(residual[0] / self.moments.n_rows),
            random_columns=(0,) if ratio else (),
            ratios=ratios if ratio else np.empty(0),
            n_ratios=int(ratio > 0),
            log_likelihood=float(value[0]),
        )

    def _refine(self, columns: list[int], at: Floats, values: Floats) -> float:
        """Move to the top of the parabola through three points, a few times."""
        for _ in range(_REFINEMENTS):
            top = _top_of_parabola(at, values)
            if not at[0] < top < at[2] or np.abs(top - at).min() < 1e-4:
                break
            ratio = np.exp([top])
            residual = regress(self.moments.weighted_products(ratio, columns))[1]
            new = log_likelihood(self.moments, self.moments.log_determinants(ratio), residual)
            at, values = np.append(at, top), np.append(values, new)
            order = np.argsort(at)
            at, values = at[order], values[order]
            middle = min(max(int(np.argmax(values)), 1), 2)
            at, values = at[middle - 1 : middle + 2], values[middle - 1 : middle + 2]
        return float(np.exp(at[np.argmax(values)]))


def _top_of_parabola(at: Floats, values: Floats) -> float:
    left, right = at[1] - at[0], at[1] - at[2]
    a, b = left * (values[1] - values[2]), right * (values[1] - values[0])
    if abs(a - b) < 1e-300:
        return float(at[1])
    return float(at[1] - 0.5 * (left * a - right * b) / (a - b))
