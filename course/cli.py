import pathlib
from course import environment
def main():
    environment.ensure(pathlib.Path.cwd())
