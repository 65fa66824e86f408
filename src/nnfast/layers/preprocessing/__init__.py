"""Layers that make numbers for networks of strings, categories and measurements; imported when they are asked for.

CategoryEncoding and Discretization work inside models too. The others are called with arrays, before a model.
"""

from nnfast.layers.preprocessing.category_encoding import CategoryEncoding
from nnfast.layers.preprocessing.discretization import Discretization
from nnfast.layers.preprocessing.hashed_crossing import HashedCrossing
from nnfast.layers.preprocessing.hashing import Hashing
from nnfast.layers.preprocessing.integer_lookup import IntegerLookup
from nnfast.layers.preprocessing.string_lookup import StringLookup
from nnfast.layers.preprocessing.text_vectorization import TextVectorization

__all__ = [
    "CategoryEncoding",
    "Discretization",
    "HashedCrossing",
    "Hashing",
    "IntegerLookup",
    "StringLookup",
    "TextVectorization",
]
