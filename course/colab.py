"""What makes a lesson run in Colab: a badge that opens it, and a first cell that fetches the course there."""

from nbformat.v4 import new_code_cell, new_markdown_cell

# Colab brings its own numpy, tensorflow and so on. pip is told to leave them as they are: a running kernel that has one version
# loaded does not survive another on disk.
BOOTSTRAP = """\
# In Colab this cell fetches the course, which takes about a minute. Anywhere else it does nothing.
import sys

if "google.colab" in sys.modules:
    import subprocess
    from importlib import metadata
    from pathlib import Path

    course = Path("/content/course")
    if not course.exists():
        subprocess.run(["git", "clone", "--quiet", "--depth", "1", "{address}", str(course)], check=True)
    try:
        metadata.version("explainable-imaging")
    except metadata.PackageNotFoundError:
        installed = {{d.name.lower(): d.version for d in metadata.distributions()}}
        kept = [f"{{name}}=={{installed[name]}}" for name in ("numpy", "tensorflow", "keras", "pandas", "scipy") if name in installed]
        constraints = Path("/content/constraints.txt")
        constraints.write_text("\\n".join(kept))
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "-c", str(constraints), "-e", str(course)]
        subprocess.run(pip, check=True)
    if str(course) not in sys.path:
        sys.path.insert(0, str(course))"""


def badge_cell(name, address):
    """A link that opens the student notebook in Colab."""
    repository = address.removeprefix("https://github.com/")
    target = f"https://colab.research.google.com/github/{repository}/blob/main/notebooks/{name}.ipynb"
    image = "https://colab.research.google.com/assets/colab-badge.svg"
    return new_markdown_cell(f"[![Open in Colab]({image})]({target})", id="colab-badge")


def bootstrap_cell(address):
    """The cell that installs the course in Colab, and does nothing elsewhere; running it twice is harmless."""
    return new_code_cell(BOOTSTRAP.format(address=address), id="colab-bootstrap", metadata={"tags": ["setup"]})
