"""Which system calls the sandbox may not make: a filter for bubblewrap, made by libseccomp.

Everything that is not named here passes: threads, fork, files, memory. What is named would reach around the walls that
namespaces and limits make: other kinds of sockets, memory that no limit counts, new namespaces, tracing, the kernel.
"""

import errno
import os
import socket

NAMESPACES = 0x7E020000  # CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET
DENIED = (
    # memory that outlives its process or escapes the limits of /tmp and /dev/shm
    "memfd_create", "memfd_secret", "shmget", "shmat", "shmctl", "msgget", "msgsnd", "semget", "semop", "mq_open",
    # other processes
    "ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "kcmp", "pidfd_open", "pidfd_getfd",
    "pidfd_send_signal",
    # new namespaces and mounts
    "unshare", "setns", "mount", "umount2", "pivot_root", "chroot", "open_tree", "move_mount", "fsopen", "fsconfig",
    "fsmount", "fspick", "mount_setattr",
    # the kernel and its keys, clocks, devices
    "bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register", "add_key",
    "request_key", "keyctl", "init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "reboot",
    "swapon", "swapoff", "settimeofday", "clock_settime", "adjtimex", "clock_adjtime", "iopl", "ioperm", "acct",
    "quotactl", "syslog", "name_to_handle_at", "open_by_handle_at", "fanotify_init", "lookup_dcookie", "personality",
    "vmsplice", "setdomainname", "sethostname",
)  # fmt: skip


def program():
    """The filter as bytes, for `bwrap --seccomp`.

    Raises
    ------
    RuntimeError : libseccomp is missing; the message says what to install.
    """
    try:
        import pyseccomp
    except (ImportError, RuntimeError, OSError) as error:
        raise RuntimeError(
            "libseccomp is missing: install the package libseccomp2 (Debian, Ubuntu) or libseccomp (Fedora), and "
            f"pyseccomp for Python ({error})"
        ) from None
    rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    deny = pyseccomp.ERRNO(errno.EPERM)
    for name in DENIED:
        try:
            rules.add_rule(deny, name)
        except (
            ValueError,
            OSError,
        ):  # libseccomp does not know it on this machine, so neither does the kernel
            continue
    rules.add_rule(
        pyseccomp.ERRNO(errno.ENOSYS), "clone3"
    )  # its flags cannot be seen here; libc falls back to clone
    for flag in (1 << bit for bit in range(32) if NAMESPACES >> bit & 1):
        rules.add_rule(deny, "clone", pyseccomp.Arg(0, pyseccomp.MASKED_EQ, flag, flag))
    rules.add_rule(deny, "socket", pyseccomp.Arg(0, pyseccomp.NE, socket.AF_UNIX))
    rules.add_rule(deny, "socketpair", pyseccomp.Arg(0, pyseccomp.NE, socket.AF_UNIX))
    return _exported(rules)


def _exported(rules):
    descriptor = os.memfd_create("filter")
    with os.fdopen(descriptor, "w+b") as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()
