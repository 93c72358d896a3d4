"""The table of benchmarks, with benchmarks that are none; no time is asserted."""

import resource
import sys

import pytest

from course import cli
from course.bench import measure, table
from course.project import CourseError

FAKE = '''\
"""A benchmark that times nothing."""

from course.bench import table
from course.bench.measure import Times


def rows(long=False):
    mine, other = Times(0.5, 1.0, 0.5), Times(2.0, 8.0, 2.0)
    print("chatter")
    yield table.compare("loop / ours", mine, other, "ms", 1e3, ("at least", 15))
    yield table.compare("ours / forward pass", other, mine, "s", 1, ("at most", 5), memory=123.4)
    if long:
        yield table.compare("rival / ours", mine, "rival did not run: no network", "s", 1, ("at least", 3))


if __name__ == "__main__":
    table.main(rows)
'''
BROKEN = '"""It stops."""\n\nraise SystemExit("no such luck")\n'


@pytest.fixture
def bench(project, monkeypatch):
    """Call `python -m course bench` with words; its exit code. Benchmarks: fake, and zz_broken, which stops."""
    (project / "benchmarks").mkdir()
    (project / "benchmarks" / "fake.py").write_text(FAKE, encoding="utf-8")
    (project / "benchmarks" / "zz_broken.py").write_text(BROKEN, encoding="utf-8")

    def call(*words):
        options = cli.parser().parse_args(["bench", *words])
        return options.do(project, options)

    return call


def _cells(text):
    lines = [line for line in text.splitlines() if line.startswith("|")]
    assert len({len(line) for line in lines}) == 1, "columns are aligned"
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if "---" not in line]


def test_one_table_in_order_with_ratios_and_goals(bench, project, capfd):
    assert bench("--only", "fake") == 0
    said = capfd.readouterr()
    assert _cells(said.out) == [
        list(table.HEAD),
        ["fake", "loop / ours", "500", "2000", "ms", "4.00", "8.00", "at least 15: MISSED", ""],
        ["fake", "ours / forward pass", "2.00", "0.500", "s", "4.00", "8.00", "at most 5: met", "123"],
    ]
    assert "[1/1] fake" in said.err and "chatter" in said.err and "chatter" not in said.out
    assert (project / "build" / "bench" / "table.md").read_text(encoding="utf-8").strip() in said.out


def test_a_missing_opponent_has_a_row_that_says_so(bench, capfd):
    assert bench("--only", "fake", "--long") == 0
    said = capfd.readouterr().out
    assert _cells(said)[-1] == ["fake", "rival / ours [1]", "0.500", "-", "s", "-", "-", "at least 3", ""]
    assert "\n[1] rival did not run: no network\n" in said


def test_a_benchmark_that_stops_has_a_row_and_an_exit_code(bench, capfd):
    assert bench() == 1
    said = capfd.readouterr()
    assert [row[0] for row in _cells(said.out)] == ["benchmark", "fake", "fake", "zz_broken"]
    assert "[1] it stopped with exit code 1" in said.out and "no such luck" in said.err


def test_an_unknown_name_lists_the_names(bench):
    with pytest.raises(CourseError, match="no benchmark quick; there are fake, zz_broken"):
        bench("--only", "quick", "fake")


def test_roads_take_turns_and_a_rival_that_fails_is_told():
    walked = []

    def road(name):
        return lambda: lambda: walked.append(name)

    def rival():
        raise ImportError("no module")

    found = measure.side_by_side({"ours": road("a"), "loop": road("b"), "rival": rival}, 3)
    assert "".join(walked) == "ab" + "ab" + "ba" + "ab"
    assert found["rival"] == "rival did not run: ImportError: no module"
    assert isinstance(found["ours"], measure.Times) and isinstance(found["loop"], measure.Times)
    with pytest.raises(ImportError):  # ours must run
        measure.side_by_side({"ours": rival, "loop": road("b")}, 1)


def test_seconds_are_divided_by_the_number_of_images():
    once, halved = (
        measure.side_by_side({"ours": lambda: lambda: sum(range(10**5))}, 1, per)["ours"]
        for per in (None, {"ours": 10**6})
    )
    assert halved.clock < once.clock / 1000 and halved.processor <= once.processor


@pytest.mark.skipif(sys.platform == "win32", reason="processes are waited for as POSIX does")
def test_a_command_tells_its_own_memory_and_what_it_said_when_it_failed():
    # Linux counts at least what the caller itself takes, and a worker that has trained networks takes much.
    caller = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    sizes = (caller + 200, caller + 400)
    small, large = (measure.command("-c", f"x = bytearray({n} * 2**20)")[1] for n in sizes)
    assert 190 < large - small < 210
    with pytest.raises(Exception) as caught:
        measure.command("-c", "print('a'); raise ValueError('too few images')")
    assert measure.missing("lesson 01", caught.value) == (
        "lesson 01 did not run: CalledProcessError: ValueError: too few images"
    )


def test_every_benchmark_of_the_course_has_a_short_and_a_long_form(root):
    for path in (root / "benchmarks").glob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert "\ndef rows(long=False" in text and "\n    table.main(rows" in text, path.name
