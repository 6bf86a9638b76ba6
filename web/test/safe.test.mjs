// Texts from data are text, whatever is in them; and everybody can use the page.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { launch, open, synthetic } from './browser.mjs';

let browser;
before(async () => (browser = await launch()));
after(async () => browser?.close());

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Whatever data could have made: elements that the page does not use, and a title that is not its own. */
const strange = (tab) => tab.evaluate(() => ({
  elements: document.querySelectorAll('img, iframe, object, embed, b[onclick], svg[onload], [onerror], a[href^="javascript"]').length,
  title: document.title,
}));

test('hostile texts stay texts in every place where text shows', async () => {
  const { tab, context, complaints } = await open(browser, synthetic(300, 'hostile'));
  const title = await tab.title();
  assert.match(title, /^<\/script>/);
  for (const key of ['m', 'i', 'l', 'n', 'n', 'n']) {
    await tab.locator('.panel').focus().catch(() => {});
    await tab.keyboard.press(key);
    await tab.waitForTimeout(60);
  }
  for (let at = 0; at < 14; at++) {
    await tab.locator('[role=treeitem]').nth(at).click({ position: { x: 200, y: 10 } });
    await tab.locator('[role=treeitem]').nth(at).hover();
  }
  await tab.getByLabel('Search names and descriptions').fill('<img');
  await tab.waitForFunction(() => document.querySelector('.found'));
  assert.ok((await tab.locator('.tree mark').count()) > 0);
  await tab.getByLabel('Search names and descriptions').fill('');
  await tab.locator('[role=treeitem][aria-level="1"]').first().click();
  await tab.getByRole('button', { name: 'Rename…' }).click();
  await tab.getByLabel('New name').fill('"]\n[[merge]] </textarea><script>document.title="owned"</script>');
  await tab.getByRole('button', { name: 'Note it' }).click();
  await tab.getByRole('button', { name: /^Corrections/ }).click();
  const toml = await tab.locator('#toml').inputValue();
  assert.equal(toml.match(/^\[\[/gm).length, 1, 'a name cannot begin another edit');
  assert.deepEqual(await strange(tab), { elements: 0, title });
  assert.deepEqual(complaints, []);
  await context.close();
});

test('the policy stops a script that would be there all the same', async () => {
  const { tab, context } = await open(browser, synthetic(300));
  const ran = await tab.evaluate(async () => {
    try {
      const script = document.createElement('script');
      script.textContent = 'window.owned = 1';
      document.body.append(script);
    } catch {
      // Trusted types refuse it before the policy has to.
    }
    try {
      document.body.insertAdjacentHTML('beforeend', '<img src=x onerror="window.owned = 1">');
    } catch {
      // Likewise.
    }
    const reached = await fetch('https://example.com/').then(() => true, () => false);
    await new Promise((done) => setTimeout(done, 100));
    return { owned: window.owned ?? 0, reached };
  });
  assert.deepEqual(ran, { owned: 0, reached: false });
  await context.close();
});

test('without a script the page is nested lists, and nothing is lost or run', async () => {
  for (const how of [['plain'], ['hostile', 'plain']]) {
    const context = await browser.newContext({ javaScriptEnabled: true });
    const tab = await context.newPage();
    await tab.goto(synthetic(300, ...how));
    assert.equal(await tab.locator('script').count(), 0);
    const source = readFileSync(fileURLToPath(synthetic(300, ...how)), 'utf8');
    assert.equal((source.match(/class="p-name/g) ?? []).length, await tab.locator('.p-name').count());
    assert.ok((await tab.locator('details').count()) >= 10);
    assert.equal((await strange(tab)).elements, 0);
    await context.close();
  }
  const context = await browser.newContext({ javaScriptEnabled: false });
  const tab = await context.newPage();
  await tab.goto(synthetic(300));
  assert.ok(await tab.locator('noscript .p-tree, .p-tree').first().isVisible());
  await context.close();
});

for (const [scheme, width] of [['light', 1440], ['dark', 1440], ['light', 390]]) {
  test(`axe finds nothing serious, ${scheme}, ${width} wide`, async () => {
    const { tab, context } = await open(browser, synthetic(300), { colorScheme: scheme, viewport: { width, height: 844 }, bypassCSP: true });
    const found = [];
    const look = async (where) => {
      const { violations } = await tab.evaluate(() => axe.run(document, { resultTypes: ['violations'] }));
      for (const { id, impact, nodes } of violations) {
        if (['serious', 'critical'].includes(impact)) found.push(`${where}: ${id} (${nodes.length}) ${nodes[0].html.slice(0, 160)} ${nodes[0].failureSummary.slice(0, 200)}`);
      }
    };
    await tab.evaluate(axe);
    await look('at first');
    await tab.locator('[role=treeitem]').nth(1).click().catch(() => {});
    await look('selected');
    if (await tab.getByRole('button', { name: 'Merge…' }).isVisible()) {
      await tab.getByRole('button', { name: 'Merge…' }).click();
      await look('merging');
    }
    await tab.getByRole('button', { name: 'Doubtful', exact: true }).click();
    await look('doubtful');
    await tab.getByRole('button', { name: 'Icicle', exact: true }).click();
    await look('icicle');
    await tab.getByRole('button', { name: 'Keys and help' }).click();
    await look('help');
    assert.deepEqual(found, []);
    await context.close();
  });
}
