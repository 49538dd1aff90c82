"""Checked data of a learner: units with missing values, arms, and folds from splitters."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator
from sklearn.model_selection import GroupKFold, KFold, PredefinedSplit, ShuffleSplit, StratifiedKFold

from causalkit.estimators._effect_data import (
    CheckedData,
    check_arms_outside_folds,
    check_data,
    split_labels,
)
from causalkit.graphs import Network, NetworkKFold

N = 40


class Learner(BaseEstimator):
    pass


def check(*, allow_missing: bool = False, n_folds: int = 2, **changes: Any) -> CheckedData:
    rng = np.random.default_rng(0)
    data = {
        "X": pd.DataFrame(rng.normal(size=(N, 2)), columns=["age", "size"]),
        "y": rng.normal(size=N),
        "treatment": np.arange(N) % 2,
        "graph": Network.from_groups(np.arange(N) // 4),
        "groups": None,
        **changes,
    }
    return check_data(Learner(), *data.values(), allow_missing=allow_missing, n_folds=n_folds)


class TestMissing:
    def test_units_without_outcome_or_treatment_stay_in_the_network(self) -> None:
        y, t = np.arange(float(N)), (np.arange(N) % 2).astype(float)
        y[3], t[[3, 7]] = np.nan, np.nan
        checked = check(y=y, treatment=t, allow_missing=True)
        assert checked.n_units == checked.network.n_nodes == N
        assert set(range(N)) - set(checked.observed) == {3, 7}
        assert dict(checked.missing) == {"age": 0, "size": 0, "(outcome)": 1, "(treatment)": 2}

    def test_missing_features_are_counted_by_column(self) -> None:
        X = pd.DataFrame({"age": np.arange(float(N)), "size": 1.0})
        X.loc[:4, "age"] = np.nan
        checked = check(X=X, allow_missing=True)
        assert checked.missing["age"] == 5
        assert len(checked.observed) == N

    @pytest.mark.parametrize("name", ["X", "y", "treatment"])
    def test_missing_values_are_an_error_unless_allowed(self, name: str) -> None:
        given: dict[str, Any] = {
            "X": pd.DataFrame({"age": [np.nan, *range(N - 1)]}),
            "y": [np.nan, *range(N - 1)],
            "treatment": [np.nan, *([0, 1] * N)[: N - 1]],
        }
        with pytest.raises(ValueError, match=f"{name} must not"):
            check(**{name: given[name]})


class TestArms:
    def test_too_few_units_at_a_level(self) -> None:
        treatment = np.where(np.arange(N) < 5, "drug", "control")
        expected = (
            "treatment must have at least 6 units at each level for Learner with 3 folds; got 5 at level"
        )
        with pytest.raises(ValueError, match=f"{expected} 'drug'"):
            check(treatment=treatment, n_folds=3)

    def test_only_observed_units_count(self) -> None:
        y = np.where(np.arange(N) % 2 == 1, np.nan, np.arange(N))
        y[1] = 0.0
        with pytest.raises(ValueError, match="got 1 at level 1"):
            check(y=y, allow_missing=True)

    def test_outcome_that_varies_only_where_the_treatment_is_missing(self) -> None:
        y, t = np.ones(N), (np.arange(N) % 2).astype(float)
        y[0], t[0] = 5.0, np.nan
        with pytest.raises(ValueError, match="y must vary over the units whose treatment is observed"):
            check(y=y, treatment=t, allow_missing=True)

    def test_levels_are_kept(self) -> None:
        checked = check(treatment=np.where(np.arange(N) % 2, "yes", "no"))
        assert checked.levels == ("no", "yes")
        np.testing.assert_array_equal(checked.treatment, np.arange(N) % 2)

    def test_fewer_groups_than_folds(self) -> None:
        with pytest.raises(ValueError, match="groups must be at least as many as folds; got 2 and cv=3"):
            check(groups=np.arange(N) // 20, n_folds=3)

    def test_arm_that_one_fold_holds(self) -> None:
        treatment = np.array([0.0, 0, 1, 1, 0, 0])
        check_arms_outside_folds(treatment, np.array([0, 1, 0, 1, 0, 1]), ("no", "yes"))
        with pytest.raises(ValueError, match="both levels outside every fold; got only 'no' outside fold 1"):
            check_arms_outside_folds(treatment, np.array([0, 0, 1, 1, 2, 2]), ("no", "yes"))


class TestSplitLabels:
    @pytest.mark.parametrize(
        "splitter",
        [KFold(4), StratifiedKFold(4), NetworkKFold(4, random_state=0), PredefinedSplit(np.arange(N) % 4)],
    )
    def test_labels_are_the_test_folds(self, splitter: Any) -> None:
        checked = check()
        labels = split_labels(splitter, checked)
        assert set(labels) == {0, 1, 2, 3}
        if isinstance(splitter, NetworkKFold):
            folds = splitter.split(checked.values, graph=checked.network)
        else:
            folds = splitter.split(checked.values, checked.treatment)
        for k, (_, test) in enumerate(folds):
            np.testing.assert_array_equal(np.flatnonzero(labels == k), test)

    @pytest.mark.parametrize("splitter", [GroupKFold(2), NetworkKFold(2, random_state=0)])
    def test_groups_reach_the_splitter(self, splitter: Any) -> None:
        groups = np.arange(N) % 5
        labels = split_labels(splitter, check(groups=groups))
        assert all(len(set(labels[groups == g])) == 1 for g in range(5))

    def test_network_folds_keep_cliques_together(self) -> None:
        labels = split_labels(NetworkKFold(2, random_state=0), check())
        assert all(len(set(labels[i : i + 4])) == 1 for i in range(0, N, 4))

    def test_units_tested_twice_or_never(self) -> None:
        with pytest.raises(
            ValueError, match=r"cv must test each unit once; got \d+ units in no test set and \d+ in"
        ):
            split_labels(ShuffleSplit(3, test_size=0.5, random_state=0), check())

    def test_buffers_cannot_be_used(self) -> None:
        path = Network.from_edges([(i, i + 1) for i in range(N - 1)])
        with pytest.raises(ValueError, match="cv must train on all units that it does not test"):
            split_labels(NetworkKFold(2, buffer=1, random_state=0), check(graph=path))
