#!/usr/bin/python3
"""usage: monitoring_test.py PROGRAMS-DIRECTORY series|alerts|dashboard|promtool

What packaging/ has for Prometheus and Grafana, against docs/operations.md and a real hub. promtool
missing: 77.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

import yaml

HERE = os.path.dirname(os.path.realpath(__file__))
SOURCES = os.path.join(HERE, '..', '..')
for folder in ('tls', 'cluster'):
    sys.path.insert(0, os.path.join(HERE, '..', folder))
from engine import Redis  # noqa: E402
from secure import Authority, Programs, RunningHub, SecureHub  # noqa: E402

RULES = os.path.join(SOURCES, 'packaging', 'prometheus', 'sse.rules.yml')
CASES = os.path.join(HERE, 'sse.rules.test.yml')
DASHBOARD = os.path.join(SOURCES, 'packaging', 'grafana', 'sse.json')
SERVERS_OWN = {'up': {'job', 'instance'}}  # series that Prometheus makes of each scrape
SCRAPED = {'job', 'instance'}  # labels that it adds


def read(path):
    with open(path, encoding='utf-8') as file:
        return file.read()


def rules():
    return [rule for group in yaml.safe_load(read(RULES))['groups'] for rule in group['rules']]


def panels():
    return json.loads(read(DASHBOARD))['panels']


def dashboard_expressions():
    """With values in the places of Grafana's variables."""
    dashboard = json.loads(read(DASHBOARD))
    texts = [target['expr'] for panel in dashboard['panels'] for target in panel.get('targets', [])]
    texts += [each['expr'] for each in dashboard['annotations']['list']]
    for text in texts:
        for variable, value in (('$__rate_interval', '5m'), ('$__interval', '1m'), ('$job', 'sse'),
                                ('$instance', 'hub:8089')):
            text = text.replace(variable, value)
        assert '$' not in text, text
        yield text


def names_in(expression):
    """The series that an expression reads."""
    text = re.sub(r'\{[^}]*\}|\[[^]]*\]|\b(by|on|without|ignoring) \([^)]*\)', '', expression)
    names = set(re.findall(r'\b[a-z_][a-z_0-9]*\b(?! *\()', text)) - {'and', 'or', 'unless', 'by'}
    assert names, expression
    return names


def matchers_in(expression):
    """(series, label, value) of each label matcher, one for each alternative of a pattern."""
    for name, inside in re.findall(r'([a-z_][a-z_0-9]*)\{([^}]*)\}', expression):
        for label, values in re.findall(r'(\w+)=~?"([^"]*)"', inside):
            for value in values.split('|'):
                yield name, label, value


def family_of(name, families):
    if name in families:
        return name
    return re.sub(r'_(bucket|sum|count)$', '', name)


def cluster_exposition(programs, directory):
    """Of a hub that shares its log, and starts as soon as its Redis does."""
    redis = Redis(directory)
    try:
        hub = RunningHub(programs, ['--cluster', 'redis://127.0.0.1:%d' % redis.port])
        text = hub.ask('/-/metrics')[2].decode()
        assert hub.stop() == 0
        return text
    finally:
        redis.kill()


def exposition(programs, directory):
    """Names of the families that a hub with everything on shows, and (family, label, value) of all."""
    authority = Authority(directory)
    token = programs.add_token('operator', '--publish', '#', '--subscribe', '#')
    hub = SecureHub(programs, authority, authority.issue('hub'), '--tokens', programs.tokens,
                    '--data-dir', programs.file('data'), '--admin-from', '127.0.0.1')
    assert hub.ask('/events', token, b'{"type":"t","data":1}')[0] == 201
    hub.ask('/-/metrics')
    text = hub.ask('/-/metrics')[2].decode()
    assert hub.stop() == 0
    text += cluster_exposition(programs, directory)
    families = set(re.findall(r'^# TYPE (\S+) ', text, re.M))
    labels = set()
    for name, inside in re.findall(r'^(\w+)\{([^}]*)\} ', text, re.M):
        for label, value in re.findall(r'(\w+)="([^"]*)"', inside):
            labels.add((family_of(name, families), label, value))
    return families, labels


def series(programs_directory):
    """Each series, and each value of a label, in rules and dashboard is in a hub's metrics"""
    with tempfile.TemporaryDirectory() as directory:
        families, labels = exposition(Programs(programs_directory, directory), directory)
    known_labels = {(family, label) for family, label, _ in labels}
    count = 0
    for expression in [rule['expr'] for rule in rules()] + list(dashboard_expressions()):
        for name in names_in(expression):
            assert name in SERVERS_OWN or family_of(name, families) in families, \
                'no series %s: %s' % (name, expression)
        for name, label, value in matchers_in(expression):
            where = (family_of(name, families), label, value)
            assert label in SCRAPED or where in labels, 'no such label %s: %s' % (where, expression)
        wanted = {label for words in re.findall(r'\bby \(([^)]*)\)', expression)
                  for label in words.split(', ')} - SCRAPED
        for label in wanted:
            assert any((family_of(name, families), label) in known_labels
                       for name in names_in(expression)), 'no label %s: %s' % (label, expression)
        count += 1
    print('%d expressions read series and labels that a hub has' % count)


def without_markup(text):
    text = re.sub(r'\[([^]]*)\]\([^)]*\)', r'\1', text)
    return text.replace('`', '').replace('\\|', '|')


def listed_alerts():
    """Of docs/operations.md: what each alert's rule says."""
    for row in re.findall(r'^\| `Sse[A-Z].*$', read(os.path.join(SOURCES, 'docs', 'operations.md')), re.M):
        name, when, means, then = (cell.strip() for cell in re.split(r'(?<!\\)\|', row)[1:-1])
        parts = re.fullmatch(r'`([^`]+)`(?: for `(\w+)`)?', when)
        assert parts, when
        yield {'alert': name.strip('`'), 'expr': parts[1].replace('\\|', '|'), 'for': parts[2],
               'summary': without_markup(means), 'description': without_markup(then)}


def alerts(_):
    """Each alert of docs/operations.md is a rule in the same words, and the other way round"""
    listed = list(listed_alerts())
    written = [{'alert': rule['alert'], 'expr': rule['expr'], 'for': rule.get('for'),
                **rule['annotations']} for rule in rules()]
    assert len(listed) > 20
    for one, other in zip(listed, written):
        assert one == other, 'docs/operations.md: %s\nsse.rules.yml: %s' % (one, other)
    assert len(listed) == len(written), (len(listed), len(written))
    assert len({one['alert'] for one in listed}) == len(listed)
    for rule in rules():
        assert rule['labels']['severity'] in ('critical', 'warning'), rule
    print('%d alerts are the same in both' % len(listed))


def dashboard(_):
    """The panels have ids of their own, lie on no other, and read the chosen hubs alone"""
    taken = set()
    for panel in panels():
        place = panel['gridPos']
        assert place['x'] + place['w'] <= 24, panel['title']
        cells = {(x, y) for x in range(place['x'], place['x'] + place['w'])
                 for y in range(place['y'], place['y'] + place['h'])}
        assert not cells & taken, panel['title']
        taken |= cells
        for target in panel.get('targets', []):
            assert target['datasource']['uid'] == '${datasource}', panel['title']
    assert len({panel['id'] for panel in panels()}) == len(panels())
    rows = {panel['title'].split(' (')[0] for panel in panels() if panel['type'] == 'row'}
    assert rows >= {'Streams', 'Deliveries', 'Publishes', 'Journal', 'Memory', 'Turns', 'Refusals', 'TLS'}
    for expression in dashboard_expressions():
        for name, inside in re.findall(r'\b((?:sse|process)_\w+)(\{[^}]*\})?', expression):
            assert 'instance=~"hub:8089"' in inside or name == 'sse_build_info', expression
    print('%d panels stand side by side' % len(panels()))


def run_promtool(*words):
    done = subprocess.run(['promtool', *words], capture_output=True, check=False, timeout=60, cwd=HERE)
    text = done.stdout.decode() + done.stderr.decode()
    assert done.returncode == 0, 'promtool %s: %s' % (' '.join(words), text)
    return text


def promtool(_):
    """promtool takes rules and dashboard, and alerts fire when they should and not otherwise"""
    if not shutil.which('promtool'):
        print('SKIPPED: promtool is not installed (Debian: prometheus)')
        sys.exit(77)
    print(run_promtool('check', 'rules', RULES).strip())
    with tempfile.NamedTemporaryFile('w', suffix='.yml') as file:
        yaml.safe_dump({'groups': [{'name': 'panels', 'rules': [
            {'record': 'panel:%d' % number, 'expr': text}
            for number, text in enumerate(dashboard_expressions())]}]}, file)
        file.flush()
        print(run_promtool('check', 'rules', file.name).strip())
    tried = {case['alertname'] for test in yaml.safe_load(read(CASES))['tests']
             for case in test['alert_rule_test'] if case['exp_alerts']}
    quiet = {case['alertname'] for test in yaml.safe_load(read(CASES))['tests']
             for case in test['alert_rule_test'] if not case['exp_alerts']}
    assert tried <= quiet and len(tried) >= 3, (tried, quiet)
    print(run_promtool('test', 'rules', CASES).strip())


if __name__ == '__main__':
    {test.__name__: test for test in (series, alerts, dashboard, promtool)}[sys.argv[2]](sys.argv[1])
