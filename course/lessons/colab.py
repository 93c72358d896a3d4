"""What makes a lesson run in Colab: a badge that opens it, and a first cell that fetches the course there."""

from nbformat.v4 import new_code_cell, new_markdown_cell

# Colab brings its own numpy, tensorflow, IPython and so on. pip is told to leave all that is installed as it is: a
# running kernel that has one version loaded does not survive another on disk.
BOOTSTRAP = """\
# @title In Colab this cell fetches the course (about a minute). Anywhere else it does nothing.
import sys

if "google.colab" in sys.modules:
    import re
    import subprocess
    from importlib import metadata
    from pathlib import Path

    address, course = "{address}", Path("/content/course")

    def run(command, failed):
        try:
            subprocess.run(command, check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise RuntimeError(f"{{failed}} ({{error}})") from None

    if not course.exists():
        clone = ["git", "clone", "--quiet", "--depth", "1", address, str(course)]
        run(clone, f"The course could not be fetched from {{address}}. Is there a network, and is the repository public?")
    try:
        metadata.version("explainable-imaging")
    except metadata.PackageNotFoundError:
        installed, version = {{}}, r"[0-9]+([.!][0-9]+)*((a|b|rc|[.]post|[.]dev)[0-9]+)*([+][a-zA-Z0-9.]+)?"
        for package in metadata.distributions():  # of two of one name, the first is the one that is imported
            name = re.sub("[-_.]+", "-", package.metadata["Name"] or "").lower()
            if name and re.fullmatch(version, package.version or ""):
                installed.setdefault(name, package.version)
        constraints = Path("/content/constraints.txt")
        constraints.write_text("\\n".join(f"{{name}}=={{installed[name]}}" for name in sorted(installed)))
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "-c", str(constraints), "-e", str(course)]
        run(pip, "The course could not be installed beside Colab's own packages, none of which it may replace.")
    if str(course) not in sys.path:
        sys.path.insert(0, str(course))"""


def badge_cell(name, address):
    """A link that opens the student notebook in Colab."""
    repository = address.removeprefix("https://github.com/")
    target = f"https://colab.research.google.com/github/{repository}/blob/main/notebooks/{name}.ipynb"
    image = "https://colab.research.google.com/assets/colab-badge.svg"
    return new_markdown_cell(f"[![Open in Colab]({image})]({target})", id="colab-badge")


def bootstrap_cell(address):
    """The cell that installs the course in Colab, and does nothing elsewhere; running it twice is
    harmless."""
    return new_code_cell(
        BOOTSTRAP.format(address=address), id="colab-bootstrap", metadata={"tags": ["setup", "hide-input"]}
    )
