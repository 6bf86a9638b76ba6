// What a model was asked about a cluster: in the page, and where the page leaves it out, from who serves it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { cladus, launch, listening, open, pages, program, repository, synthetic } from './browser.mjs';

const run = join(pages, 'asked');
let browser;
let model;

before(async () => {
  browser = await launch();
  const [file, first] = program();
  // Beside cladus, or as cargo builds it.
  const server = first.length ? [file, ['run', '--quiet', '--package', 'cladus-tests', '--bin', 'cladus-test-server']] : [join(dirname(file), 'cladus-test-server'), []];
  model = spawn(...server, { cwd: repository, stdio: ['ignore', 'pipe', 'inherit'] });
  const address = await listening(model);
  rmSync(run, { recursive: true, force: true });
  cladus('run', join(repository, 'examples/helpdesk/clusters.jsonl'), '--out', run, '--quiet', '--model', 'm', '--base-url', address, '--max-clusters', '8');
});
after(async () => {
  await browser?.close();
  model?.kill();
});

/** Goes to a base cluster and gives its question. */
async function question(tab, name) {
  await tab.getByRole('searchbox').fill(name);
  await tab.locator('.search .found').waitFor();
  await tab.keyboard.press('Enter');
  await tab.waitForFunction((name) => document.querySelector('.panel h2')?.textContent === name, name);
  const asked = tab.locator('details.asked').first();
  await asked.locator('summary').click();
  return asked;
}

const NAME = 'Investigate a sign-in alert from an unknown location';

/** What `cladus show --why` says of the question. */
function told() {
  const { why } = JSON.parse(cladus('show', run, 'hd-017', '--why', '--json'));
  assert.ok(why.questions.length > 0);
  return why.questions[0];
}

test('the panel shows the question, the names offered, and the one answered', async () => {
  const file = join(pages, 'asked.html');
  cladus('explore', run, '--out', file, '--no-open', '--no-map');
  const { tab, context, complaints } = await open(browser, pathToFileURL(file).href);
  const asked = await question(tab, NAME);
  const { offered, answer, items, model: name } = told();
  assert.match(await asked.locator('summary').innerText(), new RegExp(`^Asked: which of ${offered.length} names? fits “${NAME}”`));
  assert.deepEqual((await asked.locator('li').allInnerTexts()).map((text) => text.replace(/ \(answered\)$/, '')), offered);
  assert.equal(await asked.locator('li.chosen').innerText(), `${answer} (answered)`);
  assert.match(await asked.innerText(), new RegExp(`by ${name}, among ${items} clusters?`));
  assert.deepEqual(complaints, []);
  await context.close();
});

test('whoever serves the page tells it of one cluster, to whom has the token', async () => {
  const [file, first] = program();
  const server = spawn(file, [...first, 'explore', run, '--serve', '--no-open', '--no-map', '--quiet'], { cwd: repository, stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const address = await listening(server);
    const { hostname, port, search } = new URL(address);
    const ask = (path) =>
      new Promise((done, failed) => {
        const asked = request({ hostname, port, path }, (answer) => {
          let text = '';
          answer.on('data', (data) => (text += data));
          answer.on('end', () => done([answer.statusCode, text]));
        });
        asked.on('error', failed);
        asked.end();
      });
    const [status, text] = await ask(`/why${search}&id=hd-017`);
    assert.equal(status, 200);
    assert.deepEqual(JSON.parse(text), JSON.parse(cladus('show', run, 'hd-017', '--why', '--json')).why.questions);
    assert.equal((await ask('/why?id=hd-017'))[0], 403);
    assert.deepEqual(JSON.parse((await ask(`/why${search}&id=no-such`))[1]), []);
    assert.equal((await ask(`/why${search}`))[0], 404);
  } finally {
    server.kill('SIGINT');
  }
});

test('a served page that leaves questions out asks for that of the cluster one is on', async () => {
  const file = fileURLToPath(synthetic(300, 'left'));
  const asked = [];
  const serves = createServer((request, answer) => {
    const { pathname, searchParams } = new URL(request.url, 'http://localhost');
    if (pathname === '/') return answer.setHeader('Content-Type', 'text/html').end(readFileSync(file));
    if (pathname !== '/why') return answer.writeHead(404).end();
    asked.push([searchParams.get('token'), searchParams.get('id')]);
    answer.setHeader('Content-Type', 'application/json').end(JSON.stringify([{ model: 'told', items: 3, offered: ['One', 'Late'], answer: 'Late' }]));
  });
  await new Promise((done) => serves.listen(0, '127.0.0.1', done));
  const context = await browser.newContext();
  const tab = await context.newPage();
  await tab.goto(`http://127.0.0.1:${serves.address().port}/?token=t`);
  await tab.waitForFunction(() => performance.getEntriesByName('cladus-complete').length > 0);
  assert.deepEqual(asked, []);
  await tab.locator('[role=treeitem][aria-level="2"]').first().click();
  await tab.locator('details.asked summary').click();
  assert.match(await tab.locator('details.asked').innerText(), /by told, among 3 clusters\s+One\s+Late \(answered\)/);
  assert.equal(asked.length, 1);
  assert.equal(asked[0][0], 't');
  assert.match(asked[0][1], /^[cp]-\d+$/);
  await context.close();
  serves.close();
});
