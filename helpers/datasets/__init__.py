"""Cohorts of labelled images under one contract: `load` returns a `Dataset`, whatever the files look like.

from helpers import datasets
cohort = datasets.load("kidney_ct")                                        # the built-in phantom
cohort = datasets.load("kidney_ct", source="real", root="CT-KIDNEY", size=96)   # image folders
"""

from helpers.datasets.base import Dataset, DatasetError
from helpers.datasets.inspection import inspect
from helpers.datasets.inventories import inventory
from helpers.datasets.loading import NAMES, load
from helpers.datasets.masked import load_masked
from helpers.datasets.streaming import stream

__all__ = ["NAMES", "Dataset", "DatasetError", "inspect", "inventory", "load", "load_masked", "stream"]
