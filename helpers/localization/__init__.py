"""Does a map lie where the lesion is? Measures, each beside what chance would give; and sanity checks of maps."""

from helpers.localization.perturbation import Curves, deletion_curve, insertion_curve
from helpers.localization.places import Located, energy_inside, iou, pointing_game
from helpers.localization.randomisation import randomisation_test, randomised

__all__ = [
    "Curves",
    "Located",
    "deletion_curve",
    "energy_inside",
    "insertion_curve",
    "iou",
    "pointing_game",
    "randomisation_test",
    "randomised",
]
