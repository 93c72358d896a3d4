"""What benchmarks share: several roads to one end timed in turns, a command's time and memory, opponents installed."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from statistics import median

from course import installing, kernels, project

ROOT = project.find_root(__file__)


@dataclass(frozen=True)
class Times:
    """Seconds: medians by the clock and of the processor (all threads), and the fastest by the clock."""

    clock: float
    processor: float
    fastest: float


def side_by_side(roads, rounds, per=None, warm_up=True):
    """Times of several roads, which take turns in each round, forwards and backwards.

    roads : name -> maker of a function without arguments. Each function is called once before, so that compiling counts for
    none. A maker or function that fails is an opponent that is missing; only the first road, ours, must not.
    warm_up : False where the makers have seen to that.
    per : name -> what its seconds are divided by, such as a number of images.

    Returns
    -------
    name -> `Times`, or the sentence that says what failed.
    """
    found, ready, first = {}, {}, next(iter(roads))
    for name, make in roads.items():
        try:
            ready[name] = make()
            if warm_up:
                ready[name]()
        except Exception as error:
            if name == first:
                raise
            ready.pop(name, None)
            found[name] = missing(name, error)
    spent = {name: [] for name in ready}
    for turn in range(rounds):
        for name in list(ready)[:: -1 if turn % 2 else 1]:
            start = time.perf_counter(), time.process_time()
            ready[name]()
            spent[name].append((time.perf_counter() - start[0], time.process_time() - start[1]))
    for name, times in spent.items():
        clock, processor = ([one / (per or {}).get(name, 1) for one in part] for part in zip(*times))
        found[name] = Times(median(clock), median(processor), min(clock))
    return found


def missing(name, error):
    """A sentence: which opponent is missing, and why."""
    said = getattr(error, "stderr", None) or str(error)
    last = [line for line in said.strip().splitlines() if line.strip()][-1:]
    return f"{name} did not run: {type(error).__name__}" + "".join(f": {line.strip()}" for line in last)


def opponent(name, *packages):
    """Install packages, as they are pinned, into build/bench/NAME, for benchmarks only, and let them be imported."""
    folder = ROOT / "build" / "bench" / name
    if not folder.is_dir():
        command, variables = installing.installer(sys.executable)
        command += ["--quiet", "--target", str(folder), *packages]
        subprocess.run(command, env=variables, check=True, capture_output=True, text=True)
    sys.path.append(str(folder))


def command(*words, cache=None):
    """Run Python with these arguments: its processor seconds in user mode, and its peak memory in MB (the largest resident
    set of it and its children; Linux never tells less than what the process takes that starts it).

    Raises
    ------
    subprocess.CalledProcessError : with what it said.
    """
    with subprocess.Popen(
        [sys.executable, *words],
        cwd=ROOT,
        env=kernels.environment(ROOT, cache) | {"COURSE_PROGRESS": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        said = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, words, said, said)
    return used.ru_utime, used.ru_maxrss / 2 ** (20 if sys.platform == "darwin" else 10)


def unit():
    """The unit of time: seconds that `import keras` takes of the processor, in a fresh Python."""
    return command("-c", "import keras")[0]
