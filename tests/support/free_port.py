# SPDX-License-Identifier: MIT
"""A TCP port of the loopback interface, for a process that must be told which."""
import pathlib
import random
import socket


def free_port():
    """Below those that the kernel chooses for connections and for port 0: nobody takes it before the process does, or while it restarts."""
    first = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    while True:
        with socket.socket() as s:
            port = random.randrange(first // 2, first)
            try:
                s.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
