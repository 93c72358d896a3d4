"""Where a card's figures come from, and how they are put into sentences. What is missing is said, never guessed."""

import json
import re
from typing import NamedTuple

from helpers import results

LESSONS = ("02", "03", "04", "05", "06")
FIELD = re.compile(r"\{(\w+)(?::([^}]*))?\}")


class Source(NamedTuple):
    """The saved figures of a lesson. data : "phantom", "real", or "" if there are none. told : where they are from."""

    lesson: str
    figures: dict
    data: str
    told: str


def gather(profile, data, seed):
    """The figures of lessons 02 to 06, from runs of this machine where there are any.

    profile, data, seed : of the runs to look for. For a lesson that was not run so, the figures recorded on real images
    stand in; `told` says which.

    Returns
    -------
    dict, lesson -> Source.
    """
    return {lesson: _source(lesson, profile, data, seed) for lesson in LESSONS}


def _source(lesson, profile, data, seed):
    own = results.cache() / "results" / f"{lesson}.{data}.{profile}.{seed}.json"
    if own.is_file():
        figures = json.loads(own.read_text(encoding="utf-8"))["figures"]
        images = "phantom" if data == "phantom" else "real images"
        return Source(lesson, figures, data, f"your own run: {images}, profile {profile}, seed {seed}")
    if recorded := results.recorded(lesson):
        return Source(
            lesson,
            recorded,
            "real",
            "recorded on real images by the course (this lesson was not run here with this profile and seed)",
        )
    return Source(lesson, {}, "", "nothing: the lesson was not run, and no figures are recorded")


def fill(template, source):
    """A sentence with its figures.

    Parameters
    ----------
    template : text with fields `{name}` or `{name:form}`; a form is one of Python's, or "%" for a share in [0, 1], or
        "points" for a difference of shares. A figure with an interval, `name_interval`, is followed by it. Or a dict
        with a template for "phantom" and one for "real" data.
    source : Source.

    Returns
    -------
    text, missing : the sentence, and the names of figures that the results do not hold (then the sentence is "").
    """
    if isinstance(template, dict):
        template = template.get(source.data, "")
    names = [name for name, _ in FIELD.findall(template)]
    missing = [name for name in names if name not in source.figures]
    if missing:
        return "", missing
    return FIELD.sub(lambda found: _figure(found[1], found[2] or "", source.figures), template), []


def _figure(name, form, figures):
    interval = figures.get(f"{name}_interval")
    text = _shown(figures[name], form)
    return text if interval is None else f"{text} ({_shown(interval, form)})"


def _shown(value, form):
    if isinstance(value, list):
        return " to ".join(_shown(one, form) for one in value).replace(" % to", " to")
    if isinstance(value, (str, bool)):
        return str(value)
    if form == "%":
        return f"{100 * value:.0f} %"
    if form == "points":
        return f"{100 * value:+.1f} points"
    return format(value, form)
