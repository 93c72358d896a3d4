"""Figures: one way to show them, and the pictures and charts that several lessons need."""

from helpers.plots.base import CLASS_COLOURS, COLOURS, DOTS_PER_INCH, LESION, percent, show
from helpers.plots.charts import (
    bars_with_intervals,
    confusion_heatmap,
    metric_bars,
    reliability_diagram,
    strips,
    training_curves,
)
from helpers.plots.diagrams import diagram
from helpers.plots.heatmaps import gallery, overlay, triplets
from helpers.plots.images import montage, outline
from helpers.plots.repetitions import paired

__all__ = [
    "CLASS_COLOURS",
    "COLOURS",
    "DOTS_PER_INCH",
    "LESION",
    "bars_with_intervals",
    "confusion_heatmap",
    "diagram",
    "gallery",
    "metric_bars",
    "montage",
    "outline",
    "overlay",
    "paired",
    "percent",
    "reliability_diagram",
    "show",
    "strips",
    "training_curves",
    "triplets",
]
