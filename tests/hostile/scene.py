"""What an attack is, and what it has at hand."""
import dataclasses
import typing

from crowd import Crowd, get

ATTACKS = {}
WAVE = 250
LONGEST_TURN = 0.005
QUIET = '/events/watch?topic=quiet'  # no event of the bystander's


@dataclasses.dataclass
class Attack:
    name: str
    group: str  # of attacks that run one after the other
    run: typing.Callable
    options: tuple  # of the hub
    about: str
    longest_turn: float  # seconds of the processor


def attack(group, *options, longest_turn=LONGEST_TURN):
    """Makes a function of a Scene an attack of this name."""
    def enter(function):
        name = function.__name__
        assert name not in ATTACKS, f'two attacks are called {name}'
        about = ' '.join((function.__doc__ or '').split())
        ATTACKS[name] = Attack(name, group, function, options, about, longest_turn)
        return function
    return enter


class Scene:
    """A hub, the peers that attack it, and what is to be printed."""

    def __init__(self, hub, is_small):
        self.hub = hub
        self.is_small = is_small  # under sanitizers
        self.crowds = []
        self.figures = {}

    def many(self, count):
        return max(1, count // 10) if self.is_small else count

    def crowd(self, count, addresses=('127.0.0.2',), receive_buffer=0):
        self.crowds.append(Crowd(self.hub.port, count, addresses, receive_buffer))
        return self.crowds[-1]

    def streams(self, count, *targets, addresses=('127.0.0.2',), receive_buffer=0, fit=True):
        """Open streams, one of each target in turn. They come in waves, so none is refused; unless
        they take more memory than there is for filters, and do not `fit`."""
        crowd = self.crowd(0, addresses, receive_buffer)
        requests = [get(target) for target in targets or (QUIET,)]
        while len(crowd) < count:
            first = len(crowd)
            crowd.grow(min(WAVE, count - first))
            crowd.send(*requests, first=first)
            crowd.run_until_answered()
        statuses = crowd.statuses()
        if not fit:
            self.figures['streams'] = statuses
        wrong = set(statuses) - ({'200'} if fit else {'200', '503', ''})
        assert not wrong, f'streams got {statuses}'
        return crowd

    def accepted(self, make, most):
        """The largest number of patterns, halved from `most`, with which the hub takes a target."""
        while most > 1:
            status, body = self.hub.ask(make(most).replace('/events/watch?', '/events?limit=1&'))
            if status == 200:
                return most
            assert status in (400, 414, 431), f'status {status}: {body[:200]}'
            most //= 2
        return most

    def end(self):
        for crowd in self.crowds:
            crowd.drop()


def addresses(count, first=2):
    """So many of this machine."""
    return tuple(f'127.0.{k // 250}.{first + k % 250}' for k in range(count))
