// Takes the picture at the head of the README: `npm run picture` (docs/explore.png). The run is the
// README's own, so the picture shows what a newcomer sees.
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { cladus, launch, open, pages, repository } from './test/browser.mjs';

const run = join(pages, 'my-run');
rmSync(run, { recursive: true, force: true });
cladus('run', join(repository, 'examples/helpdesk/clusters.jsonl'), '--out', run, '--quiet');
const file = join(pages, 'my-run.html');
cladus('explore', run, '--out', file, '--no-open', '--quiet');

const browser = await launch();
const { tab } = await open(browser, pathToFileURL(file).href, { viewport: { width: 1360, height: 760 } });
// A placement that could have gone otherwise: no other page shows that.
await tab.keyboard.press('n');
await tab.mouse.move(2, 2);
await tab.waitForTimeout(800);
const picture = join(repository, 'docs/explore.png');
await tab.screenshot({ path: picture });
await browser.close();
console.log(`${picture}: ${statSync(picture).size} bytes`);
