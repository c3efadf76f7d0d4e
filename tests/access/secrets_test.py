#!/usr/bin/python3
"""usage: secrets_test.py PROGRAMS-DIRECTORY

Runs the three programs at every verbosity with tokens, signed tokens, tickets, sessions and bad ones of
each, and looks for these secrets in every byte that the programs write: stdout, stderr, answers, the
operator's routes, --show-config, their files, the names of their open files, and /proc/PID/cmdline. A
secret may stand where it is given out: `token add`, `token jwt`, the body of POST /tickets, Set-Cookie.
"""
import base64
import json
import os
import re
import secrets
import sys
import tempfile
from contextlib import suppress

from programs import Programs, read, wait_until

VERBOSITIES = [[], ['-q'], ['-v'], ['-vv'], ['-vv', '--log-format', 'json'], ['--log-level', 'debug'],
               ['--access-log', '--log-level', 'warn']]
# So much of a secret is as bad as all of it: the rest cannot be guessed, but it is the start of one.
PIECE = 16


def replace(path, text):
    """At once: half a file is another one."""
    with open(os.open(path + '.new', os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), 'w',
              encoding='ascii') as file:
        file.write(text)
    os.rename(path + '.new', path)


class Search:
    """Secrets, and the bytes in which they must not be."""

    def __init__(self):
        self.secrets = {}
        self.found = []
        self.searched = 0

    def add(self, name, secret):
        """`secret`: what is random of it. Its parts are searched for, too."""
        for begin in range(0, max(1, len(secret) - PIECE + 1), PIECE):
            self.secrets[secret[begin:begin + PIECE].encode()] = name

    def look_in(self, where, data):
        self.searched += len(data)
        for secret, name in self.secrets.items():
            at = data.find(secret)
            if at >= 0:
                self.found.append('%s in %s: ...%r' % (name, where, data[max(0, at - 80):at + 4]))


class Run:
    """One hub at one verbosity, and everything that is done to it."""

    def __init__(self, programs, search, verbosity, number):
        self.programs, self.search, self.verbosity = programs, search, verbosity
        self.data = programs.file('data-%d' % number)
        self.tokens = {name: self.new_token('%s%d' % (name, number), *rights) for name, rights in {
            'ci': ['--publish', 'ci/#', '--subscribe', 'ci/#'],
            'boss': ['--publish', '#', '--subscribe', '#', '--permission', 'admin'],
            'gone': ['--subscribe', '#']}.items()}
        self.signed = self.new_signed()
        self.hub = None

    def new_token(self, name, *rights):
        token = self.programs.add_token(name, *rights)
        self.search.add('the token ' + name, token.rsplit('_', 1)[1] if token.count('_') == 2
                        else token[-43:])
        return token

    def new_signed(self):
        words = ['sse-serve', 'token', 'jwt', 'ann', '--key', self.programs.file('keys.json'),
                 '--publish', 'ci/#', '--subscribe', 'ci/#', '--life', '10m']
        code, out, err = self.programs.run(words, keep=False)
        assert code == 0, err
        token = out.strip()
        self.search.add('a signed token', token.rsplit('.', 1)[1])
        return token

    def bad(self, kind):
        secret = secrets.token_urlsafe(32)
        self.search.add('a bad ' + kind, secret)
        return secret

    def ask(self, target, *arguments, may_tell=False, **options):
        status, fields, body = self.hub.ask(target, *arguments, **options)
        told = b'\n'.join(('%s: %s' % field).encode() for field in fields
                          if field[0].lower() != 'set-cookie')
        where = 'the answer to ' + target.split('?')[0]
        self.search.look_in(where, told if may_tell else told + b'\n' + body)
        return status, fields, body

    def cookie(self, fields, name):
        pair = next(value.split(';')[0] for key, value in fields if key.lower() == 'set-cookie')
        self.search.add(name, pair.split('=', 1)[1])
        return pair

    def watch(self, target, **options):
        """The head of a stream that is open; the stream is closed then."""
        import http.client
        connection = http.client.HTTPConnection('127.0.0.1', self.hub.port, timeout=60)
        connection.request('GET', target, headers=options.get('headers', {}))
        answer = connection.getresponse()
        head, first = answer.getheaders(), answer.read1(4096)
        connection.close()
        self.search.look_in('a stream', first)
        return answer.status, head

    def everything(self):
        self.hub = self.programs.start_hub(
            '--tokens', self.programs.tokens, '--jwt-keys', self.programs.file('keys.json'),
            '--data-dir', self.data, *self.verbosity)
        for step in (self.good_tokens, self.bad_tokens, self.tickets, self.sessions, self.targets,
                     self.clients, self.reload, self.operator):
            step()
        self.processes(self.hub.process.pid)
        self.hub.stop()
        self.look_in_files()
        # A crash leaves what was not closed.
        self.hub = self.programs.start_hub('--tokens', self.programs.tokens, '--data-dir', self.data,
                                           *self.verbosity)
        self.ticket()
        self.keyed()
        self.hub.kill()
        self.look_in_files()

    def look_in_files(self):
        for folder, _, names in os.walk(self.data):
            for name in names:
                self.search.look_in('the data directory: ' + name, read(os.path.join(folder, name)))

    def keyed(self):
        for token in (self.tokens['ci'], self.signed):
            self.ask('/events', token, body=b'{"topic":"ci/a","data":1}',
                     headers={'Idempotency-Key': '"k"'})

    def good_tokens(self):
        self.keyed()
        for token in (*self.tokens.values(), self.signed):
            for target in ('/session', '/events?since=earliest', '/metrics', '/-/streams', '/nothing'):
                self.ask(target, token)
            self.ask('/events', token, body=b'{"topic":"other/b","data":1}')
            self.ask('/events', token, body=b'not json')

    def bad_tokens(self):
        head, claims, _ = self.signed.split('.')
        for token in ('sse_ci_' + self.bad('token'), 'sse_' + self.bad('token'), self.bad('token'),
                      '.'.join((head, claims, self.bad('signature'))),
                      '.'.join((self.bad('header'), claims, self.bad('signature'))),
                      '.'.join((head, base64.urlsafe_b64encode(
                          ('{"exp":"%s"}' % self.bad('claim')).encode()).decode().rstrip('='), 'x'))):
            for target in ('/events', '/session', '/tickets', '/nothing'):
                assert self.ask(target, token)[0] == 401, target
            assert self.ask('/events', token, body=b'{"data":1}')[0] == 401
        for field in ('Basic ', 'Bearer  ', 'Bearer', 'bearer=', 'Digest ', ''):
            self.ask('/events', headers={'Authorization': field + self.bad('field')})
        # Refused before it is looked at.
        for field in ('Bearer %s\x01', 'Bearer %s ' + 'x' * 70_000):
            self.ask('/events', headers={'Authorization': field % self.bad('field')})

    def ticket(self):
        status, _, body = self.ask('/tickets', self.tokens['ci'], body=b'{"topics":["ci/#"]}',
                                   may_tell=True)
        assert status == 201, body
        made = json.loads(body)
        self.search.add('a ticket', made['ticket'][3:])
        return made['url']

    def tickets(self):
        url = self.ticket()
        status, fields = self.watch(url)
        assert status == 200
        cookie = self.cookie(fields, "a ticket's cookie")
        assert self.ask(url)[0] == 401
        assert self.ask(url, headers={'Cookie': cookie + 'x'})[0] == 401
        assert self.watch(url, headers={'Cookie': cookie})[0] == 200
        for target in ('/events?ticket=', '/tickets?ticket=', '/events/watch?since=nonsense&ticket='):
            self.ask(target + url.split('=')[1])
            self.ask(target + 'tk_' + self.bad('ticket'))
        self.ask(self.ticket(), self.tokens['ci'])
        # Not all spell it as they should.
        for spelled in ('TICKET', 'tic%6Bet', 'ticket=a&ticket'):
            self.ask('/events/watch?%s=tk_%s' % (spelled, self.bad('ticket')))

    def sessions(self):
        status, fields, _ = self.ask('/session', self.tokens['ci'], body=b'')
        assert status == 201, status
        cookie = self.cookie(fields, "a session's cookie")
        name = cookie.split('=')[0]
        for headers in ({'Cookie': cookie}, {'Cookie': cookie + 'x'},
                        {'Cookie': '%s=%s' % (name, self.bad('session'))}):
            for target in ('/session', '/events', '/-/streams'):
                self.ask(target, headers=headers)
        self.ask('/events', body=b'{"data":1}', headers={'Cookie': cookie})
        self.ask('/session', headers={'Cookie': cookie, 'Origin': self.hub.url}, method='DELETE')

    def targets(self):
        for name in ('token', 'access_token', 'auth', 'authorization', 'ticket'):
            for path in ('/events', '/nothing', '/-/streams', '/events/watch'):
                self.ask('%s?a=1&%s=%s&b=2' % (path, name, self.bad(name)))

    def clients(self):
        given = {'SSE_URL': self.hub.url, 'SSE_TOKEN': self.tokens['ci']}
        token_file = self.programs.file('token')
        with open(token_file, 'w', encoding='ascii') as file:
            file.write(self.tokens['boss'] + '\n')
        wrong = {'SSE_URL': self.hub.url, 'SSE_TOKEN': 'sse_ci_' + self.bad('token')}
        loud = [word for word in self.verbosity if word in ('-q', '-v', '-vv')]
        run = self.programs.run
        for environment in (given, wrong, {'SSE_URL': self.hub.url, 'SSE_TOKEN_FILE': token_file}):
            run(['sse-pub', 'event', '-t', 'ci/a', '-d', '1', *loud], environment)
            run(['sse-pub', 'event', '-t', 'other', '-d', '1', *loud], environment)
            run(['sse-pub', 'event', '-t', 'ci/a', '-d', '1', '--dry-run', *loud], environment)
            run(['sse-pub', 'list', *loud], environment)
            run(['sse-pub', 'whoami', *loud], environment)
            run(['sse-pub', 'load', '--checkpoint', self.programs.file('checkpoint'), *loud], environment,
                text='1\n2\n')
            run(['sse-sub', '--since', 'earliest', '--no-follow', '-o', 'json', '--resume',
                 '--status', 'json', '--stats', *loud], environment)
            for program in ('sse-pub', 'sse-sub'):
                run([program, *(['event'] if program == 'sse-pub' else []), '--show-config', *loud],
                    environment)
        header = 'Authorization: Bearer ' + self.tokens['ci']
        for program in (['sse-pub', 'event', '-d', '1', '-t', 'ci/x'], ['sse-sub', '--no-follow']):
            run([*program, '-H', header, '--show-config'], {'SSE_URL': self.hub.url})
            run([*program, '-H', 'Authorization Bearer ' + self.bad('header'), *loud], given)
            run([*program, *loud], {'SSE_URL': self.hub.url + '/?token=' + self.bad('target')})
            run([*program, *loud], {**given, 'SSE_TOKEN': self.bad('token') + '\x01'})
            run([*program, '--connect-timeout', '1s', *(['-W', '1s'] if program[0] == 'sse-pub' else []),
                 *loud], {**given, 'SSE_URL': 'http://127.0.0.1:1'})
        run(['sse-sub', '--no-follow', *loud], {'SSE_URL': self.hub.url + self.ticket()})
        self.while_running(given)
        for word, text in ((['check'], self.tokens['ci']), (['check'], self.signed),
                           (['check'], 'sse_ci_' + self.bad('token')), (['list'], ''),
                           (['add', 'ci'], ''), (['check', 'sse_ci_' + self.bad('argument')], '')):
            run(['sse-serve', 'token', *word, '--tokens', self.programs.tokens], text=text)
        run(['sse-serve', '--show-config'], {'SSE_SERVE_TOKENS': self.programs.tokens,
                                             'SSE_SERVE_JWT_KEYS': self.programs.file('keys.json')})

    def while_running(self, environment):
        """What other users of the machine see of a program that has a token."""
        ready = self.programs.file('ready')
        sub, _ = self.programs.start(['sse-sub', '--ready-file', ready], environment)
        wait_until(lambda: os.path.exists(ready), 'sse-sub')
        self.operator()
        self.processes(sub.pid)
        sub.terminate()
        sub.wait()
        os.unlink(ready)

    def processes(self, pid):
        self.search.look_in('cmdline', read('/proc/%d/cmdline' % pid))
        tasks, files = '/proc/%d/task/' % pid, '/proc/%d/fd/' % pid
        for task in os.listdir(tasks):
            with suppress(FileNotFoundError, ProcessLookupError):  # a thread that has ended
                self.search.look_in('comm', read(tasks + task + '/comm'))
        for number in os.listdir(files):
            with suppress(FileNotFoundError):  # a file that was closed
                self.search.look_in('the name of an open file', os.readlink(files + number).encode())

    def reload(self):
        """Files that cannot be used, and a token that is taken away."""
        files = {name: open(name, encoding='ascii').read()
                 for name in (self.programs.tokens, self.programs.file('keys.json'))}
        for name, text in files.items():
            for wrong in (text + '\n' + self.bad('line'), text[:-20], self.bad('file'),
                          text.replace('= "ci', '= "ci ' + self.bad('id')).replace(
                              '"kty":"oct"', '"kty":"%s"' % self.bad('type'))):
                replace(name, wrong)
                self.programs.run(['sse-serve', '--port', '0', '--check-config', '--tokens',
                                   self.programs.tokens, '--jwt-keys', self.programs.file('keys.json')])
                before = self.failures()
                self.hub.process.send_signal(1)
                wait_until(lambda: self.failures() > before, 'a reload')
            replace(name, text)
        self.programs.run(['sse-serve', 'token', 'revoke', next(iter(re.findall(r'"(gone\d+)"', files[
            self.programs.tokens]))), '--tokens', self.programs.tokens])
        self.hub.process.send_signal(1)
        wait_until(lambda: self.ask('/session', self.tokens['gone'])[0] == 401, 'a reload')

    def failures(self):
        status, _, text = self.ask('/-/metrics', self.tokens['boss'])
        assert status == 200, (status, text, self.hub.said()[-2000:])
        text = text.decode()
        return int(re.search(r'^sse_auth_reload_failures_total (\d+)', text, re.M)[1])

    def operator(self):
        for target in ('/-/metrics', '/-/streams', '/-/healthz', '/-/readyz', '/-/backup',
                       '/-/nothing', '/session', '/events?since=earliest', '/metrics'):
            self.ask(target, self.tokens['boss'])
        self.ask('/-/streams/nothing', self.tokens['boss'], method='DELETE')


def main():
    with tempfile.TemporaryDirectory() as directory:
        programs, search = Programs(sys.argv[1], directory), Search()
        secret = secrets.token_urlsafe(32)
        search.add('the secret of signed tokens', secret)
        replace(programs.file('keys.json'),
                '{"keys":[{"kty":"oct","alg":"HS256","kid":"a","k":"%s"}]}' % secret)
        for number, verbosity in enumerate(VERBOSITIES):
            Run(programs, search, verbosity, number).everything()
        for words, written in programs.written:
            for data in written:
                if isinstance(data, str):
                    data = read(data)
                search.look_in('what was written by ' + re.sub(r'Bearer \S+', 'Bearer ...', words), data)
        # What was not read proves nothing.
        with open(programs.tokens, 'rb') as file:
            text = file.read()
        assert len(search.secrets) > 500 and search.searched > 1_000_000, search.searched
        search.look_in('the token file', text)
        for found in dict.fromkeys(search.found):
            print(found)
        print('%d pieces of secrets, %d bytes' % (len(search.secrets), search.searched))
        sys.exit(1 if search.found else 0)


main()
