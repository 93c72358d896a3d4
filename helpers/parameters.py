"""Check a lesson's parameters, and show what its profile means."""

import pandas as pd
from IPython.display import display

from helpers import results

PROFILES = {
    "smoke": "tests: seconds",
    "quick": "a laptop without GPU",
    "full": "the published scale",
}
DATA = {
    "phantom": "built in, nothing to download",
    "real": "images below DATA_ROOT",
}


def choose(profile, data, data_root, profiles):
    """The sizes that a profile stands for.

    Parameters
    ----------
    profile, data, data_root : the lesson's parameters PROFILE, DATA and DATA_ROOT.
    profiles : profile -> (name of a size -> value); the same names for all three.

    Returns
    -------
    dict, the sizes of the chosen profile. The table of all profiles is shown.

    Raises
    ------
    ValueError : an unknown value (the message lists the choices), or real data without DATA_ROOT.
    OSError : the cache cannot be written: better now than in the lesson's last cell.
    """
    for name, value, choices in (("PROFILE", profile, PROFILES), ("DATA", data, DATA)):
        if value not in choices:
            listed = "; ".join(f"{choice!r} ({meaning})" for choice, meaning in choices.items())
            raise ValueError(f"{name} = {value!r} is not one of the choices: {listed}")
    if data == "real" and not str(data_root).strip():
        raise ValueError("DATA = 'real' needs DATA_ROOT, the folder that holds the real images (--data-root)")
    results.cache()
    table = pd.DataFrame(profiles).T
    table.insert(0, "for", pd.Series(PROFILES))
    table.insert(0, "chosen", ["yes" if name == profile else "" for name in table.index])
    display(table)
    return dict(profiles[profile])
