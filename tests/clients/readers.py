#!/usr/bin/python3
"""usage: readers.py WAY URL

Writes what it reads of a stream to stdout, as it reads it. WAY names a library and one of its ways
of reading. A failure is the exception's name on stderr, and exit 1.
"""
# Many of these run at a time: each imports what it uses.
import sys


def write(piece):
    sys.stdout.buffer.write(piece)
    sys.stdout.buffer.flush()


def write_all(pieces):
    for piece in pieces:
        write(piece)


def write_lines(lines):
    for line in lines:
        write((line if isinstance(line, bytes) else line.rstrip('\n').encode()) + b'\n')


def by_requests(url):
    import requests
    return requests.get(url, stream=True, timeout=(5, None))


def by_urllib3(url):
    import urllib3
    return urllib3.PoolManager(retries=False).request('GET', url, preload_content=False)


def by_http_client(url):
    from http.client import HTTPConnection
    from urllib.parse import urlsplit
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc)
    connection.request('GET', parts.path + '?' + parts.query)
    return connection.getresponse()


def by_urllib_request(url):
    import urllib.request
    return urllib.request.urlopen(url)


def by_httpx(url, read):
    import httpx
    with httpx.stream('GET', url, timeout=None) as response:
        read(response)


def by_httpx_async(url):
    import asyncio
    import httpx

    async def follow():
        async with httpx.AsyncClient(timeout=None) as client:
            async with client.stream('GET', url) as response:
                async for line in response.aiter_lines():
                    write_lines([line])
    asyncio.run(follow())


def by_aiohttp(url, pieces_of):
    import asyncio
    import aiohttp

    async def follow():
        timeout = aiohttp.ClientTimeout(total=None)
        async with aiohttp.ClientSession(timeout=timeout, read_bufsize=2**20) as session:
            async with session.get(url) as response:
                async for piece in pieces_of(response.content):
                    write(piece)
    asyncio.run(follow())


def until_empty(read):
    return iter(read, b'')


WAYS = {
    'requests iter_lines': lambda url: write_lines(by_requests(url).iter_lines()),
    'requests iter_lines(1)': lambda url: write_lines(by_requests(url).iter_lines(chunk_size=1)),
    'requests iter_content(None)':
        lambda url: write_all(by_requests(url).iter_content(chunk_size=None)),
    'requests iter_content(1024)':  # sseclient, not yet released
        lambda url: write_all(by_requests(url).iter_content(chunk_size=1024)),
    'requests iteration': lambda url: write_all(by_requests(url)),  # sseclient-py
    'requests raw.stream':  # LaunchDarkly
        lambda url: write_all(by_requests(url).raw.stream(10000)),
    'requests raw.read_chunked': lambda url: write_all(by_requests(url).raw.read_chunked()),
    'urllib3 stream': lambda url: write_all(by_urllib3(url).stream()),
    'urllib3 read_chunked': lambda url: write_all(by_urllib3(url).read_chunked()),
    'urllib3 iteration': lambda url: write_all(by_urllib3(url)),
    'httpx iter_lines': lambda url: by_httpx(url, lambda got: write_lines(got.iter_lines())),
    'httpx iter_bytes': lambda url: by_httpx(url, lambda got: write_all(got.iter_bytes())),
    'httpx aiter_lines': by_httpx_async,
    'aiohttp iteration': lambda url: by_aiohttp(url, lambda content: content),
    'aiohttp iter_any': lambda url: by_aiohttp(url, lambda content: content.iter_any()),
    'http.client read1': lambda url: write_all(until_empty(by_http_client(url).read1)),
    'http.client readline': lambda url: write_all(until_empty(by_http_client(url).readline)),
    'urllib.request iteration': lambda url: write_all(by_urllib_request(url)),
}

if __name__ == '__main__':
    try:
        WAYS[sys.argv[1]](sys.argv[2])
    except Exception as error:  # the test compares its name
        sys.exit(type(error).__name__)
