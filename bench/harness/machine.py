"""What the figures were measured on, and with."""

import os
import platform
import re
import shutil
import subprocess


def _first_line(command):
    if shutil.which(command[0]) is None:
        return None
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    text = (done.stdout + done.stderr).strip()
    return text.splitlines()[0] if text else None


def _field(path, name):
    with open(path, encoding="utf-8") as file:
        found = re.search(rf"^{re.escape(name)}\s*:\s*(.*)$", file.read(), re.MULTILINE)
    return found.group(1) if found else None


def _package_version(name):
    return _first_line(["dpkg-query", "-W", "-f=${Version}", name])


def load():
    """The load averages, which tell of other work when they are taken before anything is
    measured."""
    return "{:.2f} {:.2f} {:.2f} when it began".format(*os.getloadavg())


def describe(programs, disk, load_before):
    """The machine and the versions, as one flat dictionary."""
    hub = _first_line([str(programs / "sse-serve"), "--version"])
    commit = _first_line(["git", "describe", "--always", "--dirty"])
    return {
        "cpu": _field("/proc/cpuinfo", "model name") or platform.processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory": _field("/proc/meminfo", "MemTotal"),
        "load": load_before,
        "disk": str(disk) if disk else None,
        "kernel": platform.release(),
        "compiler": _first_line(["c++", "--version"]),
        "sse": hub,
        "commit": commit,
        "nginx": _first_line(["nginx", "-v"]),
        "nchan": _package_version("libnginx-mod-nchan"),
        "redis": _first_line(["redis-server", "--version"]),
    }
