// Reads what is enough to draw, draws, and reads the rest.
import { render } from 'preact';

import { App } from './app';
import { readBlock } from './data';
import { Later, Tree, Why } from './model';
import { Questions } from './questions';

async function start(): Promise<void> {
  const place = document.getElementById('app')!;
  const block = await readBlock('tree');
  const tree = new Tree(block);
  const later = new Later();
  const listeners: (() => void)[] = [];
  const tell = () => listeners.forEach((listener) => listener());
  render(<App tree={tree} later={later} onLater={(listener) => listeners.push(listener)} />, place);
  performance.mark('cladus-drawn');
  // After the first frame, so that names stand there before this begins.
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
  performance.mark('cladus-seen');
  if (tree.n) {
    later.ids = (await readBlock('ids')).texts('id');
    tell();
    await pause();
    later.descriptions = (await readBlock('texts')).texts('description');
    tell();
    await pause();
    later.why = new Why(await readBlock('why'), tree.n);
    tell();
    await pause();
    later.asked = new Questions(await readBlock('asked'), tree.n);
    tell();
  }
  performance.mark('cladus-complete');
}

function pause(): Promise<void> {
  return new Promise((done) => setTimeout(done, 0));
}

start().catch((error: unknown) => {
  const place = document.getElementById('app')!;
  const text = error instanceof Error ? error.message : String(error);
  place.textContent = `This page could not be shown (${text}). A browser from May 2024 or later is needed.`;
  place.setAttribute('role', 'alert');
});
