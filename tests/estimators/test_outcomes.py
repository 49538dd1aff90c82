"""Outcome models by name: which fits the names stand for, and models that cannot be used."""

from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from causalkit.estimators._arm_fits import ArmFits
from causalkit.estimators._engine import Engine
from causalkit.estimators._joint_fits import JointFits
from causalkit.estimators._outcomes import check_own_treatment, outcomes_by_arm, outcomes_with_treatment
from causalkit.nuisance import HopAdditiveRegressor

SETTINGS: dict[str, Any] = {"n_jobs": None, "seed": 0}


@pytest.mark.parametrize("names", [["additive", "pairs"], ["pairs"]])
def test_engine_names(engine: Engine, names: list[str]) -> None:
    by_arm = outcomes_by_arm(engine, names, refit=True, **SETTINGS)
    together = outcomes_with_treatment(engine, names, **SETTINGS)
    assert [m.name for m in by_arm] == [m.name for m in together] == names
    np.testing.assert_allclose(by_arm[-1].contrast, ArmFits(engine).pairs().contrast)
    np.testing.assert_allclose(together[-1].contrast, JointFits(engine, {}).pairs().held_out)


def test_stack_and_estimators(engine: Engine) -> None:
    for models in (
        outcomes_by_arm(engine, ["stack", Ridge(), Ridge(5)], refit=False, **SETTINGS),
        outcomes_with_treatment(engine, ["stack", Ridge(), Ridge(5)], **SETTINGS),
    ):
        names = ["linear", "additive", "pairs", "boosting", "Ridge", "Ridge 2"]
        assert [m.name for m in models] == names
        assert all(np.isfinite(m.contrast).all() for m in models)


def test_models_that_read_the_graph_must_keep_the_treatment_to_each_node(neighbour_regressor: Any) -> None:
    check_own_treatment(["stack", Ridge(), neighbour_regressor()])
    with pytest.raises(ValueError, match=r"outcome_model must have a parameter own_columns .*HopAdditive"):
        check_own_treatment(["linear", HopAdditiveRegressor()])
