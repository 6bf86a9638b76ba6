// Bundles script and style into dist/, with the licences of what is in them, and refuses to when they outgrow
// what the page may weigh.
import { build } from 'esbuild';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

const LIMIT = 150_000;

const { metafile } = await build({
  entryPoints: [
    { in: 'src/main.tsx', out: 'page' },
    { in: 'src/style.css', out: 'page' },
  ],
  outdir: 'dist',
  bundle: true,
  minify: true,
  format: 'iife',
  // Those that know light-dark() in style sheets: May 2024.
  target: ['es2022', 'chrome123', 'firefox120', 'safari17.5'],
  jsx: 'automatic',
  jsxImportSource: 'preact',
  legalComments: 'none',
  charset: 'utf8',
  logLevel: 'warning',
  metafile: true,
});

/** The licence of a package, as it comes with it. */
function licence(name) {
  const folder = `node_modules/${name}`;
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  if (!file) throw new Error(`${name} comes without a licence`);
  return readFileSync(`${folder}/${file}`, 'utf8').trim();
}

const bundled = Object.keys(metafile.outputs['dist/page.js'].inputs)
  .map((path) => path.match(/^node_modules\/((?:@[^/]+\/)?[^/]+)\//)?.[1])
  .filter(Boolean);
const texts = new Map();
for (const name of [...new Set(bundled)].sort()) {
  const text = licence(name);
  texts.set(text, [...(texts.get(text) ?? []), name]);
}
const notice = [...texts].map(([text, names]) => `${names.join(', ')}:\n${text}`).join('\n\n');
if (/\*\/|<\/script|<!--/i.test(notice)) throw new Error('a licence would end the comment that it is in');
writeFileSync('dist/page.js', `/* In this script:\n\n${notice}\n*/\n${readFileSync('dist/page.js', 'utf8')}`);

const sizes = ['page.js', 'page.css'].map((name) => [name, readFileSync(`dist/${name}`).length]);
const sum = sizes.reduce((sum, [, size]) => sum + size, 0);
console.log(sizes.map(([name, size]) => `${name} ${size}`).join(', ') + ` bytes, ${sum} together`);
if (sum > LIMIT) {
  console.error(`script and style together may be at most ${LIMIT} bytes`);
  process.exit(1);
}
