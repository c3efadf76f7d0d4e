#!/usr/bin/python3
"""usage: example_test.py PROGRAMS-DIRECTORY NODES

examples/cluster/run, with two nodes or with the three of docs/cluster.md: what a subscriber behind haproxy has
shown is what was published.
"""
import os
import shutil
import socket
import subprocess
import sys

sys.dont_write_bytecode = True

from engine import free_port, missing_programs  # noqa: E402, pylint: disable=wrong-import-position

RUN = os.path.join(os.path.dirname(os.path.realpath(__file__)), '..', '..', 'examples', 'cluster', 'run')
PATH = os.environ['PATH'] + ':/usr/sbin'
SPAN = 24  # ports that the script uses


def port_with_free_ones_behind():
    while True:
        first = free_port()
        try:
            for port in range(first, first + SPAN):
                with socket.socket() as probe:
                    probe.bind(('127.0.0.1', port))
            return first
        except (OSError, OverflowError):
            continue


def main():
    programs, nodes = os.path.abspath(sys.argv[1]), sys.argv[2]
    missing = missing_programs() + [name for name in ('haproxy',) if not shutil.which(name, path=PATH)]
    if missing:
        print('SKIPPED: 1 test: %s: not installed' % ', '.join(missing))
        sys.exit(77)
    done = subprocess.run(['setpriv', '--pdeathsig', 'TERM', RUN, '1'], capture_output=True, text=True, check=False,
                          env={**os.environ, 'PATH': programs + ':' + PATH, 'NODES': nodes,
                               'PORT': str(port_with_free_ones_behind())})
    print(done.stdout + done.stderr)
    assert done.returncode == 0, 'exit %d' % done.returncode
    last = done.stdout.strip().split('\n')[-1]
    assert 'each of them once, in order' in last or 'all of them; a gap was told' in last, last
    shown = [line for line in done.stdout.split('\n') if 'published' in line][-1]
    assert int(shown.split('published ')[1].split()[0]) > 100, shown


main()
