"""The directory for what must lie on a disk."""

import os
import pathlib
import tempfile

IN_MEMORY = ("tmpfs", "ramfs", "devtmpfs")
MOUNTS = "/proc/self/mounts"


class Disk:
    """A directory, and the file system that it lies on."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory).resolve()
        self.device, self.file_system = _mount_of(self.directory)

    @property
    def is_in_memory(self):
        return self.file_system in IN_MEMORY

    def __str__(self):
        return f"{self.file_system} on {self.device}, in {self.directory}"


def _mount_of(directory):
    """Device and type of the mount that is deepest above the directory; of two, the later one."""
    best = (-1, "unknown", "unknown")
    with open(MOUNTS, encoding="utf-8") as file:
        for line in file:
            device, point, kind = line.split(" ")[:3]
            point = pathlib.Path(point.replace("\\040", " "))
            if directory.is_relative_to(point) and len(point.parts) >= best[0]:
                best = (len(point.parts), device, kind)
    return best[1:]


def choose(wanted, root):
    """`wanted`, or the first of the usual directories that is on a disk; None: none of them is."""
    usual = [tempfile.gettempdir(), "/var/tmp", root]
    candidates = [wanted] if wanted else [place for place in usual if os.access(place, os.W_OK)]
    disks = [Disk(place) for place in candidates]
    return next((disk for disk in disks if not disk.is_in_memory), None)
