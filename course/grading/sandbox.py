"""One sandbox: the process, the pipe to its runner, and what it may take. The judge's side.

with Sandbox(helpers) as box:
    box.ask({"op": "run", "id": "cell", "source": "def f(x): return 2 * x"}, Allowance(cpu=10, wall=60))
"""

import os
import socket
import subprocess
import threading
import time
from dataclasses import dataclass

from course.grading import confinement, seccomp, wire
from course.grading.confinement import MB

MOST_MEMORY = 2048 * MB  # resident, of all processes in a sandbox together
MOST_FILES = 20_000  # in /tmp and /dev/shm: empty ones take memory too, of the kernel's
LOOK = 0.1  # seconds between two looks at what a sandbox takes
EXPECTED = 3  # processes: bubblewrap, its reaper, the runner
TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


class Gone(Exception):
    """The sandbox ended, or was ended, before it replied; its words say why."""


class TooLong(Gone):
    """It took more time than it was allowed."""


@dataclass(frozen=True)
class Allowance:
    """What one request may take: seconds of processor time, and of the clock as a backstop for what only waits."""

    cpu: float
    wall: float


@dataclass(frozen=True)
class Usage:
    """Number of processes, their resident memory in bytes, their processor time in seconds."""

    processes: int
    memory: int
    cpu: float


START = Allowance(cpu=30, wall=120)


class Sandbox:
    """A running sandbox.

    helpers : folder of the course's helpers. slot : number of the worker. confined : False runs the code *without* a
    sandbox, with this process's own rights.
    """

    def __init__(self, helpers, slot=0, confined=True):
        self.confined, self.peak, self.number, self._over = confined, 0, 0, ""
        self._ready = False
        self.pipe, theirs = socket.socketpair()
        descriptors = [_memory(confinement.NO_CHECKS), _memory(seccomp.program())] if confined else []
        if confined:
            words, environment = confinement.command(helpers, slot, *descriptors), {}
        else:
            words = confinement.runner(str(confinement.HERE / "runner.py"))
            environment = os.environ | confinement.VARIABLES | {"PYTHONPATH": str(helpers.parent)}
        try:
            self.process = subprocess.Popen(
                [*words, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env=environment,
                pass_fds=(theirs.fileno(), *descriptors),
                start_new_session=True,
            )
        finally:
            for descriptor in (*descriptors, theirs.detach()):
                os.close(descriptor)
        threading.Thread(target=self._watch, daemon=True).start()
        if confined:
            self.ask({"op": "limit", "limits": confinement.LIMITS}, START)
            self._ready = True

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.end()

    def ask(self, request, allowance):
        """The runner's reply, a dict.

        Raises
        ------
        TooLong : more than the allowance. Gone : the process ended, or replied with what is no reply. Either way the
        sandbox has ended.
        """
        self.number += 1
        begun, end = self.look().cpu, time.monotonic() + allowance.wall

        def read(n):
            return self._read(n, begun + allowance.cpu, end)

        try:
            self._send(wire.encode(request | {"n": self.number}), end)
            reply = wire.receive(read)
            number = reply.pop("n", None) if isinstance(reply, dict) else None
            if type(number) is not int or number != self.number:
                raise wire.WireError("a reply to another question")
            if not _is_reply(reply):
                raise wire.WireError("a malformed reply")
            return reply
        except TooLong:
            self.end()
            raise
        except wire.WireError as error:
            self.end()
            raise Gone(f"broke the protocol ({error})") from None
        except (OSError, EOFError):  # the pipe is closed, or was reset
            raise self._gone() from None

    def look(self):
        """What all processes of the sandbox take now."""
        processes = [_usage(pid) for pid in _tree(self.process.pid)]
        alive = [usage for usage in processes if usage]
        return Usage(len(alive), sum(use.memory for use in alive), sum(use.cpu for use in alive))

    def left_processes(self):
        """Whether the student's code has started processes that still run."""
        return self.confined and self.look().processes > EXPECTED

    def end(self):
        """Kill everything in the sandbox, and wait until it is gone."""
        inside = _tree(self.process.pid)
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stderr.close()
        self.pipe.close()
        end = time.monotonic() + 5
        while any(_usage(pid) for pid in inside) and time.monotonic() < end:
            time.sleep(0.002)

    def _files(self):
        """How many files lie in the sandbox's /tmp and /dev/shm."""
        count = 0
        for pid in _tree(self.process.pid)[2:3]:  # the runner; its root is the sandbox's
            root = os.path.join("/proc", str(pid), "root")
            for place in ("tmp", "dev/shm"):
                try:
                    room = os.statvfs(os.path.join(root, place))
                    count += room.f_files - room.f_ffree
                except OSError:  # it ended meanwhile
                    pass
        return count

    def _send(self, frame, end):
        self.pipe.settimeout(max(0.01, end - time.monotonic()))
        try:
            self.pipe.sendall(frame)
        except TimeoutError:
            raise TooLong("does not take its arguments") from None

    def _read(self, n, most_cpu, end):
        """Exactly n bytes, while processor time and clock allow."""
        parts, look = bytearray(), time.monotonic() + LOOK
        while len(parts) < n:
            now = time.monotonic()
            if now > end:
                raise TooLong("takes too long")
            if now > look:  # also while it sends byte after byte
                look = now + LOOK
                if self.look().cpu > most_cpu:
                    raise TooLong("takes too much processor time")
            self.pipe.settimeout(LOOK)
            try:
                part = self.pipe.recv(min(n - len(parts), MB))
            except TimeoutError:
                continue
            if not part:
                raise EOFError
            parts += part
        return bytes(parts)

    def _gone(self):
        """Why the process is gone."""
        try:
            code = self.process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            code = None
        words = b"" if self.process.stderr.closed else _rest(self.process.stderr)
        self.end()
        if self._over:
            return Gone(self._over)
        told = words.decode(errors="replace").strip().splitlines()[-1:] if self.number == 1 else []
        return Gone(f"ended its process (exit {code})" + "".join(f": {line}" for line in told))

    def _watch(self):
        """End the sandbox when its processes together take too much memory: no control group is needed for that."""
        while self.process.poll() is None:
            memory = self.look().memory
            self.peak = max(self.peak, memory)
            if self.confined and memory > MOST_MEMORY:
                self._over = "takes too much memory"
            elif self._ready and self._files() > MOST_FILES:
                self._over = "writes too many files"
            if self._over:
                self.process.kill()
                return
            time.sleep(LOOK)


def _is_reply(reply):
    """Whether what the judge reads of a reply is of the kinds that the runner writes."""
    raised = reply.get("raised", ["", ""])
    error = isinstance(raised, list) and len(raised) == 2 and all(isinstance(word, str) for word in raised)
    return error and isinstance(reply.get("kind", ""), str) and isinstance(reply.get("changed", []), list)


def _memory(content):
    """A descriptor that holds these bytes."""
    descriptor = os.memfd_create("content")
    os.write(descriptor, content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def _rest(stream):
    """What can be read without waiting, at most 4000 bytes."""
    os.set_blocking(stream.fileno(), False)
    return stream.read(4000) or b""


def _tree(pid):
    """A process and all its descendants."""
    found, todo = [], [pid]
    while todo:
        found.append(todo.pop())
        try:
            for task in os.listdir(f"/proc/{found[-1]}/task"):
                with open(f"/proc/{found[-1]}/task/{task}/children", encoding="utf-8") as file:
                    todo += map(int, file.read().split())
        except OSError:  # it ended meanwhile
            continue
    return found


def _usage(pid):
    """What one process takes, its children that have ended included; None if it is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return None
    if fields[0] in "ZX":
        return None
    return Usage(1, int(fields[21]) * PAGE, sum(map(int, fields[11:15])) / TICKS)
