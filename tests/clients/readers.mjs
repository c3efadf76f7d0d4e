// usage: node readers.mjs WAY URL
//
// Writes what it reads of a stream to stdout, as it reads it. A client that dispatches events writes
// each as a block, also one without data. The first end is the last: exit 0 when the client says
// that the stream ended, else 1, with what it says on stderr.
import { createRequire } from 'node:module';

const [way, url] = process.argv.slice(2);
const kTypes = ['message', 'sse.closing', 'sse.gap'];

function write({ event, type = event, data }) {
  process.stdout.write(`event: ${type || 'message'}\ndata: ${data}\n\n`);
}

function end(what) {
  if (what) process.stderr.write(`${what}\n`);
  process.exit(what ? 1 : 0);
}

/** The API of browsers: one handler per type, and an `error` for every end. */
function listen(source, nameOf) {
  for (const type of kTypes) source.addEventListener(type, write);
  source.onerror = (error) => end(nameOf(error));
}

const ways = {
  async fetch() {
    for await (const piece of (await fetch(url)).body) process.stdout.write(piece);
    end();
  },
  async 'node:http'() {
    const { get } = await import('node:http');
    get(url, (response) => {
      response.on('data', (piece) => process.stdout.write(piece));
      response.on('end', () => end());
      response.on('error', (error) => end(error.code));
    });
  },
  async 'eventsource-parser'() {
    const { EventSourceParserStream } = await import('eventsource-parser/stream');
    const text = (await fetch(url)).body.pipeThrough(new TextDecoderStream());
    for await (const event of text.pipeThrough(new EventSourceParserStream())) write(event);
    end();
  },
  async eventsource() {
    const { EventSource } = await import('eventsource');
    listen(new EventSource(url), (error) => error.message ?? 'error');
  },
  async 'eventsource-client'() {
    const { createEventSource } = await import('eventsource-client');
    createEventSource({ url, onMessage: write, onDisconnect: () => end('onDisconnect') });
  },
  async 'launchdarkly-eventsource'() {
    const { EventSource } = await import('launchdarkly-eventsource');
    const source = new EventSource(url, { readTimeoutMillis: 120000 }); // else Node's agent has 5 s
    source.addEventListener('end', () => end('end'));
    listen(source, (error) => error.message);
  },
  async '@microsoft/fetch-event-source'() {
    const { fetchEventSource } = await import('@microsoft/fetch-event-source');
    globalThis.document = { hidden: false, addEventListener() {}, removeEventListener() {} };
    globalThis.window = globalThis;
    fetchEventSource(url, {
      openWhenHidden: true,
      async onopen() {},
      onmessage: write,
      onclose: () => end(),
      onerror: (error) => end(error.message),
    });
  },
  async 'event-source-polyfill'() {
    const { EventSourcePolyfill } = createRequire(import.meta.url)('event-source-polyfill');
    listen(new EventSourcePolyfill(url), (error) => error.error?.message ?? 'error');
  },
};

ways[way]().catch((error) => end(error.message));
