"""A citation network small enough to write out, in the formats of real ones."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

WORDS = np.array([[1, 0, 0], [0, 1, 1], [0, 0, 0], [1, 0, 1]])
EDGES = np.array([[0, 1], [1, 3]])
LABELS = np.array([0, 1, 1, 0])


@pytest.fixture
def npz_parts() -> dict[str, Any]:
    """WORDS, EDGES and LABELS as an npz file holds them; node 1 is for training, 0 and 3 for testing."""
    return {
        "edges": EDGES.astype(np.int16),
        "x_indptr": np.array([0, 1, 3, 3, 5], dtype=np.uint16),
        "x_indices": np.array([0, 1, 2, 0, 2], dtype=np.int16),
        "x_shape": np.array([4, 3]),
        "y": LABELS.astype(np.int8),
        "train_idx": np.array([1], dtype=np.uint8),
        "val_idx": np.array([], dtype=np.int16),
        "test_idx": np.array([0, 3], dtype=np.int16),
    }


def write_pyg(file: Path, **changes: Any) -> Path:
    """Write the network as torch_geometric's Planetoid does; a part that is None is left out."""
    import torch
    from torch_geometric.data import Data, InMemoryDataset

    both_ways = np.concatenate([EDGES, EDGES[:, ::-1]]).T
    parts = {
        "x": torch.tensor(WORDS, dtype=torch.float32),
        "edge_index": torch.from_numpy(both_ways.copy()),
        "y": torch.from_numpy(LABELS),
        "train_mask": torch.tensor([False, True, False, False]),
        **changes,
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    data = Data.from_dict({key: value for key, value in parts.items() if value is not None})
    InMemoryDataset.save([data], str(file))
    return file
