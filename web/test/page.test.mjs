// The page in a browser: clicks, keys, search, address, zoom, corrections.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { launch, open, synthetic } from './browser.mjs';

let browser;
before(async () => (browser = await launch()));
after(async () => browser?.close());

/** Runs `body` with a page of 300 clusters (or another), and wants no complaint from it. */
async function on(body, { how = [], clusters = 300, hash = '', ...options } = {}) {
  const { tab, context, complaints } = await open(browser, synthetic(clusters, ...how) + hash, options);
  try {
    await body(tab, context);
    assert.deepEqual(complaints, []);
  } finally {
    await context.close();
  }
}

const row = (tab, at) => tab.locator('[role=treeitem]').nth(at);
const heading = (tab) => tab.locator('.panel h2').innerText();
const focusTree = (tab) => tab.locator('[role=tree]').focus();
const active = (tab) => tab.evaluate(() => document.getElementById(document.querySelector('[role=tree]').getAttribute('aria-activedescendant'))?.querySelector('.name').textContent);
const settled = (tab) => tab.waitForTimeout(250);

describe('the tree', () => {
  test('the largest come first, and say how large they are', () =>
    on(async (tab) => {
      const roots = await tab.locator('[role=treeitem][aria-level="1"]').evaluateAll((rows) => rows.map((row) => Number(row.querySelector('.size').firstChild.textContent.replace(',', ''))));
      assert.ok(roots.length >= 8, `${roots.length} roots`);
      assert.deepEqual(roots, [...roots].sort((a, b) => b - a));
      const first = row(tab, 0);
      assert.equal(await first.getAttribute('aria-setsize'), String(await tab.locator('[role=treeitem][aria-level="1"]').count()));
      assert.match(await first.evaluate((row) => row.textContent), /, \d+\.\d%, \d+ items$/);
    }));

  test('a click selects, twice or the arrow opens, and what is many is cut', () =>
    on(async (tab) => {
      await tab.getByRole('button', { name: 'All closed' }).click();
      await row(tab, 0).locator('.twist').click();
      assert.equal(await row(tab, 0).getAttribute('aria-expanded'), 'true');
      const more = tab.locator('.row.more').first();
      const hidden = Number((await more.innerText()).match(/\d+/)[0]);
      const before = await tab.locator('[role=treeitem]').count();
      await more.click();
      await settled(tab);
      assert.ok(hidden > 0 && (await tab.locator('.row.more').count()) === 0);
      assert.ok((await tab.locator('[role=treeitem]').count()) >= Math.min(before + hidden - 1, 40));
      await row(tab, 1).click();
      assert.equal(await heading(tab), await row(tab, 1).locator('.name').innerText());
    }, { clusters: 2000 }));

  test('only rows in view are in the document', () =>
    on(async (tab) => {
      await focusTree(tab);
      await tab.keyboard.press('Home');
      await tab.keyboard.press('*');
      await settled(tab);
      const count = await tab.locator('[role=treeitem]').count();
      const height = await tab.locator('.rows').evaluate((rows) => rows.clientHeight / 28);
      assert.ok(height > 90 && count < 70, `${count} of ${height} rows`);
    }, { clusters: 2000 }));

  test('keys go along it as the W3C has them', () =>
    on(async (tab) => {
      await tab.getByRole('button', { name: 'All closed' }).click();
      await focusTree(tab);
      const first = await active(tab);
      await tab.keyboard.press('ArrowDown');
      const second = await active(tab);
      assert.notEqual(second, first);
      assert.ok((await heading(tab)).length && second.startsWith(await heading(tab)));
      await tab.keyboard.press('ArrowRight');
      assert.equal(await row(tab, 1).getAttribute('aria-expanded'), 'true');
      await tab.keyboard.press('ArrowRight');
      assert.equal(await tab.evaluate(() => document.getElementById(document.querySelector('[role=tree]').getAttribute('aria-activedescendant')).getAttribute('aria-level')), '2');
      await tab.keyboard.press('ArrowLeft');
      assert.equal(await active(tab), second);
      await tab.keyboard.press('ArrowLeft');
      assert.equal(await row(tab, 1).getAttribute('aria-expanded'), 'false');
      await tab.keyboard.press('End');
      const last = await active(tab);
      await tab.keyboard.press('Home');
      assert.equal(await active(tab), first);
      await tab.keyboard.type(last.slice(0, 4).toLowerCase());
      assert.ok((await active(tab)).startsWith(last.slice(0, 4)));
    }));

  test('sorted by name or doubt on request', () =>
    on(async (tab) => {
      await tab.getByLabel('Sort the tree').selectOption('name');
      const names = await tab.locator('[role=treeitem][aria-level="1"] .name').allInnerTexts();
      assert.deepEqual(names, [...names].sort());
    }));
});

describe('search', () => {
  test('hits stand in the tree with what is above them; Escape leads back', () =>
    on(async (tab) => {
      const before = await tab.locator('[role=treeitem]').count();
      await row(tab, 2).click();
      const chosen = await heading(tab);
      await tab.keyboard.press('Escape');
      await row(tab, 2).click();
      await tab.locator('.panel').focus();
      await tab.keyboard.press('/');
      await tab.keyboard.type('webhook');
      await tab.waitForFunction(() => document.querySelector('.found'));
      const hits = Number(await tab.locator('.found').innerText());
      const names = await tab.locator('[role=treeitem]').evaluateAll((rows) => rows.map((row) => row.textContent.toLowerCase()));
      assert.ok(hits > 0 && names.length > 0);
      assert.ok(names.every((name) => name.includes('webhook') || name.includes('are hits')), names.join('\n'));
      assert.ok((await tab.locator('.tree mark').count()) > 0);
      await tab.keyboard.press('Enter');
      assert.match((await heading(tab)).toLowerCase(), /webhook/);
      const first = await heading(tab);
      await tab.keyboard.press('Enter');
      if (hits > 1) assert.notEqual(`${first}`, '');
      await tab.keyboard.press('Escape');
      await settled(tab);
      assert.equal(await heading(tab), chosen);
      assert.equal(await tab.locator('[role=treeitem]').count() >= before, true);
      assert.equal(await tab.locator('.tree mark').count(), 0);
    }));

  test('descriptions are searched too', () =>
    on(async (tab) => {
      await tab.getByLabel('Search names and descriptions').fill('want it solved soon');
      await tab.waitForFunction(() => document.querySelector('.found'));
      assert.ok(Number((await tab.locator('.found').innerText()).replace(',', '')) > 300);
    }));
});

describe('the map', () => {
  const picture = (tab) => tab.locator('.mappane canvas').first().evaluate((canvas) => {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    let coloured = 0;
    for (let at = 0; at < data.length; at += 4) if (Math.max(data[at], data[at + 1], data[at + 2]) - Math.min(data[at], data[at + 1], data[at + 2]) > 30) coloured++;
    return coloured / (data.length / 4);
  });

  test('points are drawn, the wheel zooms, a drag moves, and the address remembers', () =>
    on(async (tab) => {
      assert.ok((await picture(tab)) > 0.002);
      const box = await tab.locator('.mappane').boundingBox();
      const middle = [box.x + box.width / 2, box.y + box.height / 2];
      await tab.mouse.move(...middle);
      await tab.mouse.wheel(0, -600);
      await tab.mouse.wheel(0, -600);
      await tab.waitForFunction(() => /k=/.test(location.hash));
      const k = await tab.evaluate(() => Number(new URLSearchParams(location.hash.slice(1)).get('k')));
      assert.ok(k > 1.5, `zoom ${k}`);
      const x = () => tab.evaluate(() => Number(new URLSearchParams(location.hash.slice(1)).get('x')));
      const from = await x();
      await tab.mouse.down();
      await tab.mouse.move(middle[0] - 160, middle[1], { steps: 5 });
      await tab.mouse.up();
      await tab.waitForTimeout(400);
      assert.ok((await x()) > from);
      const address = tab.url();
      const again = await tab.context().newPage();
      await again.goto(address);
      await again.waitForFunction(() => performance.getEntriesByName('cladus-complete').length > 0);
      await again.waitForTimeout(400);
      const [a, b] = [new URL(address).hash, new URL(again.url()).hash].map((hash) => new URLSearchParams(hash.slice(1)));
      for (const name of ['x', 'y', 'k']) assert.ok(Math.abs(a.get(name) - b.get(name)) < 0.01, `${name}: ${a} ${b}`);
    }));

  test('a point and a name can be chosen; keys go to the nearest', () =>
    on(async (tab) => {
      await row(tab, 1).click();
      const chosen = await heading(tab);
      await tab.locator('.panel').focus();
      await tab.keyboard.press('z');
      await tab.waitForTimeout(900);
      await tab.locator('.mappane canvas').nth(1).focus();
      await tab.keyboard.press('ArrowRight');
      await tab.waitForTimeout(700);
      const next = await heading(tab);
      assert.notEqual(next, chosen);
      assert.ok((await tab.locator('.panel .crumbs button').count()) > 0, 'a base cluster');
      await tab.locator('.panel').focus();
      await tab.keyboard.press('Backspace');
      assert.notEqual(await heading(tab), next);
    }));

  test('points that are caught can be copied', () =>
    on(async (tab) => {
      const box = await tab.locator('.mappane').boundingBox();
      await tab.keyboard.down('Shift');
      await tab.mouse.move(box.x + 5, box.y + 5);
      await tab.mouse.down();
      for (const [x, y] of [[1, 0], [1, 1], [0, 1], [0, 0]]) await tab.mouse.move(box.x + 5 + x * (box.width - 10), box.y + 5 + y * (box.height - 10), { steps: 4 });
      await tab.mouse.up();
      await tab.keyboard.up('Shift');
      assert.match(await tab.locator('.where').innerText(), /300 base clusters/);
    }));

  test('without a map the page says how to make one', () =>
    on(async (tab) => {
      await tab.getByRole('button', { name: 'Map', exact: true }).click();
      assert.match(await tab.locator('.main').innerText(), /No map here/);
    }, { how: ['mapless'] }));
});

describe('the other views', () => {
  test('the icicle leads down and up again', () =>
    on(async (tab) => {
      await tab.keyboard.press('i');
      await settled(tab);
      const box = await tab.locator('.mappane').boundingBox();
      await tab.mouse.click(box.x + 30, box.y + 30);
      await settled(tab);
      const root = await heading(tab);
      assert.equal(root, await row(tab, 0).locator('.name').innerText());
      assert.match(await tab.locator('.where').innerText(), /Everything/);
      await tab.locator('.where').getByRole('button', { name: 'Everything' }).click();
      assert.equal(await tab.locator('.where').count(), 0);
    }));

  test('doubtful placements come by doubt, and keys lead through them', () =>
    on(async (tab) => {
      await tab.keyboard.press('l');
      await settled(tab);
      const margins = (await tab.locator('.work .line').evaluateAll((lines) => lines.map((line) => Number(line.children[4].textContent))));
      assert.ok(margins.length > 5);
      assert.deepEqual(margins, [...margins].sort((a, b) => a - b));
      await tab.keyboard.press('n');
      const first = await heading(tab);
      assert.match(await tab.locator('.panel').innerText(), /In doubt/);
      await tab.keyboard.press('n');
      await tab.keyboard.press('p');
      assert.equal(await heading(tab), first);
      assert.match(await tab.locator('.panel dl.why').first().innerText(), /could be/);
    }));

  test('colours can say sureness, sizes, or a column of the input', () =>
    on(async (tab) => {
      const colour = tab.getByLabel('Colour by');
      await colour.selectOption('sure');
      assert.match(await tab.locator('.key').innerText(), /in doubt/);
      await colour.selectOption('input0');
      assert.match(await tab.locator('.key').innerText(), /DE\s+FR/);
      assert.match(await tab.evaluate(() => location.hash), /c=input0/);
    }));

  test('light and dark', () =>
    on(async (tab) => {
      const paper = () => tab.evaluate(() => getComputedStyle(document.body).backgroundColor);
      const before = await paper();
      await tab.getByRole('button', { name: 'Make it dark' }).click();
      assert.notEqual(await paper(), before);
    }));
});

describe('the address', () => {
  test('shows a cluster; back leads to the one before', () =>
    on(async (tab) => {
      await row(tab, 0).click();
      const first = await heading(tab);
      await row(tab, 1).click();
      const second = await heading(tab);
      await tab.goBack();
      await settled(tab);
      assert.equal(await heading(tab), first);
      await tab.goForward();
      await settled(tab);
      assert.equal(await heading(tab), second);
      const address = tab.url();
      await tab.goto('about:blank');
      await tab.goto(address);
      await tab.waitForFunction(() => performance.getEntriesByName('cladus-complete').length > 0);
      await settled(tab);
      assert.equal(await heading(tab), second);
    }));

  test('of a cluster that is gone leads to its nearest ancestor', () =>
    on(async (tab) => {
      await settled(tab);
      assert.equal(await tab.locator('.panel h2').innerText(), await row(tab, 0).locator('.name').innerText());
    }, { hash: '#s=gone&p=p-0%2Fgone-too' }));

  test('nonsense in it does no harm', () =>
    on(async (tab) => {
      assert.ok((await tab.locator('[role=treeitem]').count()) > 5);
    }, { hash: '#s=%E0%A4%A&v=constructor&c=__proto__&o=toString&x=NaN&y=1e999&k=-5' }));
});

describe('small and wide', () => {
  test('a phone shows one thing at a time', () =>
    on(async (tab) => {
      assert.ok(await tab.locator('.tree').isVisible());
      await tab.getByRole('button', { name: 'Map', exact: true }).click();
      assert.ok(!(await tab.locator('.tree').isVisible()));
      assert.equal(await tab.evaluate(() => document.documentElement.scrollWidth), 390);
    }, { viewport: { width: 390, height: 844 }, hasTouch: true }));
});
