"""Tests of the learners: is there heterogeneity, and does the network matter for the effect?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from causalkit.estimators._results import GraphTest, HeterogeneityTest
from causalkit.estimators._score_test import block_score_test
from causalkit.graphs._folds import fold_labels
from causalkit.graphs._network import Network
from causalkit.inference._mean_inference import mean_inference
from causalkit.nuisance._evidence import folded_fit
from causalkit.nuisance._gram import Design, Sums, predict_by_stratum, stratified_sums
from causalkit.nuisance._priors import block_prior

Array = NDArray[np.float64]
Index = NDArray[np.intp]

_ROWS_PER_GROUP = 25
_MAX_GROUPS = 2_000
_MANY_COMPONENTS, _SMALL_COMPONENT = 30, 0.05  # the rule by which standard errors cluster by component, too
_N_DRAWS = 999


@dataclass(frozen=True)
class TestInputs:
    """Everything the tests read: the engine's design with residuals, and groups whose signs flip together."""

    __test__ = False  # not a test case

    design: Design
    sums: Sums
    fold: Index
    outcome_residual: Array
    treatment_residual: Array
    flip_groups: Index
    names: pd.DataFrame
    seed: int

    def main_blocks(self, hops: Any) -> list[int]:
        return [i + 1 for i, b in enumerate(self.design.basis.blocks) if b.hop in hops]


def test_inputs(
    design: Design,
    names: pd.DataFrame,
    outcome_residual: Array,
    treatment_residual: Array,
    fold: Index,
    groups: Index,
    seed: int,
) -> TestInputs:
    """Residuals in standardised units, with the weighted Gram matrix of the design."""
    sums = stratified_sums(
        design,
        outcome_residual[:, None].astype(np.float32),
        fold,
        int(fold.max()) + 1,
        row_scale=treatment_residual.astype(np.float32),
    )
    return TestInputs(design, sums, fold, outcome_residual, treatment_residual, groups, names, seed)


test_inputs.__test__ = False  # type: ignore[attr-defined]  # not a test


def flip_groups(network: Network, groups: Any, n_rows: int, seed: int) -> Index:
    """Groups given; else components where those are many and small; else communities of about 25 nodes."""
    if groups is not None:
        return np.unique(groups, return_inverse=True)[1].astype(np.intp)
    components = network.component_labels()
    sizes = np.bincount(components)
    if len(sizes) >= _MANY_COMPONENTS and sizes.max() <= max(1, _SMALL_COMPONENT * n_rows):
        return (components % _MAX_GROUPS).astype(np.intp)
    n_groups = max(2, min(_MAX_GROUPS, n_rows // _ROWS_PER_GROUP))
    return fold_labels(network, n_groups, seed).astype(np.intp)


def heterogeneity_test(
    inputs: TestInputs, constant: float, gain: float, gain_error: float
) -> HeterogeneityTest:
    """Null: tau is constant. Scores of every block, cleared of the constant."""
    yr, tr = inputs.outcome_residual, inputs.treatment_residual
    hops = sorted({b.hop for b in inputs.design.basis.blocks})
    tested = _by_block(inputs, inputs.main_blocks(hops)) | {"all blocks": inputs.main_blocks(hops)}
    result = block_score_test(
        inputs.design,
        inputs.sums.gram.sum(axis=0),
        tr * (yr - constant * tr),
        inputs.flip_groups,
        null_blocks=[0],
        tested=tested,
        n_draws=_N_DRAWS,
        seed=inputs.seed,
    )
    leading = str(result.scores.index[0])
    return HeterogeneityTest(
        result.statistic, result.pvalue, leading, gain, gain_error, result.n_groups, result.scores
    )


def graph_test(inputs: TestInputs, network: Network, groups: Any, scale: float) -> GraphTest:
    """Null: tau depends on own columns only. Scores of the neighbours' blocks, cleared of the own ones."""
    hops = sorted({b.hop for b in inputs.design.basis.blocks if b.hop > 0})
    neighbours = inputs.main_blocks(hops)
    if not neighbours or network.n_edges == 0:
        raise ValueError("graph_matters_test needs a graph with edges in fit; got a fit without one")
    own = [0, *inputs.main_blocks([0])]
    blind = _held_out(inputs, own)
    aware = _held_out(inputs, [*own, *neighbours])
    yr, tr = inputs.outcome_residual, inputs.treatment_residual
    difference = (yr - tr * blind) ** 2 - (yr - tr * aware) ** 2
    gain = mean_inference(difference, network=network, groups=groups)
    result = block_score_test(
        inputs.design,
        inputs.sums.gram.sum(axis=0),
        tr * (yr - tr * blind),
        inputs.flip_groups,
        null_blocks=own,
        tested=_by_block(inputs, neighbours) | {"all neighbours' blocks": neighbours},
        n_draws=_N_DRAWS,
        seed=inputs.seed,
    )
    return GraphTest(
        result.statistic,
        result.pvalue,
        str(result.scores.index[0]),
        gain.estimate * scale**2,
        gain.standard_error * scale**2,
        result.n_groups,
        result.scores,
    )


def _by_block(inputs: TestInputs, blocks: list[int]) -> dict[str, list[int]]:
    names = inputs.names
    out: dict[str, list[int]] = {}
    for i in blocks:
        row = names.iloc[i - 1]
        label = row["feature"] or f"{row['kind']} of all columns"
        out[f"{label} (hop {row['hop']})" if row["hop"] != "0" else label] = [i]
    return out


def _held_out(inputs: TestInputs, blocks: list[int]) -> Array:
    """Out-of-fold effect of the engine on residuals with these blocks only."""
    columns = inputs.design.columns_of(blocks)
    prior = block_prior([inputs.design.blocks[i] for i in blocks])
    fit = folded_fit(inputs.sums.folds(columns), columns, prior)
    return predict_by_stratum(inputs.design, fit.fold_weights(inputs.design.n_columns), inputs.fold)[:, 0]
