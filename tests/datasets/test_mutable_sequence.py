"""Two mutable variables in sequence: exact risks against all policies one by one, and rows that have them."""

from itertools import product

import numpy as np
import pytest

from causalkit.datasets import make_mutable_scm
from causalkit.datasets._mutable_sequence import SequenceWorld
from causalkit.datasets._mutable_world import subsets

STABLE = ("X1", "X2", "Z")


def outcomes(n_levels: int, noise: float) -> dict[tuple[int, ...], float]:
    """P(y, x1, x2, z | do(m1, m2)) by (y, m1, x1, m2, x2, z), from the words that describe the world."""

    def near(value: int, y: int, scale: float) -> float:
        weights = [np.exp(-(((v - y) / scale) ** 2) / 2) for v in range(n_levels)]
        return weights[value] / sum(weights)

    table = {}
    levels = range(n_levels)
    for y, m1, x1, m2, x2, z in product(levels, range(2), levels, levels, levels, levels):
        p_same = 0.7 if m1 == 0 else float(m2 != y)
        p_x2 = p_same * (x2 == y) + (1 - p_same) / n_levels
        scale = noise if m1 == 1 else 1.1 * noise
        p = near(x1, y, scale) * p_x2 * near(z, y, noise) / n_levels
        table[y, m1, x1, m2, x2, z] = p
    return table


def expected_losses(n_levels: int, noise: float, subset: frozenset[str]) -> dict[tuple[int, ...], float]:
    """P(y, x1 | do(m1)) E (y - f)^2 by (y, m1, x1, m2), with f from sums over equal observed values."""
    table = outcomes(n_levels, noise)

    def seen(key: tuple[int, ...]) -> tuple[int | None, ...]:
        _, m1, x1, m2, x2, z = key
        values = (("X1", x1), ("X2", x2), ("Z", z))
        return (m1, m2, *(value if name in subset else None for name, value in values))

    mass: dict[tuple, float] = {}
    moment: dict[tuple, float] = {}
    for key, p in table.items():
        mass[seen(key)] = mass.get(seen(key), 0.0) + p
        moment[seen(key)] = moment.get(seen(key), 0.0) + p * key[0]
    answer: dict[tuple[int, ...], float] = {}
    for key, p in table.items():
        if p:
            loss = p * (key[0] - moment[seen(key)] / mass[seen(key)]) ** 2
            answer[key[:4]] = answer.get(key[:4], 0.0) + loss
    return answer


@pytest.mark.parametrize("noise", [0.8, 1.8])
def test_worst_case_over_every_policy(noise: float) -> None:
    """Two levels: 4 policies of M1, which sees y, by 256 of M2, which sees y, M1 and X1."""
    risk = SequenceWorld(2, noise).worst_case_risk()
    histories = list(product(range(2), range(2), range(2)))
    for subset in subsets(STABLE):
        losses = expected_losses(2, noise, subset)
        worst = 0.0
        for first in product(range(2), repeat=2):
            for second in product(range(2), repeat=len(histories)):
                reached = [(h, m2) for h, m2 in zip(histories, second, strict=True) if h[1] == first[h[0]]]
                worst = max(worst, sum(losses[(*h, m2)] for h, m2 in reached))
        assert risk[subset] == pytest.approx(worst, rel=1e-10)


@pytest.mark.parametrize("subset", list(subsets(STABLE)), ids=lambda s: "+".join(sorted(s)) or "none")
def test_worst_case_by_recursion_over_values(subset: frozenset[str]) -> None:
    losses = expected_losses(5, 1.8, subset)
    best_m2: dict[tuple[int, int, int], float] = {}
    for (y, m1, x1, _), loss in losses.items():
        best_m2[y, m1, x1] = max(best_m2.get((y, m1, x1), 0.0), loss)
    total = 0.0
    for y in range(5):
        total += max(sum(best_m2[y, m1, x1] for x1 in range(5)) for m1 in range(2))
    assert SequenceWorld().worst_case_risk()[subset] == pytest.approx(total, rel=1e-10)


def test_the_worst_policy_depends_on_the_subset() -> None:
    """M1 = 1 lets M2 cut X2 off, but sharpens X1: it hurts who uses X2, and helps who does not."""
    world = SequenceWorld()
    assert world.worst_policy(frozenset(STABLE)).first.tolist() == [1, 1, 1, 1, 1]
    assert world.worst_policy(frozenset({"X1", "Z"})).first.sum() <= 1


def test_the_worst_policy_looks_ahead() -> None:
    """Whoever sets M1 as if M2 were random takes M1 = 0, and forgoes more than a third of the risk."""
    losses = expected_losses(5, 1.8, frozenset(STABLE))
    average, best = np.zeros((5, 2)), np.zeros((5, 2))
    for y, m1, x1 in product(range(5), range(2), range(5)):
        over_m2 = [losses[y, m1, x1, m2] for m2 in range(5)]
        average[y, m1] += np.mean(over_m2)
        best[y, m1] += max(over_m2)
    myopic = best[np.arange(5), average.argmax(axis=1)].sum()
    assert average.argmax(axis=1).tolist() == [0, 0, 0, 0, 0]
    assert myopic < 0.66 * SequenceWorld().worst_case_risk()[frozenset(STABLE)]


def test_policy_beats_random_ones() -> None:
    world = SequenceWorld(3, 1.0)
    rng = np.random.default_rng(0)
    for subset in subsets(STABLE):
        losses = expected_losses(3, 1.0, subset)
        for _ in range(200):
            first, second = rng.integers(2, size=3), rng.integers(3, size=(3, 2, 3))
            risk = sum(
                losses[y, int(first[y]), x1, int(second[y, first[y], x1])]
                for y, x1 in product(range(3), range(3))
            )
            assert risk <= world.worst_case_risk()[subset] * (1 + 1e-12)


@pytest.mark.parametrize("follow", [0.0, 0.3, 1.0])
def test_rows_have_the_stated_risk(follow: float) -> None:
    data = make_mutable_scm("sequence", n_rows=40_000, follow=[follow], random_state=0)
    world = SequenceWorld()
    axes = ("y", "M1", "X1", "M2", "X2", "Z")
    for subset in subsets(STABLE):
        f = world.predictor(subset)
        place = tuple(
            0 if length == 1 else data.X[name].to_numpy() for name, length in zip(axes, f.shape, strict=True)
        )
        loss = (data.y - f[place]) ** 2
        error = loss.std() / np.sqrt(len(loss))
        assert abs(loss.mean() - data.environment_risk[subset][0]) < 4 * error


def test_mechanisms() -> None:
    data = make_mutable_scm("sequence", n_rows=20_000, follow=(0, 0.5), random_state=4)
    X, y = data.X, data.y
    cut_off, dull = (X["M1"] == 1) & (X["M2"] == y), X["M1"] == 0
    sharp = ~(cut_off | dull)
    assert (X["X2"][sharp] == y[sharp]).all()
    for rows, share in ((cut_off, 0.2), (dull, 0.7 + 0.3 / 5)):
        error = np.sqrt(share * (1 - share) / rows.sum())
        assert abs((X["X2"] == y)[rows].mean() - share) < 4 * error
    for _, rows in data.environments.groupby(data.environments):
        for m1, scale in ((0, 1.98), (1, 1.8)):
            chosen = rows.index[(y[rows.index] == 1) & (X.loc[rows.index, "M1"] == m1)]
            weights = np.exp(-(((np.arange(5) - 1) / scale) ** 2) / 2)
            expected = weights / weights.sum()
            share = np.bincount(X.loc[chosen, "X1"], minlength=5) / len(chosen)
            assert (np.abs(share - expected) < 4 * np.sqrt(expected / len(chosen))).all()
    first = data.environments == 0
    assert abs(X.loc[first, "M1"].mean() - 0.5) < 4 * 0.5 / np.sqrt(20_000)
    assert abs(X.loc[~first, "M1"].mean() - 0.75) < 4 * 0.5 / np.sqrt(20_000)
    assert np.abs(np.bincount(X.loc[first, "M2"]) / 20_000 - 0.2).max() < 4 * 0.4 / np.sqrt(20_000)
