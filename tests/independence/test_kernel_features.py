"""Kernel features against dense kernel matrices, and ridge residuals against leaving rows out one by one."""

import numpy as np
import pytest
from scipy.stats import norm

from causalkit.independence._kernel_features import (
    kernel_root,
    leading_directions,
    normal_scores,
    ridge_residuals,
)


def dense_kernel(points: np.ndarray) -> np.ndarray:
    distances = ((points[:, None, :] - points[None, :, :]) ** 2).sum(axis=2)
    return np.asarray(np.exp(-distances / (2 * points.shape[1])))


def test_normal_scores() -> None:
    found = normal_scores(np.array([[3.0, 1.0], [-2.0, 1.0], [100.0, 1.0], [5.0, 1.0]]))
    np.testing.assert_allclose(found[:, 0], norm.ppf([0.375, 0.125, 0.875, 0.625]))
    np.testing.assert_allclose(found[:, 1], 0, atol=1e-12)


@pytest.mark.parametrize("d", [1, 3])
def test_kernel_root(d: int) -> None:
    points = np.random.default_rng(0).normal(size=(60, d))
    root = kernel_root(points, max_rank=60)
    kernel = dense_kernel(points)
    np.testing.assert_allclose(np.diag(root @ root.T), 1, atol=1e-4)
    np.testing.assert_allclose(root @ root.T, kernel, atol=1e-4)
    if d == 1:
        assert root.shape[1] < 20


def test_kernel_root_stops_at_the_rank() -> None:
    points = np.random.default_rng(0).normal(size=(60, 5))
    root = kernel_root(points, max_rank=7)
    assert root.shape == (60, 7)
    # What is missing is a positive semidefinite matrix.
    assert np.linalg.eigvalsh(dense_kernel(points) - root @ root.T).min() > -1e-10


def test_kernel_root_of_few_points() -> None:
    points = np.tile([[0.0], [1.0], [2.5]], (10, 1))
    root = kernel_root(points, max_rank=60)
    assert root.shape == (30, 3)
    np.testing.assert_allclose(root @ root.T, dense_kernel(points), atol=1e-12)


def test_leading_directions() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(50, 6)) * [10, 5, 1, 0.01, 0.01, 0.01]
    found = leading_directions(features, at_most=6, share=0.999)
    assert found.shape == (50, 3)
    products = found.T @ found
    np.testing.assert_allclose(products, np.diag(np.diag(products)), atol=1e-8 * products[0, 0])
    assert np.trace(products) >= 0.999 * (features**2).sum()
    assert leading_directions(features, at_most=2).shape == (50, 2)


def test_leading_directions_of_nothing() -> None:
    assert not leading_directions(np.zeros((5, 3)), at_most=2).any()


def test_ridge_residuals_against_leaving_out() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(25, 4))
    targets = np.column_stack([features @ [1.0, 0, -1, 0] + 0.1 * rng.normal(size=25), rng.normal(size=25)])
    # All rows centre the features, as the constant is part of the model and carries no penalty.
    best = [(np.inf, np.empty(0))] * 2
    for penalty in np.logspace(-3, 3, 13):
        left_out = np.empty_like(targets)
        for i in range(25):
            kept = np.arange(25) != i
            design = np.column_stack([np.ones(24), features[kept] - features.mean(axis=0)])
            gram = design.T @ design + np.diag([0, *[penalty] * 4])
            weights = np.linalg.solve(gram, design.T @ targets[kept])
            left_out[i] = targets[i] - np.r_[1, features[i] - features.mean(axis=0)] @ weights
        for j in range(2):
            best[j] = min(best[j], ((left_out[:, j] ** 2).sum(), left_out[:, j]), key=lambda pair: pair[0])
    found = ridge_residuals(targets, features)
    np.testing.assert_allclose(found, np.column_stack([residual for _, residual in best]), atol=1e-10)


def test_ridge_residuals_of_constant_features() -> None:
    targets = np.random.default_rng(0).normal(size=(10, 1))
    left_out = [targets[i] - np.delete(targets, i).mean() for i in range(10)]
    np.testing.assert_allclose(ridge_residuals(targets, np.ones((10, 2))), left_out, atol=1e-12)
