// Readers of event streams by other people, unmodified, on the events of one job: prints "<reader> <id> <event>" for each
// event and "<reader> end" when one has stopped for good. Ends by itself once nothing is left to be done, and not before.
// Usage: node eventsources.mjs <url of the events>
import { createRequire } from 'node:module';
import { EventSource } from 'eventsource';
import EventSource2 from 'eventsource-2';
import { createParser } from 'eventsource-parser';

const { EventSourcePolyfill } = createRequire(import.meta.url)('event-source-polyfill');

// What there is in a browser, for those that are made for one.
globalThis.window = { fetch: globalThis.fetch, setTimeout, clearTimeout };
globalThis.document = { hidden: false, addEventListener() {}, removeEventListener() {} };
const { fetchEventSource } = await import('@microsoft/fetch-event-source');

console.error = () => {}; // the polyfill tells of every connection that is cut

const NAMES = ['accepted', 'started', 'progress', 'output', 'requeued', 'gap', 'succeeded', 'failed', 'cancelled', 'message'];
const FINAL = /^(succeeded|failed|cancelled)$/;
const [events] = process.argv.slice(2);

function tell(reader, id, name, data) {
  console.log(reader, id, name, JSON.parse(data).seq === Number(id) ? '' : 'with ' + data);
}

/** One that comes back by itself: until it is told 204, or, as one that does not know that, until the final event. */
function standard(reader, Source, knows204) {
  const source = new Source(`${events}?reader=${reader}`);
  for (const name of NAMES) {
    source.addEventListener(name, (event) => {
      tell(reader, event.lastEventId, name, event.data);
      if (!knows204 && FINAL.test(name)) {
        source.close();
        console.log(reader, 'end');
      }
    });
  }
  source.addEventListener('error', async () => {
    await undefined; // some tell of the error first and close then
    if (source.readyState === 2) {
      console.log(reader, 'end');
    }
  });
}

/** Takes the end of a response for the end of all, so as its documentation shows a caller throws where it is not. */
async function fetching(reader) {
  let ended = false;
  await fetchEventSource(`${events}?reader=${reader}`, {
    onmessage(message) {
      tell(reader, message.id, message.event, message.data);
      ended = FINAL.test(message.event);
    },
    onclose() {
      if (!ended) {
        throw new Error('come back');
      }
    },
  });
  console.log(reader, 'end');
}

/** A parser alone: when to come back, and where, is up to the caller. */
async function parsing(reader) {
  let last;
  let wait = 100;
  const parser = createParser({
    onEvent(event) {
      last = event.id;
      tell(reader, event.id, event.event, event.data);
    },
    onRetry(millis) {
      wait = millis;
    },
  });
  for (;;) {
    try {
      const response = await fetch(`${events}?reader=${reader}`, { headers: last ? { 'Last-Event-ID': last } : {} });
      if (response.status === 204) {
        break;
      }
      for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
        parser.feed(text);
      }
    } catch {
      // cut, or nobody there
    }
    parser.reset();
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
  console.log(reader, 'end');
}

standard('eventsource', EventSource, true);
standard('eventsource-2', EventSource2, true);
standard('event-source-polyfill', EventSourcePolyfill, false);
await Promise.all([fetching('fetch-event-source'), parsing('eventsource-parser')]);
