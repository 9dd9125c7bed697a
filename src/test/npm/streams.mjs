// Clients of language models, unmodified, stream through the gateway; prints what each of them read.
// Usage: node streams.mjs <gateway>
import Anthropic from '@anthropic-ai/sdk';
import { DefaultChatTransport } from 'ai';
import OpenAI from 'openai';

const [gateway] = process.argv.slice(2);
const quiet = { apiKey: 'key', maxRetries: 0 };
const question = { model: 'm', max_tokens: 10, messages: [{ role: 'user', content: 'Count.' }] };

/** A fetch for SDKs that stream: a 202 of the gateway becomes the output of its job. */
export async function viaOutput(url, init) {
  const accepted = await fetch(url, init);
  const job = accepted.status === 202 ? accepted.headers.get('location') : null;
  return job === null ? accepted : fetch(new URL(job + '/output', url), { signal: init?.signal });
}

async function openai(baseURL, options) {
  const client = new OpenAI({ ...quiet, baseURL, ...options });
  let text = '';
  let pieces = 0;
  for await (const chunk of await client.chat.completions.create({ ...question, stream: true })) {
    text += chunk.choices[0]?.delta?.content ?? '';
    pieces++;
  }
  return { text, pieces };
}

async function anthropic(baseURL) {
  const stream = new Anthropic({ ...quiet, baseURL }).messages.stream(question);
  let pieces = 0;
  stream.on('text', () => pieces++);
  return { text: await stream.finalText(), pieces };
}

/** What useChat does: send, reload in the middle, go on in two tabs. */
async function chat() {
  let output;
  const page = () =>
    new DefaultChatTransport({
      api: gateway + '/chat',
      fetch: async (url, init) => {
        const response = await fetch(url, init);
        const status = /<([^>]*)>; rel="status"/.exec(response.headers.get('link') ?? '');
        output = status ? new URL(status[1] + '/output', gateway).href : output;
        return response;
      },
      prepareReconnectToStreamRequest: () => ({ api: output }),
    });
  const text = async (stream) => {
    let read = '';
    for await (const part of stream) {
      read += part.delta ?? '';
    }
    return read;
  };
  const reload = new AbortController();
  const messages = [{ id: 'u1', role: 'user', parts: [{ type: 'text', text: 'Count.' }] }];
  const sent = await page().sendMessages({
    chatId: 'c1',
    messages,
    trigger: 'submit-message',
    abortSignal: reload.signal,
  });
  const reader = sent.getReader();
  await reader.read();
  reload.abort();
  await reader.cancel().catch(() => {});
  const tabs = await Promise.all([page(), page()].map((tab) => tab.reconnectToStream({ chatId: 'c1' })));
  return Promise.all(tabs.map(text));
}

async function error(run) {
  try {
    return await run();
  } catch (e) {
    return { error: String(e.message) };
  }
}

const results = {
  openai: await openai(gateway + '/v1'),
  anthropic: await anthropic(gateway),
  wrapped: await openai(gateway + '/async/v1', { fetch: viaOutput }),
  broken: await error(() => openai(gateway + '/broken/v1')),
  brokenLater: await error(() => openai(gateway + '/broken-async/v1', { fetch: viaOutput })),
  chat: await chat(),
};
console.log(JSON.stringify(results));
process.exit(0);
