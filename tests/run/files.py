#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: MIT
"""A guest program that does to the files of a run what files.tsv says, one row after the other.

Operations are the functions below. A row names one, the file, what Linux answers and what the file answers here; "=" is Linux's answer. Prints
each row that is not answered so, and ends with the number of them.
"""
import ctypes
import errno
import fcntl
import os
import stat
import struct
import sys
import termios

REPORT = "/sys/kernel/config/tsm/report"
MISC = "/sys/class/misc"
TABLES = "/sys/firmware/acpi/tables"
ops = {}


def op(f):
    ops[f.__name__.replace("_", "-")] = f
    return f


def with_file(path, flags, call):
    fd = os.open(path, flags)
    try:
        return call(fd)
    finally:
        os.close(fd)


def writable(path):
    return os.O_WRONLY if os.stat(path).st_mode & 0o222 and not os.stat(path).st_mode & 0o444 else os.O_RDONLY


def reports(data):
    """Whether these bytes are in the report, or quote, that there is after a write."""
    return data in with_file(f"{REPORT}/e/outblob", os.O_RDONLY, lambda fd: os.read(fd, 4096))


@op
def append(path):
    """Two writes of 32 bytes with O_APPEND, to an attribute whose size is known to be 0."""
    def call(fd):
        os.write(fd, b"a" * 32)
        os.fstat(fd)
        os.write(fd, b"b" * 32)
    with_file(path, os.O_WRONLY | os.O_APPEND, call)
    return reports(b"a" * 32 + b"b" * 32)


@op
def pwrite_backwards(path):
    def call(fd):
        os.pwrite(fd, b"b" * 32, 32)
        os.pwrite(fd, b"a" * 32, 0)
    with_file(path, os.O_WRONLY, call)
    return reports(b"a" * 32 + b"b" * 32)


@op
def pwrite_gap(path):
    with_file(path, os.O_WRONLY, lambda fd: os.pwrite(fd, b"b" * 32, 32))
    return reports(bytes(32) + b"b" * 32)


@op
def pwrite_past_end(path):
    return with_file(path, os.O_WRONLY, lambda fd: os.pwrite(fd, b"x", 64))


@op
def pread_middle(path):
    def call(fd):
        return os.pread(fd, 4, 2) == os.pread(fd, 6, 0)[2:]
    return with_file(path, os.O_RDONLY, call)


@op
def pread_past_end(path):
    return len(with_file(path, os.O_RDONLY, lambda fd: os.pread(fd, 4, 1 << 20)))


@op
def read_nothing(path):
    return len(with_file(path, os.O_RDONLY, lambda fd: os.read(fd, 0)))


@op
def write_nothing(path):
    return with_file(path, os.O_WRONLY, lambda fd: os.write(fd, b""))


@op
def write_one(path):
    return with_file(path, os.O_WRONLY, lambda fd: os.write(fd, b"x"))


@op
def write_49(path):
    return with_file(path, os.O_WRONLY, lambda fd: os.write(fd, b"x" * 49))


@op
def append_48_twice(path):
    def call(fd):
        return os.write(fd, b"x" * 48), os.write(fd, b"x" * 48)
    return with_file(path, os.O_WRONLY | os.O_APPEND, call)


@op
def write_action(path):
    return with_file(path, os.O_WRONLY, lambda fd: os.write(fd, b"change\n"))


@op
def seek(path):
    return with_file(path, writable(path), lambda fd: os.lseek(fd, 1, os.SEEK_SET))


@op
def fsync(path):
    return with_file(path, writable(path), os.fsync)


@op
def fdatasync(path):
    return with_file(path, writable(path), os.fdatasync)


@op
def open_direct(path):
    return with_file(path, writable(path) | os.O_DIRECT, lambda fd: "open")


@op
def open_other_way(path):
    """For what the mode does not allow, which root may not either in sysfs and configfs."""
    other = os.O_RDONLY if writable(path) == os.O_WRONLY else os.O_WRONLY
    return with_file(path, other, lambda fd: "open")


@op
def open_other_way_after_chmod(path):
    mode = stat.S_IMODE(os.stat(path).st_mode)
    os.chmod(path, 0o666)
    try:
        return open_other_way(path) if mode == 0o666 else with_file(
            path, os.O_RDONLY if mode & 0o222 else os.O_WRONLY, lambda fd: "open")
    finally:
        os.chmod(path, mode)


@op
def open_without_mode(path):
    flags, mode = writable(path), stat.S_IMODE(os.stat(path).st_mode)
    os.chmod(path, 0)
    try:
        return with_file(path, flags, lambda fd: "open")
    finally:
        os.chmod(path, mode)


@op
def chmod(path):
    mode = stat.S_IMODE(os.stat(path).st_mode)
    os.chmod(path, 0o640)
    kept = oct(stat.S_IMODE(os.stat(path).st_mode))
    os.chmod(path, mode)
    return kept


@op
def chown(path):
    """To itself where this user is the only one."""
    to = 1000 if os.geteuid() == 0 else os.geteuid()
    before = os.stat(path)
    os.chown(path, to, -1)
    kept = os.stat(path).st_uid == to
    os.chown(path, before.st_uid, -1)
    return kept


@op
def utime(path):
    os.utime(path, (1000, 2000))
    return os.stat(path).st_atime, os.stat(path).st_mtime


@op
def truncate(path):
    os.truncate(path, 10)
    return os.stat(path).st_size


@op
def ftruncate_while_open(path):
    def call(fd):
        os.ftruncate(fd, 10)
        return os.fstat(fd).st_size
    return with_file(path, os.O_WRONLY, call), os.stat(path).st_size


@op
def size(path):
    return os.stat(path).st_size


@op
def unread(path):
    return struct.unpack("i", with_file(path, writable(path), lambda fd: fcntl.ioctl(fd, termios.FIONREAD, b"1234")))[0]


@op
def unknown_ioctl(path):
    return with_file(path, writable(path), lambda fd: fcntl.ioctl(fd, 0x1234, 0))


@op
def links(path):
    return os.stat(path).st_nlink


@op
def links_when_removed(path):
    os.mkdir(f"{REPORT}/gone")
    def call(fd):
        os.rmdir(f"{REPORT}/gone")
        return os.fstat(fd).st_nlink
    return with_file(f"{REPORT}/gone", os.O_RDONLY, call)


@op
def names(path):
    with os.scandir(path) as entries:
        return " ".join(e.name for e in entries)


@op
def newest_last(path):
    for name in ("z", "y", "x"):
        os.mkdir(f"{path}/{name}")
    try:
        return names(path)
    finally:
        for name in ("z", "y", "x"):
            os.rmdir(f"{path}/{name}")


@op
def filesystem_type(path):
    buffer = ctypes.create_string_buffer(256)
    if ctypes.CDLL(None, use_errno=True).statfs(path.encode(), buffer) != 0:
        raise OSError(ctypes.get_errno(), "statfs")
    return hex(struct.unpack_from("l", buffer)[0])


@op
def block_size(path):
    return os.statvfs(path).f_bsize, os.statvfs(path).f_blocks, os.statvfs(path).f_namemax


@op
def make_file(path):
    return with_file(f"{path}/new", os.O_WRONLY | os.O_CREAT, lambda fd: "made")


@op
def make_node(path):
    return os.mknod(f"{path}/new", 0o600 | stat.S_IFREG)


@op
def make_fifo(path):
    return os.mkfifo(f"{path}/new")


@op
def make_directory(path):
    return os.mkdir(f"{path}/new")


@op
def make_directory_again(path):
    return os.mkdir(f"{path}/e")


@op
def make_long_name(path):
    return os.mkdir(f"{path}/{'n' * 256}")


@op
def make_link(path):
    return os.symlink("/", f"{path}/new")


@op
def make_hard_link(path):
    return os.link(path, f"{os.path.dirname(path)}/new")


@op
def remove(path):
    return os.unlink(path)


@op
def remove_directory(path):
    return os.rmdir(path)


@op
def rename(path):
    return os.rename(path, f"{os.path.dirname(path)}/new")


@op
def allocate(path):
    def call(fd):
        if ctypes.CDLL(None, use_errno=True).fallocate(fd, 0, ctypes.c_long(0), ctypes.c_long(64)) != 0:
            raise OSError(ctypes.get_errno(), "fallocate")
    return with_file(path, os.O_WRONLY, call)


@op
def get_attribute(path):
    return os.getxattr(path, "user.x")


def place_of(name):
    entry = {f"{tee}-entry": f"{REPORT}/e" for tee in ("sev-guest", "tdx_guest") if os.path.exists(f"/dev/{tee}")}
    return {"report": REPORT, "entry": f"{REPORT}/e", **entry, "tsm": os.path.dirname(REPORT),
            "sev-guest": "/dev/sev-guest", "tdx_guest": "/dev/tdx_guest",
            "dev": f"{MISC}/sev-guest/dev", "uevent": f"{MISC}/sev-guest/uevent", "misc": f"{MISC}/sev-guest/",
            "rtmr2": f"{MISC}/tdx_guest/measurements/rtmr2:sha384",
            "mrtd": f"{MISC}/tdx_guest/measurements/mrtd:sha384",
            "ccel": f"{TABLES}/CCEL", "ccel-log": f"{TABLES}/data/CCEL"}.get(name, f"{REPORT}/e/{name}")


def is_of_the_other_tee(place):
    sev = place in ("sev-guest", "sev-guest-entry", "dev", "uevent", "misc", "privlevel")
    tdx = place in ("tdx_guest", "tdx_guest-entry", "rtmr2", "mrtd", "ccel", "ccel-log")
    return (sev or tdx) and not os.path.exists("/dev/sev-guest" if sev else "/dev/tdx_guest")


def answer(operation, place):
    os.mkdir(f"{REPORT}/e")
    try:
        with_file(f"{REPORT}/e/inblob", os.O_WRONLY, lambda fd: os.write(fd, b"i" * 64))
        r = ops[operation](place_of(place))
        return "0" if r is None else str(r)
    except OSError as e:
        return "EOPNOTSUPP" if e.errno == errno.EOPNOTSUPP else errno.errorcode[e.errno]
    finally:
        os.rmdir(f"{REPORT}/e")


def rows(path):
    with open(path, encoding="utf-8") as f:
        lines = [line.rstrip("\n").split("\t") for line in f if line.strip() and not line.startswith("#")]
    for line in lines:
        assert len(line) == 5 and line[0] in ops, line
    unused = set(ops) - {line[0] for line in lines}
    assert not unused, f"no row names {unused}"
    return lines


def main():
    wrong = n = 0
    for operation, place, linux, ours, _ in rows(sys.argv[1]):
        if is_of_the_other_tee(place):
            continue
        expected = linux if ours == "=" else ours
        found = answer(operation, place)
        n += 1
        if found != expected:
            wrong += 1
            print(f"{operation} of {place}: expected {expected}, found {found}")
    print(f"{n} rows")
    return wrong > 0


sys.exit(main())
