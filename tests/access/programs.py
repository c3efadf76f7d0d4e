"""The programs, as the proofs of access control start them. Each byte that one writes is kept."""
import http.client
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), '..', 'support'))
from waiting import PATIENCE, free_port, wait_until  # noqa: E402, F401



def read(path):
    with open(path, 'rb') as file:
        return file.read()


class Programs:
    """Runs programs in a directory of their own. `written`: what each wrote, by its words."""

    def __init__(self, programs, directory):
        self.programs = os.path.realpath(programs)
        self.directory = os.path.realpath(directory)
        self.written = []
        self.tokens = self.file('tokens.toml')
        self.count = 0

    def file(self, name):
        return os.path.join(self.directory, name)

    def environment(self, more=None):
        return {'PATH': self.programs + ':' + os.environ['PATH'], 'HOME': self.directory,
                **{name: value for name, value in os.environ.items() if name.endswith('SAN_OPTIONS')},
                **(more or {})}

    def start(self, words, environment=None, **options):
        """A process, and the files of its stdout and stderr."""
        self.count += 1
        files = [self.file('%s-%d' % (name, self.count)) for name in ('stdout', 'stderr')]
        with open(files[0], 'wb') as out, open(files[1], 'wb') as err:
            process = subprocess.Popen(words, stdout=out, stderr=err, stdin=subprocess.DEVNULL,
                                       cwd=self.directory, env=self.environment(environment), **options)
        self.written.append((' '.join(words), files))
        return process, files

    def run(self, words, environment=None, text=None, keep=True):
        """Exit code, stdout and stderr. `keep`: nothing of it may be secret."""
        done = subprocess.run(words, input=(text or '').encode(), capture_output=True, check=False,
                              cwd=self.directory, env=self.environment(environment), timeout=PATIENCE)
        if keep:
            self.written.append((' '.join(words), [done.stdout, done.stderr]))
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def add_token(self, name, *rights):
        """The new token: the one place where it is meant to stand."""
        code, out, err = self.run(['sse-serve', 'token', 'add', name, '--tokens', self.tokens, *rights],
                                  keep=False)
        assert code == 0 and out.count('\n') == 1, err
        self.written.append(('token add', [err.encode()]))
        return out.strip()

    def start_hub(self, *options, environment=None):
        return RunningHub(self, options, environment)


class RunningHub:
    """sse-serve on a free port of 127.0.0.1."""

    def __init__(self, programs, options, environment=None):
        reading, writing = os.pipe()
        self.process, self.files = programs.start(
            ['sse-serve', '--no-config', '--port', '0', '--bind', '127.0.0.1', '--drain', '1s',
             '--ready-fd', str(writing), *options], environment, pass_fds=[writing])
        os.close(writing)
        with open(reading, encoding='ascii') as file:
            self.port = int(file.read() or 0)
        assert self.port, 'sse-serve does not start: ' + read(self.files[1]).decode()
        self.url = 'http://127.0.0.1:%d' % self.port

    def ask(self, target, token='', body=None, headers=None, method=None):
        """Status, headers and body of one request on a connection of its own."""
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=PATIENCE)
        fields = dict(headers or {})
        if token:
            fields['Authorization'] = 'Bearer ' + token
        try:
            connection.request(method or ('GET' if body is None else 'POST'), target, body, fields)
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()

    def said(self):
        return read(self.files[1]).decode()

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(PATIENCE)

    def kill(self):
        self.process.kill()
        self.process.wait()
