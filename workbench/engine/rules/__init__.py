"""How orders fill, once: plain functions over rows of numbers.

Python strategies run them as they are, over lists; signals and compiled strategies run the same
source compiled by numba, over arrays. So they use only what both take: numbers, indexing,
`range` loops, and each other.
"""
