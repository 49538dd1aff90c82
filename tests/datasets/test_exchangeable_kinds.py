"""Each kind's mechanisms: their parameters have the stated laws, and the values follow from them."""

import numpy as np
import pytest

from causalkit.datasets._exchangeable_kinds import (
    LocationModel,
    categorical,
    location,
    published_binary,
    published_continuous,
)

PAIR = np.array([[0, 1], [0, 0]])
COLLIDER = np.array([[0, 0, 1], [0, 0, 1], [0, 0, 0]])


def codes(n_environments: int, n_rows: int) -> np.ndarray:
    return np.repeat(np.arange(n_environments), n_rows)


def model(**changes: object) -> LocationModel:
    settings = {
        "icc": np.array([0.2, 0.5]),
        "varying": ("intercept",),
        "slope_sd": 0.5,
        "scale_sd": 0.5,
        "correlation": 0.0,
        "noise": "gaussian",
        "levels": {},
    }
    return LocationModel(**(settings | changes))  # type: ignore[arg-type]


class TestPublishedContinuous:
    def test_effect_is_linear_or_quadratic_in_the_noises(self) -> None:
        where = codes(2000, 3)
        drawn = published_continuous(PAIR, where, np.random.default_rng(1))
        x, y, p = *drawn.values.T, drawn.parameters
        linear = ~p["quadratic"][where]
        own = (y - p["a"] * x) / p["c"]
        assert p["quadratic"].sum() == 1000
        # The second noise is Laplace with variance 2 around its location, and has nothing to do with x.
        centred = (own - p["locations"][where, 1])[linear]
        assert centred.var() == pytest.approx(2, rel=0.15)
        assert np.corrcoef(centred, x[linear])[0, 1] == pytest.approx(0, abs=4 / np.sqrt(linear.sum()))
        noise = published_continuous(PAIR * 0, where, np.random.default_rng(1)).values[:, 1]
        curve = p["k"] * (p["a"] * x**2 + (p["c"] - 1) * noise**2)
        np.testing.assert_allclose(y, p["a"] * x + p["c"] * noise + np.where(linear, 0, curve))

    def test_integers_and_locations(self) -> None:
        draws = [
            published_continuous(PAIR, codes(50, 1), np.random.default_rng(s)).parameters for s in range(200)
        ]
        for name in ("a", "c", "k"):
            assert {draw[name] for draw in draws} == set(range(1, 10))
        locations = np.concatenate([draw["locations"] for draw in draws])
        assert np.abs(locations).max() <= 1
        np.testing.assert_allclose(locations.var(axis=0), 1 / 3, rtol=0.05)


class TestPublishedBinary:
    def test_parameters_are_beta(self) -> None:
        theta = published_binary(COLLIDER, codes(20_000, 1), np.random.default_rng(0), parity=False)
        values = theta.parameters["theta"]
        np.testing.assert_allclose(values.mean(axis=0), 0.25, atol=0.01)
        np.testing.assert_allclose(values.var(axis=0), 3 / 80, atol=0.002)

    @pytest.mark.parametrize(("parity", "table"), [(False, [0, 0, 0, 1]), (True, [0, 1, 1, 0])])
    def test_child_is_xor_of_its_noise_and_the_parents(self, parity: bool, table: list[int]) -> None:
        where = codes(5000, 4)
        drawn = published_binary(COLLIDER, where, np.random.default_rng(0), parity=parity)
        x, y, z = drawn.values.T
        noise = z ^ np.array(table)[2 * x + y]
        assert noise.mean() == pytest.approx(0.25, abs=0.02)
        for pattern in range(4):
            assert noise[2 * x + y == pattern].mean() == pytest.approx(0.25, abs=0.03)


class TestLocation:
    def test_intraclass_correlations(self) -> None:
        where = codes(20_000, 2)
        drawn = location(PAIR, where, np.random.default_rng(0), model=model())
        x, y = drawn.values.T
        own = y - drawn.parameters["coefficients"][0, 1] * x
        for values, icc in ((x, 0.2), (own, 0.5)):
            pairs = values.reshape(-1, 2)
            assert values.var() == pytest.approx(1, rel=0.03)
            assert np.corrcoef(pairs.T)[0, 1] == pytest.approx(icc, abs=0.03)

    @pytest.mark.parametrize(
        ("varying", "name"), [("intercept", "intercepts"), ("slope", "slopes"), ("scale", "noise_scales")]
    )
    def test_dependent_parameters(self, varying: str, name: str) -> None:
        drawn = location(
            PAIR, codes(20_000, 1), np.random.default_rng(0), model=model(varying=(varying,), correlation=0.6)
        )
        p = drawn.parameters
        child = {"intercepts": p["intercepts"][:, 1], "slopes": p["slopes"][:, 0, 1]}
        child["noise_scales"] = np.log(p["noise_scales"][:, 1])
        assert np.corrcoef(p["intercepts"][:, 0], child[name])[0, 1] == pytest.approx(0.6, abs=0.02)
        for other in set(child) - {name}:
            assert child[other].std() == pytest.approx(0, abs=1e-12)

    def test_slopes_and_scales_have_their_spread(self) -> None:
        p = location(
            PAIR,
            codes(20_000, 1),
            np.random.default_rng(0),
            model=model(varying=("slope", "scale"), slope_sd=0.3),
        ).parameters
        assert p["slopes"][:, 0, 1].std() == pytest.approx(0.3, rel=0.03)
        assert p["slopes"][:, 0, 1].mean() == pytest.approx(p["coefficients"][0, 1], abs=0.01)
        assert np.log(p["noise_scales"][:, 1]).std() == pytest.approx(0.5, rel=0.03)

    @pytest.mark.parametrize(("noise", "kurtosis"), [("gaussian", 3), ("laplace", 6), ("t", 9)])
    def test_noise_has_variance_one(self, noise: str, kurtosis: float) -> None:
        x = location(
            PAIR, codes(200_000, 1), np.random.default_rng(0), model=model(icc=np.zeros(2), noise=noise)
        ).values[:, 0]
        assert x.var() == pytest.approx(1, rel=0.03)
        assert np.mean(x**4) / np.mean(x**2) ** 2 == pytest.approx(kurtosis, rel=0.2)

    def test_levels_are_what_children_see(self) -> None:
        where = codes(30_000, 1)
        drawn = location(PAIR, where, np.random.default_rng(0), model=model(levels={0: 3}, icc=np.zeros(2)))
        x, y = drawn.values.T
        assert set(x) == {0, 1, 2}
        np.testing.assert_allclose(np.bincount(x.astype(int)) / len(x), 1 / 3, atol=0.02)
        coefficient = drawn.parameters["coefficients"][0, 1]
        means = [y[x == level].mean() for level in range(3)]
        np.testing.assert_allclose(np.diff(means), coefficient, atol=0.1)


class TestCategorical:
    def test_tables_are_drawn_around_the_base(self) -> None:
        drawn = categorical(PAIR, codes(20_000, 1), np.random.default_rng(0), n_levels=3, concentration=4.0)
        base, tables = drawn.parameters["base_tables"][1], drawn.parameters["tables"][1]
        assert tables.shape == (20_000, 3, 3)
        np.testing.assert_allclose(tables.sum(axis=-1), 1)
        np.testing.assert_allclose(tables.mean(axis=0), base, atol=0.015)
        np.testing.assert_allclose(tables.var(axis=0), base * (1 - base) / 5, atol=0.01)

    def test_values_follow_the_tables(self) -> None:
        where = codes(4, 30_000)
        drawn = categorical(COLLIDER, where, np.random.default_rng(0), n_levels=2, concentration=2.0)
        pattern = drawn.values[:, 0] + 2 * drawn.values[:, 1]
        for environment in range(4):
            for c in range(4):
                rows = (where == environment) & (pattern == c)
                expected = drawn.parameters["tables"][2][environment, c, 1]
                bound = 4 * np.sqrt(max(expected * (1 - expected), 1e-4) / max(rows.sum(), 1))
                assert not rows.any() or abs(drawn.values[rows, 2].mean() - expected) < bound
