"""Sections that only a lesson's exercise notebook has, one text file each, `NN.py`: cells of a notebook, not modules."""
