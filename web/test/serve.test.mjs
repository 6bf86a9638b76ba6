// A page that hands corrections back: to whom, and to nobody else.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { cladus, launch, listening, open, pages, program, repository } from './browser.mjs';

const run = join(pages, 'served');
let browser;
let server;
let address;

before(async () => {
  browser = await launch();
  rmSync(run, { recursive: true, force: true });
  cladus('run', join(repository, 'examples/helpdesk/clusters.jsonl'), '--out', run, '--quiet');
  const [file, first] = program();
  server = spawn(file, [...first, 'explore', run, '--serve', '--no-open', '--quiet'], { cwd: repository, stdio: ['ignore', 'pipe', 'inherit'] });
  address = await listening(server);
});
after(async () => {
  await browser?.close();
  server?.kill('SIGINT');
});

/** What is answered: status and text. */
function ask(path, { method = 'GET', headers = {}, body } = {}) {
  const { hostname, port } = new URL(address);
  return new Promise((done, failed) => {
    const asked = request({ hostname, port, path, method, headers }, (answer) => {
      let text = '';
      answer.on('data', (data) => (text += data));
      answer.on('end', () => done([answer.statusCode, text]));
    });
    asked.on('error', failed);
    asked.end(body);
  });
}

test('it listens on loopback, and its address has a token', () => {
  assert.match(address, /^http:\/\/127\.0\.0\.1:\d+\/\?token=[0-9a-f]{32}$/);
});

test('whoever has no token, comes by another name or from another page is refused', async () => {
  const { search, host, origin } = new URL(address);
  assert.equal((await ask(`/${search}`))[0], 200);
  assert.equal((await ask('/'))[0], 403);
  assert.equal((await ask('/?token='))[0], 403);
  assert.equal((await ask(`/?token=${'0'.repeat(32)}`))[0], 403);
  assert.equal((await ask(`/${search}`, { headers: { Host: 'evil.example' } }))[0], 403);
  assert.equal((await ask(`/${search}`, { headers: { Host: `evil.example:${host.split(':')[1]}` } }))[0], 403);
  const body = JSON.stringify({ edits: '[[pin]]\ncluster = "hd-047"\nunder = "x"\n', before: '' });
  const post = (headers) => ask(`/edits${search}`, { method: 'POST', headers, body });
  assert.equal((await post({}))[0], 403);
  assert.equal((await post({ Origin: 'https://evil.example' }))[0], 403);
  assert.equal((await post({ Origin: 'null' }))[0], 403);
  assert.equal((await ask('/edits', { method: 'POST', headers: { Origin: origin }, body }))[0], 403);
  assert.equal((await ask(`/${search}`, { method: 'PUT', headers: { Origin: origin } }))[0], 405);
  for (const path of ['/hierarchy.parquet', '/edits.toml', '/../cladus.toml', '/%2e%2e/%2e%2e/etc/passwd', '/answers.sqlite', '//etc/passwd']) {
    assert.equal((await ask(path + search))[0], 404, path);
  }
  assert.ok(!existsSync(join(run, 'edits.toml')));
});

test('what would not apply, or is not what was there, changes nothing', async () => {
  const { search, origin } = new URL(address);
  const before = readFileSync(join(run, 'hierarchy.parquet'));
  const post = (text) => ask(`/edits${search}`, { method: 'POST', headers: { Origin: origin }, body: text });
  const wrong = [
    ['no json', /no corrections/],
    [JSON.stringify({ edits: 'rename = 3', before: '' }), /line 1/],
    [JSON.stringify({ edits: '[[rename]]\nparent = "no such parent"\nname = "x"\n', before: '' }), /nothing was changed/],
    [JSON.stringify({ edits: '', before: '[[pin]]' }), /changed since/],
  ];
  for (const [text, says] of wrong) {
    const [status, answer] = await post(text);
    assert.equal(status, 409, answer);
    assert.match(answer, says);
  }
  assert.ok(!existsSync(join(run, 'edits.toml')));
  assert.deepEqual(readFileSync(join(run, 'hierarchy.parquet')), before);
});

test('a correction in the page is in the run, shown, and taken back', async () => {
  const before = readFileSync(join(run, 'hierarchy.parquet'));
  const { tab, context, complaints } = await open(browser, address);
  const first = () => tab.locator('[role=treeitem]').first();
  const name = await first().locator('.name').innerText();
  await first().click();
  await tab.getByRole('button', { name: 'Rename…' }).click();
  await tab.getByLabel('New name').fill('Money');
  await tab.getByRole('button', { name: 'Note it' }).click();
  await tab.getByRole('button', { name: /^Corrections/ }).click();
  const complete = () => tab.waitForFunction(() => performance.getEntriesByName('cladus-complete').length > 0 && !document.querySelector('dialog'));
  await Promise.all([tab.waitForEvent('load'), tab.getByRole('button', { name: 'Apply 1 correction' }).click()]);
  await complete();
  assert.equal(await first().locator('.name').innerText(), 'Money');
  assert.equal(await tab.getByRole('button', { name: /^Corrections/ }).innerText(), 'Corrections', 'none is noted any more');
  assert.match(cladus('tree', run, '--depth', '1'), /Money/);
  assert.match(readFileSync(join(run, 'edits.toml'), 'utf8'), /^\[\[rename\]\]\nparent = \{/);
  await tab.getByRole('button', { name: /^Corrections/ }).click();
  await Promise.all([tab.waitForEvent('load'), tab.getByRole('button', { name: /^Undo the last one/ }).click()]);
  await complete();
  assert.equal(await first().locator('.name').innerText(), name);
  assert.ok(!existsSync(join(run, 'edits.toml')));
  assert.deepEqual(readFileSync(join(run, 'hierarchy.parquet')), before);
  assert.deepEqual(complaints, []);
  await context.close();
});

test('it ends in order when it is asked to', async () => {
  const ended = new Promise((done) => server.once('exit', (code, signal) => done({ code, signal })));
  server.kill('SIGINT');
  const { signal } = await ended;
  assert.equal(signal, null);
});
