// What the page remembers: in the address, so that a link shows the same, and corrections in the
// browser's store, so that none is lost.
import type { Edit } from './edits';
import type { Sort } from './rows';

export type View = 'map' | 'icicle' | 'list' | 'tree';

export interface State {
  selected: number;
  view: View;
  colour: string;
  query: string;
  sort: Sort;
  open: Set<number>;
  whole: Set<number>;
  /** While searching: what is open then. */
  searchOpen: Set<number>;
  theme: 'auto' | 'light' | 'dark';
  edits: Edit[];
  onlyChanged: boolean;
  dialog: 'help' | 'edits' | null;
}

/** What stands behind the # of the address. */
export interface Link {
  id?: string;
  path?: string[];
  view?: View;
  colour?: string;
  query?: string;
  sort?: Sort;
  at?: [number, number, number];
}

const VIEWS: View[] = ['map', 'icicle', 'list', 'tree'];
const SORTS: Sort[] = ['size', 'name', 'doubt'];

export function readLink(hash: string): Link {
  const said = new URLSearchParams(hash.replace(/^#/, ''));
  const link: Link = {};
  const id = said.get('s');
  if (id) link.id = id;
  const path = said.get('p');
  if (path) link.path = path.split('/').map(decode);
  const view = said.get('v') as View;
  if (VIEWS.includes(view)) link.view = view;
  const sort = said.get('o') as Sort;
  if (SORTS.includes(sort)) link.sort = sort;
  if (said.get('c')) link.colour = said.get('c')!;
  if (said.get('q')) link.query = said.get('q')!;
  const at = ['x', 'y', 'k'].map((name) => parseFloat(said.get(name) ?? ''));
  if (at.every(Number.isFinite) && at[2] > 0) link.at = at as [number, number, number];
  return link;
}

export function writeLink(link: Link): string {
  const said = new URLSearchParams();
  if (link.id) said.set('s', link.id);
  if (link.path?.length) said.set('p', link.path.map(encodeURIComponent).join('/'));
  if (link.view && link.view !== 'map') said.set('v', link.view);
  if (link.colour && link.colour !== 'root') said.set('c', link.colour);
  if (link.sort && link.sort !== 'size') said.set('o', link.sort);
  if (link.query) said.set('q', link.query);
  if (link.at && link.at[2] > 1.001) {
    ['x', 'y', 'k'].forEach((name, at) => said.set(name, link.at![at].toFixed(at === 2 ? 2 : 4)));
  }
  const text = said.toString();
  return text ? `#${text}` : '';
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A browser may keep nothing for a file, or refuse: then it is as if nothing had been kept. */
export function recall<T>(key: string): T | null {
  try {
    const text = localStorage.getItem(key);
    return text ? (JSON.parse(text) as T) : null;
  } catch {
    return null;
  }
}

export function remember(key: string, value: unknown): void {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // See above.
  }
}
