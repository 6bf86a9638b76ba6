// Search over names, then descriptions. Plain substrings: 100,000 names take some milliseconds.
import type { Tree } from './model';

export interface Hits {
  query: string;
  /** 2: in the name, 1: in the description. */
  self: Uint8Array;
  /** Hits in the subtree, the node itself counted. */
  below: Int32Array;
  /** The best first. */
  list: number[];
}

export class Search {
  private names: string[] | null = null;
  private descriptions: string[] | null = null;

  constructor(private readonly tree: Tree) {}

  run(query: string, descriptions: string[] | null): Hits | null {
    const wanted = lower(query.trim());
    if (!wanted) return null;
    const tree = this.tree;
    this.names ??= tree.names.map(lower);
    if (descriptions) this.descriptions ??= descriptions.map(lower);
    const self = new Uint8Array(tree.n);
    const below = new Int32Array(tree.n);
    const [starts, inside, described]: number[][] = [[], [], []];
    for (let node = 0; node < tree.n; node++) {
      const at = this.names[node].indexOf(wanted);
      if (at >= 0) {
        self[node] = 2;
        const begins = at === 0 || this.names[node][at - 1] === ' ';
        (begins ? starts : inside).push(node);
      } else if (this.descriptions?.[node].includes(wanted)) {
        self[node] = 1;
        described.push(node);
      }
    }
    for (let node = tree.n - 1; node >= 0; node--) {
      if (self[node]) below[node]++;
      const parent = tree.parent[node];
      if (parent >= 0) below[parent] += below[node];
    }
    return { query: wanted, self, below, list: [...starts, ...inside, ...described] };
  }
}

export function lower(text: string): string {
  return text.toLocaleLowerCase();
}

/** Where `query` stands in `text`, to be marked: [before, hit, after]. */
export function parts(text: string, query: string): [string, string, string] | null {
  const at = query ? lower(text).indexOf(query) : -1;
  return at < 0
    ? null
    : [text.slice(0, at), text.slice(at, at + query.length), text.slice(at + query.length)];
}
