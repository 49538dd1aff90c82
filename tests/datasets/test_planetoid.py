"""Citation networks from files: a small one written here, and Cora itself where its file is given."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from causalkit.datasets import _planetoid, load_planetoid

from .conftest import EDGES, LABELS, WORDS, write_pyg

FOLDER = Path(os.environ.get("CAUSALKIT_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")


@pytest.fixture
def small_cora(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let "cora" stand for four papers with three words."""
    monkeypatch.setitem(_planetoid.SIZES, "cora", WORDS.shape)


@pytest.mark.usefixtures("small_cora")
class TestSmall:
    """Four papers."""

    def test_npz(self, tmp_path: Path, npz_parts: dict[str, Any]) -> None:
        np.savez(tmp_path / "cora.npz", **npz_parts)
        data = load_planetoid("cora", tmp_path / "cora.npz")
        assert list(data.X.columns) == data.feature_names == ["word_0", "word_1", "word_2"]
        np.testing.assert_array_equal(data.X, WORDS)
        np.testing.assert_array_equal(data.y, LABELS)
        np.testing.assert_array_equal(data.graph.edges(), EDGES)
        np.testing.assert_array_equal(data.graph.degrees, [1, 2, 0, 1])
        np.testing.assert_array_equal(np.flatnonzero(data.train_mask), [1])
        np.testing.assert_array_equal(np.flatnonzero(data.validation_mask), [])
        np.testing.assert_array_equal(np.flatnonzero(data.test_mask), [0, 3])
        assert data.name == "cora"
        for text in ("4 papers", "3 words: 1 if", "2 links", "from 0 to 1", "2 papers for testing"):
            assert text in data.DESCR

    @pytest.mark.parametrize("name", ["cora", "Cora"])
    def test_folder_of_torch_geometric(self, name: str, tmp_path: Path) -> None:
        write_pyg(tmp_path / "Cora" / "processed" / "data.pt", train_mask=None)
        data = load_planetoid(name, str(tmp_path))
        np.testing.assert_array_equal(data.X, WORDS)
        np.testing.assert_array_equal(data.graph.edges(), EDGES)
        assert data.train_mask is data.validation_mask is data.test_mask is None
        assert "the file holds no split" in data.DESCR

    def test_weights_of_words(self, tmp_path: Path, npz_parts: dict[str, Any]) -> None:
        np.savez(tmp_path / "cora.npz", **npz_parts, x_data=np.full(5, 0.25))
        data = load_planetoid("cora", tmp_path)
        np.testing.assert_array_equal(data.X, WORDS * np.float32(0.25))
        assert "their weight in the paper" in data.DESCR


def test_another_network_than_the_name_says(tmp_path: Path, npz_parts: dict[str, Any]) -> None:
    np.savez(tmp_path / "cora.npz", **npz_parts)
    message = "name='cora' stands for 2,708 papers with 1,433 words; got 4 papers with 3 words in"
    with pytest.raises(ValueError, match=message):
        load_planetoid("cora", tmp_path)


@pytest.mark.parametrize("name", ["core", None, 3])
def test_unknown_name(name: Any, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"name must be one of 'cora', 'citeseer', 'pubmed'; got {name!r}"):
        load_planetoid(name, tmp_path)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="path must be a file or a folder that exists"):
        load_planetoid("cora", tmp_path / "cora.npz")


@pytest.mark.skipif(
    not (FOLDER / "cora.npz").is_file(), reason="needs cora.npz in the folder that CAUSALKIT_DATA names"
)
class TestCora:
    """The real one: sizes as Sen et al. (2008) and Yang et al. (2016) give them."""

    def test_sizes(self) -> None:
        cora = load_planetoid("cora", FOLDER)
        assert cora.X.shape == (2708, 1433)
        assert set(cora.X.dtypes) == {np.dtype(np.uint8)}
        assert cora.graph.n_edges == 5278
        assert cora.y.nunique() == 7
        sizes = [mask.sum() for mask in (cora.train_mask, cora.validation_mask, cora.test_mask)]
        assert sizes == [140, 500, 1000]
        assert not (cora.train_mask & cora.test_mask).any()
        # Twenty papers of each subject are for training.
        assert (np.bincount(cora.y[cora.train_mask]) == 20).all()

    def test_linked_papers_are_alike(self) -> None:
        cora = load_planetoid("cora", FOLDER)
        source, target = cora.graph.edges().T
        labels = cora.y.to_numpy()
        assert (labels[source] == labels[target]).mean() > 0.8
        together = (cora.X.to_numpy()[source] & cora.X.to_numpy()[target]).sum()
        strangers = np.random.default_rng(0).permutation(target)
        assert together > 2 * (cora.X.to_numpy()[source] & cora.X.to_numpy()[strangers]).sum()

    def test_simulated_effects(self) -> None:
        from sklearn.decomposition import TruncatedSVD

        from causalkit.datasets import make_network_cate

        cora = load_planetoid("cora", FOLDER)
        topics = TruncatedSVD(10, random_state=0).fit_transform(cora.X)
        world = make_network_cate(graph=cora.graph, X=topics, random_state=0)
        assert world.X.shape == (2708, 10)
        assert 0.5 < world.cate.var() < 1.6
        assert ((world.propensity > 0.05) & (world.propensity < 0.95)).mean() > 0.9
