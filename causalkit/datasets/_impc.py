"""Blood counts of mice with one gene knocked out each, from a file that the user has."""

from collections.abc import Sequence
from itertools import combinations
from os import PathLike
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
from sklearn.utils import Bunch

FILE_NAME = "impc_haematology.csv"

_OUTCOME = "monocytes"
_ENVIRONMENT = "genotype"
_FEATURES = ("neutrophils", "lymphocytes", "eosinophils", "basophils", "large_unstained_cells")
_MUTABLE = ("large_unstained_cells",)
_ARROWS = (
    ("monocytes", "large_unstained_cells"),
    ("neutrophils", "lymphocytes"),
    ("eosinophils", "lymphocytes"),
    ("large_unstained_cells", "lymphocytes"),
    ("monocytes", "lymphocytes"),
    ("lymphocytes", "basophils"),
)

# Every split trains on the fixed genotypes and on so many of the others, and tests on the rest.
_N_MORE = 2

_DESCRIPTION = """\
Blood counts of mice with one gene knocked out (International Mouse Phenotyping Consortium)
-------------------------------------------------------------------------------------------
Who           {n_rows:,} mice of {n_genotypes} genotypes; genotype 0 is the wild type.
y             monocytes, thousands of cells per microlitre of blood.
X             neutrophils, lymphocytes, eosinophils, basophils, large unstained cells, in the same unit.
environments  genotype, {smallest} to {largest} mice each.
causal_graph  the arrows around the outcome that Liu et al. (2023) use: {arrows}.
mutable       large_unstained_cells; the other counts are stable.
splits        {n_splits}: training on genotypes {fixed} and two more, testing on the rest.

Source: International Mouse Phenotyping Consortium (public). Analysed in M. Liu, X. Zheng, X. Sun, F. Fang and
Y. Wang (2023). Which Invariance Should We Transfer? A Causal Minimax Learning Approach. ICML.
"""


def load_impc(path: str | PathLike[str], *, fixed: Sequence[int] = (0, 2, 4, 7)) -> Bunch:
    """Load blood counts of knock-out mice: which predictor of one count survives a change of the genotype?

    Nothing is downloaded.

    Parameters
    ----------
    path : str or path-like
        A CSV file with the columns ``neutrophils``, ``lymphocytes``, ``eosinophils``, ``basophils``,
        ``large_unstained_cells``, ``monocytes`` and ``genotype``, or a folder that holds it as
        ``impc_haematology.csv``.
    fixed : sequence of int, default=(0, 2, 4, 7)
        Genotypes in the training part of every split; at least two others must be left to train on, and one
        to test on.

    Returns
    -------
    data : sklearn.utils.Bunch
        X : DataFrame of float, shape (n, 5)
            Cell counts, in thousands per microlitre.
        y : Series of float, shape (n,)
            ``monocytes``, in the same unit.
        environments : Series of int, shape (n,)
            ``genotype``; 0 is the wild type.
        causal_graph : networkx.DiGraph
            The arrows around the outcome that the paper uses.
        stable, mutable : tuple of str
            Which columns are what.
        splits : list of (tuple of int, tuple of int)
            Genotypes to train and to test on: ``fixed`` and two others against the rest, in sorted order.
        feature_names : list of str
        question, DESCR : str

    Raises
    ------
    FileNotFoundError
        If there is no such file, or no ``impc_haematology.csv`` in the folder.
    ValueError
        If a column is missing or has values that are not finite numbers, genotypes are not integers, or
        ``fixed`` names genotypes that are not in the file, names one twice, or leaves fewer than three.

    References
    ----------
    Liu, M., Zheng, X., Sun, X., Fang, F. & Wang, Y. (2023). Which Invariance Should We Transfer? A Causal
    Minimax Learning Approach. ICML. arXiv 2107.01876.

    Examples
    --------
    >>> from causalkit.datasets import load_impc
    >>> mice = load_impc("impc_haematology.csv")  # doctest: +SKIP
    >>> mice.X.shape, len(mice.splits)  # doctest: +SKIP
    ((614, 5), 45)

    A file that is not there:

    >>> load_impc("no_such_file.csv")
    Traceback (most recent call last):
    FileNotFoundError: path must be a file or a folder that exists; got 'no_such_file.csv'
    """
    file = _find_file(Path(path))
    table = _check_table(pd.read_csv(file), file)
    genotypes = table[_ENVIRONMENT]
    splits = _splits(sorted(set(genotypes.tolist())), fixed)
    return Bunch(
        X=table[list(_FEATURES)],
        y=table[_OUTCOME],
        environments=genotypes,
        causal_graph=nx.DiGraph(_ARROWS),
        stable=tuple(name for name in _FEATURES if name not in _MUTABLE),
        mutable=_MUTABLE,
        splits=splits,
        feature_names=list(_FEATURES),
        question="Which predictor of the monocyte count holds for genotypes that were not seen?",
        DESCR=_describe(genotypes, len(splits), fixed),
    )


def _find_file(path: Path) -> Path:
    if not path.exists():
        raise FileNotFoundError(f"path must be a file or a folder that exists; got '{path}'")
    if not path.is_dir():
        return path
    file = path / FILE_NAME
    if not file.is_file():
        raise FileNotFoundError(f"path must be a file or a folder with {FILE_NAME}; got '{path}'")
    return file


def _check_table(table: pd.DataFrame, file: Path) -> pd.DataFrame:
    counts = [*_FEATURES, _OUTCOME]
    missing = [name for name in (*counts, _ENVIRONMENT) if name not in table]
    if missing:
        raise ValueError(
            f"path must name a CSV file with the columns {missing}; got {list(table)} in '{file}'"
        )
    for name in (*counts, _ENVIRONMENT):
        numeric = pd.api.types.is_numeric_dtype(table[name])
        bad = np.flatnonzero(~np.isfinite(table[name])) if numeric else [0]
        if len(bad):
            raise ValueError(
                f"column {name!r} must hold finite numbers; got {table[name].iloc[bad[0]]!r} in row {bad[0]} "
                f"of '{file}'"
            )
    if not pd.api.types.is_integer_dtype(table[_ENVIRONMENT]):
        raise ValueError(
            f"column {_ENVIRONMENT!r} must hold integers; got {table[_ENVIRONMENT].dtype} in '{file}'"
        )
    return table.astype(dict.fromkeys(counts, "float64") | {_ENVIRONMENT: "int64"})


def _splits(genotypes: list[int], fixed: Any) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    chosen = list(fixed)
    others = [genotype for genotype in genotypes if genotype not in chosen]
    if len(set(chosen)) < len(chosen) or not set(chosen) <= set(genotypes) or len(others) <= _N_MORE:
        raise ValueError(
            f"fixed must name different genotypes out of {genotypes} and leave at least {_N_MORE + 1}; "
            f"got {fixed!r}"
        )
    return [
        (tuple(sorted([*chosen, *more])), tuple(genotype for genotype in others if genotype not in more))
        for more in combinations(others, _N_MORE)
    ]


def _describe(genotypes: pd.Series, n_splits: int, fixed: Sequence[int]) -> str:
    sizes = genotypes.value_counts()
    return _DESCRIPTION.format(
        n_rows=len(genotypes),
        n_genotypes=len(sizes),
        smallest=sizes.min(),
        largest=sizes.max(),
        arrows=", ".join(f"{u} -> {v}" for u, v in _ARROWS),
        n_splits=n_splits,
        fixed=", ".join(map(str, fixed)),
    )
