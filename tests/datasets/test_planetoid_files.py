"""Files of citation networks: what is read, and what is refused without being unpickled."""

import pickle
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from causalkit.datasets._planetoid_files import Citations, find_file, read_citations

from .conftest import EDGES, LABELS, WORDS, write_pyg


class Trap:
    """Leaves a mark where it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.mark,)


def read_npz(tmp_path: Path, parts: dict[str, Any]) -> Citations:
    file = tmp_path / "cora.npz"
    np.savez(file, **parts)
    return read_citations(file)


class TestNpz:
    """The layout with CSR parts."""

    def test_parts(self, tmp_path: Path, npz_parts: dict[str, Any]) -> None:
        found = read_npz(tmp_path, npz_parts)
        np.testing.assert_array_equal(found.words, WORDS)
        np.testing.assert_array_equal(found.edges, EDGES)
        np.testing.assert_array_equal(found.labels, LABELS)
        assert found.words.dtype == np.uint8
        assert found.edges.dtype == found.labels.dtype == np.int64
        assert list(found.masks) == ["train", "val", "test"]
        np.testing.assert_array_equal(found.masks["train"], [False, True, False, False])
        np.testing.assert_array_equal(found.masks["val"], [False] * 4)
        np.testing.assert_array_equal(found.masks["test"], [True, False, False, True])

    def test_weights_of_words(self, tmp_path: Path, npz_parts: dict[str, Any]) -> None:
        values = np.array([0.5, 1, 2, 0.25, 3])
        found = read_npz(tmp_path, {**npz_parts, "x_data": values})
        assert found.words.dtype == np.float32
        np.testing.assert_array_equal(found.words[found.words != 0], values)

    def test_no_split(self, tmp_path: Path, npz_parts: dict[str, Any]) -> None:
        parts = {key: value for key, value in npz_parts.items() if not key.endswith("_idx")}
        assert read_npz(tmp_path, parts).masks == {}

    def test_narrow_integers_do_not_overflow(self, tmp_path: Path) -> None:
        n_nodes = 40_000
        parts = {
            "edges": np.array([[0, n_nodes - 1]], dtype=np.uint16),
            "x_indptr": np.arange(n_nodes + 1, dtype=np.uint16),
            "x_indices": np.zeros(n_nodes, dtype=np.int8),
            "x_shape": np.array([n_nodes, 1], dtype=np.uint16),
            "y": np.zeros(n_nodes, dtype=np.int8),
        }
        assert read_npz(tmp_path, parts).words.sum(dtype=int) == n_nodes

    @pytest.mark.parametrize("key", ["edges", "x_indptr", "x_indices", "x_shape", "y"])
    def test_missing_part(self, key: str, tmp_path: Path, npz_parts: dict[str, Any]) -> None:
        del npz_parts[key]
        with pytest.raises(ValueError, match=rf"cora\.npz' cannot be used: .* \['{key}'\] not found among"):
            read_npz(tmp_path, npz_parts)

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"y": np.array([0, 1])}, "y must have one value for each of the 4 rows of x; got 2"),
            ({"y": np.array([0.5, 1, 1, 0])}, r"y must be a 1-dimensional array of integers; .* of float64"),
            ({"edges": np.array([[0, 1, 2]])}, r"edges must have two ends each; got shape \(1, 3\)"),
            ({"edges": np.array([0, 1])}, "edges must be a 2-dimensional array of integers"),
            ({"edges": np.array([[0, 4]])}, "edges must be row positions from 0 to 3; got 0 to 4"),
            ({"edges": np.array([[-1, 2]])}, "edges must be row positions from 0 to 3; got -1 to 2"),
            ({"x_indptr": np.array([0, 1, 3])}, "x_indptr, x_indices, x_data and x_shape are no CSR matrix"),
            ({"x_indices": np.array([0, 1, 9, 0, 2])}, "x_shape are no CSR matrix"),
            ({"x_data": np.ones(4)}, "x_shape are no CSR matrix"),
            ({"x_data": np.array([1, np.nan, 1, 1, 1])}, "x must be a table of finite numbers"),
            ({"x_shape": np.array([4])}, "x_shape must hold two numbers; got 1"),
            ({"train_idx": np.array([7])}, "train_idx must lie between 0 and 3; got 7 to 7"),
            ({"test_idx": np.array([-1])}, "test_idx must lie between 0 and 3; got -1 to -1"),
        ],
    )
    def test_parts_that_do_not_fit(
        self, changes: dict[str, Any], message: str, tmp_path: Path, npz_parts: dict[str, Any]
    ) -> None:
        with pytest.raises(ValueError, match=message):
            read_npz(tmp_path, {**npz_parts, **changes})

    def test_pickled_objects_are_refused(self, tmp_path: Path, npz_parts: dict[str, Any]) -> None:
        mark = tmp_path / "mark"
        with pytest.raises(ValueError, match=r"cora\.npz' cannot be used: Object arrays cannot be loaded"):
            read_npz(tmp_path, {**npz_parts, "y": np.array([Trap(mark)], dtype=object)})
        assert not mark.exists()


class TestDataPt:
    """What torch_geometric writes."""

    def test_parts(self, tmp_path: Path) -> None:
        found = read_citations(write_pyg(tmp_path / "data.pt"))
        np.testing.assert_array_equal(found.words, WORDS)
        assert found.words.dtype == np.uint8
        assert {tuple(sorted(pair)) for pair in found.edges.tolist()} == {(0, 1), (1, 3)}
        np.testing.assert_array_equal(found.labels, LABELS)
        assert list(found.masks) == ["train"]
        np.testing.assert_array_equal(found.masks["train"], [False, True, False, False])

    def test_missing_part(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match=r"x, edge_index and y are needed, .*; got \['edge_index', "):
            read_citations(write_pyg(tmp_path / "data.pt", y=None))

    def test_one_mask_for_each_of_several_splits(self, tmp_path: Path) -> None:
        import torch

        file = write_pyg(tmp_path / "data.pt", train_mask=torch.zeros(4, 10, dtype=torch.bool))
        with pytest.raises(ValueError, match=r"train_mask must be one boolean for each .* \(4, 10\) of bool"):
            read_citations(file)

    @pytest.mark.parametrize("as_zip", [True, False])
    def test_whole_objects_are_refused(self, as_zip: bool, tmp_path: Path) -> None:
        import torch

        file, mark = tmp_path / "data.pt", tmp_path / "mark"
        torch.save(Trap(mark), file, _use_new_zipfile_serialization=as_zip)
        message = "holds more than tensors in plain containers" if as_zip else "is neither"
        with pytest.raises(ValueError, match=message):
            read_citations(file)
        assert not mark.exists()


@pytest.mark.parametrize("file", ["cora.npz", "data.pt", "ind.cora.x"])
def test_a_pickle_by_any_name_is_refused(file: str, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    (tmp_path / file).write_bytes(pickle.dumps(Trap(mark)))
    with pytest.raises(ValueError, match=rf"npz file or torch_geometric's data.pt; '.*{file}' is neither"):
        read_citations(tmp_path / file)
    assert not mark.exists()


class TestFindFile:
    """A file, or the folder that holds it."""

    @pytest.mark.parametrize(
        "place",
        [
            "cora.npz",
            "processed/data.pt",
            "Cora/processed/data.pt",
            "cora/cora.npz",
            "CORA/processed/data.pt",
        ],
    )
    def test_in_a_folder(self, place: str, tmp_path: Path) -> None:
        file = tmp_path / place
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
        (tmp_path / "PubMed/processed").mkdir(parents=True)
        (tmp_path / "PubMed/processed/data.pt").touch()
        assert find_file("cora", tmp_path) == file

    def test_a_file_is_taken_whatever_its_name(self, tmp_path: Path) -> None:
        (tmp_path / "papers.npz").touch()
        assert find_file("cora", tmp_path / "papers.npz") == tmp_path / "papers.npz"

    def test_nothing_there(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError, match=r"a file or a folder that exists; got '.*none'"):
            find_file("cora", tmp_path / "none")

    def test_empty_folder(self, tmp_path: Path) -> None:
        message = f"path must be a folder with cora.npz or processed/data.pt; got '{tmp_path}'"
        with pytest.raises(FileNotFoundError, match=f"^{re.escape(message)}$"):
            find_file("cora", tmp_path)

    def test_raw_files_only(self, tmp_path: Path) -> None:
        (tmp_path / "Cora" / "raw").mkdir(parents=True)
        (tmp_path / "Cora" / "raw" / "ind.cora.x").touch()
        with pytest.raises(FileNotFoundError, match=r"the raw files ind\.\* are pickles"):
            find_file("cora", tmp_path)
