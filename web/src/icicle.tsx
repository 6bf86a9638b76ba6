// The icicle: levels from left to right, as high as they have items.
import { useEffect, useRef, useState } from 'preact/hooks';

import { INK, PAPER, css, mix } from './colour';
import type { Page } from './context';
import { Key } from './mappane';
import { Tip, type Over } from './tip';
import { cut } from './text';

interface Slice {
  node: number;
  several: number;
  column: number;
  top: number;
  height: number;
}

/** Slices less high than this are drawn as one. */
const LEAST = 2;

export function IciclePane({ page, focus, setFocus }: { page: Page; focus: number; setFocus(node: number): void }) {
  const { tree, state, look } = page;
  const place = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const slices = useRef<{ all: Slice[]; edges: number[] }>({ all: [], edges: [0, 1] });
  const [size, setSize] = useState({ width: 0, height: 0 });
  const [over, setOver] = useState<Over | null>(null);

  useEffect(() => {
    const element = place.current!;
    const measure = () => setSize({ width: element.clientWidth, height: element.clientHeight });
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    measure();
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    if (!size.width) return;
    const all = layOut(page, focus, size.height);
    const columns = Math.max(...all.map((slice) => slice.column), 0) + 1;
    const edges = edgesOf(columns, size.width);
    slices.current = { all, edges };
    draw(canvas.current!, page, all, edges, size);
  }, [size, focus, look, state.selected, page.hits, state.edits]);

  const find = (event: MouseEvent): Slice | undefined => {
    const box = canvas.current!.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const column = slices.current.edges.findIndex((edge) => edge > x) - 1;
    return slices.current.all.find(
      (slice) => slice.column === column && y >= slice.top && y < slice.top + Math.max(slice.height, LEAST),
    );
  };
  const onMove = (event: PointerEvent) => {
    const slice = find(event);
    const box = canvas.current!.getBoundingClientRect();
    setOver(
      slice
        ? { node: slice.node, several: slice.several || undefined, x: event.clientX - box.left, y: event.clientY - box.top }
        : null,
    );
  };
  const onClick = (event: MouseEvent) => {
    const slice = find(event);
    if (!slice) return;
    const node = slice.several ? tree.parent[slice.node] : slice.node;
    if (node < 0) return;
    // Once more on what is the whole height leads up.
    setFocus(node === focus ? tree.parent[node] : tree.isLeaf(node) ? tree.parent[node] : node);
    page.select(node, 'push');
  };
  return (
    <div ref={place} class="mappane">
      <canvas
        ref={canvas}
        role="img"
        aria-label="Icicle: levels from left to right, heights by items. Everything in it is in the tree, too."
        onPointerMove={onMove}
        onPointerLeave={() => setOver(null)}
        onClick={onClick}
      />
      {focus >= 0 && (
        <div class="where">
          <button type="button" onClick={() => setFocus(-1)}>
            Everything
          </button>
          {tree.path(focus).map((node) => (
            <span key={node}>
              {' › '}
              <button type="button" onClick={() => setFocus(node)}>
                {cut(page.nameOf(node), 40)}
              </button>
            </span>
          ))}
        </div>
      )}
      {look.name !== 'root' && <Key page={page} />}
      {over && <Tip page={page} over={over} />}
    </div>
  );
}

/** Where columns begin and the last one ends; deeper ones, where few names fit, are narrower. */
function edgesOf(columns: number, width: number): number[] {
  const weights = Array.from({ length: columns }, (_, column) => 1 / (1 + 0.3 * column));
  const whole = weights.reduce((sum, weight) => sum + weight, 0);
  const edges = [0];
  for (const weight of weights) edges.push(edges[edges.length - 1] + (weight / whole) * width);
  return edges;
}

function layOut(page: Page, focus: number, height: number): Slice[] {
  const { tree } = page;
  // Without sizes, by base clusters.
  const weight = (node: number) => (tree.total > 0 ? tree.size[node] : tree.leaves[node]);
  const found: Slice[] = [];
  const under = (parent: number, column: number, top: number, room: number) => {
    const children = tree.childrenOf(parent);
    const whole = children.reduce((sum, child) => sum + weight(child), 0) || 1;
    let at = top;
    let [few, from] = [0, 0];
    for (const child of children) {
      const high = (weight(child) / whole) * room;
      if (high < LEAST) {
        if (!few) from = child;
        few++;
        continue;
      }
      found.push({ node: child, several: 0, column, top: at, height: high });
      if (tree.children[child]) under(child, column + 1, at, high);
      at += high;
    }
    if (few) found.push({ node: from, several: few, column, top: at, height: top + room - at });
  };
  if (focus < 0) under(-1, 0, 0, height);
  else {
    found.push({ node: focus, several: 0, column: 0, top: 0, height });
    under(focus, 1, 0, height);
  }
  return found;
}

function draw(
  canvas: HTMLCanvasElement,
  page: Page,
  slices: Slice[],
  edges: number[],
  size: { width: number; height: number },
): void {
  const { look, tree, state, hits } = page;
  const dpr = Math.min(2, window.devicePixelRatio || 1);
  canvas.width = Math.round(size.width * dpr);
  canvas.height = Math.round(size.height * dpr);
  const context = canvas.getContext('2d')!;
  context.scale(dpr, dpr);
  const paper = PAPER[look.theme];
  context.fillStyle = css(paper);
  context.fillRect(0, 0, size.width, size.height);
  context.textBaseline = 'top';
  for (const slice of slices) {
    const { node, several, column, top, height } = slice;
    const x = edges[column];
    const across = edges[column + 1] - x;
    const shade = look.theme === 'dark' ? 0.45 : 0.62;
    const base = look.colours[look.kind[node]] ?? look.colours[0];
    const depth = Math.min(0.9, shade + 0.07 * tree.depth[node]);
    const dim = hits && !hits.below[node];
    const colour = mix(base, paper, several ? 0.9 : dim ? 0.94 : depth);
    context.fillStyle = css(colour);
    context.fillRect(x, top, across - 1, Math.max(1, height - (height > 4 ? 1 : 0)));
    if (height > 3 && !several && !dim) {
      context.fillStyle = css(base);
      context.fillRect(x, top, 3, height - 1);
    }
    if (node === state.selected && !several) {
      context.strokeStyle = INK[look.theme];
      context.lineWidth = 2;
      context.strokeRect(x + 1, top + 1, across - 3, Math.max(2, height - 3));
    }
    if (height >= 14 && across > 30) write(context, page, slice, x, across);
  }
}

function write(context: CanvasRenderingContext2D, page: Page, slice: Slice, x: number, across: number): void {
  const { node, several, top, height } = slice;
  const { tree, look } = page;
  const root = tree.depth[node] === 0;
  context.save();
  context.beginPath();
  context.rect(x, top, across - 6, height);
  context.clip();
  context.fillStyle = INK[look.theme];
  const size = height > 34 ? 13 : Math.min(12, height - 2);
  context.font = `${root ? 600 : 450} ${size}px Inter, system-ui, sans-serif`;
  const text = several ? `… ${several} more` : fitting(context, page.nameOf(node), across - 18);
  context.fillText(text, x + 9, top + Math.max(1, Math.min(6, (height - size) / 2 - 1)));
  if (height > 40 && !several) {
    context.fillStyle = look.theme === 'dark' ? '#b8c1ca' : '#49525b';
    context.font = '12px Inter, system-ui, sans-serif';
    context.fillText(tree.size[node].toLocaleString('en-US'), x + 9, top + 24);
  }
  context.restore();
}

/** As much of a name as fits. */
function fitting(context: CanvasRenderingContext2D, name: string, room: number): string {
  if (context.measureText(name.slice(0, 300)).width <= room && name.length <= 300) return name;
  let [low, high] = [1, Math.min(name.length, 300)];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (context.measureText(cut(name, middle)).width <= room) low = middle;
    else high = middle - 1;
  }
  return cut(name, low);
}
