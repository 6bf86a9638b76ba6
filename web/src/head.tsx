// The line above: what run it is, search, views, colours.
import { useRef, useState, useEffect } from 'preact/hooks';

import type { Page } from './context';
import type { View } from './state';
import { plural, thousands } from './text';

const VIEWS: [View, string, string][] = [
  ['tree', 'Tree', 'onlyphone'],
  ['map', 'Map', ''],
  ['icicle', 'Icicle', ''],
  ['list', 'Doubtful', ''],
];

export function Head({ page, choices }: { page: Page; choices: [string, string][] }) {
  const { tree, state, set } = page;
  const phone = usePhone();
  const current = (view: View) => state.view === view || (!phone && view === 'map' && state.view === 'tree');
  return (
    <header class="head">
      <h1 class="name" title={tree.title}>{tree.title}</h1>
      <span class="counts">
        {plural(tree.baseCount(), 'cluster')} · {plural(tree.total, 'item')} · {plural(tree.roots, 'root')}
        {tree.since !== null && ` · since ${tree.since}`}
      </span>
      <span class="gap" />
      <SearchField page={page} />
      <div class="tabs" role="group" aria-label="View">
        {VIEWS.map(([view, text, only]) => (
          <button key={view} type="button" class={only} aria-pressed={only ? state.view === view : current(view)} onClick={() => set({ view })}>
            {text}
          </button>
        ))}
      </div>
      <label class="pick">
        <span>Colour</span>
        <select aria-label="Colour by" value={state.colour} onChange={(event) => set({ colour: event.currentTarget.value })}>
          {choices.map(([name, text]) => (
            <option key={name} value={name}>{text}</option>
          ))}
        </select>
      </label>
      {tree.since === null && (
        <button
          type="button"
          class="button"
          aria-label={state.edits.length ? `Corrections ${state.edits.length} noted` : 'Corrections'}
          onClick={() => set({ dialog: 'edits' })}
        >
          <span class="onlydesk">Corrections</span>
          <span class="onlyphone" aria-hidden="true">✎</span>
          {state.edits.length > 0 && <span class="badge">{state.edits.length}</span>}
        </button>
      )}
      <ThemeButton page={page} />
      <button type="button" class="button icon" aria-label="Keys and help" title="Keys and help (?)" onClick={() => set({ dialog: 'help' })}>
        ?
      </button>
    </header>
  );
}

/** Is there room for one thing at a time only? */
function usePhone(): boolean {
  const [phone, setPhone] = useState(false);
  useEffect(() => {
    const query = matchMedia('(max-width: 760px)');
    const change = () => setPhone(query.matches);
    change();
    query.addEventListener('change', change);
    return () => query.removeEventListener('change', change);
  }, []);
  return phone;
}

function ThemeButton({ page }: { page: Page }) {
  const { state, set, look } = page;
  const other = look.theme === 'dark' ? 'light' : 'dark';
  return (
    <button type="button" class="button icon" aria-label={`Make it ${other}`} title={`Make it ${other}`} onClick={() => set({ theme: other })} data-theme-now={state.theme}>
      <svg width="14" height="14" viewBox="0 0 14 14" aria-hidden="true">
        <circle cx="7" cy="7" r="5.5" fill="none" stroke="currentColor" stroke-width="1.4" />
        <path d="M7 1.5a5.5 5.5 0 0 1 0 11z" fill="currentColor" />
      </svg>
    </button>
  );
}

function SearchField({ page }: { page: Page }) {
  const { state, hits, set } = page;
  const [text, setText] = useState(state.query);
  const [focused, setFocused] = useState(false);
  const timer = useRef(0);
  const at = useRef(-1);
  const before = useRef(-1);
  useEffect(() => setText(state.query), [state.query]);
  const search = (query: string) => {
    setText(query);
    at.current = -1;
    if (!state.query) before.current = state.selected;
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => set({ query }), 60);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      clearTimeout(timer.current);
      setText('');
      set({ query: '', selected: before.current });
      (event.currentTarget as HTMLInputElement).blur();
    } else if (event.key === 'Enter' && hits?.list.length) {
      const count = hits.list.length;
      at.current = (at.current + (event.shiftKey ? -1 : 1) + count) % count;
      page.select(hits.list[at.current], 'replace');
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div class="search" role="search">
      <svg width="14" height="14" viewBox="0 0 14 14" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.5">
        <circle cx="6" cy="6" r="4.2" />
        <path d="m9.2 9.2 3.6 3.6" />
      </svg>
      <input
        type="search"
        aria-label="Search names and descriptions"
        placeholder="Search names and descriptions"
        value={text}
        spellcheck={false}
        onInput={(event) => search(event.currentTarget.value)}
        onKeyDown={onKeyDown}
        onFocus={() => setFocused(true)}
        onBlur={() => setFocused(false)}
      />
      {hits ? <span class="found">{thousands(hits.list.length)}</span> : !focused && <kbd>/</kbd>}
    </div>
  );
}
