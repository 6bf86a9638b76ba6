// The page: what is in it, what it remembers, what keys do.
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';

import type { Theme } from './colour';
import type { Page } from './context';
import { Corrections, Help } from './dialogs';
import type { Edit } from './edits';
import { Head } from './head';
import { IciclePane } from './icicle';
import { lookOf, choices } from './look';
import type { MapView } from './map';
import { MapPane } from './mappane';
import type { Later, Tree } from './model';
import { Panel } from './panel';
import { openAtFirst, openForHits } from './rows';
import { Search } from './search';
import { readLink, recall, remember, writeLink, type Link, type State, type View } from './state';
import { thousands } from './text';
import { TreePane } from './tree';
import { doubtful, Worklist } from './worklist';

interface Props {
  tree: Tree;
  later: Later;
  /** Tells when more of `later` is there. */
  onLater(listener: () => void): void;
}

const ROW = 28;

export function App({ tree, later, onLater }: Props) {
  const link = useRef<Link>(readLink(location.hash));
  const store = `cladus:${tree.title}:${tree.n}:${tree.total}`;
  const [state, setState] = useState<State>(() => first(tree, link.current, store));
  const [, setThere] = useState(0);
  const [said, setSaid] = useState('');
  const [focus, setFocus] = useState(-1);
  const dark = useDark();
  const map = useRef<MapView | null>(null);
  const place = useRef<Link['at']>(link.current.at);
  const search = useMemo(() => new Search(tree), [tree]);
  const theme: Theme = state.theme === 'auto' ? (dark ? 'dark' : 'light') : state.theme;
  const look = useMemo(() => lookOf(tree, state.colour, theme), [tree, state.colour, theme]);
  const hits = useMemo(() => search.run(state.query, later.descriptions), [state.query, later.descriptions]);
  const changed = useMemo(() => changedBelow(tree), [tree]);
  const latest = useRef(state);
  latest.current = state;

  const set = useCallback((patch: Partial<State>) => setState((before) => ({ ...before, ...patch })), []);
  const say = useCallback((text: string) => setSaid(text), []);
  useEffect(() => onLater(() => setThere((count) => count + 1)), []);
  useLayoutEffect(() => {
    if (state.theme === 'auto') document.documentElement.removeAttribute('data-theme');
    else document.documentElement.dataset.theme = state.theme;
  }, [state.theme]);
  // Before anything else can happen: a page that reloads or is closed right after a correction has kept it, or let it go.
  useLayoutEffect(() => remember(store, { edits: state.edits, theme: state.theme }), [state.edits, state.theme]);
  useEffect(() => {
    if (hits) set({ searchOpen: openForHits(tree, hits.below) });
    if (hits) say(`${hits.list.length} hits`);
  }, [hits]);

  /** The address of what is shown. */
  const address = useCallback((state: State) => {
    const id = state.selected >= 0 ? later.ids?.[state.selected] : undefined;
    const path = state.selected >= 0 && later.ids ? tree.path(state.selected).slice(0, -1).map((node) => later.ids![node]) : undefined;
    const { view, colour, query, sort } = state;
    return writeLink({ id, path, view, colour, query, sort, at: place.current }) || location.pathname + location.search;
  }, []);
  // With what is shown, not after it: who copies the address at once has that of what they see.
  useLayoutEffect(() => {
    // A link's cluster is not known before its id is read.
    if (link.current.id && !later.ids) return;
    history.replaceState(null, '', address(state));
  }, [state.view, state.colour, state.query, state.sort, state.selected, later.ids]);

  const select = useCallback((node: number, how: 'push' | 'replace') => {
    const before = latest.current;
    if (node === before.selected) return;
    const next = { ...before, selected: node, open: opened(tree, before.open, node), whole: showing(tree, before.whole, node) };
    if (how === 'push' && later.ids) history.pushState(null, '', address(next));
    setState(next);
    if (node >= 0) say(`${tree.names[node]}, ${thousands(tree.size[node])} items`);
    map.current?.reveal(node);
  }, []);
  useEffect(() => {
    const go = () => {
      const back = readLink(location.hash);
      link.current = back;
      if (back.at) map.current?.show(back.at);
      const found = lookUp(tree, later, back);
      const node = found ?? -1;
      set({
        selected: node, view: back.view ?? 'map', colour: back.colour ?? 'root', query: back.query ?? '',
        open: opened(tree, latest.current.open, node), whole: showing(tree, latest.current.whole, node),
      });
    };
    addEventListener('popstate', go);
    return () => removeEventListener('popstate', go);
  }, []);
  useEffect(() => {
    // The link's cluster, as soon as ids are read.
    if (!later.ids || !link.current.id) return;
    const node = lookUp(tree, later, link.current);
    link.current = { ...link.current, id: undefined };
    if (node === undefined) return say('What the link shows is no longer there.');
    setState((before) => ({ ...before, selected: node, open: opened(tree, before.open, node), whole: showing(tree, before.whole, node) }));
  }, [later.ids]);

  const fit = useCallback((node: number) => {
    if (latest.current.view === 'icicle') return setFocus(node >= 0 && tree.isLeaf(node) ? tree.parent[node] : node);
    if (latest.current.view !== 'map') set({ view: 'map' });
    // A map that was not there has to be laid out first.
    requestAnimationFrame(() => requestAnimationFrame(() => map.current?.fit(node)));
  }, []);
  const page: Page = {
    tree, later, state, look, hits, changed, set, select, fit, say,
    served: document.documentElement.dataset.served === 'yes',
    addEdit: (edit: Edit) => {
      set({ edits: [...state.edits, edit] });
      say('Noted.');
    },
    nameOf: (node: number) => renamed(state.edits, node) ?? tree.names[node],
  };
  const list = useMemo(() => (state.view === 'list' ? doubtful(page) : []), [state.view, later.why, hits]);
  useKeys(page, map, list);
  return (
    <div class={`app v-${state.view}`} style={useTreeWidth()}>
      <Head page={page} choices={choices(tree)} />
      <TreePane page={page} />
      <Grip />
      <main class="main">
        {state.view === 'icicle' ? (
          <IciclePane page={page} focus={focus} setFocus={setFocus} />
        ) : state.view === 'list' ? (
          <Worklist page={page} list={list} />
        ) : (
          <MapPane
            page={page}
            view={map}
            at={place.current}
            moved={(at) => {
              place.current = at;
              if (!link.current.id) history.replaceState(null, '', address(latest.current));
            }}
          />
        )}
      </main>
      <Panel page={page} />
      <div class="hidden" aria-live="polite">{said}</div>
      {state.dialog === 'help' && <Help close={() => set({ dialog: null })} />}
      {state.dialog === 'edits' && <Corrections page={page} close={() => set({ dialog: null })} />}
    </div>
  );
}

function first(tree: Tree, link: Link, store: string): State {
  const kept = recall<{ edits: Edit[]; theme: State['theme'] }>(store);
  const phone = matchMedia('(max-width: 760px)').matches;
  const view: View = link.view ?? (phone ? 'tree' : tree.map ? 'map' : 'icicle');
  const known = choices(tree).some(([name]) => name === link.colour);
  return {
    selected: -1,
    view,
    colour: known ? link.colour! : 'root',
    query: link.query ?? '',
    sort: link.sort ?? 'size',
    open: openAtFirst(tree, Math.max(20, Math.floor((innerHeight - 80) / ROW))),
    whole: new Set(),
    searchOpen: new Set(),
    theme: kept?.theme ?? 'auto',
    edits: (kept?.edits ?? []).filter((edit) => edit.node < tree.n),
    onlyChanged: tree.change !== null,
    dialog: null,
  };
}

/** What a link means: its cluster, else the nearest ancestor that it names. */
function lookUp(tree: Tree, later: Later, link: Link): number | undefined {
  if (!link.id) return undefined;
  const node = later.find(link.id);
  if (node !== undefined) return node;
  for (const id of [...(link.path ?? [])].reverse()) {
    const above = later.find(id);
    if (above !== undefined && above < tree.n) return above;
  }
  return undefined;
}

/** `open` with all that leads to `node`. */
function opened(tree: Tree, open: Set<number>, node: number): Set<number> {
  const above = node < 0 ? [] : tree.path(node).slice(0, -1).filter((node) => !open.has(node));
  return above.length ? new Set([...open, ...above]) : open;
}

/** `whole` with all parents of which `node` and its ancestors might be left out. */
function showing(tree: Tree, whole: Set<number>, node: number): Set<number> {
  const wanted = node < 0 ? [] : tree.path(node).filter((node) => node - (tree.parent[node] < 0 ? 0 : tree.first[tree.parent[node]]) >= 10);
  const parents = wanted.map((node) => tree.parent[node]).filter((node) => !whole.has(node));
  return parents.length ? new Set([...whole, ...parents]) : whole;
}

function renamed(edits: Edit[], node: number): string | undefined {
  for (const edit of [...edits].reverse()) {
    if (edit.node === node && (edit.kind === 'rename' || edit.kind === 'merge') && edit.name) return edit.name;
  }
  return undefined;
}

/** How many nodes in each subtree changed. */
function changedBelow(tree: Tree): Int32Array | null {
  if (!tree.change) return null;
  const below = new Int32Array(tree.n);
  for (let node = tree.n - 1; node >= 0; node--) {
    if (tree.change[node]) below[node]++;
    if (tree.parent[node] >= 0) below[tree.parent[node]] += below[node];
  }
  return below;
}

function useDark(): boolean {
  const query = useMemo(() => matchMedia('(prefers-color-scheme: dark)'), []);
  const [dark, setDark] = useState(query.matches);
  useEffect(() => {
    const change = () => setDark(query.matches);
    query.addEventListener('change', change);
    return () => query.removeEventListener('change', change);
  }, []);
  return dark;
}

const WIDTHS: [number, number] = [280, 680];
let setTreeWidth: (width: number) => void = () => {};

function useTreeWidth() {
  const [width, setWidth] = useState(recall<number>('cladus:tree') ?? 0);
  setTreeWidth = (width) => {
    const bounded = Math.max(WIDTHS[0], Math.min(WIDTHS[1], Math.round(width)));
    setWidth(bounded);
    remember('cladus:tree', bounded);
  };
  return width ? { '--tree': `${width}px` } : {};
}

/** The line between tree and map, to be dragged. */
function Grip() {
  const width = () => document.querySelector('.treepane')!.clientWidth;
  return (
    <div
      class="grip"
      role="separator"
      aria-orientation="vertical"
      aria-label="Width of the tree"
      aria-valuemin={WIDTHS[0]}
      aria-valuemax={WIDTHS[1]}
      aria-valuenow={420}
      tabIndex={0}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={(event) => event.buttons && setTreeWidth(event.clientX)}
      onKeyDown={(event) => {
        if (event.key === 'ArrowLeft') setTreeWidth(width() - 20);
        if (event.key === 'ArrowRight') setTreeWidth(width() + 20);
      }}
    />
  );
}

function useKeys(page: Page, map: { current: MapView | null }, list: number[]): void {
  const latest = useRef({ page, list });
  latest.current = { page, list };
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const { page, list } = latest.current;
      const { tree, state, set } = page;
      const target = event.target as HTMLElement;
      if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) return;
      if (target.closest('input, textarea, select')) return;
      const step = (by: number) => {
        const all = list.length ? list : doubtful(page);
        if (!all.length) return page.say('Nothing is in doubt.');
        const at = all.indexOf(state.selected);
        page.select(all[(at + by + all.length) % all.length] ?? all[0], 'push');
      };
      const keys: Record<string, () => void> = {
        '/': () => document.querySelector<HTMLInputElement>('.search input')!.focus(),
        '?': () => set({ dialog: 'help' }),
        m: () => set({ view: 'map' }),
        i: () => set({ view: 'icicle' }),
        l: () => set({ view: 'list' }),
        n: () => step(1),
        p: () => step(-1),
        z: () => page.fit(state.selected),
        Backspace: () => state.selected >= 0 && page.select(tree.parent[state.selected], 'push'),
        Escape: () => (state.query ? set({ query: '' }) : state.selected >= 0 && page.select(-1, 'push')),
        '0': () => map.current?.fit(-1),
      };
      const known = keys[event.key];
      if (!known) return;
      event.preventDefault();
      known();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
}
