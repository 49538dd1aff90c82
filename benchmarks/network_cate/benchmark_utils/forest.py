"""EconML's causal forest, the peer that times and errors are compared with."""

from __future__ import annotations

from typing import Any

from econml.dml import CausalForestDML

from benchmark_utils.nuisances import N_FOLDS, N_JOBS, SEED, outcome_model, treatment_model

# With LightGBM as it comes, more trees than EconML's 100; with tuned nuisances EconML's own number.
N_TREES = {"default": 400, "tuned": 100}


def causal_forest(nuisances: str) -> Any:
    """CausalForestDML with LightGBM nuisances; every other setting is EconML's own."""
    return CausalForestDML(
        model_y=outcome_model(nuisances),
        model_t=treatment_model(nuisances),
        discrete_treatment=True,
        cv=N_FOLDS,
        n_estimators=N_TREES[nuisances],
        n_jobs=N_JOBS,
        random_state=SEED,
    )
