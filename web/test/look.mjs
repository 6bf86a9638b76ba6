// Takes pictures to be looked at: node test/look.mjs FILE.html NAME [light|dark] [WIDTHxHEIGHT] [#hash] [keys,…]
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { launch, open, shots } from './browser.mjs';

const [file, name, colorScheme = 'light', size = '1440x900', hash = '', keys = ''] = process.argv.slice(2);
const [width, height] = size.split('x').map(Number);
const browser = await launch();
const { tab, complaints } = await open(browser, pathToFileURL(file).href + hash, { viewport: { width, height }, colorScheme });
for (const key of keys.split(',').filter(Boolean)) await tab.keyboard.press(key);
await tab.waitForTimeout(900);
await tab.screenshot({ path: join(shots, `${name}.png`) });
if (complaints.length) console.log(complaints.join('\n'));
console.log(await tab.evaluate(() => performance.getEntriesByType('mark').map((m) => `${m.name} ${m.startTime.toFixed(0)}`).join(', ')));
await browser.close();
