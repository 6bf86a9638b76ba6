// Which rows the tree shows.
import { Tree } from './model';
import type { Hits } from './search';

export type Sort = 'size' | 'name' | 'doubt';

export interface Row {
  /** The node; for "… 23 more" the parent (-1 at the top). */
  node: number;
  /** How many are left out, where the row stands for them. */
  more: number;
  depth: number;
  /** Place among its siblings, from 1, and how many they are. */
  place: number;
  of: number;
}

export interface Shape {
  open: ReadonlySet<number>;
  /** Parents all of whose children are shown. */
  whole: ReadonlySet<number>;
  sort: Sort;
  hits: Hits | null;
  /** Only what changed, where two hierarchies are compared. */
  changed: Int32Array | null;
}

/** More children than this are cut to the first of them; of roots more are shown. */
const CUT_FROM = 14;
const CUT_TO = 10;
const ROOTS = 25;

export function key(row: Row): string {
  return row.more ? `more${row.node}` : `n${row.node}`;
}

export function rows(tree: Tree, shape: Shape): Row[] {
  const found: Row[] = [];
  const add = (parent: number, depth: number) => {
    const all = children(tree, parent, shape);
    const cut = all.length > (parent < 0 ? ROOTS : CUT_FROM) && !shape.whole.has(parent);
    const first = parent < 0 ? ROOTS - 5 : CUT_TO;
    const shown = cut ? all.slice(0, first) : all;
    shown.forEach((node, at) => {
      found.push({ node, more: 0, depth, place: at + 1, of: all.length });
      if (shape.open.has(node) && tree.children[node]) add(node, depth + 1);
    });
    if (cut) {
      const more = all.length - first;
      found.push({ node: parent, more, depth, place: first + 1, of: all.length });
    }
  };
  add(-1, 0);
  return found;
}

function children(tree: Tree, parent: number, { sort, hits, changed }: Shape): number[] {
  let all = tree.childrenOf(parent);
  if (hits) all = all.filter((node) => hits.below[node] > 0);
  if (changed) all = all.filter((node) => changed[node] > 0);
  if (sort === 'name') {
    all.sort((a, b) => (tree.names[a] < tree.names[b] ? -1 : 1));
  } else if (sort === 'doubt') {
    all.sort((a, b) => tree.doubts[b] - tree.doubts[a] || a - b);
  }
  return all;
}

/** What is open at first: all of it where that is little, else as much as fits in so many rows. */
export function openAtFirst(tree: Tree, room: number): Set<number> {
  const open = new Set<number>();
  if (tree.n <= Math.max(70, room)) {
    for (let node = 0; node < tree.n; node++) if (tree.children[node]) open.add(node);
    return open;
  }
  let rows = Math.min(tree.roots, ROOTS);
  // Whole levels first, so that what is seen can be compared.
  for (let node = 0; node < Math.min(tree.roots, ROOTS); node++) {
    const added = Math.min(tree.children[node], CUT_FROM);
    if (rows + added > room) break;
    rows += added;
    open.add(node);
  }
  return open;
}

/** What is open while searching: what leads to hits, as long as it can be looked through. */
export function openForHits(tree: Tree, counts: Int32Array, most = 400): Set<number> {
  const open = new Set<number>();
  let rows = 0;
  for (let node = 0; node < tree.n && rows < most; node++) {
    const parent = tree.parent[node];
    if (!counts[node] || !tree.children[node] || (parent >= 0 && !open.has(parent))) continue;
    let inside = 0;
    for (let at = tree.first[node]; at < tree.first[node + 1]; at++) if (counts[at]) inside++;
    if (!inside) continue;
    rows += Math.min(inside, CUT_FROM);
    open.add(node);
  }
  return open;
}
