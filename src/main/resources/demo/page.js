'use strict';

/*
 * Sends a request and follows its job. The job's id is kept in location.hash and what was shown of it in sessionStorage,
 * so that a reload goes on after the last event that was seen. The EventSource is never closed here: after the last event
 * the gateway ends the stream and answers the browser's next attempt with 204, which stops it for good.
 */

const FINAL = ['succeeded', 'failed', 'cancelled'];
const NAMES = ['accepted', 'started', 'progress', 'output', 'requeued', 'gap', ...FINAL];
const MOST_EVENTS = 200; // shown, and kept for a reload
const MOST_TEXT = 64 * 1024; // of a result shown in the page
const COME_BACK = 2000; // when the browser has given up though the job has not ended

const $ = (id) => document.getElementById(id);

/** Relative to this page, so that it also works behind a proxy that adds a prefix. */
const url = (path) => new URL('../' + path, location.href.split('#')[0]).href;
const jobUrl = (id) => url('jobs/' + encodeURIComponent(id));

let job = null; // what is followed: id, answer, skew, events, state, source and what follows from the events

// ---- sending

$('form').addEventListener('submit', async (event) => {
  event.preventDefault();
  const form = new FormData($('form'));
  const query = ['delay=' + form.get('delay'), form.get('outcome'), form.get('progress')].filter(Boolean).join('&');
  const button = $('form').querySelector('button');
  button.disabled = true;
  $('refusal').hidden = true;
  try {
    const answer = await fetch(url('async-operation?' + query), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'Idempotency-Key': crypto.getRandomValues(new Uint32Array(4)).join('-') },
      body: JSON.stringify({ sent: new Date().toISOString() }),
    });
    const body = await answer.json();
    if (answer.status !== 202) {
      throw new Error(body.detail || body.title || 'The gateway answered ' + answer.status);
    }
    const lines = ['POST /async-operation?' + query, '', '202 Accepted'];
    for (const name of ['Location', 'Retry-After', 'Preference-Applied']) {
      if (answer.headers.has(name)) {
        lines.push(name + ': ' + answer.headers.get(name));
      }
    }
    keep({
      id: body.id,
      answer: lines.join('\n'),
      skew: Date.now() - Date.parse(body.acceptedAt), // between the clocks of this machine and of the gateway
      events: [],
    });
    location.hash = body.id; // shown by the listener of hashchange
  } catch (error) {
    $('refusal').textContent = error instanceof TypeError ? 'The gateway cannot be reached.' : error.message;
    $('refusal').hidden = false;
  } finally {
    button.disabled = false;
  }
});

// ---- keeping

function keep(it) {
  it.events = it.events.slice(-MOST_EVENTS);
  const kept = { id: it.id, answer: it.answer, skew: it.skew, acceptedAt: it.acceptedAt, events: it.events };
  try {
    sessionStorage.setItem('job', JSON.stringify(kept));
  } catch {
    sessionStorage.removeItem('job'); // full, or not allowed: a reload then reads from the first event
  }
}

function kept(id) {
  try {
    const it = JSON.parse(sessionStorage.getItem('job'));
    return it && it.id === id ? it : null;
  } catch {
    return null;
  }
}

// ---- following

function follow(id) {
  if (job && job.source) {
    job.source.close(); // of another job
  }
  const before = kept(id);
  job = { id, answer: null, skew: 0, events: [], state: 'queued', seen: 0, ...before };
  $('events').replaceChildren();
  $('result').hidden = true;
  $('refusal').hidden = true;
  $('job').hidden = false;
  $('stream').hidden = false;
  $('answer').textContent = job.answer;
  $('answer').hidden = !job.answer;
  $('self').href = jobUrl(id);
  $('cancel').disabled = false;
  for (const event of job.events) {
    show(event, true);
  }
  if (job.seen > 0) {
    note('page loaded again: going on after event ' + job.seen);
  }
  draw();
  listen(job);
}

function listen(it) {
  const source = new EventSource(jobUrl(it.id) + '/events' + (it.seen > 0 ? '?last_event_id=' + it.seen : ''));
  it.source = source;
  it.lost = false;
  connection();
  source.addEventListener('open', () => {
    if (it.lost && !FINAL.includes(it.state)) {
      note('connected again: going on after event ' + it.seen);
    }
    it.lost = false;
    connection();
  });
  for (const name of NAMES) {
    source.addEventListener(name, (event) => {
      if (it === job) {
        const arrived = { number: event.lastEventId, name, data: JSON.parse(event.data) };
        it.events.push(arrived);
        show(arrived, false);
        keep(it);
        draw();
      }
    });
  }
  source.addEventListener('error', () => {
    it.lost = true;
    connection();
    if (it === job && source.readyState === EventSource.CLOSED && !FINAL.includes(it.state)) {
      setTimeout(() => again(it), COME_BACK);
    }
  });
}

/** The browser gives up on any answer but 200, for instance on that of a proxy while the gateway is restarted. */
async function again(it) {
  const answer = await fetch(jobUrl(it.id)).catch(() => null);
  if (it !== job) {
    return;
  }
  if (answer && (answer.status === 404 || answer.status === 410)) {
    it.state = 'unknown';
    note('the gateway does not know this job (any more)', true);
    draw();
  } else {
    note('opened anew: going on after event ' + it.seen);
    listen(it);
  }
}

// ---- showing; what comes from the gateway is put in as text only

function show(event, old) {
  const data = event.data;
  const number = Number(event.number);
  if (event.name === 'gap') {
    note('events are missing: they are no longer kept', true);
    job.gap = true;
    return;
  }
  if (number !== job.seen + 1 && job.seen > 0 && !job.gap) {
    note('expected event ' + (job.seen + 1) + ', got ' + number, true);
  }
  job.gap = false;
  job.seen = Math.max(job.seen, number);
  if (event.name === 'accepted') {
    job.acceptedAt = Date.parse(data.at);
    job.finishAt = data.estimate ? Date.parse(data.estimate.finishAt) : null;
  } else if (event.name === 'started') {
    job.state = 'running';
    job.attempt = data.attempt;
    job.nextAttemptAt = null;
  } else if (event.name === 'requeued') {
    job.state = 'queued';
    job.finishAt = null;
    job.nextAttemptAt = Date.parse(data.nextAttemptAt);
  } else if (event.name === 'progress') {
    job.percent = data.percent;
  } else if (FINAL.includes(event.name)) {
    job.state = event.name;
    job.finishedAt = Date.parse(data.finishedAt || data.at);
    result(job, data);
  }
  row(event.number, event.name, data.at, detail(event.name, data), old);
}

function detail(name, data) {
  switch (name) {
    case 'accepted': return 'on stable storage, route ' + data.route;
    case 'started': return 'attempt ' + data.attempt;
    case 'progress': return [data.percent === undefined ? '' : data.percent + ' %', data.message || ''].join(' ');
    case 'output': return data.text || 'binary';
    case 'requeued': return [data.reason, data.failure && data.failure.detail].filter(Boolean).join(': ');
    case 'succeeded': return 'the backend answered ' + data.result.status;
    case 'failed': return data.failure ? data.failure.detail : data.result ? 'the backend answered ' + data.result.status : '';
    default: return '';
  }
}

function row(number, name, at, text, old) {
  const item = document.createElement('li');
  item.className = old ? 'event kept' : 'event';
  const add = (tag, style, content) => {
    const element = document.createElement(tag);
    element.className = style;
    element.textContent = content;
    item.append(element);
    return element;
  };
  add('span', 'number', number);
  add('span', 'name ' + (FINAL.includes(name) ? name : ''), name);
  add('time', '', clock(at)).dateTime = at;
  add('span', 'detail', text);
  append(item);
}

function note(text, wrong = false) {
  const item = document.createElement('li');
  item.className = wrong ? 'note wrong' : 'note';
  item.textContent = text;
  append(item);
}

function append(item) {
  const list = $('events');
  list.append(item);
  while (list.children.length > 2 * MOST_EVENTS) {
    list.firstChild.remove();
  }
  list.scrollTop = list.scrollHeight;
}

async function result(it, data) {
  const link = jobUrl(it.id) + '/result';
  $('result').hidden = false;
  $('result-link').href = link;
  $('result-link').hidden = !data.result;
  $('result-status').className = 'pill ' + it.state;
  if (!data.result) {
    $('result-status').textContent = it.state;
    $('result-body').textContent = data.failure ? data.failure.title + '\n' + data.failure.detail : 'There is none.';
    return;
  }
  $('result-status').textContent = data.result.status + ' ' + (data.result.contentType || '');
  if (data.result.size > MOST_TEXT) {
    $('result-body').textContent = data.result.size + ' bytes, too long to be shown here';
    return;
  }
  const text = await fetch(link).then((answer) => answer.text()).catch(() => 'It could not be fetched.');
  if (it === job) {
    $('result-body').textContent = text;
  }
}

function draw() {
  const ended = FINAL.includes(job.state);
  $('state').textContent = job.state;
  $('state').className = 'pill ' + job.state;
  $('attempt').textContent = job.attempt || '–';
  $('cancel').hidden = ended || job.state === 'unknown';
  tick();
}

function tick() {
  if (!job) {
    return;
  }
  const ended = FINAL.includes(job.state);
  const now = Date.now() - job.skew;
  const spent = job.acceptedAt ? Math.max(0, (ended ? job.finishedAt : now) - job.acceptedAt) : null;
  $('elapsed').textContent = spent === null ? '–' : (spent / 1000).toFixed(1) + ' s';
  $('next').textContent = ended || job.state === 'unknown' ? 'nothing'
    : job.state === 'running' ? 'the answer'
    : job.nextAttemptAt ? 'the next attempt, ' + Math.max(0, (job.nextAttemptAt - now) / 1000).toFixed(1) + ' s' : 'its turn';
  const bar = $('progress');
  const percent = ended ? 100 : job.percent
    ?? (job.finishAt && now < job.finishAt ? 100 * spent / (job.finishAt - job.acceptedAt) : null);
  bar.className = job.state;
  bar.hidden = job.state === 'unknown';
  if (percent === null) {
    bar.removeAttribute('value'); // nobody can tell
  } else {
    bar.value = percent;
  }
}

function connection() {
  if (!job || !job.source) {
    return;
  }
  const state = ['connecting', 'open', 'closed'][job.source.readyState];
  const text = job.lost && state === 'connecting' ? (FINAL.includes(job.state) ? 'ended' : 'reconnecting') : state;
  $('connection').textContent = text;
  $('connection').className = 'pill ' + text;
}

function clock(at) {
  const date = new Date(at);
  const two = (value) => String(value).padStart(2, '0');
  return two(date.getHours()) + ':' + two(date.getMinutes()) + ':' + two(date.getSeconds())
    + '.' + String(date.getMilliseconds()).padStart(3, '0');
}

// ---- cancelling, and what starts it all

$('cancel').addEventListener('click', async () => {
  $('cancel').disabled = true;
  const answer = await fetch(jobUrl(job.id), { method: 'DELETE' }).catch(() => null);
  if (!answer || !answer.ok) {
    $('cancel').disabled = false; // a job that was cancelled tells so by its last event
  }
});

function open() {
  const id = location.hash.slice(1);
  if (/^[0-9a-z]{1,64}$/.test(id)) {
    follow(id);
  }
}

window.addEventListener('hashchange', open);
setInterval(tick, 200);
open();
$('form').querySelector('button').disabled = false; // from now on somebody listens
