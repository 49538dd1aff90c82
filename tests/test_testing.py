"""The conformance checks: a sound estimator passes, each defect is found by the check that looks for it."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, RegressorMixin

from causalkit import testing
from causalkit.graphs import HopFeatures
from causalkit.nuisance import HopAdditiveRegressor
from causalkit.testing import check_estimator, checks_for, make_check_data, make_environment_check_data

DATA = make_check_data(60, 2)


class ChangedSetting(HopFeatures):
    def __init__(self, n_hops: int = 2, weighting: str = "random_walk", include_degree: bool = True) -> None:
        super().__init__(n_hops + 0.0, weighting, include_degree)


class BusyConstructor(HopFeatures):
    def __init__(self, n_hops: int = 2, weighting: str = "random_walk", include_degree: bool = True) -> None:
        super().__init__(n_hops, weighting, include_degree)
        self.cache = {}


class LostSetting(HopFeatures):
    def set_params(self, **params: Any) -> "LostSetting":
        params.pop("weighting", None)
        return super().set_params(**params)


class PlainName(HopFeatures):
    def fit(self, X: Any, y: Any = None) -> "PlainName":
        self.means = np.mean(X, axis=0)
        return super().fit(X, y)


class SettingSet(HopFeatures):
    def fit(self, X: Any, y: Any = None) -> "SettingSet":
        self.n_hops = 1
        return super().fit(X, y)


class TouchedData(HopFeatures):
    def fit(self, X: Any, y: Any = None) -> "TouchedData":
        if isinstance(X, pd.DataFrame):
            X.iloc[0, 0] += 1
        return super().fit(X, y)


class NothingReturned(HopFeatures):
    def fit(self, X: Any, y: Any = None) -> None:
        super().fit(X, y)


class NoState(HopFeatures):
    def transform(self, X: Any, *, graph: Any = None) -> Any:
        super().fit(X)
        return super().transform(X, graph=graph)


class LostOnSaving(HopFeatures):
    def fit(self, X: Any, y: Any = None) -> "LostOnSaving":
        self._shift = 1.0
        return super().fit(X, y)

    def transform(self, X: Any, *, graph: Any = None) -> Any:
        return super().transform(X, graph=graph) + getattr(self, "_shift", 0.0)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in super().__getstate__().items() if name != "_shift"}


class Unseeded(HopFeatures):
    def transform(self, X: Any, *, graph: Any = None) -> Any:
        return super().transform(X, graph=graph) + np.random.default_rng().normal()


class Jobs(HopFeatures):
    def __init__(
        self,
        n_hops: int = 2,
        weighting: str = "random_walk",
        include_degree: bool = True,
        n_jobs: int | None = None,
    ) -> None:
        super().__init__(n_hops, weighting, include_degree)
        self.n_jobs = n_jobs

    def transform(self, X: Any, *, graph: Any = None) -> Any:
        return super().transform(X, graph=graph) * np.float32(1 + 1e-6 * (self.n_jobs == 2))


class CountedRows(HopFeatures):
    def transform(self, X: Any, *, graph: Any = None) -> Any:
        table = super().transform(X, graph=graph)
        return table + 0.01 * np.arange(len(table))[:, None]


class FirstRow(HopFeatures):
    def fit(self, X: Any, y: Any = None) -> "FirstRow":
        super().fit(X, y)
        self._first = np.asarray(X)[0, 0]
        return self

    def transform(self, X: Any, *, graph: Any = None) -> Any:
        return super().transform(X, graph=graph) - self._first


class CentredByAll(HopFeatures):
    def transform(self, X: Any, *, graph: Any = None) -> Any:
        table = super().transform(X, graph=graph)
        return table - table.mean()


class MatrixOnly(HopFeatures):
    def transform(self, X: Any, *, graph: Any = None) -> Any:
        return super().transform(X, graph=None if isinstance(graph, pd.DataFrame) else graph)


class Unrouted(HopAdditiveRegressor):
    __metadata_request__fit = {"graph": False}  # noqa: RUF012
    __metadata_request__score = {"graph": False}  # noqa: RUF012


class FirstSite(HopFeatures):
    def fit(self, X: Any, y: Any = None, *, environments: Any) -> "FirstSite":
        super().fit(X, y)
        self._is_last = sorted(environments, key=str)[0] != np.asarray(environments)[0]
        return self

    def transform(self, X: Any, *, graph: Any = None) -> Any:
        return super().transform(X, graph=graph) + 0.1 * self._is_last


class Infinite(HopFeatures):
    def transform(self, X: Any, *, graph: Any = None) -> Any:
        table = super().transform(X, graph=graph)
        return table / (table.std() > 0) if len(table) else table


class Credulous(RegressorMixin, BaseEstimator):
    def fit(self, X: Any, y: Any, *, graph: Any = None) -> "Credulous":
        self.n_features_in_, self.mean_ = np.shape(X)[1], float(np.mean(y))
        return self

    def predict(self, X: Any, *, graph: Any = None) -> Any:
        return np.full(len(X), self.mean_)


DEFECTS = [
    (ChangedSetting, "check_constructor_stores", "the constructor changes .*n_hops"),
    (BusyConstructor, "check_constructor_stores", "the constructor sets .*cache"),
    (LostSetting, "check_clone_and_parameters", "set_params does not set weighting"),
    (PlainName, "check_fitted_names", "must end in '_'; got .*means"),
    (SettingSet, "check_fitted_names", "fit changes the settings .*n_hops"),
    (TouchedData, "check_fitted_names", "fit changes its data: .*X"),
    (NothingReturned, "check_fitted_names", "fit must return the estimator itself"),
    (NoState, "check_unfitted", "an answer before fit must be refused"),
    (NoState, "check_columns_at_prediction", "columns in another order must be refused"),
    (LostOnSaving, "check_pickle", "answers after pickling differ by up to 1,"),
    (Unseeded, "check_same_seed_same_numbers", "answers of a second fit differ"),
    (Jobs, "check_same_seed_same_numbers", "answers with n_jobs=2 differ"),
    (CountedRows, "check_order_of_nodes_at_prediction", "answers for permuted nodes differ"),
    (FirstRow, "check_order_of_nodes_in_fit", "answers of a fit to permuted nodes differ"),
    (CentredByAll, "check_isolated_node_changes_no_other", "answers beside an added isolated node differ"),
    (MatrixOnly, "check_forms_of_a_graph", "answers with the graph as a edge table differ"),
    (Unrouted, "check_routing", "scores of cross_validate differ"),
    (FirstSite, "check_names_of_environments", "answers with environments as texts differ"),
    (Infinite, "check_odd_input_is_taken", "answers are not finite for a constant column"),
    (Credulous, "check_bad_input_is_refused", "X without rows must be refused"),
]


@pytest.mark.parametrize(("cls", "check", "complaint"), DEFECTS)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_defect_is_found(cls: type, check: str, complaint: str) -> None:
    with pytest.raises(AssertionError, match=complaint):
        getattr(testing, check)(cls(), make_check_data(60, 2))


def test_every_check_has_a_defect_that_it_finds() -> None:
    assert {check.__name__ for check in checks_for(FirstSite())} == {check for _, check, _ in DEFECTS}


def test_check_estimator_names_estimator_and_check() -> None:
    with pytest.raises(AssertionError, match="PlainName fails check_fitted_names: fitted names must end"):
        check_estimator(PlainName(), DATA)


def test_an_estimator_without_answers_is_checked_as_far_as_it_goes() -> None:
    class OnlyFit(BaseEstimator):
        def fit(self, X: Any, *, environments: Any) -> "OnlyFit":
            return self

    names = {check.__name__ for check in checks_for(OnlyFit())}
    assert names == {
        "check_constructor_stores",
        "check_clone_and_parameters",
        "check_fitted_names",
        "check_bad_input_is_refused",
    }


def test_wrong_message_is_a_complaint() -> None:
    class Vague(HopFeatures):
        def fit(self, X: Any, y: Any = None) -> "Vague":
            try:
                return super().fit(X, y)
            except ValueError:
                raise ValueError("bad input") from None

    with pytest.raises(AssertionError, match=r"the message for X without rows must match .* got 'bad input'"):
        testing.check_bad_input_is_refused(Vague(), DATA)


def test_data_are_the_same_at_each_call_and_have_both_arms() -> None:
    first, second = make_check_data(random_state=3), make_check_data(random_state=3)
    pd.testing.assert_frame_equal(first.X, second.X)
    assert first.graph == second.graph
    assert min(np.bincount(first.treatment)) > 50
    assert set(np.bincount(first.environments)) == {80}


class BesideEnvironments(HopAdditiveRegressor):
    def fit(self, X: Any, y: Any, *, environments: Any = None, graph: Any = None) -> "BesideEnvironments":
        return super().fit(X, y, graph=graph)


class VariedColumns(BesideEnvironments):
    def fit(self, X: Any, y: Any, *, environments: Any = None, graph: Any = None) -> "VariedColumns":
        for name in X if isinstance(X, pd.DataFrame) else ():
            if X[name].nunique() == 1:
                raise ValueError(f"X must have numeric columns; column {name!r} must vary")
        return super().fit(X, y, graph=graph)


@pytest.mark.parametrize(
    ("cls", "what"), [(BesideEnvironments, "a constant column"), (VariedColumns, "a constant y")]
)
def test_what_never_varies_must_be_refused_beside_environments(cls: type, what: str) -> None:
    with pytest.raises(AssertionError, match=f"{what} must be refused"):
        testing.check_bad_input_is_refused(cls(), DATA)


class TestEnvironmentData:
    """Worlds whose columns have the names that an array's columns get, so that settings may name them."""

    @pytest.mark.parametrize("kind", ["linear", "interaction", "sequence"])
    def test_names_fit_the_graph(self, kind: str) -> None:
        data = make_environment_check_data(kind, 20)
        assert list(data.X) == [f"x{i}" for i in range(data.X.shape[1])]
        assert set(data.causal_graph) == {*data.X, "y"}
        assert data.y.name == "y"
        assert set(data.mutable) < set(data.X)
        assert all("y" in data.causal_graph.predecessors(name) for name in data.mutable)

    def test_rows(self) -> None:
        data = make_environment_check_data(n_rows=20, random_state=3)
        assert data.graph.n_nodes == len(data.X) == len(data.y) == 80
        assert set(data.environments.value_counts()) == {20}
        pd.testing.assert_frame_equal(data.X, make_environment_check_data(n_rows=20, random_state=3).X)

    def test_what_has_no_rows_is_left_whole(self) -> None:
        data = make_environment_check_data(n_rows=20)
        testing.check_order_of_nodes_in_fit(HopAdditiveRegressor(n_fourier=0, random_state=0), data)
