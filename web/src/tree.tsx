// The tree: rows that are in view, by the W3C's pattern for tree views.
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';

import { css } from './colour';
import type { Page } from './context';
import { key, rows, type Row, type Sort } from './rows';
import { lower, parts } from './search';
import { percent, thousands } from './text';

const HEIGHT = 28;
const AROUND = 12;

export function TreePane({ page }: { page: Page }) {
  const { tree, state, hits, changed, set } = page;
  const scroller = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 800 });
  const [cursor, setCursor] = useState('');
  const typed = useRef({ text: '', at: 0 });
  const open = hits ? state.searchOpen : state.open;
  const shown = useMemo(
    () => rows(tree, { open, whole: state.whole, sort: state.sort, hits, changed: state.onlyChanged ? changed : null }),
    [tree, open, state.whole, state.sort, hits, changed, state.onlyChanged],
  );
  const places = useMemo(() => new Map(shown.map((row, at) => [key(row), at])), [shown]);
  const at = places.get(cursor) ?? places.get(`n${state.selected}`) ?? (shown.length ? 0 : -1);

  useLayoutEffect(() => {
    const element = scroller.current!;
    const measure = () => setView({ top: element.scrollTop, height: element.clientHeight });
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    element.addEventListener('scroll', measure, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', measure);
    };
  }, []);

  const bring = (place: number) => {
    const element = scroller.current!;
    const top = place * HEIGHT;
    if (top < element.scrollTop) element.scrollTop = Math.max(0, top - HEIGHT);
    else if (top + HEIGHT > element.scrollTop + element.clientHeight) {
      element.scrollTop = top + 2 * HEIGHT - element.clientHeight;
    }
  };
  // Before the next key can come: later, it would take back what that key has done.
  useLayoutEffect(() => {
    setCursor(`n${state.selected}`);
    const place = places.get(`n${state.selected}`);
    if (place !== undefined) bring(place);
    // Also when the rows have changed under it.
  }, [state.selected, places]);

  const setOpen = (nodes: number[], isOpen: boolean) => {
    const next = new Set(open);
    for (const node of nodes) {
      if (isOpen) next.add(node);
      else next.delete(node);
    }
    set(hits ? { searchOpen: next } : { open: next });
  };
  const go = (place: number) => {
    const row = shown[Math.max(0, Math.min(shown.length - 1, place))];
    if (!row) return;
    setCursor(key(row));
    bring(places.get(key(row))!);
    if (!row.more) page.select(row.node, 'replace');
  };
  const act = (row: Row) => {
    if (row.more) set({ whole: new Set(state.whole).add(row.node) });
    else page.select(row.node, 'push');
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const row = shown[at];
    if (!row) return;
    const node = row.node;
    const page_ = Math.max(1, Math.floor(view.height / HEIGHT) - 1);
    const parent = tree.parent[node];
    const keys: Record<string, () => void> = {
      ArrowDown: () => go(at + 1),
      ArrowUp: () => go(at - 1),
      Home: () => go(0),
      End: () => go(shown.length - 1),
      PageDown: () => go(at + page_),
      PageUp: () => go(at - page_),
      ArrowRight: () => {
        if (row.more || !tree.children[node]) return;
        if (open.has(node)) go(at + 1);
        else setOpen([node], true);
      },
      ArrowLeft: () => {
        if (!row.more && open.has(node) && tree.children[node]) setOpen([node], false);
        else if (row.more) go(places.get(`n${node}`) ?? at);
        else if (parent >= 0) go(places.get(`n${parent}`) ?? at);
      },
      Enter: () => act(row),
      ' ': () => act(row),
      '*': () => setOpen(tree.childrenOf(row.more ? node : parent).filter((n) => tree.children[n]), true),
    };
    const known = keys[event.key];
    if (known) known();
    else if (event.key.length === 1 && !'/?'.includes(event.key)) typeAhead(event.key);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const typeAhead = (letter: string) => {
    const now = performance.now();
    const before = now - typed.current.at < 700 ? typed.current.text : '';
    typed.current = { text: before + lower(letter), at: now };
    const wanted = typed.current.text;
    for (let step = wanted.length > 1 ? 0 : 1; step <= shown.length; step++) {
      const place = (at + step) % shown.length;
      const row = shown[place];
      if (!row.more && lower(page.nameOf(row.node)).startsWith(wanted)) return go(place);
    }
  };

  const from = Math.max(0, Math.floor(view.top / HEIGHT) - AROUND);
  const to = Math.min(shown.length, Math.ceil((view.top + view.height) / HEIGHT) + AROUND);
  const drawn = shown.slice(from, to).map((row, place) => ({ row, place: from + place }));
  if (at >= 0 && (at < from || at >= to)) drawn.push({ row: shown[at], place: at });
  return (
    <section class="treepane" aria-label="Tree" style={{ '--digits': String(thousands(tree.n ? tree.size[0] : 0).length) }}>
      <TreeHead page={page} shown={shown.length} />
      <div
        ref={scroller}
        class="tree"
        role="tree"
        tabIndex={0}
        aria-label="Hierarchy"
        aria-activedescendant={at >= 0 ? rowId(shown[at]) : undefined}
        onKeyDown={onKeyDown}
      >
        <div class="rows" role="presentation" style={{ height: `${shown.length * HEIGHT}px` }}>
          {drawn.map(({ row, place }) => (
            <TreeRow
              key={key(row)}
              page={page}
              row={row}
              top={place * HEIGHT}
              at={place === at}
              isOpen={!row.more && open.has(row.node)}
              act={() => {
                setCursor(key(row));
                act(row);
              }}
              toggle={() => setOpen([row.node], !open.has(row.node))}
            />
          ))}
        </div>
        {!shown.length && <p class="empty">Nothing here.</p>}
      </div>
    </section>
  );
}

function TreeHead({ page, shown }: { page: Page; shown: number }) {
  const { tree, state, hits, set } = page;
  return (
    <div class="treehead">
      <label class="pick">
        <span class="hidden">Sort the tree</span>
        <select value={state.sort} onChange={(event) => set({ sort: event.currentTarget.value as Sort })}>
          <option value="size">Largest first</option>
          <option value="name">By name</option>
          <option value="doubt">Most doubtful first</option>
        </select>
      </label>
      <span class="gap" />
      {page.changed && (
        <label class="pick">
          <input
            type="checkbox"
            checked={state.onlyChanged}
            onChange={(event) => set({ onlyChanged: event.currentTarget.checked })}
          />
          Only what changed
        </label>
      )}
      {hits ? (
        <span>{thousands(shown)} rows</span>
      ) : page.changed ? null : (
        <>
          <button
            type="button"
            onClick={() => set({ open: new Set(tree.childrenOf(-1).filter((n) => tree.children[n])) })}
          >
            Roots open
          </button>
          <button type="button" onClick={() => set({ open: new Set(), whole: new Set() })}>
            All closed
          </button>
        </>
      )}
    </div>
  );
}

const CHANGES: [string, string, string][] = [
  ['', '', ''],
  ['+', 'new', 'light-dark(#0b5cad,#6db3f2)'],
  ['→', 'moved', 'light-dark(#a35200,#f0a35c)'],
  ['~', 'renamed', 'light-dark(#57606a,#a3adb8)'],
  ['⇒', 'merged', 'light-dark(#a35200,#f0a35c)'],
  ['⇐', 'split', 'light-dark(#a35200,#f0a35c)'],
];

function rowId(row: Row): string {
  return `row-${key(row)}`;
}

interface RowProps {
  page: Page;
  row: Row;
  top: number;
  at: boolean;
  isOpen: boolean;
  act(): void;
  toggle(): void;
}

function TreeRow({ page, row, top, at, isOpen, act, toggle }: RowProps) {
  const { tree, state, hits, look } = page;
  const indent = { paddingLeft: `${6 + row.depth * 16}px`, top: `${top}px` };
  const place = { 'aria-level': row.depth + 1, 'aria-setsize': row.of, 'aria-posinset': row.place };
  if (row.more) {
    const text = `… ${thousands(row.more)} more`;
    return (
      <div id={rowId(row)} class={`row more${at ? ' at' : ''}`} role="treeitem" aria-selected={false} {...place} style={indent} onClick={act}>
        <span class="twist" />
        <span class="name">{text}</span>
      </div>
    );
  }
  const node = row.node;
  const leaf = tree.isLeaf(node);
  const chosen = state.selected === node;
  const colour = css(look.colours[look.kind[node]] ?? look.colours[0]);
  const siblings = tree.parent[node] < 0 ? 0 : tree.first[tree.parent[node]];
  // Bars are told apart best when the longest is as long as it can be.
  const longest = Math.max(1, tree.size[siblings]);
  const doubts = tree.doubts[node];
  const below = hits ? hits.below[node] - (hits.self[node] ? 1 : 0) : 0;
  const share = percent(tree.share(node));
  const change = tree.change ? CHANGES[tree.change[node]] : null;
  return (
    <div
      id={rowId(row)}
      class={`row${chosen ? ' chosen' : ''}${at ? ' at' : ''}${row.depth === 0 ? ' root' : ''}`}
      role="treeitem"
      aria-selected={chosen}
      aria-expanded={leaf ? undefined : isOpen}
      {...place}
      style={indent}
      onClick={act}
      onDblClick={() => (leaf ? page.fit(node) : toggle())}
    >
      <span
        class="twist"
        onClick={(event) => {
          if (leaf) return;
          event.stopPropagation();
          toggle();
        }}
      >
        {!leaf && (
          <svg width="8" height="8" viewBox="0 0 8 8" aria-hidden="true">
            <path d="M2 .8 6 4 2 7.2z" fill="currentColor" />
          </svg>
        )}
      </span>
      <span class={`chip${leaf ? ' leaf' : ''}`} style={{ background: colour }} />
      {change && change[0] && (
        <span class="change" title={change[1]} style={{ color: change[2] }}>
          <span aria-hidden="true">{change[0]}</span>
          <Aloud text={`${change[1]}: `} />
        </span>
      )}
      <span class="name" dir="auto" title={page.nameOf(node)}>
        <Marked text={page.nameOf(node)} query={hits?.query ?? ''} />
      </span>
      <Aloud text=", " />
      {below > 0 && (
        <span class="tag">
          {thousands(below)} below
          <Aloud text=" are hits, " />
        </span>
      )}
      {doubts > 0 && (
        <span class="doubt" title={leaf ? 'doubtful' : `${doubts} doubtful placements`}>
          <span aria-hidden="true">{leaf ? '?' : `${thousands(doubts)} ?`}</span>
          <Aloud text={leaf ? 'doubtful, ' : `${doubts} doubtful, `} />
        </span>
      )}
      <span class="bar">
        <i style={{ width: `${(100 * tree.size[node]) / longest}%`, background: colour }} />
      </span>
      <span class="share">
        {share}
        <Aloud text=", " />
      </span>
      <span class="size">
        {thousands(tree.size[node])}
        <Aloud text=" items" />
      </span>
    </div>
  );
}

/** What is read aloud, and not seen. */
function Aloud({ text }: { text: string }) {
  return <span class="hidden">{text}</span>;
}

export function Marked({ text, query }: { text: string; query: string }) {
  const found = parts(text, query);
  if (!found) return <>{text}</>;
  return (
    <>
      {found[0]}
      <mark>{found[1]}</mark>
      {found[2]}
    </>
  );
}
