"""Blood counts of mice: a small file written here, and the real one where it is given."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from causalkit.datasets import load_impc
from causalkit.datasets._impc import FILE_NAME
from causalkit.graphs import whole_set_is_optimal
from causalkit.metrics import worst_environment_risk

FOLDER = Path(os.environ.get("CAUSALKIT_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")
COUNTS = ["neutrophils", "lymphocytes", "eosinophils", "basophils", "large_unstained_cells", "monocytes"]


def small_table(genotypes: list[Any]) -> pd.DataFrame:
    values = np.random.default_rng(0).random((len(genotypes), 6))
    return pd.DataFrame(values, columns=COUNTS).assign(genotype=genotypes)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / FILE_NAME
    small_table([0, 0, 1, 2, 3, 4, 4]).to_csv(path, index=False)
    return path


class TestSmall:
    """Seven mice of five genotypes."""

    def test_parts(self, file: Path) -> None:
        data, table = load_impc(file, fixed=(0,)), small_table([0, 0, 1, 2, 3, 4, 4])
        pd.testing.assert_frame_equal(data.X, table[COUNTS[:-1]])
        pd.testing.assert_series_equal(data.y, table["monocytes"])
        pd.testing.assert_series_equal(data.environments, table["genotype"])
        assert data.feature_names == COUNTS[:-1]
        assert sorted([*data.stable, *data.mutable]) == sorted(COUNTS[:-1])
        assert set(data.causal_graph) == set(COUNTS)
        assert "7 mice of 5 genotypes" in data.DESCR
        assert "1 to 2 mice each" in data.DESCR

    def test_splits(self, file: Path) -> None:
        splits = load_impc(file, fixed=(2, 0)).splits
        assert splits == [((0, 1, 2, 3), (4,)), ((0, 1, 2, 4), (3,)), ((0, 2, 3, 4), (1,))]

    def test_folder_and_text(self, file: Path) -> None:
        for path in (file.parent, str(file.parent), str(file)):
            pd.testing.assert_frame_equal(load_impc(path, fixed=(0,)).X, load_impc(file, fixed=(0,)).X)

    def test_whole_counts_are_read_as_floats(self, file: Path) -> None:
        small_table([0, 1, 2, 3, 4]).assign(monocytes=1).to_csv(file, index=False)
        assert load_impc(file, fixed=(0,)).y.dtype == np.float64

    @pytest.mark.parametrize(
        ("fixed", "match"),
        [
            ((0, 9), r"different genotypes out of \[0, 1, 2, 3, 4\] and leave at least 3; got \(0, 9\)"),
            ((0, 0), r"fixed must name different genotypes .*; got \(0, 0\)"),
            ((0, 1, 2), r"leave at least 3; got \(0, 1, 2\)"),
        ],
    )
    def test_refused_splits(self, file: Path, fixed: tuple[int, ...], match: str) -> None:
        with pytest.raises(ValueError, match=match):
            load_impc(file, fixed=fixed)

    @pytest.mark.parametrize(
        ("changes", "match"),
        [
            ({"monocytes": np.nan}, "column 'monocytes' must hold finite numbers; got .*nan.* in row 0 of"),
            ({"basophils": np.inf}, "column 'basophils' must hold finite numbers; got .*inf.* in row 0 of"),
            ({"basophils": "many"}, "column 'basophils' must hold finite numbers; got 'many' in row 0 of"),
            ({"genotype": 0.5}, "column 'genotype' must hold integers; got float64"),
        ],
    )
    def test_refused_columns(self, file: Path, changes: dict[str, Any], match: str) -> None:
        small_table([0, 1, 2, 3, 4]).assign(**changes).to_csv(file, index=False)
        with pytest.raises(ValueError, match=match):
            load_impc(file)

    def test_missing_columns(self, file: Path) -> None:
        small_table([0, 1]).drop(columns=["genotype", "basophils"]).to_csv(file, index=False)
        with pytest.raises(ValueError, match=r"with the columns \['basophils', 'genotype'\]; got \['neutro"):
            load_impc(file)

    def test_missing_files(self, tmp_path: Path) -> None:
        with pytest.raises(
            FileNotFoundError, match=r"must be a file or a folder that exists; got '.*nowhere'"
        ):
            load_impc(tmp_path / "nowhere")
        with pytest.raises(FileNotFoundError, match=f"must be a file or a folder with {FILE_NAME}; got"):
            load_impc(tmp_path)


@pytest.mark.skipif(not (FOLDER / FILE_NAME).is_file(), reason=f"needs {FILE_NAME} (set CAUSALKIT_DATA)")
class TestReal:
    """614 mice."""

    def test_sizes(self) -> None:
        data = load_impc(FOLDER)
        sizes = data.environments.value_counts().sort_index()
        assert data.X.shape == (614, 5)
        assert sizes.index.tolist() == list(range(14))
        assert sizes[0] == 440
        assert sizes[1:].between(12, 14).all()
        assert "12 to 440 mice each" in data.DESCR

    def test_splits_and_graph(self) -> None:
        data = load_impc(FOLDER)
        assert len(data.splits) == len(set(data.splits)) == 45
        for train, test in data.splits:
            assert {0, 2, 4, 7} < set(train)
            assert sorted([*train, *test]) == list(range(14))
            assert (len(train), len(test)) == (6, 8)
        assert not whole_set_is_optimal(data.causal_graph, "monocytes", data.mutable)

    def test_constant_and_ridge(self) -> None:
        """Largest risk over test genotypes, mean over the splits: constant 1.998, ridge on all five 1.030."""
        data = load_impc(FOLDER)
        risks = []
        for train, test in data.splits:
            fitted, scored = (data.environments.isin(part) for part in (train, test))
            model = make_pipeline(StandardScaler(), RidgeCV(np.logspace(-3, 3, 13))).fit(
                data.X[fitted], data.y[fitted]
            )
            found = worst_environment_risk(
                data.y[scored],
                model.predict(data.X[scored]),
                data.environments[scored],
                y_train=data.y[fitted],
            )
            risks.append((found.constant_risk, found.risk))
        np.testing.assert_allclose(np.mean(risks, axis=0), [1.998, 1.030], atol=0.0006)
