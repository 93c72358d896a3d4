"""Checks of lesson 05. Each judge compares with the definition, never with one stored answer, and tells
typical mistakes apart where it can. No TensorFlow here."""

from helpers.checks.lesson05.blind_map import blind_map
from helpers.checks.lesson05.channel_weights import channel_weights
from helpers.checks.lesson05.class_activation_map import class_activation_map
from helpers.checks.lesson05.energy_inside import energy_inside
from helpers.checks.lesson05.fair_hits import fair_hits
from helpers.checks.lesson05.pointing_game import pointing_game
from helpers.checks.score import Score

score = Score(
    "05",
    {
        "channel_weights": 2,
        "class_activation_map": 2,
        "pointing_game": 3,
        "energy_inside": 2,
        "blind_map": 3,
        "fair_hits": 2,
    },
)
__all__ = [
    "blind_map",
    "channel_weights",
    "class_activation_map",
    "energy_inside",
    "fair_hits",
    "pointing_game",
    "score",
]
