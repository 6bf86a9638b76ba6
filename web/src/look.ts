// What is coloured, and how.
import { changes, cividis, kinds, sureness, type Rgb, type Theme } from './colour';
import type { Look } from './map';
import { SURE, type Tree } from './model';
import { FULL, GAP, RING } from './points';

/** What one can colour by, and what it is called. */
export function choices(tree: Tree): [string, string][] {
  const found: [string, string][] = [['root', 'root']];
  if (tree.sure.some((sure) => sure === SURE.clear)) found.push(['sure', 'sureness']);
  if (tree.change) found.push(['change', 'what changed']);
  found.push(['size', 'size']);
  tree.inputs.forEach((input, at) => found.push([`input${at}`, input.name]));
  return found;
}

const STEPS = 12;

export function lookOf(tree: Tree, name: string, theme: Theme): Look {
  if (name === 'sure') {
    const shapes = [FULL, FULL, FULL, RING, GAP, FULL];
    const shape = Uint8Array.from(tree.sure, (sure) => shapes[sure]);
    return { theme, kind: tree.sure, colours: sureness(theme), shape, byRoot: false, name };
  }
  if (name === 'change' && tree.change) {
    return { theme, kind: tree.change, colours: changes(theme), shape: null, byRoot: false, name };
  }
  if (name === 'size') {
    const most = Math.log1p(Math.max(1, ...bounds(tree)));
    const kind = Uint8Array.from(tree.size, (size) =>
      Math.min(STEPS - 1, Math.floor((Math.log1p(size) / most) * STEPS)),
    );
    const colours = Array.from({ length: STEPS }, (_, at) => cividis(at / (STEPS - 1), theme));
    return { theme, kind, colours, shape: null, byRoot: false, name, scale: ['few items', 'many'] };
  }
  const input = name.startsWith('input') ? tree.inputs[Number(name.slice(5))] : undefined;
  if (input) {
    const numbers = input.values.map(Number);
    const grey: Rgb = theme === 'dark' ? [110, 118, 126] : [176, 182, 188];
    const scale = numbers.length > 8 && numbers.every(Number.isFinite);
    const low = Math.min(...numbers);
    const high = Math.max(...numbers);
    const colours = scale
      ? numbers.map((number) => cividis((number - low) / Math.max(1e-9, high - low), theme))
      : kinds(input.values.length, theme);
    const look: Look = { theme, kind: input.of, colours: [grey, ...colours], shape: null, byRoot: false, name };
    return scale ? { ...look, scale: [`${input.name} ${low}`, `${high}`] } : look;
  }
  return { theme, kind: tree.root, colours: kinds(tree.roots, theme, hues(tree)), shape: null, byRoot: true, name: 'root' };
}

function bounds(tree: Tree): number[] {
  let most = 0;
  for (let node = 0; node < tree.n; node++) {
    if (tree.isLeaf(node)) most = Math.max(most, tree.size[node]);
  }
  return [most];
}

/** Where each root lies around the middle of the map, so that neighbours have related hues. */
function hues(tree: Tree): number[] | undefined {
  const { map } = tree;
  if (!map) return undefined;
  return Array.from({ length: tree.roots }, (_, root) => {
    const [x, y] = [tree.x[root] - map.width / 2, tree.y[root] - map.height / 2];
    return Math.atan2(y, x) / (2 * Math.PI) + 0.5;
  });
}
