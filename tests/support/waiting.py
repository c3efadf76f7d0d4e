"""What tests with real programs wait for, and a port that is free."""
import socket
import time

PATIENCE = 60


def wait_until(condition, what, patience=PATIENCE):
    """Fails, saying what, when the condition does not hold within so many seconds."""
    end = time.monotonic() + patience
    while not condition():
        if time.monotonic() > end:
            raise AssertionError('waited in vain for ' + what)
        time.sleep(0.01)


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]
