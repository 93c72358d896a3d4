"""What makes a lesson run in Colab: a badge that opens it, and a first cell that fetches the course there."""

from nbformat.v4 import new_code_cell, new_markdown_cell

# Colab brings its own numpy, tensorflow and so on. pip is told to leave them as they are: a running kernel
# that has one version loaded does not survive another on disk.
BOOTSTRAP = """\
# In Colab this cell fetches the course (about a minute). Anywhere else it does nothing.
import sys

if "google.colab" in sys.modules:
    import subprocess
    from importlib import metadata
    from pathlib import Path

    address, course = "{address}", Path("/content/course")
    if not course.exists():
        clone = ["git", "clone", "--quiet", "--depth", "1", address, str(course)]
        subprocess.run(clone, check=True)
    try:
        metadata.version("explainable-imaging")
    except metadata.PackageNotFoundError:
        constraints = Path("/content/constraints.txt")
        installed = {{package.name.lower(): package.version for package in metadata.distributions()}}
        kept = [name for name in ("numpy", "tensorflow", "keras", "pandas", "scipy") if name in installed]
        constraints.write_text("\\n".join(f"{{name}}=={{installed[name]}}" for name in kept))
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "-c", str(constraints)]
        subprocess.run([*pip, "-e", str(course)], check=True)
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
        BOOTSTRAP.format(address=address), id="colab-bootstrap", metadata={"tags": ["setup"]}
    )
