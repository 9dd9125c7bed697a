'use strict';

/*
 * Sends fifty requests as one group and watches them all on one stream: over HTTP/1.1 a browser opens six connections to a
 * host, so fifty streams would never open. The group's id is kept in location.hash behind "batch-", so that a reload shows the
 * batch again, from its first event on.
 */
{
  const SIZE = 50;
  const ENDED = ['succeeded', 'failed', 'cancelled'];
  const element = (id) => document.getElementById(id);
  const address = (path) => new URL('../' + path, location.href.split('#')[0]).href;

  let batch = null; // what is watched: id, source, cells by job

  async function send() {
    element('batch-send').disabled = true;
    element('batch-refusal').hidden = true;
    try {
      const created = await post('groups', {}, { label: 'demo', size: SIZE });
      location.hash = 'batch-' + created.id; // shown by the listener of hashchange
      const all = Array.from({ length: SIZE }, (_, n) =>
        post('async-operation?delay=' + (200 + 40 * (n % 10)) + 'ms', { 'Sluice-Group': created.id }, { n }));
      const refused = (await Promise.allSettled(all)).find((one) => one.status === 'rejected');
      if (refused) {
        // It would wait for the rest. If this fails as well, it closes itself when nobody has joined it for long.
        await fetch(address('groups/' + created.id + '/close'), { method: 'POST' }).catch(() => null);
        throw refused.reason;
      }
    } catch (error) {
      element('batch-refusal').textContent = error instanceof TypeError ? 'The gateway cannot be reached.' : error.message;
      element('batch-refusal').hidden = false;
    } finally {
      element('batch-send').disabled = false;
    }
  }

  async function post(path, fields, body) {
    const answer = await fetch(address(path), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...fields },
      body: JSON.stringify(body),
    });
    const told = await answer.json();
    if (!answer.ok) {
      throw new Error(told.detail || told.title || 'The gateway answered ' + answer.status);
    }
    return told;
  }

  function watch(id) {
    if (batch && batch.source) {
      batch.source.close(); // of another batch
    }
    const it = { id, cells: new Map(), source: new EventSource(address('groups/' + id + '/events?from=start')) };
    batch = it;
    element('cells').replaceChildren();
    element('batch-shown').hidden = false;
    element('batch-cancel').hidden = false;
    state('open');
    it.source.addEventListener('group', (event) => {
      const group = JSON.parse(event.data).group;
      if (it === batch) {
        state(group.state);
        element('batch-cancel').hidden = group.state === 'finished';
      }
    });
    for (const name of ['accepted', 'started', 'requeued', ...ENDED]) {
      it.source.addEventListener(name, (event) => {
        if (it === batch) {
          show(it, JSON.parse(event.data).job || JSON.parse(event.data).id, name);
        }
      });
    }
  }

  /** What comes from the gateway is put in as text only. */
  function show(it, job, name) {
    let cell = it.cells.get(job);
    if (!cell) {
      cell = document.createElement('a');
      cell.href = '#' + job;
      it.cells.set(job, cell);
      cell.textContent = it.cells.size;
      element('cells').append(cell);
    }
    cell.className = name === 'accepted' || name === 'requeued' ? 'queued' : name === 'started' ? 'running' : name;
    cell.title = job + ' ' + cell.className;
    const ended = [...it.cells.values()].filter((one) => ENDED.includes(one.className)).length;
    element('batch-count').textContent = ended + ' of ' + it.cells.size;
    element('batch-progress').value = 100 * ended / Math.max(SIZE, it.cells.size);
  }

  function state(text) {
    element('batch-state').textContent = text;
    element('batch-state').className = 'pill ' + (text === 'finished' ? 'succeeded' : 'running');
  }

  function openBatch() {
    const id = /^#batch-([0-9a-z]{1,64})$/.exec(location.hash);
    if (id && (!batch || batch.id !== id[1])) {
      watch(id[1]);
    }
  }

  element('batch-send').addEventListener('click', send);
  element('batch-cancel').addEventListener('click', () => fetch(address('groups/' + batch.id), { method: 'DELETE' }));
  window.addEventListener('hashchange', openBatch);
  openBatch();
  element('batch-send').disabled = false; // from now on somebody listens
}
