"""Does a map lie where the lesion is? Measures, each beside what chance would give; and sanity checks of maps."""

from helpers.localization.chance import Located
from helpers.localization.perturbation import Curves, deletion_curve, insertion_curve
from helpers.localization.places import energy_inside, iou, pointing_game
from helpers.localization.randomisation import randomisation_test, randomised
from helpers.localization.ranks import auc_inside, top_k_intersection

__all__ = [
    "Curves",
    "Located",
    "auc_inside",
    "deletion_curve",
    "energy_inside",
    "insertion_curve",
    "iou",
    "pointing_game",
    "randomisation_test",
    "randomised",
    "top_k_intersection",
]
