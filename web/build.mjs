// Bundles script and style into dist/, and refuses to when they outgrow what the page may weigh.
import { build } from 'esbuild';
import { statSync } from 'node:fs';

const LIMIT = 150_000;

await build({
  entryPoints: [
    { in: 'src/main.tsx', out: 'page' },
    { in: 'src/style.css', out: 'page' },
  ],
  outdir: 'dist',
  bundle: true,
  minify: true,
  format: 'iife',
  target: ['es2022', 'chrome111', 'firefox115', 'safari16.4'],
  jsx: 'automatic',
  jsxImportSource: 'preact',
  legalComments: 'none',
  charset: 'utf8',
  logLevel: 'warning',
});

const sizes = ['page.js', 'page.css'].map((name) => [name, statSync(`dist/${name}`).size]);
const sum = sizes.reduce((sum, [, size]) => sum + size, 0);
console.log(sizes.map(([name, size]) => `${name} ${size}`).join(', ') + ` bytes, ${sum} together`);
if (sum > LIMIT) {
  console.error(`script and style together may be at most ${LIMIT} bytes`);
  process.exit(1);
}
