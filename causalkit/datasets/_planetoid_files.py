"""Files with the Planetoid citation networks read into arrays, without unpickling anything."""

import pickle
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Integers = NDArray[np.int64]

SPLITS = ("train", "val", "test")

_NEEDED = ("edges", "x_indptr", "x_indices", "x_shape", "y")


@dataclass(frozen=True)
class Citations:
    """Papers, their words, who cites whom, and the published split where the file has it.

    Attributes
    ----------
    words : ndarray of uint8 or float32, shape (n_nodes, n_words)
        uint8 where all values are 0 or 1.
    edges : ndarray of int64, shape (n_edges, 2)
        Row positions of both ends.
    labels : ndarray of int64, shape (n_nodes,)
        Subject of each paper.
    masks : dict from "train", "val", "test" to ndarray of bool, shape (n_nodes,)
        Only those in the file.
    """

    words: NDArray[Any]
    edges: Integers
    labels: Integers
    masks: Mapping[str, NDArray[np.bool_]]


def find_file(name: str, path: Path) -> Path:
    """Return the file that holds the network ``name``: ``path`` itself, or one in that folder.

    Raises
    ------
    FileNotFoundError
        If there is none.
    """
    if not path.is_dir():
        if not path.is_file():
            raise FileNotFoundError(f"path must be a file or a folder that exists; got '{path}'")
        return path
    for folder in (path, *_folders_named(name, path)):
        for file in (folder / f"{name}.npz", folder / "processed" / "data.pt"):
            if file.is_file():
                return file
    raw = next(path.rglob(f"ind.{name}.*"), None)
    hint = (
        "; the raw files ind.* are pickles, which can run code when read, and are not taken "
        "(torch_geometric.datasets.Planetoid makes processed/data.pt of them)"
    )
    raise FileNotFoundError(
        f"path must be a folder with {name}.npz or processed/data.pt; got '{path}'{hint if raw else ''}"
    )


def read_citations(file: Path) -> Citations:
    """Read an npz file, or the ``processed/data.pt`` that torch_geometric's Planetoid writes.

    Raises
    ------
    ValueError
        If the file is neither, holds pickled objects, or its arrays do not fit together.
    """
    # Both formats are zip archives; anything else would be handed to an unpickler.
    if not zipfile.is_zipfile(file):
        raise ValueError(f"path must name an npz file or torch_geometric's data.pt; '{file}' is neither")
    try:
        return _read_tensors(file) if file.suffix == ".pt" else _read_arrays(file)
    except ValueError as error:
        raise ValueError(f"'{file}' cannot be used: {error}") from error


def _folders_named(name: str, path: Path) -> list[Path]:
    # torch_geometric spells the folder as its user spelled the name: Cora, CORA, cora.
    return sorted(folder for folder in path.iterdir() if folder.is_dir() and folder.name.lower() == name)


def _read_arrays(file: Path) -> Citations:
    with np.load(file, allow_pickle=False) as archive:
        lacking = [key for key in _NEEDED if key not in archive.files]
        if lacking:
            raise ValueError(
                f"the arrays {', '.join(_NEEDED)} are needed; {lacking} not found among {archive.files}"
            )
        arrays = {key: archive[key] for key in archive.files}
    words = _word_table(arrays)
    labels, edges = _integers(arrays["y"], "y", n_dims=1), _integers(arrays["edges"], "edges", n_dims=2)
    masks = {
        split: _mask(_integers(arrays[f"{split}_idx"], f"{split}_idx", n_dims=1), len(words), split)
        for split in SPLITS
        if f"{split}_idx" in arrays
    }
    return _checked(words, edges, labels, masks)


def _word_table(arrays: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
    indptr, indices, shape = (
        _integers(arrays[key], key, n_dims=1) for key in ("x_indptr", "x_indices", "x_shape")
    )
    values = arrays.get("x_data", np.ones(len(indices), dtype=np.uint8))
    if len(shape) != 2:
        raise ValueError(f"x_shape must hold two numbers; got {len(shape)}")
    try:
        matrix = sparse.csr_array((values, indices, indptr), shape=tuple(shape.tolist()))
        matrix.check_format(full_check=True)
    except ValueError as error:
        raise ValueError(f"x_indptr, x_indices, x_data and x_shape are no CSR matrix: {error}") from error
    return matrix.toarray()


def _read_tensors(file: Path) -> Citations:
    import torch
    from torch_geometric.data import Data

    try:
        # With weights_only the unpickler makes tensors and plain containers, and calls nothing else.
        with torch.serialization.safe_globals([Data]):
            content = torch.load(file, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError) as error:
        raise ValueError(
            "it holds more than tensors in plain containers, which is not read (torch_geometric before 2.4 "
            "wrote whole objects: let a newer one process the raw files again)"
        ) from error
    parts = content[0] if isinstance(content, tuple) and content else None
    arrays = {
        key: value.numpy()
        for key, value in (parts.items() if isinstance(parts, dict) else ())
        if isinstance(value, torch.Tensor) and value.layout == torch.strided
    }
    if not {"x", "edge_index", "y"} <= set(arrays):
        raise ValueError(
            "dense tensors x, edge_index and y are needed, as torch_geometric's Planetoid writes them; "
            f"got {sorted(arrays)}"
        )
    labels = _integers(arrays["y"], "y", n_dims=1)
    masks = {split: arrays[f"{split}_mask"] for split in SPLITS if f"{split}_mask" in arrays}
    return _checked(arrays["x"], _integers(arrays["edge_index"], "edge_index", n_dims=2).T, labels, masks)


def _checked(
    words: NDArray[Any], edges: Integers, labels: Integers, masks: Mapping[str, NDArray[Any]]
) -> Citations:
    if words.ndim != 2 or words.dtype.kind not in "biuf" or not np.isfinite(words).all():
        raise ValueError(f"x must be a table of finite numbers; got shape {words.shape} of {words.dtype}")
    n_nodes = len(words)
    if len(labels) != n_nodes:
        raise ValueError(f"y must have one value for each of the {n_nodes} rows of x; got {len(labels)}")
    if edges.shape[1] != 2:
        raise ValueError(f"edges must have two ends each; got shape {edges.shape}")
    if len(edges) and not 0 <= edges.min() <= edges.max() < n_nodes:
        raise ValueError(
            f"edges must be row positions from 0 to {n_nodes - 1}; got {edges.min()} to {edges.max()}"
        )
    for split, mask in masks.items():
        if mask.shape != (n_nodes,) or mask.dtype != np.bool_:
            raise ValueError(
                f"{split}_mask must be one boolean for each of the {n_nodes} rows of x; got shape "
                f"{mask.shape} of {mask.dtype}"
            )
    binary = np.isin(words, (0, 1)).all()
    return Citations(words.astype(np.uint8 if binary else np.float32), edges, labels, masks)


def _mask(rows: Integers, n_nodes: int, split: str) -> NDArray[np.bool_]:
    if len(rows) and not 0 <= rows.min() <= rows.max() < n_nodes:
        raise ValueError(
            f"{split}_idx must lie between 0 and {n_nodes - 1}; got {rows.min()} to {rows.max()}"
        )
    mask = np.zeros(n_nodes, dtype=np.bool_)
    mask[rows] = True
    return mask


def _integers(array: NDArray[Any], name: str, *, n_dims: int) -> Integers:
    if array.dtype.kind not in "iu" or array.ndim != n_dims:
        raise ValueError(
            f"{name} must be a {n_dims}-dimensional array of integers; got shape {array.shape} of "
            f"{array.dtype}"
        )
    # Files keep narrow integers, in which sums would overflow.
    return array.astype(np.int64)
