"""The built-in phantoms as data sets."""

import inspect

from helpers import windows
from helpers.datasets.base import Dataset, check_memory
from helpers.phantoms import brain, chest, kidney

# Each data set's phantom, and the window in which its Hounsfield units are shown (None: it is no CT).
PHANTOMS = {
    "kidney_ct": (kidney, windows.ABDOMEN),
    "brain_ct": (brain, windows.BRAIN),
    "chest_xray": (chest, None),
}
CONFOUNDERS = ("contrast", "marker", "acquisition")


def phantom_cohort(name, card, size, seed, memory_limit, window, options):
    """The phantom of a data set as a `Dataset`; parameters as in `load`, `options` as a dict of its cohort's."""
    module, window = PHANTOMS[name][0], window or PHANTOMS[name][1]
    defaults = {
        option: parameter.default
        for option, parameter in inspect.signature(module.cohort).parameters.items()
        if option not in ("size", "seed")
    }
    if unknown := set(options) - set(defaults):
        raise ValueError(f"unknown phantom option {', '.join(sorted(unknown))}; known: {', '.join(defaults)}")
    check_memory((defaults | options)["n_images"], size, size, f"{name} phantom", memory_limit)
    cohort = module.cohort(size=size, seed=seed, **options)
    return Dataset(
        images=cohort.images if window is None else windows.to_unit(cohort.hu, *window),
        labels=cohort.labels,
        class_names=module.CLASS_NAMES,
        groups=cohort.groups,
        masks=cohort.masks,
        organs=getattr(cohort, "organs", None),
        provenance=f"synthetic {name} phantom, seed {seed}; groups are its patients",
        card=card,
        confounders={key: getattr(cohort, key) for key in CONFOUNDERS if hasattr(cohort, key)},
    )
