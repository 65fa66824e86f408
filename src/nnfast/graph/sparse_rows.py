"""Rows of a sparse matrix, in the place of an array of samples: what is not kept of them is zero."""

from __future__ import annotations

from typing import Any

import numpy as np


class SparseRows:
    """A two-dimensional sparse matrix of SciPy's as a Feed reads it: a row becomes dense when its batch is gathered.

    Args:
        matrix: any of SciPy's sparse matrices and arrays of numbers, of two dimensions. Values given twice are added.

    Attributes:
        shape: (samples, columns).
        dtype: the values' element type.
        values, columns, starts: what is kept, where in its row, and where each row begins among them.

    Raises:
        ValueError: another number of dimensions, or no real numbers.

    >>> from scipy.sparse import csr_array
    >>> rows = SparseRows(csr_array([[0.0, 2.0], [0.0, 0.0], [3.0, 0.0]]))
    >>> len(rows), rows.values.tolist(), rows.columns.tolist(), rows.starts.tolist()
    (3, [2.0, 3.0], [1, 0], [0, 1, 1, 2])
    >>> np.asarray(rows[1:]).tolist()
    [[0.0, 0.0], [3.0, 0.0]]
    """

    ndim = 2

    def __init__(self, matrix: Any) -> None:
        if len(matrix.shape) != 2 or matrix.dtype.kind not in "biuf":
            raise ValueError(
                f"Expected a sparse matrix of numbers, got {len(matrix.shape)} dimensions of {matrix.dtype}"
            )
        if matrix.format != "csr" or not matrix.has_canonical_format:
            matrix = matrix.tocsr(copy=True)  # not the caller's, whose values given twice are to stay so
            matrix.sum_duplicates()
        self._matrix = matrix
        self.shape: tuple[int, int] = matrix.shape
        dtype = np.dtype("float64") if matrix.dtype.itemsize > 8 else matrix.dtype.newbyteorder("=")
        self.dtype = dtype
        self.values = np.require(matrix.data, dtype, ["C", "A"])
        # Copies: memory is written where they say.
        self.columns = np.array(matrix.indices, np.int64)
        self.starts = np.array(matrix.indptr, np.int64)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice) -> SparseRows:
        return SparseRows(self._matrix[rows])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.asarray(self._matrix.toarray(), dtype or self.dtype)


def is_sparse_matrix(values: Any) -> bool:
    """Whether this is one of SciPy's sparse matrices or arrays, which need not be imported for this."""
    return hasattr(values, "tocsr") and hasattr(values, "toarray")
