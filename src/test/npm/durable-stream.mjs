// The client of Durable Streams, unmodified, reads an output to its end; prints what it has read and how.
// Usage: node durable-stream.mjs <url of the output> <long-poll|sse>
import { stream } from '@durable-streams/client';

const [url, live] = process.argv.slice(2);

async function read() {
  const response = await stream({ url, live, offset: '-1', warnOnHttp: false });
  response.closed.catch(() => {}); // the reading fails with the same error
  const decoder = new TextDecoder();
  let text = '';
  for await (const bytes of response.bodyStream()) {
    if (text === '') {
      console.log('begun');
    }
    text += decoder.decode(bytes, { stream: true });
  }
  return { text, offset: response.offset, closed: response.streamClosed };
}

for (let result; result === undefined; ) {
  // Requests that fail are repeated by the client. Against a connection that breaks while it carries events it does nothing.
  try {
    result = await read();
    console.log(JSON.stringify(result));
  } catch (e) {
    if (!/410|gone/i.test(String(e.status ?? e.message))) {
      throw e;
    }
    console.log('again'); // of an attempt that has failed
  }
}
process.exit(0);
