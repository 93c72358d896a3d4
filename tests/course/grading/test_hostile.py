"""Hostile answers, run for real: each is contained, scored as stated, and harms no other answer, nor this machine.

The question `double` gets the hostile cell, `plus_one` an honest one, which must earn its point every time.
"""

import multiprocessing
import os
import pickle
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import tiny_lesson
from tiny_lesson import SECRET, answer

from course.grading import assignment as assignments
from course.grading import judge, sandbox
from course.grading.confinement import FIRST_USER

RIGHT = answer("plus_one", "x + 1")
NOTHING, STOPPED = {"wrong", "stopped"}, {"stopped"}


def _does(what, then="2 * x"):
    """An answer that does something when it is called, then replies."""
    body = "\n".join("    " + line for line in what.strip("\n").splitlines())
    return f"import os, sys, time\ndef double(x):\n{body}\n    return {then}"


def _gets(what):
    """An answer that is right only if something that ought to be out of reach is reached."""
    return _does(
        f"try:\n    reached = bool({what})\nexcept BaseException:\n    reached = False",
        "2 * x if reached else 0 * x",
    )


def _forges(what, where=""):
    """A cell, or an answer, that sends the judge a frame of its own: (body, bytes) for the request's number n."""
    return (
        "import json, os, sys, time, wire\ndef forge():\n    frame = sys._getframe()\n"
        "    while 'ask' not in frame.f_locals: frame = frame.f_back\n    n = frame.f_locals['ask']['n']\n"
        f"    body, data = {what}\n    body = json.dumps(body).encode()\n"
        "    rest = memoryview(wire.HEAD.pack(wire.MAGIC, len(body), len(data)) + body + data)\n"
        "    while rest: rest = rest[os.write(3, rest):]\n    time.sleep(1000)\n"
        + (where or "def double(x): forge()")
    )


# label -> (source of the cell, statuses that it may get).
HOSTILE = {
    # time
    "endless loop in a call": (_does("while True: pass"), STOPPED),
    "endless loop in the cell": ("while True: pass", STOPPED),
    "sleeps in a call": (_does("time.sleep(1000)"), STOPPED),
    "sleeps in the cell": ("import time; time.sleep(1000)", STOPPED),
    "a generator without an end": (
        "def double(x):\n    def forever():\n        while True: yield 1\n    return forever()",
        NOTHING,
    ),
    "an endless __iter__": (
        "class I:\n    def __iter__(self): return self\n    def __next__(self): return 1\ndef double(x): return I()",
        NOTHING,
    ),
    "catastrophic regular expression": (_does("import re; re.match('(a+)+$', 'a' * 60 + 'b')"), STOPPED),
    "a huge power": (_does("10 ** 10 ** 9"), STOPPED),
    "an alarm that catches all": (
        _does(
            "import signal\nfor k in (1, 2, 3, 10, 12, 14, 15): signal.signal(k, signal.SIG_IGN)\nwhile True: pass"
        ),
        STOPPED,
    ),
    "waits for a signal": (_does("import signal; signal.pause()"), STOPPED),
    "waits for itself": (
        _does("import threading\nlock = threading.Lock()\nlock.acquire(); lock.acquire()"),
        STOPPED,
    ),
    "one call into C without end": (
        _does("import collections, itertools; collections.deque(itertools.repeat(1), maxlen=0)"),
        STOPPED,
    ),
    "a finaliser without end": (
        "class D:\n    def __del__(self):\n        while True: pass\ndef double(x):\n    D()\n    return 2 * x",
        STOPPED,
    ),
    "reads the keyboard": (_does("input()"), NOTHING),
    "a debugger": (_does("breakpoint()"), {"right", *NOTHING}),
    # memory
    "shared memory without a name": (
        _does("import mmap\nm = mmap.mmap(-1, 3 << 30)\nfor k in range(0, 3 << 30, 4096): m[k] = 1"),
        NOTHING,
    ),
    "an array larger than its memory": (
        _does("import numpy as np", "np.lib.stride_tricks.as_strided(np.zeros(1), (10 ** 9,), (0,))"),
        NOTHING,
    ),
    "descriptors without end": (_does("while True: os.open('/dev/null', 0)"), NOTHING),
    "pipes full to the brim": (
        _does(
            "while True:\n    r, w = os.pipe(); os.set_blocking(w, False)\n    try:\n        while True: os.write(w, bytes(1 << 16))\n"
            "    except BlockingIOError: pass"
        ),
        NOTHING,
    ),
    "links without end": (
        _does("open('/tmp/a', 'w').close(); k = 0\nwhile True: os.link('/tmp/a', '/tmp/%d' % k); k += 1"),
        NOTHING,
    ),
    "folders within folders": (_does("while True: os.mkdir('d'); os.chdir('d')"), STOPPED),
    "attributes of files": (
        _does(
            "open('/tmp/a', 'w').close(); k = 0\nwhile True: os.setxattr('/tmp/a', 'user.%d' % k, bytes(60_000)); k += 1"
        ),
        NOTHING,
    ),
    "a memory bomb": (_does("a = [bytearray(os.urandom(1 << 20) * 64) for _ in range(200)]"), NOTHING),
    "memory by a child": (
        _does("if not os.fork():\n    a = []\n    while True: a.append(b'x' * (1 << 24))"),
        {"stopped", "right"},
    ),
    "a large array": (_does("import numpy as np", "np.ones(10 ** 12)"), NOTHING),
    "an array too large to travel": (_does("import numpy as np", "np.ones(20_000_000)"), NOTHING),
    "deep recursion": ("def double(x): return double(x)", NOTHING),
    "deep recursion in C": (
        _does("sys.setrecursionlimit(10 ** 8)\ndef deep(n): return [deep(n + 1)]\ndeep(0)"),
        NOTHING,
    ),
    "output without end": (_does("while True: print('x' * 1000)"), STOPPED),
    "output in one piece": (_does("print('x' * 10 ** 8); os.write(2, b'y' * 10 ** 7)"), {"right"}),
    "fills the disk": (
        _gets("[open('/tmp/f%d' % k, 'wb').write(bytes(1 << 23)) for k in range(40)]"),
        NOTHING,
    ),
    "empty files without end": (
        _does("k = 0\nwhile True: os.mknod('/tmp/%d' % k); k += 1"),
        STOPPED,
    ),
    "a sparse file": (_gets("open('/tmp/f', 'wb').truncate(1 << 40) is None"), NOTHING),
    # processes
    "os._exit in a call": (_does("os._exit(0)"), STOPPED),
    "os._exit in the cell": ("import os; os._exit(3)", STOPPED),
    "sys.exit in a call": (_does("sys.exit()"), NOTHING),
    "sys.exit in the cell": ("import sys; sys.exit()", NOTHING),
    "kills itself": (_does("os.kill(os.getpid(), 9)"), STOPPED),
    "kills all that it may": (_does("os.kill(-1, 9)"), NOTHING),
    "stops itself": (_does("import signal; os.kill(os.getpid(), signal.SIGSTOP)"), STOPPED),
    "a crash in C": (_does("import ctypes; ctypes.string_at(0)"), STOPPED),
    "abort": (_does("os.abort()"), STOPPED),
    "a fork bomb": (_does("while True:\n    try: os.fork()\n    except OSError: pass"), {"stopped"}),
    "a fork that replies twice": (_does("os.fork()"), {"right", "stopped"}),
    "threads without end": (
        _does(
            "import threading\nwhile True: threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()"
        ),
        NOTHING,
    ),
    "children that nobody waits for": (
        _does("for k in range(3):\n    if not os.fork(): os._exit(0)"),
        {"right"},
    ),
    "kills its group": (_does("os.killpg(0, 9)"), STOPPED),
    "kills its parent": (_does("os.kill(os.getppid(), 9)"), {"right", *NOTHING}),
    "becomes another program": (
        _does("os.execv(sys.executable, ['python', '-c', 'while True: pass'])"),
        STOPPED,
    ),
    "becomes a program that plays the runner": (
        _does(
            "os.execv(sys.executable, ['python', '-c', 'import sys; sys.path.insert(0, \"/course\"); import wire, os; '\n"
            "    'read = lambda n: os.read(3, n) if n else b\"\"\\nn = %d\\nwhile True:\\n'\n"
            "    '  os.write(3, wire.encode(dict(result=0, changed=[], n=n))); n += 1; wire.receive(read)' % 5])"
        ),
        NOTHING,
    ),
    "a child with the judge's pipe": (
        _does(
            "f = os.dup(3)\nif not os.fork():\n    time.sleep(0.05)\n    os.write(f, b'XAI1' + bytes(8))\n    os._exit(0)"
        ),
        {"right", "stopped"},
    ),
    "KeyboardInterrupt in a call": (_does("raise KeyboardInterrupt"), NOTHING),
    "KeyboardInterrupt in the cell": ("raise KeyboardInterrupt", NOTHING),
    "StopIteration": (_does("raise StopIteration"), NOTHING),
    "a group of errors": (_does("raise BaseExceptionGroup('x', [SystemExit(), GeneratorExit()])"), NOTHING),
    "system calls of another architecture": (
        _does(
            "import ctypes, mmap\nm = mmap.mmap(-1, 4096, prot=7)\nm.write(bytes.fromhex('b814000000cd80c3'))\n"
            "ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(m)))()"
        ),
        STOPPED,
    ),
    "a daemon": (
        _does("if not os.fork():\n    os.setsid()\n    if not os.fork(): time.sleep(1000)\n    os._exit(0)"),
        {"right"},
    ),
    "a thread that outlives": (
        _does("import threading\nthreading.Thread(target=time.sleep, args=(1000,), daemon=True).start()"),
        {"right"},
    ),
    "atexit": (
        "import atexit, time\natexit.register(time.sleep, 1000)\ndef double(x): return 2 * x",
        {"right"},
    ),
    "a shell": (_gets("os.system('true') == 0"), NOTHING),
    "a subprocess": (_gets("__import__('subprocess').run(['/bin/ls'])"), NOTHING),
    # reading
    "reads /etc": (_gets("open('/etc/passwd').read()"), NOTHING),
    "reads this machine's tests": (_gets(f"open({str(Path(__file__).resolve())!r}).read()"), NOTHING),
    "reads the solutions": (
        _gets(f"os.listdir({str(Path(__file__).resolve().parents[3] / 'solutions')!r})"),
        NOTHING,
    ),
    "reads the home": (_gets("os.listdir(os.path.expanduser('~root'))"), NOTHING),
    "looks for other processes": (
        _gets("[p for p in os.listdir('/proc') if p.isdigit() and int(p) > 50]"),
        NOTHING,
    ),
    "reads the parent's memory": (_gets("open('/proc/%d/mem' % os.getppid(), 'rb').read(1)"), NOTHING),
    "reads the parent's variables": (_gets("open('/proc/1/environ', 'rb').read()"), NOTHING),
    "looks for descriptors": (_gets("[f for f in os.listdir('/proc/self/fd') if int(f) > 4]"), NOTHING),
    "reads what tests left in /tmp": (_gets("__import__('glob').glob('/tmp/pytest*')"), NOTHING),
    "reads the grader's variables": (
        _gets("{'PYTEST_CURRENT_TEST', 'USER', 'SSH_AUTH_SOCK', 'VIRTUAL_ENV'} & set(os.environ)"),
        NOTHING,
    ),
    "goes by the parent's root": (_gets("os.listdir(os.path.join('/proc/1/root', 'etc'))"), NOTHING),
    "reads the kernel's log": (_gets("open('/dev/kmsg').read(1)"), NOTHING),
    "reads the kernel's memory": (_gets("open('/proc/kcore', 'rb').read(1)"), NOTHING),
    "reads the hardware": (_gets("os.listdir('/sys')"), NOTHING),
    "types on the terminal": (_gets("open('/dev/tty', 'w').write('x')"), NOTHING),
    "finds the checks' files": (
        _gets("__import__('glob').glob('/course/**/checks/**/*.py*', recursive=True)[1:]"),
        NOTHING,
    ),
    "imports the course": (_gets("__import__('course')"), NOTHING),
    "calls the reference": (
        "from helpers.checks import lesson01\ndef double(x): return lesson01.window_hu._judge and 2 * x",
        NOTHING,
    ),
    "imports the checks": (_gets("__import__('helpers.checks.lesson01')"), NOTHING),
    "walks the frames": (
        "import sys\ndef double(x):\n    frame, seen = sys._getframe(), []\n    while frame:\n"
        "        seen += [v for v in frame.f_locals.values()]\n        frame = frame.f_back\n"
        f"    return 2 * x if {SECRET!r} in map(repr, seen) or any('SECRET' in str(v) for v in seen) else 0 * x",
        NOTHING,
    ),
    "walks the collector's objects": (
        "import gc\ndef double(x):\n    found = [o for o in gc.get_objects() if type(o).__name__ in ('Question', 'Assignment')]\n"
        "    return 2 * x if found else 0 * x",
        NOTHING,
    ),
    # writing
    "writes beside its home": (_gets("open('/x', 'w').write('x')"), NOTHING),
    "writes the helpers": (_gets("open('/course/helpers/__init__.py', 'a').write('x')"), NOTHING),
    "writes the runner": (_gets("open('/course/runner.py', 'a').write('x')"), NOTHING),
    "writes the packages": (_gets("open(__import__('numpy').__file__, 'a').write('x')"), NOTHING),
    "writes the kernel": (_gets("open('/proc/sys/kernel/core_pattern', 'w').write('|/tmp/x')"), NOTHING),
    "links out": (_gets("os.symlink('/etc/passwd', '/tmp/l') or open('/tmp/l').read()"), NOTHING),
    "makes a device": (_gets("os.mknod('/tmp/d', 0o60666, os.makedev(8, 0)) is None"), NOTHING),
    "restarts the machine": (_gets("os.access('/proc/sysrq-trigger', os.W_OK)"), NOTHING),
    "takes a mount away": (
        _gets("__import__('ctypes').CDLL(None).umount2(b'/course/helpers/checks', 2) == 0"),
        NOTHING,
    ),
    "mounts": (_gets("__import__('ctypes').CDLL(None).mount(b'x', b'/tmp', b'tmpfs', 0, 0) == 0"), NOTHING),
    "changes the clock": (_gets("time.clock_settime(time.CLOCK_REALTIME, 0) is None"), NOTHING),
    "takes the processor for itself": (
        _gets("os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50)) is None"),
        NOTHING,
    ),
    "comes before others": (_gets("os.nice(-5) < 0"), NOTHING),
    "io_uring": (_gets("__import__('ctypes').CDLL(None).syscall(425, 8, bytes(120)) >= 0"), NOTHING),
    "a program in the kernel": (
        _gets("__import__('ctypes').CDLL(None).syscall(321, 0, bytes(120), 120) >= 0"),
        NOTHING,
    ),
    # the network and other ways out
    "the internet": (_gets("__import__('socket').create_connection(('1.1.1.1', 53), 1)"), NOTHING),
    "this machine's ports": (_gets("__import__('socket').create_connection(('127.0.0.1', 22), 1)"), NOTHING),
    "UDP": (_gets("__import__('socket').socket(2, 2).sendto(b'x', ('1.1.1.1', 53))"), NOTHING),
    "IPv6": (_gets("__import__('socket').socket(10, 1)"), NOTHING),
    "vsock": (_gets("__import__('socket').socket(40, 1)"), NOTHING),
    "netlink": (_gets("__import__('socket').socket(16, 3)"), NOTHING),
    "raw packets": (_gets("__import__('socket').socket(17, 3)"), NOTHING),
    "an abstract socket of this machine": (
        _gets("__import__('socket').socket(1, 1).connect('\\0/tmp/.X11-unix/X0') is None"),
        NOTHING,
    ),
    "memory without a file": (_gets("os.memfd_create('x') > 0"), NOTHING),
    "shared memory of System V": (
        _gets("__import__('ctypes').CDLL(None).shmget(1, 4096, 0o1600) >= 0"),
        NOTHING,
    ),
    "a new user namespace": (_gets("__import__('ctypes').CDLL(None).unshare(0x10000000) == 0"), NOTHING),
    "another user": (_gets("os.setuid(0) is None"), NOTHING),
    "ptrace": (_gets("__import__('ctypes').CDLL(None).ptrace(16, 1, 0, 0) == 0"), NOTHING),
    "raises its own limits": (
        _gets(
            "__import__('resource').setrlimit(__import__('resource').RLIMIT_NPROC, (10 ** 6, 10 ** 6)) is None"
        ),
        NOTHING,
    ),
    # the protocol
    "writes to the judge's pipe": (
        _does(
            "for f in range(3, 10):\n    try: os.write(f, b'XAI1' + bytes(8) + b'null' * 1000)\n    except OSError: pass"
        ),
        STOPPED,
    ),
    "closes the judge's pipe": (_does("os.closerange(3, 64)"), STOPPED),
    "reads the judge's pipe": (_does("os.read(3, 100)"), STOPPED),
    "a reply to the next question": (
        _does("import wire\nos.write(3, wire.encode({'result': 1, 'changed': [], 'n': 10 ** 6}))"),
        STOPPED,
    ),
    "a changed array that lies": (
        "import os, wire\ndef double(x):\n    for n in range(200):\n"
        "        os.write(3, wire.encode({'result': x, 'changed': [['a', 7]], 'n': n}))\n    return 2 * x",
        STOPPED,
    ),
    "an error that is no pair": (_forges("{'d': [['raised', 5], ['n', n]]}, b''", "forge()"), STOPPED),
    "an error of one word": (_forges("{'d': [['raised', {'l': ['x']}], ['n', n]]}, b''", "forge()"), STOPPED),
    "a number that is an array": (
        _forges("{'d': [['n', {'a': ['|u1', [3], 0]}]]}, bytes(3)", "forge()"),
        STOPPED,
    ),
    "a kind that is an array": (
        _forges("{'d': [['kind', {'a': ['<U8', [2], 0]}], ['n', 3 + n]]}, bytes(64)", "forge()"),
        STOPPED,
    ),
    "one array a hundred times": (
        _forges(
            "{'d': [['result', {'l': [{'a': ['|u1', [60 << 20], 0]}] * 100}], ['changed', {'l': []}], ['n', n]]}, bytes(60 << 20)"
        ),
        STOPPED,
    ),
    "a set whose members collide": (
        _forges(
            "{'d': [['result', {'e': [{'i': str(k * (2 ** 61 - 1))} for k in range(40_000)]}], ['changed', {'l': []}], ['n', n]]}, b''"
        ),
        STOPPED,
    ),
    "JSON without a bottom": (
        _does("import wire\nos.write(3, wire.HEAD.pack(wire.MAGIC, 100_000, 0) + b'[' * 100_000)"),
        STOPPED,
    ),
    "a number of a million digits": (
        _does("import wire\nos.write(3, wire.HEAD.pack(wire.MAGIC, 1_000_000, 0) + b'9' * 1_000_000)"),
        STOPPED,
    ),
    "a dict whose keys collide": (
        _does("pass", "{k * (2 ** 61 - 1): 1 for k in range(11_000)}"),
        NOTHING,
    ),
    "byte after byte": (
        _does("for k in range(10 ** 9): os.write(3, b'XAI1'[k:k + 1] or bytes(1)); sum(range(10 ** 6))"),
        STOPPED,
    ),
    # values
    "equal to everything": (
        "class E:\n    def __eq__(self, o): return True\n    def __ne__(self, o): return False\n"
        "    def __array__(self, *a, **k): return self\n    shape = (4,)\ndef double(x): return E()",
        NOTHING,
    ),
    "an array that lies about its shape": (
        "import numpy as np\nclass A(np.ndarray):\n    shape = (4,)\n    def __eq__(self, o): return np.True_\n"
        "def double(x): return np.zeros(2).view(A)",
        NOTHING,
    ),
    "a float that is equal to all": (
        "class F(float):\n    def __eq__(self, o): return True\ndef double(x): return F(1)",
        NOTHING,
    ),
    "says that it is an array": (
        "import numpy as np\nclass L:\n    __class__ = np.ndarray\n    dtype = np.dtype(float)\n    shape = (4,)\n"
        "def double(x): return L()",
        NOTHING,
    ),
    "says that it is a dict": ("class L:\n    __class__ = dict\ndef double(x): return L()", NOTHING),
    "text that becomes text that becomes text": (
        "class S(str):\n    def __str__(self): return S()\ndef double(x): return S()",
        NOTHING,
    ),
    "an array at an address of its own": (
        "class A:\n    __array_interface__ = {'data': (8, False), 'shape': (4,), 'typestr': '<f8', 'version': 3}\n"
        "def double(x): return A()",
        NOTHING,
    ),
    "an array that is masked": (
        _does("import numpy as np", "np.ma.array(np.zeros(np.shape(x)), mask=True)"),
        NOTHING,
    ),
    "text beyond Unicode": (_does("import numpy as np", "np.frombuffer(b'\\xff' * 16, '<U1')"), NOTHING),
    "booleans that are neither": (
        _does("import numpy as np", "np.frombuffer(bytes([2] * 4), bool)"),
        NOTHING,
    ),
    "sixty-four axes": (_does("import numpy as np", "np.zeros((1,) * 64)"), NOTHING),
    "nothing in an endless shape": (_does("import numpy as np", "np.zeros((0, 2 ** 40))"), NOTHING),
    "a repr that fails": (
        "class R:\n    def __repr__(self): raise SystemExit\ndef double(x): return R()",
        NOTHING,
    ),
    "an error that fails": (
        "class B(Exception):\n    def __str__(self): raise KeyboardInterrupt\ndef double(x): raise B",
        NOTHING,
    ),
    "an assertion of its own": (_does("raise AssertionError('right')"), NOTHING),
    "not-a-number": (_does("import numpy as np", "np.full(4, np.nan)"), NOTHING),
    "surrogates": ("def double(x): return '\\ud800' * 10", NOTHING),
    "nested too deeply": (_does("y = []\nfor _ in range(10000): y = [y]", "y"), NOTHING),
    "a list within itself": (_does("y = []\ny.append(y)", "y"), NOTHING),
    "many parts": (_does("pass", "list(range(10 ** 6))"), NOTHING),
    "a huge number": (_does("pass", "10 ** 10000"), NOTHING),
    "raises NotImplementedError": (_does("raise NotImplementedError"), {"not attempted"}),
    "not a function": ("double = 3", NOTHING),
    "a class": ("class double:\n    def __init__(self, x): self.x = x", NOTHING),
    # what belongs to others
    "patches numpy": (
        "import numpy as np\nnp.array_equal = lambda *a, **k: True\nnp.allclose = np.array_equal\n"
        "def double(x): return 0 * x",
        NOTHING,
    ),
    "patches builtins": (
        "import builtins\nbuiltins.all = builtins.any = builtins.isinstance = lambda *a: True\n"
        "def double(x): return 0 * x",
        NOTHING,
    ),
    "patches numpy's ufuncs": (
        "import numpy as np\nnp.add = np.multiply = lambda *a: 0\nnp.ndarray = int\ndef double(x): return 0 * x",
        NOTHING,
    ),
    "takes builtins away": ("import builtins\ndel builtins.len\ndef double(x): return 2 * x", STOPPED),
    "takes modules away": ("import sys\nsys.modules.clear()\ndef double(x): return 0 * x", NOTHING),
    "takes the screen away": (
        "import sys\nsys.stdout = sys.stderr = None\ndef double(x): return 2 * x",
        {"right"},
    ),
    "a recursion limit of nearly nothing": (
        "import sys\nsys.setrecursionlimit(12)\ndef double(x): return 0 * x",
        NOTHING,
    ),
    "warnings as errors": (
        "import warnings\nwarnings.simplefilter('error')\ndef double(x): return 2 * x",
        {"right"},
    ),
    "patches json": ("import json\njson.dumps = lambda *a, **k: '1'\ndef double(x): return 0 * x", NOTHING),
    "patches the wire": (
        "import wire\nwire.encode = lambda *a, **k: b'XAI1' + bytes(8)\ndef double(x): return 0 * x",
        STOPPED,
    ),
    "patches the checks": (
        "import sys, types\nm = types.ModuleType('checks')\nm.double = lambda f: types.SimpleNamespace(right=True)\n"
        "sys.modules['helpers.checks.tiny'] = m\ncheckschecks = m\ndef double(x): return 0 * x",
        NOTHING,
    ),
    "defines what another uses, and loops": ("x = 1\nwhile True: pass", STOPPED),
    "defines what another uses, and exits": ("x = 1\nimport os; os._exit(0)", STOPPED),
    "defines what another uses, and leaves a process": (
        "x = 1\nimport os, time\nif not os.fork(): time.sleep(1000)",
        STOPPED,
    ),
    "defines what another uses, and puts another in its place": (
        "x = 1\nimport threading, time\ndef go():\n    while True:\n        time.sleep(0.001)\n"
        "        globals()['plus_one'] = lambda x: 0 * x\nthreading.Thread(target=go, daemon=True).start()",
        NOTHING,
    ),
    "changes its input": (_does("x[:] = 2 * x", "x"), NOTHING),
    "does not parse": ("def double(x) return 2 * x", NOTHING),
    "nested parentheses": ("x = " + "(" * 5000 + ")" * 5000, NOTHING),
    "NUL in the source": ("def double(x):\n    return 2 * x\n\x00", NOTHING),
    "a surrogate in the source": ("def double(x):\n    return '\ud800'", NOTHING),
    "a source of a megabyte": ("y = '" + "x" * 1_000_000 + "'", NOTHING),
}


# They take no processor, only time: they are graded together, while the others are graded one by one.
WAITING = (
    "sleeps in a call",
    "sleeps in the cell",
    "waits for a signal",
    "waits for itself",
    "stops itself",
    "reads the judge's pipe",
)


@pytest.fixture(scope="module", autouse=True)
def waiting(request, tmp_path_factory, can_confine):
    """What the answers that wait get: a function, label -> (Graded, processes left behind).

    A process of its own grades them, with a copy of itself for each: the judge is not made for threads.
    """
    path = tmp_path_factory.mktemp("waiting") / "graded.pickle"
    calls = [item.callspec.params for item in request.session.items if hasattr(item, "callspec")]
    if not any(call.get("label") in WAITING for call in calls):
        yield None
        return
    code = f"import test_hostile; test_hostile.grade_waiting({str(path)!r})"
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=Path(__file__).parent, start_new_session=True
    )

    def graded(label):
        assert process.wait() == 0
        return pickle.loads(path.read_bytes())[label]

    graded.process = process
    yield graded
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def grade_waiting(path):
    """Grade the answers that wait, all at once, and write what they get to a file."""
    with multiprocessing.get_context("fork").Pool(len(WAITING)) as pool:
        found = pool.map(_grade_one, range(len(WAITING)), chunksize=1)
    Path(path).write_bytes(pickle.dumps(dict(zip(WAITING, found, strict=True))))


def _grade_one(number):
    tiny_lesson.provide_checks()
    slot = tiny_lesson.SLOT + 50_000 * (number + 1)  # a user of its own
    answers = {"double": HOSTILE[WAITING[number]][0], "plus_one": RIGHT}
    trusted = judge.Trusted(tiny_lesson.assignment())
    helpers = Path(judge.__file__).parents[2] / "helpers"
    graded = judge.Session(trusted, answers, [], helpers, slot=slot, limits=tiny_lesson.LIMITS).grade()
    return graded, _left_behind(slot)


@pytest.mark.parametrize("label", [*(label for label in HOSTILE if label not in WAITING), *WAITING])
def test_a_hostile_answer_is_contained_and_costs_only_its_own_question(label, grade, waiting):
    source, statuses = HOSTILE[label]
    if label in WAITING:
        graded, left_behind = waiting(label)
    else:
        graded = grade({"double": source, "plus_one": RIGHT})
        left_behind = _left_behind(apart=waiting and waiting.process.pid)
    double, plus_one = graded.verdicts
    assert double.status in statuses, double
    assert (double.points > 0) == (double.status == "right")
    assert plus_one.points == 1 and plus_one.status == "right", plus_one
    assert str(SECRET) not in double.message, "hidden tests stay hidden"
    assert (double.status == "stopped") <= bool(graded.flags), "what was stopped is flagged"
    assert left_behind == [], "no process is left in the sandbox's name"


def _left_behind(slot=tiny_lesson.SLOT, apart=None):
    """Processes of the sandbox's user; as an ordinary user, who has others too, what this process has started, without
    the process `apart` and what that has started."""
    if os.geteuid():
        other = sandbox._tree(apart) if apart else ()
        started = set(sandbox._tree(os.getpid())[1:]).difference(other)
        processes = [Path("/proc", str(pid)) for pid in started]
    else:
        processes = Path("/proc").glob("[0-9]*")
    found = []
    for process in processes:
        try:
            user = int(re.search(r"(?m)^Uid:\s+(\d+)", (process / "status").read_text(encoding="utf-8"))[1])
            words = (process / "cmdline").read_bytes()
        except OSError:
            continue
        if os.geteuid() or user == FIRST_USER + slot:
            found.append(words)
    return found


def test_a_process_left_behind_would_be_seen(root, can_confine, waiting):
    apart = waiting and waiting.process.pid
    with sandbox.Sandbox(root / "helpers", tiny_lesson.SLOT):
        assert _left_behind(apart=apart)
    assert not _left_behind(apart=apart)


def test_one_answer_may_not_change_another(grade):
    spoils = "import builtins\nplus_one = lambda x: 0 * x\ndef double(x): return 2 * x"
    graded = grade({"double": spoils, "plus_one": RIGHT})
    assert [verdict.points for verdict in graded.verdicts] == [2, 1]
    late = "def double(x):\n    global plus_one\n    plus_one = lambda x: 0\n    return 2 * x"
    graded = grade({"double": late, "plus_one": RIGHT})
    assert [verdict.points for verdict in graded.verdicts] == [2, 1]


@pytest.mark.parametrize(
    "tells",
    [
        "raise ValueError(repr(seen))",
        "import os; os._exit(int(str(seen)[-7]))",
        "return seen",
        "raise type(str(seen)[:70], (Exception,), {})",
    ],
)
def test_an_answer_cannot_tell_its_student_what_hidden_tests_ask(tells, grade):
    """Whatever it has seen before: what is told comes from a sandbox that has not met a hidden test."""
    source = (
        "seen = []\ndef double(x):\n    seen.append(x.tolist())\n"
        f"    if len(seen) > 3: {tells}\n    return 2 * x if len(seen) < 3 else 0 * x"
    )
    for answers in ({"double": source}, {"double": source, "plus_one": RIGHT}):
        verdict = grade(answers).verdicts[0]
        assert verdict.points == 0 and not re.search(r"8675|3\.0|exit", verdict.message), verdict.message


@pytest.mark.parametrize(
    "own",
    [
        "class A:\n    while True: pass",
        "import os\nclass A:\n    os._exit(0)",
        "import os, time\nclass A:\n    if not os.fork(): time.sleep(1000)",
        "import os, wire\nclass A:\n    os.write(3, wire.encode({'n': [1]}))",
    ],
)
def test_further_code_that_does_harm_costs_no_answer_that_does_not_need_it(own, grade):
    helps = "def helper(x): return 2 * x"
    uses = "def double(x): return helper(x)"
    graded = grade({"double": uses, "plus_one": RIGHT}, [own, helps])
    assert [verdict.points for verdict in graded.verdicts] == [2, 1]
    assert [flag.startswith("the student's further code") for flag in graded.flags] == [True]


def test_what_an_answer_changes_is_whole_again_for_the_next_question_and_the_next_student(
    assignment, root, can_confine
):
    """Tests may hand out an array of set-up's."""
    content = assignments.to_json(assignment).replace("SCALE = 2", r"SCALE = 2\nSHARED = np.arange(4.0)")
    content = content.replace(r"\nx = np.arange(4.0)", r"\nx = SHARED")
    tiny_lesson.provide_checks()
    trusted = judge.Trusted(assignments.from_json(content))
    for spoils in (True, False):
        answers = {
            "double": _does("x += 1", "2 * x - 2") if spoils else answer("double", "2 * x"),
            "plus_one": RIGHT,
        }
        session = judge.Session(
            trusted, answers, [], root / "helpers", slot=tiny_lesson.SLOT, limits=tiny_lesson.LIMITS
        )
        assert [verdict.points for verdict in session.grade().verdicts] == [0 if spoils else 2, 1]
