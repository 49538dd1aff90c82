"""Planetoid: the citation networks Cora, CiteSeer and PubMed, from a file that the user has."""

from os import PathLike
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.utils import Bunch

from causalkit._validation import check_choice
from causalkit.datasets._planetoid_files import SPLITS, Citations, find_file, read_citations
from causalkit.graphs._network import Network

# Numbers of papers and words.
SIZES = {"cora": (2708, 1433), "citeseer": (3327, 3703), "pubmed": (19717, 500)}

_USES = {"train": "training", "val": "validation", "test": "testing"}

_DESCRIPTION = """\
{name}: papers, their words and their citations (Planetoid)
{line}
Who       {n_nodes:,} papers.
X         {n_words:,} words: {values}.
y         the paper's subject, a number from 0 to {last_label}.
graph     papers are linked where one cites the other: {n_edges:,} links.
masks     {split}.
missing   nothing. There is neither a treatment nor an outcome: make_network_cate(X=..., graph=...) adds them.

Source: P. Sen, G. Namata, M. Bilgic, L. Getoor, B. Galligher and T. Eliassi-Rad (2008). Collective
Classification in Network Data. AI Magazine 29 (3), 93-106. Split: Z. Yang, W. Cohen and R. Salakhutdinov
(2016). Revisiting Semi-Supervised Learning with Graph Embeddings. ICML.
"""


def load_planetoid(name: str, path: str | PathLike[str]) -> Bunch:
    """Load a citation network from a file on disk: real features and real links, without a treatment.

    Nothing is downloaded and nothing is unpickled. The raw files ``ind.cora.x``, ... of Planetoid are
    pickles, which can run code when they are read, and are not taken.

    Parameters
    ----------
    name : {"cora", "citeseer", "pubmed"}
        Which network; capitals do not matter.
    path : str or path-like
        A file, or a folder that holds it as ``cora.npz`` or ``processed/data.pt``, itself or in a folder
        ``Cora``. Two formats are read.

        - npz: ``edges`` (n_edges, 2) undirected pairs of row positions, ``y`` (n_nodes,), the words as parts
          of a CSR matrix ``x_indptr``, ``x_indices``, ``x_shape`` and, unless all entries are 1, ``x_data``;
          optionally the row positions ``train_idx``, ``val_idx``, ``test_idx``.
        - ``data.pt`` as ``torch_geometric.datasets.Planetoid`` (2.4 or newer) writes it, read with torch's
          ``weights_only``.

    Returns
    -------
    data : sklearn.utils.Bunch
        X : DataFrame, shape (n_nodes, n_words)
            Columns ``word_0``, ``word_1``, ...: uint8 where all values are 0 or 1, float32 otherwise.
        y : Series of int64, shape (n_nodes,)
            Subject of each paper.
        graph : Network
            Papers are linked where one cites the other.
        train_mask, validation_mask, test_mask : ndarray of bool, shape (n_nodes,), or None
            The published split; None where the file does not have it.
        feature_names : list of str
        name, DESCR : str

    Raises
    ------
    FileNotFoundError
        If there is no such file or folder, or nothing readable in the folder.
    ValueError
        If ``name`` is unknown, the file is of another format, holds pickled objects or arrays that do not
        fit together, or its size is not that of ``name``.

    See Also
    --------
    make_network_cate : Adds a treatment, an outcome and known effects to features and links.

    References
    ----------
    Sen, P., Namata, G., Bilgic, M., Getoor, L., Galligher, B. & Eliassi-Rad, T. (2008). Collective
    Classification in Network Data. AI Magazine 29 (3), 93-106.

    Yang, Z., Cohen, W. & Salakhutdinov, R. (2016). Revisiting Semi-Supervised Learning with Graph
    Embeddings. ICML.

    Examples
    --------
    Simulated effects on real links, carried by the leading singular vectors of the words:

    >>> from causalkit.datasets import load_planetoid, make_network_cate
    >>> from sklearn.decomposition import TruncatedSVD
    >>> cora = load_planetoid("cora", "cora.npz")  # doctest: +SKIP
    >>> topics = TruncatedSVD(10, random_state=0).fit_transform(cora.X)  # doctest: +SKIP
    >>> world = make_network_cate(graph=cora.graph, X=topics, random_state=0)  # doctest: +SKIP

    A folder that is not there:

    >>> load_planetoid("cora", "no_such_folder")
    Traceback (most recent call last):
    FileNotFoundError: path must be a file or a folder that exists; got 'no_such_folder'
    """
    name = check_choice(name.lower() if isinstance(name, str) else name, "name", tuple(SIZES))
    file = find_file(name, Path(path))
    citations = read_citations(file)
    if citations.words.shape != SIZES[name]:
        found, expected = (f"{n:,} papers with {d:,} words" for n, d in (citations.words.shape, SIZES[name]))
        raise ValueError(f"name={name!r} stands for {expected}; got {found} in '{file}'")
    return _bunch(name, citations)


def _bunch(name: str, citations: Citations) -> Bunch:
    n_nodes, n_words = citations.words.shape
    network = Network.from_edges(citations.edges, n_nodes=n_nodes)
    words = [f"word_{i}" for i in range(n_words)]
    train, validation, test = (citations.masks.get(split) for split in SPLITS)
    return Bunch(
        X=pd.DataFrame(citations.words, columns=words),
        y=pd.Series(citations.labels, name="y"),
        graph=network,
        train_mask=train,
        validation_mask=validation,
        test_mask=test,
        feature_names=words,
        name=name,
        DESCR=_describe(name, citations, network),
    )


def _describe(name: str, citations: Citations, network: Network) -> str:
    binary = citations.words.dtype == np.uint8
    sizes = [f"{mask.sum():,} papers for {_USES[split]}" for split, mask in citations.masks.items()]
    title = f"{name}: papers, their words and their citations (Planetoid)"
    return _DESCRIPTION.format(
        name=name,
        line="-" * len(title),
        n_nodes=network.n_nodes,
        n_words=citations.words.shape[1],
        values="1 if the paper has the word, 0 if not" if binary else "their weight in the paper",
        last_label=citations.labels.max(),
        n_edges=network.n_edges,
        split=f"the published split, {', '.join(sizes)}" if sizes else "the file holds no split",
    )
