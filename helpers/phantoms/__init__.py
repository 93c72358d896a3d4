"""Synthetic cohorts with known lesions. They are physics in miniature and good for nothing clinical."""
