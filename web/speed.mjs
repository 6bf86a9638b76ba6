// Prints how quick the page is: `npm run speed [-- CLUSTERS…]`. Figures, not a test: they hang on what else the
// machine does.
import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { launch, open, synthetic } from './test/browser.mjs';

const browser = await launch();

/** Frames a second while `body` runs, and the slowest one. */
async function frames(tab, body) {
  await tab.evaluate(() => {
    window.frames_ = [];
    const step = (now) => {
      window.frames_.push(now);
      window.more = requestAnimationFrame(step);
    };
    window.more = requestAnimationFrame(step);
  });
  await body();
  return tab.evaluate(() => {
    cancelAnimationFrame(window.more);
    const times = window.frames_;
    const gaps = times.slice(1).map((time, at) => time - times[at]).sort((a, b) => a - b);
    const whole = times[times.length - 1] - times[0];
    return `${((1000 * gaps.length) / whole).toFixed(0)} frames/s, 95 % within ${gaps[Math.floor(gaps.length * 0.95)].toFixed(0)} ms`;
  });
}

const asked = process.argv.slice(2).map(Number);
for (const clusters of asked.length ? asked : [56, 2000, 10_000, 100_000]) {
  const address = synthetic(clusters);
  const bytes = statSync(fileURLToPath(address)).size;
  const seen = [];
  const complete = [];
  for (let round = 0; round < 3; round++) {
    const { tab, context } = await open(browser, address);
    const mark = (name) => tab.evaluate((name) => performance.getEntriesByName(name)[0].startTime, name);
    seen.push(await mark('cladus-seen'));
    complete.push(await mark('cladus-complete'));
    if (round === 2) {
      const box = await tab.locator('.mappane').boundingBox();
      await tab.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
      const zooming = await frames(tab, async () => {
        for (let turn = 0; turn < 60; turn++) await tab.mouse.wheel(0, turn < 30 ? -60 : 60);
      });
      await tab.mouse.down();
      const moving = await frames(tab, async () => {
        for (let turn = 0; turn < 60; turn++) await tab.mouse.move(box.x + 200 + 4 * turn, box.y + 300 + 2 * turn);
      });
      await tab.mouse.up();
      await tab.locator('[role=tree]').focus();
      await tab.keyboard.press('*');
      await tab.mouse.move(200, 400);
      const scrolling = await frames(tab, async () => {
        for (let turn = 0; turn < 60; turn++) await tab.mouse.wheel(0, 120);
      });
      const field = tab.getByLabel('Search names and descriptions');
      const search = await tab.evaluate(async () => {
        const input = document.querySelector('.search input');
        const began = performance.now();
        input.value = 'webhook';
        input.dispatchEvent(new Event('input', { bubbles: true }));
        while (!document.querySelector('.found')) await new Promise((done) => requestAnimationFrame(done));
        return performance.now() - began;
      });
      await field.fill('');
      const least = (values) => Math.min(...values).toFixed(0);
      console.log(`${clusters} clusters: ${(bytes / 1e6).toFixed(2)} MB; first names ${least(seen)} ms, all read ${least(complete)} ms`);
      console.log(`  zooming ${zooming}; moving ${moving}; scrolling ${scrolling}; search ${search.toFixed(0)} ms`);
    }
    await context.close();
  }
}
await browser.close();
