"""Browse heatmaps: patient, image, class, layer, method. A picture where widgets do not run."""

import base64
import io

import ipywidgets
import matplotlib.pyplot as plt
import numpy as np
from IPython.display import display

from helpers.plots.base import DOTS_PER_INCH
from helpers.plots.heatmaps import triplets

WIDGET_MIME = "application/vnd.jupyter.widget-view+json"


def viewer(cohort, explain, predicted, layers, methods):
    """Show a small viewer of heatmaps.

    Parameters
    ----------
    cohort : Dataset with images (n, h, w), labels, groups, class_names and, if known, masks.
    explain : function (image number, class index, layer, method) -> map (h, w), not negative, at the image's size. It is called
        when something is chosen, for one image.
    predicted : (n,) int, the predicted classes.
    layers, methods : lists of names to choose from; the first is shown first.

    Returns
    -------
    dict of the widgets, by what they choose: "patient", "image", "class", "layer", "method", and "picture". JupyterLab and Colab
    show them; where widgets do not run, the first picture is seen.
    """
    chosen = {
        "patient": ipywidgets.Dropdown(
            options=list(dict.fromkeys(cohort.groups.tolist())), description="patient"
        ),
        "image": ipywidgets.Dropdown(description="image"),
        "class": ipywidgets.Dropdown(
            options=[("predicted", -1), *((name, k) for k, name in enumerate(cohort.class_names))],
            description="class",
        ),
        "layer": ipywidgets.Dropdown(options=list(layers), description="layer"),
        "method": ipywidgets.Dropdown(options=list(methods), description="method"),
    }
    picture = ipywidgets.Image(format="png")

    def draw(change=None):
        i = chosen["image"].value
        if i is None:  # between two patients
            return
        explained = int(predicted[i]) if chosen["class"].value < 0 else chosen["class"].value
        heat = explain(i, explained, chosen["layer"].value, chosen["method"].value)
        names = cohort.class_names
        picture.value = _png(
            triplets(
                cohort.images[i : i + 1],
                np.asarray(heat)[None],
                [f"predicted {names[predicted[i]]}, true {names[cohort.labels[i]]}"],
                None if cohort.masks is None else cohort.masks[i : i + 1],
                title=f"{cohort.groups[i]}: what speaks for {names[explained]}",
                label=f"{chosen['method'].value}, raw",
            )
        )

    def list_images(change=None):
        own = np.flatnonzero(cohort.groups == chosen["patient"].value).tolist()
        chosen["image"].options = [(f"{position} of {len(own)}", i) for position, i in enumerate(own, 1)]
        chosen["image"].value = own[0]

    list_images()
    draw()
    chosen["patient"].observe(list_images, "value")
    for name in ("image", "class", "layer", "method"):
        chosen[name].observe(draw, "value")
    first = chosen["image"].value
    box = ipywidgets.VBox([ipywidgets.HBox([chosen["patient"], chosen["image"], chosen["class"]]),
                           ipywidgets.HBox([chosen["layer"], chosen["method"]]), picture])  # fmt: skip
    alt = (
        f"A viewer of heatmaps. Image {first}, patient {cohort.groups[first]}: the image, its heatmap for the class "
        f"{cohort.class_names[predicted[first]]} by {methods[0]} at layer {layers[0]}, and both."
    )
    display(
        {
            WIDGET_MIME: {"version_major": 2, "version_minor": 0, "model_id": box.model_id},
            "image/png": base64.b64encode(picture.value).decode(),
            "text/plain": f"Figure: {alt}",
        },
        metadata={"image/png": {"alt": alt}},
        raw=True,
    )
    return chosen | {"picture": picture}


def _png(fig):
    buffer = io.BytesIO()
    fig.savefig(buffer, format="png", dpi=DOTS_PER_INCH, facecolor="white")
    plt.close(fig)
    return buffer.getvalue()
