"""`python -m course`: read the command line, make sure of the environment, do it."""

from course import cli

if __name__ == "__main__":
    cli.main()
