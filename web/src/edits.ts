// Corrections, as edits.toml has them. The rules are those of pipelines/src/edits: what they would
// refuse is not offered.
import type { Tree } from './model';

export type Edit =
  | { kind: 'rename'; node: number; name: string; description: string }
  | { kind: 'merge'; node: number; others: number[]; name: string }
  | { kind: 'move'; node: number; to: number }
  | { kind: 'pin'; node: number; to: number };

/** At most so many base clusters stand for a parent. */
const EXAMPLES = 6;

export function key(name: string): string {
  return name.trim().toLowerCase();
}

/** Parents that `node` may be put under. */
export function mayMoveTo(tree: Tree, node: number): number[] {
  const found: number[] = [];
  const above = tree.parent[node];
  const highest = above < 0 ? 255 : tree.level[above];
  const most = Math.max(highest, Math.min(255, tree.level[node] + 1));
  for (let to = 0; to < tree.n; to++) {
    if (!tree.children[to] || to === above || to === node) continue;
    if (tree.level[to] <= tree.level[node] || tree.level[to] > most) continue;
    if (tree.path(to).includes(node)) continue;
    found.push(to);
  }
  return found;
}

/** Parents that `node` may be merged with. */
export function mayMergeWith(tree: Tree, node: number): number[] {
  const found: number[] = [];
  for (let other = 0; other < tree.n; other++) {
    if (other !== node && tree.children[other] && tree.level[other] === tree.level[node]) {
      found.push(other);
    }
  }
  return found;
}

/** Why an edit would not apply; nothing where it would. */
export function problem(tree: Tree, edit: Edit): string | null {
  const named = (name: string, parent: number, but: number[]) =>
    tree
      .childrenOf(parent)
      .find((other) => !but.includes(other) && key(tree.names[other]) === key(name));
  switch (edit.kind) {
    case 'rename':
      if (!edit.name.trim()) return 'A name is wanted.';
      if (named(edit.name, tree.parent[edit.node], [edit.node]) !== undefined) {
        return 'A sibling is called so already: merge the two, or choose another name.';
      }
      return null;
    case 'merge': {
      if (!edit.others.length) return 'Choose what it is merged with.';
      const all = [edit.node, ...edit.others];
      if (edit.name && named(edit.name, tree.parent[edit.node], all) !== undefined) {
        return 'A sibling is called so already.';
      }
      const seen = new Map<string, number>();
      for (const child of all.flatMap((node) => tree.childrenOf(node))) {
        const name = key(tree.names[child]);
        const other = seen.get(name);
        if (other !== undefined && !(tree.isLeaf(child) && tree.isLeaf(other))) {
          return `Two children would be called “${tree.names[child]}”: merge or rename one of them first.`;
        }
        seen.set(name, child);
      }
      return null;
    }
    case 'move':
    case 'pin': {
      if (edit.to < 0) return 'Choose a parent.';
      const same = named(tree.names[edit.node], edit.to, [edit.node]);
      if (same !== undefined && !(tree.isLeaf(same) && tree.isLeaf(edit.node))) {
        return 'A child of the same name is there already: merge or rename one of them first.';
      }
      return null;
    }
  }
}

/** In words. */
export function says(tree: Tree, edit: Edit): string {
  const name = (node: number) => `“${tree.names[node]}”`;
  switch (edit.kind) {
    case 'rename':
      return `Rename ${name(edit.node)} to “${edit.name}”`;
    case 'merge':
      return `Merge ${[edit.node, ...edit.others].map(name).join(' and ')}${edit.name ? ` as “${edit.name}”` : ''}`;
    case 'move':
      return `Move ${name(edit.node)} to ${name(edit.to)}`;
    case 'pin':
      return `Pin ${name(edit.node)} under ${name(edit.to)}`;
  }
}

/** The whole file: what was there, and `edits` after it. */
export function toToml(tree: Tree, ids: string[], edits: Edit[], before: string): string {
  const blocks = edits.map((edit) => block(tree, ids, edit));
  const kept = before.trimEnd();
  return [...(kept ? [`${kept}\n`] : []), ...blocks].join('\n');
}

/** One edit as a block of its own. */
export function block(tree: Tree, ids: string[], edit: Edit): string {
  const of = (node: number, except = -1) => reference(tree, ids, node, except);
  switch (edit.kind) {
    case 'rename': {
      const described = edit.description ? `description = ${quoted(edit.description)}\n` : '';
      return `[[rename]]\nparent = ${of(edit.node)}\nname = ${quoted(edit.name)}\n${described}`;
    }
    case 'merge': {
      const parents = [edit.node, ...edit.others].map((node) => `    ${of(node)},\n`).join('');
      const named = edit.name ? `name = ${quoted(edit.name)}\n` : '';
      return `[[merge]]\nparents = [\n${parents}]\n${named}`;
    }
    case 'move':
      return `[[move]]\ncluster = ${of(edit.node)}\nto = ${of(edit.to, edit.node)}\n`;
    case 'pin':
      return `[[pin]]\ncluster = ${of(edit.node)}\nunder = ${of(edit.to, edit.node)}\n`;
  }
}

/**
 * A cluster as it is found again after a rebuild: a base cluster by its id, a parent by its name, its
 * level and a few base clusters, of which no child of it holds more than half.
 */
function reference(tree: Tree, ids: string[], node: number, except: number): string {
  if (tree.isLeaf(node)) return quoted(ids[node]);
  const all = tree.childrenOf(node);
  let children = all.filter((child) => child !== except);
  if (!children.length) children = all;
  const each =
    children.length === 2 ? Math.min(...children.map((c) => Math.min(2, tree.leaves[c]))) : 1;
  const chosen = Math.min(children.length, EXAMPLES);
  const of: string[] = [];
  for (let place = 0; place < chosen; place++) {
    const child = children[Math.floor((place * children.length) / chosen)];
    of.push(...firstLeaves(tree, child, each).map((leaf) => ids[leaf]));
  }
  of.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const list = of.map(quoted).join(', ');
  return `{ name = ${quoted(tree.names[node])}, level = ${tree.level[node]}, of = [${list}] }`;
}

function firstLeaves(tree: Tree, node: number, most: number): number[] {
  const found: number[] = [];
  const open = [node];
  while (open.length && found.length < most) {
    const at = open.pop()!;
    if (tree.isLeaf(at)) found.push(at);
    open.push(...tree.childrenOf(at).reverse());
  }
  return found;
}

/** A TOML basic string. */
export function quoted(text: string): string {
  // What JSON escapes, TOML reads; it wants DEL escaped too, and knows no lone surrogates.
  const whole = text.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd');
  return JSON.stringify(whole).replace(/\u007f/g, '\\u007F');
}
