#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
`jurat run` in real containers: Podman's, with its default profile and with Docker's, on a root file system made of this machine's
own directories, so that nothing is fetched. Prints TAP; test_podman.py JURAT
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from tap import Skip, case, main  # noqa: E402

JURAT = os.path.abspath(sys.argv[1])
PROFILES = "/etc/containers/seccomp.json", "/usr/share/containers/seccomp.json"

# What Docker's default profile and capabilities have that Podman's have not. Spec: moby, profiles/seccomp/default.json and
# oci/caps/defaults.go.
DOCKER_CAPS = "MKNOD", "NET_RAW", "AUDIT_WRITE"
NEED_SYS_ADMIN = ["bpf", "clone", "clone3", "fanotify_init", "fsconfig", "fsmount", "fsopen", "fspick", "lookup_dcookie", "mount",
                  "mount_setattr", "move_mount", "open_tree", "perf_event_open", "quotactl", "quotactl_fd", "setdomainname",
                  "sethostname", "setns", "syslog", "umount", "umount2", "unshare"]
NEW_NAMESPACES = 0x7e020000  # CLONE_NEW*
AF_VSOCK, ENOSYS, EPERM = 40, 38, 1

# On machines with both versions of cgroups mounted, runtimes of containers want the second one alone.
CGROUPS = "mount --make-rprivate / && umount -R -l /sys/fs/cgroup && mount -t cgroup2 none /sys/fs/cgroup && "


def docker_profile():
    """Podman's profile, with the system calls that Docker's treats in another way taken out and put back as Docker has them."""
    path = next((p for p in PROFILES if os.path.exists(p)), None)
    if not path:
        raise Skip("no seccomp profile of Podman's")
    with open(path, encoding="utf-8") as f:
        profile = json.load(f)
    profile |= {"defaultErrnoRet": EPERM, "defaultErrno": "EPERM"}
    for row in profile["syscalls"]:
        row["names"] = [name for name in row["names"] if name not in NEED_SYS_ADMIN + ["socket"]]
    profile["syscalls"] = [row for row in profile["syscalls"] if row["names"]] + [
        {"names": NEED_SYS_ADMIN, "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_SYS_ADMIN"]}},
        {"names": ["clone"], "action": "SCMP_ACT_ALLOW", "excludes": {"caps": ["CAP_SYS_ADMIN"]},
         "args": [{"index": 0, "value": NEW_NAMESPACES, "op": "SCMP_CMP_MASKED_EQ"}]},
        {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": ENOSYS, "excludes": {"caps": ["CAP_SYS_ADMIN"]}},
        {"names": ["socket"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": AF_VSOCK, "op": "SCMP_CMP_NE"}]}]
    return profile


class Podman:
    """Podman with a configuration and state of its own below `tmp`."""

    def __init__(self, tmp):
        if not shutil.which("podman"):
            raise Skip("no podman: apt-get install podman crun")
        if os.geteuid() != 0:
            raise Skip("podman's containers of root: run as root")
        if not os.path.exists("/dev/fuse"):
            raise Skip("no /dev/fuse, which these containers are passed")
        self.tmp, self.root = tmp, tmp / "root"
        self.before = None
        (tmp / "containers.conf").write_text('[containers]\ncgroups = "disabled"\n'
                                             'default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\n'
                                             '[engine]\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\nlock_type = "file"\n')
        (tmp / "docker.json").write_text(json.dumps(docker_profile()))
        for name in ("dev", "etc", "proc", "sys", "tmp", "usr"):
            (self.root / name).mkdir(parents=True)
        (self.root / "tmp").chmod(0o1777)
        for name in ("passwd", "group"):
            shutil.copy(f"/etc/{name}", self.root / "etc")
        self.mounts = ["/usr", str(pathlib.Path(JURAT).parents[2])]
        for entry in pathlib.Path("/").glob("lib*"), [pathlib.Path("/bin"), pathlib.Path("/sbin")]:
            for path in entry:
                if path.is_symlink():
                    (self.root / path.name).symlink_to(os.readlink(path))
                elif path.is_dir():
                    self.mounts.append(str(path))
        self.find_out()

    def find_out(self):
        """How a container can be started on this machine, if at all."""
        why = ""
        for self.before in "", CGROUPS:
            p = self.start([], "/bin/true")
            if p.returncode == 0:
                return
            why += f"{p.stderr.strip()[-200:]}; "
        raise Skip(f"podman starts no container on this machine: {why}")

    def start(self, options, *words):
        mounts = [word for path in self.mounts for word in ("--mount", f"type=bind,source={path},target={path}")]
        state = ["--root", f"{self.tmp}/store", "--runroot", f"{self.tmp}/run", "--tmpdir", f"{self.tmp}/tmp", "--storage-driver", "vfs"]
        command = ["podman", *state, "run", "--rm", "--network", "none", *mounts, *options, "--rootfs", str(self.root), *words]
        env = {"PATH": os.environ["PATH"], "CONTAINERS_CONF": f"{self.tmp}/containers.conf", "HOME": str(self.tmp)}
        return subprocess.run(["unshare", "-m", "sh", "-c", f'{self.before} exec "$@"', "sh", *command], env=env, timeout=110,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)

    def docker(self, options, *words):
        """As Docker starts a container: its default capabilities, and its default profile unless the options name another."""
        caps = [word for cap in DOCKER_CAPS for word in ("--cap-add", cap)]
        if "seccomp=unconfined" not in options:
            caps += ["--security-opt", f"seccomp={self.tmp}/docker.json"]
        return self.start([*caps, *options], *words)


FUSE = ["--device", "/dev/fuse"]
SYS_ADMIN = ["--cap-add", "SYS_ADMIN"]
UNCONFINED = ["--security-opt", "seccomp=unconfined"]
ATTEST = "run", "--", JURAT, "attest", "--out", "/tmp/report.bin"
VSOCK = "run", "--tee", "tdx", "--qgs", "vsock:4050", "--", "/bin/true"
FORBIDDEN = "this container forbids mount and user namespaces: Operation not permitted "


def expect(p, status, text):
    assert p.returncode == status, f"status {p.returncode}, not {status}: {p.stdout}{p.stderr}"
    assert text in p.stdout + p.stderr, f"not {text!r}: {p.stdout}{p.stderr}"


def works(p):
    expect(p, 0, "report")
    assert p.stderr == "", p.stderr


@case
def docker_default_profile_names_what_is_missing_and_the_options_that_mend_it(_):
    expect(podman.docker([], JURAT, *ATTEST), 3,
           "jurat run: there is no /dev/fuse, and " + FORBIDDEN + "(start it with --device /dev/fuse --cap-add SYS_ADMIN, or with "
           "--device /dev/fuse --security-opt seccomp=unconfined)\n")
    expect(podman.docker(FUSE, JURAT, *ATTEST), 3,
           "jurat run: " + FORBIDDEN + "(start it with --cap-add SYS_ADMIN, or with --security-opt seccomp=unconfined)\n")
    for options in SYS_ADMIN, UNCONFINED:
        expect(podman.docker(options, JURAT, *ATTEST), 3,
               "jurat run: /dev/fuse: does not exist (load the kernel module fuse; start a container with --device /dev/fuse)\n")


@case
def docker_default_profile_with_the_device_and_either_option_runs_programs(_):
    for options in SYS_ADMIN, UNCONFINED:
        works(podman.docker(FUSE + options, JURAT, *ATTEST))


@case
def podman_default_profile_needs_the_device_alone(_):
    expect(podman.start([], JURAT, *ATTEST), 3, "start a container with --device /dev/fuse)\n")
    works(podman.start(FUSE, JURAT, *ATTEST))


@case
def vsock_sockets_need_a_profile_that_allows_them(_):
    expect(podman.docker(FUSE + SYS_ADMIN, JURAT, *VSOCK), 3,
           "jurat run: --qgs vsock: a seccomp profile forbids vsock sockets: Operation not permitted (start the container with "
           "--security-opt seccomp=unconfined, or use --qgs unix:PATH)\n")
    expect(podman.docker(FUSE + UNCONFINED, JURAT, *VSOCK), 0, "")


@case
def endorsements_are_reached_by_name_in_containers_with_either_profile(_):
    fetch = "run", "--no-certs", "--endorsements", "--", "/bin/sh", "-c", (
        'unset JURAT_ENDORSEMENTS; "$0" attest --out /tmp/report.bin >/dev/null && '
        '"$0" verify --fetch --roots "$JURAT_ROOTS" /tmp/report.bin | head -n 1'), JURAT
    for p in podman.docker(FUSE + SYS_ADMIN, JURAT, *fetch), podman.docker(FUSE + UNCONFINED, JURAT, *fetch), podman.start(FUSE, JURAT, *fetch):
        expect(p, 0, "accepted")


@case
def root_without_setfcap_cannot_be_root_in_a_user_namespace(_):
    lacking = FUSE + UNCONFINED + ["--cap-drop", "SETFCAP"]
    expect(podman.docker(lacking, JURAT, *ATTEST), 3, "(it lacks CAP_SETFCAP: start it with --cap-add SETFCAP, or with --cap-add SYS_ADMIN)")
    works(podman.docker(FUSE + SYS_ADMIN + ["--cap-drop", "SETFCAP"], JURAT, *ATTEST))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="jurat-test-podman-") as place:
        try:
            podman = Podman(pathlib.Path(place))
        except Skip as reason:
            print(f"1..0 # SKIP {' '.join(str(reason).split())}")
            sys.exit(0)
        sys.exit(main())
