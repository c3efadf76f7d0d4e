#!/usr/bin/python3
"""usage: image_test.py IMAGE

The OCI image layout, unpacked and run without a container runtime: the program that its configuration
names is PID 1 of a namespace, in the image's root, as the image's user, on a network of its own.
"""
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

PATIENCE = 60
BARE = {'PATH': os.environ['PATH'] + ':/usr/sbin:/sbin'}


def wait_until(condition, what):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise AssertionError('waited in vain for ' + what)
        time.sleep(0.02)


def read(path):
    with open(path, encoding='utf-8') as file:
        return file.read()


def run(*words, **options):
    return subprocess.run(words, capture_output=True, check=False, timeout=PATIENCE, text=True, **options)


class Image:
    """Unpacked: `root`, and what its configuration says."""

    def __init__(self, layout, directory):
        tag = json.loads(read(os.path.join(layout, 'index.json')))['manifests'][0]['annotations'][
            'org.opencontainers.image.ref.name']
        bundle = os.path.join(directory, 'bundle')
        done = run('umoci', 'unpack', '--image', '%s:%s' % (layout, tag), bundle)
        assert done.returncode == 0, done.stderr
        self.started = []
        self.root = os.path.join(bundle, 'rootfs')
        self.process = json.loads(read(os.path.join(bundle, 'config.json')))['process']
        self.user = '%d:%d' % (self.process['user']['uid'], self.process['user']['gid'])

    def start(self, *options, ready=None):
        self.started.append(Container(self, options, ready))
        return self.started[-1]


class Container:
    """A running program of the image."""

    def __init__(self, image, options, ready):
        self.image = image
        mounts = 'ip link set lo up && mount -t proc proc "$1/proc" && shift && exec "$@"'
        words = ['unshare', '--pid', '--fork', '--kill-child', '--net', '--mount', '--ipc', '--uts',
                 'sh', '-ec', mounts, 'sh', image.root, 'chroot', '--userspec', image.user, image.root,
                 'env', '-i', *image.process['env'], *image.process['args'], *options]
        self.unshare = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=BARE,
                                        pass_fds=[ready] if ready else [], text=True)
        self.init = None

    def children(self, pid):
        try:
            return [int(word) for word in read('/proc/%d/task/%d/children' % (pid, pid)).split()]
        except FileNotFoundError:
            return []

    def inside(self, *words, **options):
        """A command of this machine, on the network and among the processes of the program."""
        return run('nsenter', '--target', str(self.init), '--net', '--pid', *words, **options)

    def ask(self, target, *words):
        return self.inside('curl', '-sS', '--max-time', '10', *words, 'http://127.0.0.1:8089' + target)

    def wait_for_hub(self):
        wait_until(lambda: self.children(self.unshare.pid) or self.unshare.poll() is not None, 'a process')
        assert self.unshare.poll() is None, self.unshare.stdout.read()
        self.init = self.children(self.unshare.pid)[0]
        wait_until(lambda: self.ask('/-/readyz', '-f').returncode == 0, 'a hub that is ready')

    def end(self):
        """Exit code and what it wrote."""
        text = self.unshare.communicate(timeout=PATIENCE)[0]
        return self.unshare.returncode, text


def refuses_without_credentials(image):
    """It listens beyond its container, so without credentials it does not start, and says why"""
    code, text = image.start().end()
    assert code == 78 and '--tokens' in text and '--open-to-all' in text, (code, text)


def is_first_process(image):
    """The entry point is PID 1 and not root, says when it is ready, and a SIGTERM drains it"""
    reading, writing = os.pipe()
    hub = image.start('--open-to-all', '--ready-fd', str(writing), ready=writing)
    os.close(writing)
    with open(reading, encoding='ascii') as file:
        assert file.readline() == '8089\n'
    hub.wait_for_hub()
    status = dict(line.split(':\t', 1) for line in read('/proc/%d/status' % hub.init).splitlines())
    assert status['NSpid'].split()[-1] == '1' and status['Name'] == 'sse-serve', status
    assert status['Uid'].split() == [image.user.split(':')[0]] * 4 and status['Uid'].split()[0] != '0', status
    published = hub.ask('/events', '-f', '-d', '{"type":"kept","data":"hello"}')
    assert published.returncode == 0, published.stderr
    with subprocess.Popen(['nsenter', '--target', str(hub.init), '--net', 'curl', '-sSN',
                           'http://127.0.0.1:8089/events/watch?since=earliest'],
                          stdout=subprocess.PIPE, text=True) as stream:
        for line in stream.stdout:
            if line.startswith('data:'):
                break
        began = time.monotonic()
        os.kill(hub.init, signal.SIGTERM)
        rest = stream.stdout.read()
        assert stream.wait(PATIENCE) == 0, 'the stream was cut: ' + rest
    code, text = hub.end()
    assert code == 0 and time.monotonic() - began < 15, (code, text)


def keeps_history(image):
    """Another container with the same directory has the events; SIGINT ends it as well"""
    hub = image.start('--open-to-all')
    hub.wait_for_hub()
    events = hub.ask('/events?since=earliest').stdout
    assert '"hello"' in events, events
    os.kill(hub.init, signal.SIGINT)
    code, text = hub.end()
    assert code in (0, 130), (code, text)


def reaps(image):
    """Processes that lose their parent are reaped, and the program's own death ends the container"""
    hub = image.start('--open-to-all')
    hub.wait_for_hub()
    program = hub.children(hub.init)[0]
    lost = hub.inside('sh', '-c', 'for i in 1 2 3 4 5; do (sleep 0.2 & exit 0); done')
    assert lost.returncode == 0, lost.stderr

    def only_the_program():
        states = [read('/proc/%d/stat' % pid).rsplit(')', 1)[1].split()[0] for pid in hub.children(hub.init)]
        return hub.children(hub.init) == [program] and 'Z' not in states
    wait_until(only_the_program, 'orphans to be reaped')
    os.kill(program, signal.SIGKILL)
    code, text = hub.end()
    assert code == 128 + signal.SIGKILL, (code, text)


def main():
    if os.geteuid() != 0:
        print('image_test: SKIPPED: only root may change roots')
        return
    with tempfile.TemporaryDirectory() as directory:
        image = Image(os.path.abspath(sys.argv[1]), directory)
        tests = (refuses_without_credentials, is_first_process, keeps_history, reaps)
        try:
            for test in tests:
                test(image)
                print('passed: ' + test.__doc__)
        finally:
            for container in image.started:
                container.unshare.kill()  # --kill-child takes the rest along
        print('image_test: %d passed' % len(tests))


if __name__ == '__main__':
    main()
