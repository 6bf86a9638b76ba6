// A browser without a GPU, and pages to look at with it.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const here = dirname(fileURLToPath(import.meta.url));
export const repository = join(here, '../..');
export const pages = join(here, 'pages');
export const shots = join(here, 'shots');
mkdirSync(pages, { recursive: true });
mkdirSync(shots, { recursive: true });

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

export async function launch() {
  const executablePath = process.env.CHROMIUM ?? PLACES.find((place) => existsSync(place));
  if (!executablePath) throw new Error('no Chromium: install it (apt-get install chromium), or set CHROMIUM to where it is');
  return chromium.launch({
    executablePath,
    headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
}

/** Cargo, with its words kept for when it fails. */
function cargo(args) {
  execFileSync(process.env.CARGO ?? 'cargo', args, { cwd: repository, stdio: ['ignore', 'ignore', 'inherit'] });
}

/** How cladus is run: as CLADUS says, or as cargo builds it. */
export function program() {
  const { CLADUS, CARGO } = process.env;
  return CLADUS ? [CLADUS, []] : [CARGO ?? 'cargo', ['run', '--quiet', '--package', 'cladus', '--']];
}

/** Runs cladus; what it prints. */
export function cladus(...args) {
  const [file, first] = program();
  return execFileSync(file, [...first, ...args], { cwd: repository, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** The address that a server prints when it listens; a server that ends instead is an error. */
export function listening(server) {
  return new Promise((done, failed) => {
    server.stdout.once('data', (data) => done(String(data).trim()));
    server.once('error', failed);
    server.once('exit', (code) => failed(new Error(`${server.spawnfile} ended with ${code}`)));
  });
}

const made = new Map();

/** The address of a made-up page; it is made once a process, with the script as it was built last. */
export function synthetic(clusters, ...how) {
  const name = [clusters, ...how].join('-');
  if (!made.has(name)) {
    const file = join(pages, `${name}.html`);
    if (!process.env.CLADUS_PAGES_MADE || !existsSync(file)) {
      cargo(['run', '--quiet', '--package', 'cladus-page', '--example', 'synthetic', '--', String(clusters), file, ...how]);
    }
    made.set(name, pathToFileURL(file).href);
  }
  return made.get(name);
}

/** A tab that has drawn the page; what it complains about is collected. */
export async function open(browser, address, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const tab = await context.newPage();
  // As on a busy machine: what is slow there shows here.
  const slower = Number(process.env.CLADUS_TEST_SLOWER ?? 1);
  if (slower > 1) await (await context.newCDPSession(tab)).send('Emulation.setCPUThrottlingRate', { rate: slower });
  const complaints = [];
  tab.on('pageerror', (error) => complaints.push(String(error)));
  tab.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  tab.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  await tab.goto(address);
  await tab.waitForFunction(() => performance.getEntriesByName('cladus-complete').length > 0);
  return { tab, context, complaints };
}
