"""The command line as a whole."""

import pytest

from course import cli


def test_without_words_it_names_the_commands(capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main([])
    said = capsys.readouterr().out
    assert stop.value.code == 2
    assert all(
        f"\n    {command} " in said for command in ("run", "test", "lab", "release", "grade", "report")
    )


def test_an_unknown_command_is_told_with_those_that_there_are(capsys):
    with pytest.raises(SystemExit):
        cli.main(["grad"])
    said = capsys.readouterr().err
    assert "'grad'" in said and "'grade'" in said
