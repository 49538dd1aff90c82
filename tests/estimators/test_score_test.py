"""Sign-flip score test: level under the null, power, and what the null model spans is cleared."""

import numpy as np
import pytest
from scipy import stats

from causalkit.estimators._score_test import ScoreTest, block_score_test
from causalkit.nuisance._blocks import HopBasis
from causalkit.nuisance._gram import Design

N_ROWS = 400
N_RUNS = 200


def make_design(rng: np.random.Generator, n_columns: int = 3) -> Design:
    group = rng.normal(size=(N_ROWS, n_columns)).astype(np.float32)
    return Design([group], HopBasis(n_fourier=0, n_functions=3).fit([group], rng))


def run(
    design: Design,
    score: np.ndarray,
    *,
    groups: np.ndarray | None = None,
    null: tuple[int, ...] = (0,),
    weight: np.ndarray | None = None,
    n_draws: int = 199,
) -> ScoreTest:
    rows = design.rows(0, N_ROWS).astype(float) * (1.0 if weight is None else weight[:, None])
    tested = [i for i in range(1, len(design.blocks)) if i not in null]
    return block_score_test(
        design,
        rows.T @ rows,
        score,
        np.arange(N_ROWS) if groups is None else groups,
        null_blocks=list(null),
        tested={f"block {i}": [i] for i in tested} | {"all": tested},
        n_draws=n_draws,
        seed=0,
    )


def null_pvalues(clustered: bool) -> np.ndarray:
    """P-values when scores are noise; where clustered, noise and features are those of groups of ten."""
    found = []
    for seed in range(N_RUNS):
        rng = np.random.default_rng(seed)
        groups = np.arange(N_ROWS) // 10 if clustered else np.arange(N_ROWS)
        size = int(groups.max()) + 1
        group = rng.normal(size=(size, 3))[groups].astype(np.float32)
        design = Design([group], HopBasis(n_fourier=0, n_functions=3).fit([group], rng))
        score = rng.normal(size=size)[groups] + (0.3 * rng.normal(size=N_ROWS) if clustered else 0.0)
        found.append(run(design, score - score.mean(), groups=groups).pvalue)
    return np.array(found)


@pytest.mark.parametrize("clustered", [False, True])
def test_pvalues_are_uniform_under_the_null(clustered: bool) -> None:
    pvalues = null_pvalues(clustered)
    for level in (0.05, 0.2, 0.5):
        low, high = stats.binom.ppf([0.0005, 0.9995], N_RUNS, level)
        assert low <= np.sum(pvalues <= level) <= high


def test_signs_of_single_rows_are_no_test_for_clustered_scores() -> None:
    rejected = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        groups = np.arange(N_ROWS) // 10
        group = rng.normal(size=(40, 3))[groups].astype(np.float32)
        design = Design([group], HopBasis(n_fourier=0, n_functions=3).fit([group], rng))
        score = rng.normal(size=40)[groups]
        rejected += run(design, score - score.mean()).pvalue <= 0.05
    assert rejected > 20


def test_planted_effect_is_found_in_its_block() -> None:
    design = make_design(np.random.default_rng(0))
    x = design.groups[0][:, 1]
    score = np.random.default_rng(1).normal(size=N_ROWS) + 0.5 * np.sin(x)
    result = run(design, score)
    assert result.pvalue == pytest.approx(1 / 200)
    assert result.scores.index[0] == "block 2"
    assert result.statistic == result.scores.iloc[0]
    assert result.n_groups == N_ROWS


def test_what_the_null_model_spans_is_cleared() -> None:
    rng = np.random.default_rng(2)
    design = make_design(rng)
    weight = rng.uniform(0.2, 1.5, N_ROWS)
    noise = rng.normal(size=N_ROWS)
    # An error in the null model adds weight^2 times a function in its span to the scores.
    function = design.rows(0, N_ROWS)[:, design.columns_of([1])].sum(axis=1)
    spoiled = noise + 10 * weight**2 * function
    assert run(design, spoiled, null=(0,), weight=weight).pvalue == pytest.approx(1 / 200)
    # Cleared, the error leaves the sums as they are and only adds to the noise of the flips.
    cleared = run(design, spoiled, null=(0, 1), weight=weight)
    assert cleared.scores.max() < run(design, noise, null=(0, 1), weight=weight).scores.max() + 0.1
    assert cleared.pvalue > 0.2


def test_statistic_is_the_standardised_squared_length_of_the_sum() -> None:
    rng = np.random.default_rng(3)
    design = make_design(rng)
    score = rng.normal(size=N_ROWS)
    result = run(design, score, n_draws=4000)
    rows = design.rows(0, N_ROWS).astype(float)
    columns = design.columns_of([1])
    terms = score[:, None] * (rows[:, columns] - rows[:, columns].mean(axis=0))
    # Over random signs: mean sum |t_i|^2, variance 2 sum_{i != j} (t_i't_j)^2.
    gram = terms @ terms.T
    mean, variance = np.trace(gram), 2 * (np.sum(gram**2) - np.sum(np.diag(gram) ** 2))
    expected = (np.sum(terms.sum(axis=0) ** 2) - mean) / np.sqrt(variance)
    assert result.scores["block 1"] == pytest.approx(expected, abs=0.15)


def test_row_blocks_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    design = make_design(np.random.default_rng(4))
    score = np.random.default_rng(5).normal(size=N_ROWS)
    whole = run(design, score)
    monkeypatch.setattr("causalkit.estimators._score_test._DRAWS_BYTES", 8 * N_ROWS * 7)
    monkeypatch.setattr(Design, "row_blocks", lambda self: [(i, i + 100) for i in range(0, N_ROWS, 100)])
    assert run(design, score).pvalue == whole.pvalue
    assert run(design, score).statistic == pytest.approx(whole.statistic, rel=1e-4)
