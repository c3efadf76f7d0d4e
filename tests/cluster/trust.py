"""Certificates of engines and of the hubs that use them."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), '..', 'tls'))

from engine import Secure  # noqa: E402
from secure import Authority  # noqa: E402, pylint: disable=wrong-import-position


class Trust:
    """An authority, a certificate for Redis on 127.0.0.1, and one for hubs."""

    def __init__(self, directory):
        os.makedirs(directory, exist_ok=True)
        self.authority = Authority(directory)
        self.redis = Secure(self.authority.issue('redis'), self.authority.certificate)
        self.hub = self.authority.issue('hub', alternatives='')

    def options(self, hub=None, authority=None):
        """Of sse-serve."""
        certificate, key = hub or self.hub
        return ['--cluster-ca-file', (authority or self.authority).certificate,
                '--cluster-cert', certificate, '--cluster-key', key]
