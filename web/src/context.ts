// What every part of the page gets.
import type { Look } from './map';
import type { Later, Tree } from './model';
import type { Hits } from './search';
import type { State } from './state';
import type { Edit } from './edits';

export interface Page {
  tree: Tree;
  later: Later;
  state: State;
  look: Look;
  hits: Hits | null;
  /** What changed below each node, where two hierarchies are compared. */
  changed: Int32Array | null;
  set(patch: Partial<State>): void;
  /** Selects a node; `how` says whether the browser's "back" leads to what was selected before. */
  select(node: number, how: 'push' | 'replace'): void;
  /** Flies to a node on the map, or makes it the whole height of the icicle. */
  fit(node: number): void;
  say(text: string): void;
  addEdit(edit: Edit): void;
  /** Names as corrections would have them. */
  nameOf(node: number): string;
  served: boolean;
}
