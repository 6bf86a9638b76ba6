// Corrections as the page writes them, and as cladus reads them.
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { cladus, launch, open, pages, repository, synthetic } from './browser.mjs';

let browser;
before(async () => (browser = await launch()));
after(async () => browser?.close());

const noted = async (tab) => {
  await tab.getByRole('button', { name: /^Corrections/ }).click();
  const text = await tab.locator('#toml').inputValue();
  return text;
};

test('rename, merge, move and pin are noted, undone and downloaded as edits.toml', async () => {
  const { tab, context, complaints } = await open(browser, synthetic(300));
  const row = (at) => tab.locator('[role=treeitem]').nth(at);
  await row(0).click();
  await tab.getByRole('button', { name: 'Rename…' }).click();
  await tab.getByLabel('New name').fill('A "new" name \\ with\ttabs');
  await tab.getByRole('button', { name: 'Note it' }).click();
  assert.equal(await tab.locator('.panel h2').innerText(), 'A "new" name \\ with tabs');
  await row(0).locator('.twist').click();
  if ((await row(0).getAttribute('aria-expanded')) !== 'true') await row(0).locator('.twist').click();
  await row(1).click();
  await tab.getByRole('button', { name: 'Merge…' }).click();
  const target = tab.getByLabel('Merge it with').locator('option').first();
  await tab.getByLabel('Merge it with').selectOption(await target.getAttribute('value'));
  await tab.getByRole('button', { name: 'Note it' }).click();
  await row(2).click();
  await tab.getByRole('button', { name: 'Move…' }).click();
  await tab.getByLabel('Move it under').selectOption({ index: 1 });
  await tab.getByRole('button', { name: 'Note it' }).click();
  await row(1).click();
  await tab.getByRole('button', { name: 'Pin…' }).click();
  await tab.getByRole('button', { name: 'Note it' }).click();
  const text = await noted(tab);
  const blocks = text.trim().split(/\n\n/);
  assert.equal(blocks.length, 4);
  assert.match(blocks[0], /^\[\[rename\]\]\nparent = \{ name = ".+", level = \d, of = \["c-\d+"(, "c-\d+")*\] \}\nname = "A \\"new\\" name \\\\ with\\ttabs"$/);
  assert.match(blocks[1], /^\[\[merge\]\]\nparents = \[\n {4}\{.+\},\n {4}\{.+\},\n\]$/);
  assert.match(blocks[2], /^\[\[move\]\]\ncluster = .+\nto = \{.+\}$/);
  assert.match(blocks[3], /^\[\[pin\]\]\ncluster = .+\nunder = \{.+\}$/);
  const [download] = await Promise.all([tab.waitForEvent('download'), tab.getByRole('button', { name: 'Download edits.toml' }).click()]);
  assert.equal(download.suggestedFilename(), 'edits.toml');
  await tab.getByRole('button', { name: 'Undo' }).first().click();
  assert.equal((await tab.locator('#toml').inputValue()).trim().split(/\n\n/).length, 3);
  // They are there after the page is closed, too.
  await tab.reload();
  await tab.waitForFunction(() => performance.getEntriesByName('cladus-complete').length > 0);
  assert.match(await tab.getByRole('button', { name: /^Corrections/ }).innerText(), /3/);
  assert.deepEqual(complaints, []);
  await context.close();
});

test('what would not apply is not offered', async () => {
  const { tab, context } = await open(browser, synthetic(300));
  const rows = tab.locator('[role=treeitem][aria-level="1"]');
  await rows.nth(0).click();
  assert.equal(await tab.getByRole('button', { name: 'Move…' }).count(), 0, 'a root is under nothing');
  await tab.getByRole('button', { name: 'Rename…' }).click();
  const other = await rows.nth(3).locator('.name').innerText();
  await tab.getByLabel('New name').fill(other.toUpperCase());
  assert.match(await tab.locator('.bad').innerText(), /sibling/);
  assert.ok(await tab.getByRole('button', { name: 'Note it' }).isDisabled());
  await context.close();
});

test('cladus takes what the page writes', async () => {
  const run = join(pages, 'helpdesk');
  rmSync(run, { recursive: true, force: true });
  cladus('run', join(repository, 'examples/helpdesk/clusters.jsonl'), '--out', run, '--quiet');
  const file = join(pages, 'helpdesk.html');
  cladus('explore', run, '--out', file, '--no-open');
  const { tab, context, complaints } = await open(browser, pathToFileURL(file).href);
  const level = (depth) => tab.locator(`[role=treeitem][aria-level="${depth}"]`);
  await level(1).nth(0).click();
  await tab.getByRole('button', { name: 'Rename…' }).click();
  await tab.getByLabel('New name').fill('Money "in" \\ and out');
  await tab.getByRole('button', { name: 'Note it' }).click();
  await level(1).nth(1).click();
  await tab.getByRole('button', { name: 'Merge…' }).click();
  await tab.getByLabel('Merge it with').selectOption({ index: 2 });
  await tab.getByLabel('Name of both').fill('Both');
  await tab.getByRole('button', { name: 'Note it' }).click();
  // A base cluster and a parent go where they could have gone.
  await tab.keyboard.press('l');
  for (const at of [0, 3]) {
    await tab.locator('.work .line').nth(at).click();
    if (!(await tab.getByRole('button', { name: 'Move…' }).count())) continue;
    await tab.getByRole('button', { name: 'Move…' }).click();
    await tab.getByLabel('Move it under').selectOption({ index: 0 });
    if (await tab.getByRole('button', { name: 'Note it' }).isEnabled()) await tab.getByRole('button', { name: 'Note it' }).click();
  }
  await tab.locator('.work .line').nth(5).click();
  await tab.getByRole('button', { name: 'Pin…' }).click();
  await tab.getByRole('button', { name: 'Note it' }).click();
  const text = await noted(tab);
  assert.deepEqual(complaints, []);
  await context.close();
  writeFileSync(join(run, 'edits.toml'), text);
  cladus('run', '--out', run, '--quiet');
  const list = JSON.parse(cladus('edit', run, '--list', '--json'));
  assert.equal(list.length, text.match(/^\[\[/gm).length);
  assert.ok(list.length >= 4, text);
  for (const { edit, problem } of list) assert.equal(problem, undefined, `${edit}: ${problem}`);
  assert.match(cladus('tree', run, '--depth', '1'), /Money "in" \\ and out/);
});
