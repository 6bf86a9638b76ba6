// What opens above the page: help, and the corrections that were noted.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

import type { Page } from './context';
import { copyText } from './copy';
import { says, toToml } from './edits';
import { plural } from './text';

function Dialog({ title, close, children }: { title: string; close(): void; children: ComponentChildren }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current!.showModal(), []);
  return (
    <dialog ref={dialog} aria-label={title} onClose={close} onClick={(event) => event.target === dialog.current && close()}>
      <button type="button" class="close" aria-label="Close" onClick={close}>✕</button>
      <h2>{title}</h2>
      {children}
    </dialog>
  );
}

const KEYS: [string, string][] = [
  ['/', 'search; Enter goes to the next hit, Esc back to all'],
  ['↑ ↓ ← →', 'in the tree: along it, open and close; on the map: to the nearest point that way'],
  ['*', 'in the tree: open all siblings; letters go to the next name that begins so'],
  ['m  i  l', 'map, icicle, doubtful placements'],
  ['n  p', 'next and previous doubtful placement'],
  ['z', 'all of what is selected on the map, or the whole height of the icicle'],
  ['Backspace', 'up to the parent'],
  ['+  −  0', 'on the map: nearer, further, all of it'],
  ['Shift + drag', 'on the map: catch points, and copy their ids'],
  ['Double click', 'on the map: see all that is around'],
  ['?', 'this'],
];

export function Help({ close }: { close(): void }) {
  return (
    <Dialog title="Keys and what they do" close={close}>
      <table>
        <tbody>
          {KEYS.map(([keys, text]) => (
            <tr key={keys}>
              <td>
                <kbd>{keys}</kbd>
              </td>
              <td>{text}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="soft">
        Letters do this everywhere but in text fields and in the tree. The address remembers what is shown: copy it to show it to somebody who has the
        same file.
      </p>
    </Dialog>
  );
}

export function Corrections({ page, close }: { page: Page; close(): void }) {
  const { tree, later, state, set } = page;
  const [sent, setSent] = useState('');
  const text = later.ids ? toToml(tree, later.ids, state.edits, tree.savedEdits) : '';
  const copy = async () => {
    await copyText(text);
    page.say('Copied');
    setSent('Copied.');
  };
  const download = () => {
    const address = URL.createObjectURL(new Blob([text], { type: 'application/toml' }));
    const link = document.createElement('a');
    link.href = address;
    link.download = 'edits.toml';
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  };
  const apply = async () => {
    setSent('Rebuilding …');
    const answer = await fetch(`edits${location.search}`, { method: 'POST', body: JSON.stringify({ edits: text, before: tree.savedEdits }) });
    const says = await answer.text();
    if (!answer.ok) return setSent(says);
    set({ edits: [] });
    location.reload();
  };
  return (
    <Dialog title="Corrections" close={close}>
      {state.edits.length === 0 ? (
        <p class="soft">None is noted yet: select a cluster, and rename, merge, move or pin it.</p>
      ) : (
        <ul class="list">
          {state.edits.map((edit, at) => (
            <li key={at}>
              <span class="name">{says(tree, edit)}</span>
              <button type="button" class="button" onClick={() => set({ edits: state.edits.filter((_, other) => other !== at) })}>
                Undo
              </button>
            </li>
          ))}
        </ul>
      )}
      {text && (
        <>
          <label class="soft" for="toml">
            {page.served
              ? 'What the run’s edits.toml will hold:'
              : `Save this as edits.toml in the run folder and run “cladus run --out ${tree.title}”: no stage is redone, no call is made.`}
            {tree.savedEdits && ` It begins with the corrections that are there already.`}
          </label>
          <textarea id="toml" readOnly value={text} spellcheck={false} />
        </>
      )}
      <div class="foot">
        <span class="gap soft" role="status">{sent}</span>
        {page.served && tree.savedEdits && (
          <button type="button" class="button" onClick={async () => {
            const answer = await fetch(`undo${location.search}`, { method: 'POST' });
            if (answer.ok) location.reload();
            else setSent(await answer.text());
          }}>
            Undo the last one in the run
          </button>
        )}
        <button type="button" class="button" disabled={!state.edits.length} onClick={copy}>Copy</button>
        <button type="button" class="button" disabled={!state.edits.length} onClick={download}>Download edits.toml</button>
        {page.served && (
          <button type="button" class="button primary" disabled={!state.edits.length} onClick={apply}>
            Apply {plural(state.edits.length, 'correction')}
          </button>
        )}
      </div>
    </Dialog>
  );
}
