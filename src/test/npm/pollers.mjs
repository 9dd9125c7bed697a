// Azure's pollers, unmodified, as their SDKs use them: sends a request to each path and prints what came of it.
// Usage: node pollers.mjs <gateway> <path>...   One that ends in /cancel is cancelled after the first poll.
import { createHttpPoller } from '@azure/core-lro';
import { createHttpPoller as createHttpPoller2 } from 'core-lro-2';

const [gateway, ...paths] = process.argv.slice(2);

async function send(method, url, body) {
  const response = await fetch(new URL(url, gateway), { method, body });
  const text = await response.text();
  let parsed = text;
  try {
    parsed = JSON.parse(text);
  } catch {
    // no JSON
  }
  const headers = Object.fromEntries(response.headers);
  const rawResponse = { statusCode: response.status, headers, body: parsed, request: { method, url } };
  return { flatResponse: parsed, rawResponse };
}

async function run(create, method, path) {
  let job;
  let polls = 0;
  const operation = {
    requestMethod: method,
    requestPath: path,
    sendInitialRequest: async () => {
      const answer = await send(method, path, '{}');
      job = answer.rawResponse.headers.location;
      return answer;
    },
    sendPollRequest: async (url) => {
      const answer = await send('GET', url);
      if (polls++ === 0 && path.endsWith('/cancel')) {
        await send('DELETE', job);
      }
      return answer;
    },
  };
  try {
    const made = create(operation, { intervalInMs: 20 });
    const poller = made.pollUntilDone ? made : await made; // of version 2 a promise of a poller
    const result = await poller.pollUntilDone();
    return { path, polls, result };
  } catch (error) {
    return { path, polls, code: error.code, message: error.message };
  }
}

const runs = [];
for (const path of paths) {
  for (const method of ['POST', 'PUT']) {
    runs.push(run(createHttpPoller, method, path), run(createHttpPoller2, method, path));
  }
}
console.log(JSON.stringify(await Promise.all(runs)));
