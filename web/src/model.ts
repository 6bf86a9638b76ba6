// The tree as columns. Nodes stand level by level, each parent's children side by side, so that the
// numbers of children are the whole tree and what is below a node is a range a level.
import type { Block } from './data';
import type { Questions } from './questions';

export const SURE = { unknown: 0, only: 1, clear: 2, close: 3, doubt: 4, people: 5 } as const;

/** The map's size, and what the ranges of names are counted by. */
export interface MapHead {
  width: number;
  height: number;
  side: number;
  steps: number;
  below: number;
}

export interface Input {
  name: string;
  values: string[];
  of: Float64Array;
}

export class Tree {
  readonly n: number;
  readonly roots: number;
  readonly title: string;
  readonly noise: number;
  readonly savedEdits: string;
  readonly asked: boolean;
  readonly note: string;
  readonly margins: (number | null)[];
  readonly children: Float64Array;
  readonly first: Int32Array;
  readonly parent: Int32Array;
  readonly depth: Uint8Array;
  readonly root: Int32Array;
  readonly level: Uint8Array;
  readonly size: Float64Array;
  readonly names: string[];
  readonly sure: Uint8Array;
  /** Base clusters below, and how many of them are in doubt. */
  readonly leaves: Int32Array;
  readonly doubts: Int32Array;
  readonly total: number;
  readonly deepest: number;
  readonly map: MapHead | null;
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly from: Uint8Array;
  readonly until: Uint8Array;
  readonly inputs: Input[];
  readonly since: string | null;
  readonly gone: [string, number, string][];
  readonly summary: string[];
  readonly change: Uint8Array | null;
  readonly says: string[];

  constructor(block: Block) {
    const head = block.head;
    this.n = head.nodes as number;
    this.roots = head.roots as number;
    this.title = head.title as string;
    this.noise = head.noise as number;
    this.savedEdits = head.edits as string;
    this.asked = head.asked as boolean;
    this.note = head.note as string;
    this.margins = head.margins as (number | null)[];
    const n = this.n;
    this.children = block.numbers('children', n);
    this.level = block.u8('level');
    this.size = block.numbers('size', n);
    this.sure = block.u8('sure');
    this.names = n ? block.texts('name') : [];
    this.first = new Int32Array(n + 1);
    this.parent = new Int32Array(n).fill(-1);
    this.depth = new Uint8Array(n);
    this.root = new Int32Array(n);
    let next = this.roots;
    for (let node = 0; node < n; node++) {
      if (node < this.roots) this.root[node] = node;
      this.first[node] = next;
      for (let child = next; child < next + this.children[node]; child++) {
        this.parent[child] = node;
        this.depth[child] = this.depth[node] + 1;
        this.root[child] = this.root[node];
      }
      next += this.children[node];
    }
    this.first[n] = n;
    this.leaves = new Int32Array(n);
    this.doubts = new Int32Array(n);
    for (let node = n - 1; node >= 0; node--) {
      if (!this.children[node]) this.leaves[node] = 1;
      if (this.sure[node] === SURE.doubt) this.doubts[node]++;
      const parent = this.parent[node];
      if (parent >= 0) {
        this.leaves[parent] += this.leaves[node];
        this.doubts[parent] += this.doubts[node];
      }
    }
    let total = 0;
    for (let root = 0; root < this.roots; root++) total += this.size[root];
    this.total = total;
    this.deepest = n ? this.depth[n - 1] : 0;
    const map = head.map as number[] | undefined;
    this.map = map
      ? { width: map[0], height: map[1], side: map[2], steps: map[3], below: map[4] }
      : null;
    const whole = (name: string) =>
      map ? Float32Array.from(block.u16(name), (value) => value / 65535) : new Float32Array(n);
    this.x = whole('x');
    this.y = whole('y');
    this.from = map ? block.u8('from') : new Uint8Array(n).fill(255);
    this.until = map ? block.u8('until') : new Uint8Array(n).fill(255);
    this.inputs = ((head.inputs ?? []) as [string, string[]][]).map(([name, values], at) => ({
      name,
      values,
      of: block.numbers(`input${at}`, n),
    }));
    this.since = (head.since as string | undefined) ?? null;
    this.gone = (head.gone ?? []) as [string, number, string][];
    this.summary = (head.summary ?? []) as string[];
    this.change = block.has('change') ? block.u8('change') : null;
    this.says = block.has('says') ? block.texts('says') : [];
  }

  isLeaf(node: number): boolean {
    return !this.children[node];
  }

  hasPlace(node: number): boolean {
    return this.map !== null && this.from[node] !== 254;
  }

  /** The node and its ancestors, from the root down. */
  path(node: number): number[] {
    const path = [];
    for (let at = node; at >= 0; at = this.parent[at]) path.push(at);
    return path.reverse();
  }

  /** Calls `visit` with the ranges that the node and what is below it are in, a level each. */
  ranges(node: number): [number, number][] {
    const ranges: [number, number][] = [];
    let from = node;
    let to = node + 1;
    while (from < to) {
      ranges.push([from, to]);
      [from, to] = [this.first[from], this.first[to]];
    }
    return ranges;
  }

  leavesBelow(node: number): number[] {
    const found: number[] = [];
    for (const [from, to] of this.ranges(node)) {
      for (let at = from; at < to; at++) if (!this.children[at]) found.push(at);
    }
    return found;
  }

  childrenOf(node: number): number[] {
    const [from, to] = node < 0 ? [0, this.roots] : [this.first[node], this.first[node + 1]];
    return Array.from({ length: to - from }, (_, at) => from + at);
  }

  /** Share of its parent, or of everything. */
  share(node: number): number {
    const parent = this.parent[node];
    return this.size[node] / Math.max(1, parent < 0 ? this.total : this.size[parent]);
  }

  baseCount(): number {
    let sum = 0;
    for (let root = 0; root < this.roots; root++) sum += this.leaves[root];
    return sum;
  }
}

/** What is read later: ids, descriptions, and why a cluster is where it is. */
export class Later {
  ids: string[] | null = null;
  descriptions: string[] | null = null;
  why: Why | null = null;
  asked: Questions | null = null;
  private byId: Map<string, number> | null = null;

  find(id: string): number | undefined {
    if (!this.byId && this.ids) this.byId = new Map(this.ids.map((id, at) => [id, at]));
    return this.byId?.get(id);
  }
}

const MATCHES = ['', 'exact', 'normalised', 'fuzzy', 'nearest', 'only'];

export class Why {
  private readonly given: Float64Array;
  private readonly second: Float64Array;
  private readonly candidates: string[];
  private readonly became: Float64Array;
  private readonly scopes: string[];
  private readonly match: Uint8Array;
  private readonly margins: Float64Array;
  private readonly answers: string[];
  private readonly remarks: string[];
  private readonly counts: Float64Array;
  private readonly starts: Float64Array;
  private readonly members: string[];
  private readonly shown: number;

  constructor(block: Block, n: number) {
    this.given = block.numbers('given', n);
    this.second = block.numbers('second', n);
    this.candidates = block.texts('candidate');
    this.became = block.numbers('became', this.candidates.length);
    this.scopes = block.texts('scope');
    this.match = block.u8('match');
    this.margins = block.numbers('margin', n);
    this.answers = block.texts('answer');
    this.remarks = block.texts('remark');
    this.counts = block.numbers('members', n);
    this.shown = block.head.shown as number;
    this.members = block.texts('member');
    this.starts = new Float64Array(n + 1);
    for (let node = 0; node < n; node++) {
      this.starts[node + 1] = this.starts[node] + Math.min(this.counts[node], this.shown);
    }
  }

  margin(node: number): number | null {
    return this.margins[node] ? (this.margins[node] - 20001) / 10000 : null;
  }

  of(node: number) {
    const candidate = (number: number) =>
      number
        ? {
            name: this.candidates[number - 1],
            scope: this.scopes[number - 1],
            node: this.became[number - 1] ? this.became[number - 1] - 1 : -1,
          }
        : null;
    return {
      given: candidate(this.given[node]),
      second: candidate(this.second[node]),
      match: MATCHES[this.match[node]],
      margin: this.margin(node),
      answer: this.answers[node],
      remark: this.remarks[node],
    };
  }

  /** Ids of items below `nodes`, the first `most`, and how many there are. */
  items(nodes: number[], most: number): { shown: string[]; all: number } {
    const shown: string[] = [];
    let all = 0;
    for (const node of nodes) {
      all += this.counts[node];
      for (let at = this.starts[node]; at < this.starts[node + 1] && shown.length < most; at++) {
        shown.push(this.members[at]);
      }
    }
    return { shown, all };
  }
}
