"""Runs the tests of a file, each with a directory, engines and nodes of its own. With SSE_CLUSTER_TLS in the
environment all of them speak TLS."""
import os
import sys
import tempfile
import time
import traceback

from engine import Redis, Sentinel, missing_programs, wait_until
from nodes import Nodes, engine_url, sentinel_url
from trust import Trust

import judge


class Stage:
    """What one test starts. All of it ends with the test."""

    def __init__(self, binaries, directory):
        self.directory = directory
        self.nodes = Nodes(binaries, directory)
        self.engines = []
        self.secure = None
        if os.environ.get('SSE_CLUSTER_TLS'):
            trust = Trust(os.path.join(directory, 'trust'))
            self.secure = trust.redis
            self.nodes.options = trust.options()

    def redis(self, **options):
        options.setdefault('secure', self.secure)
        self.engines.append(Redis(self.directory, **options))
        return self.engines[-1]

    def node(self, redis, *options, **more):
        return self.nodes.start(engine_url(redis), *options, **more)

    def sentinel(self, master, **options):
        options.setdefault('secure', self.secure)
        self.engines.append(Sentinel(self.directory, master, **options))
        return self.engines[-1]

    def watched(self, **options):
        """A master, its replica, and a sentinel that knows both."""
        master = self.redis(**options)
        replica = self.redis(master_port=master.port, **options)
        sentinel = self.sentinel(master, secure=master.secure)
        master.wait_for_replica(replica)
        sentinel.wait_to_know(replica)
        return master, replica, sentinel

    def watched_node(self, sentinel, *options):
        return self.nodes.start(sentinel_url(sentinel), *options)

    def alive(self):
        return self.nodes.alive()

    def final_log(self):
        """That of all nodes, once it is the same: nothing is published any more."""
        logs = []

        def are_equal():
            logs[:] = [node.log() for node in self.alive()]
            return all(log == logs[0] for log in logs)

        try:
            wait_until(are_equal, 'the same log on all nodes')
        except AssertionError:
            for log in logs[1:]:
                judge.check_equal('a node', log, logs[0])
            raise
        assert logs[0], 'there are no events at all'
        return logs[0]

    @staticmethod
    def wait_for_crowd(crowd, log):
        try:
            wait_until(lambda: crowd.has_all(log[-1][0]), 'all subscribers')
        except AssertionError:
            raise AssertionError('subscribers that do not come to %s:\n  %s' % (
                log[-1], crowd.behind(log[-1][0]))) from None

    def said(self):
        """The last words of each, for a test that failed."""
        texts = [('node %d' % node.port, node.said()[-1500:]) for node in self.nodes.all]
        texts += [('Redis %d' % engine.port, engine.said()[-800:]) for engine in self.engines]
        return '\n'.join('--- %s\n%s' % text for text in texts)

    def end(self):
        self.nodes.end()
        for engine in self.engines:
            engine.kill()


def run(tests):
    """`tests`: functions that take a Stage; the first line of the docstring says what they show.
    usage of each file: FILE PROGRAMS-DIRECTORY [NAME...]"""
    binaries, *names = sys.argv[1:]
    tests = [test for test in tests if not names or test.__name__ in names]
    assert tests, 'no such test'
    missing = missing_programs()
    if missing:
        print('SKIPPED: %d tests: %s: not installed' % (len(tests), ', '.join(missing)))
        sys.exit(77)
    failed = 0
    for test in tests:
        begin = time.monotonic()
        with tempfile.TemporaryDirectory(prefix='sse-cluster-') as directory:
            stage = Stage(os.path.abspath(binaries), directory)
            try:
                note = test(stage)
                print('good: %s (%.1f s)%s' % (test.__doc__.split('\n', maxsplit=1)[0], time.monotonic() - begin,
                                               ': ' + note if note else ''), flush=True)
            except Exception:  # pylint: disable=broad-except
                failed += 1
                print('FAILED: %s, %s\n%s\n%s' % (test.__name__, test.__doc__, traceback.format_exc(), stage.said()),
                      flush=True)
            finally:
                stage.end()
    sys.exit(1 if failed else 0)
