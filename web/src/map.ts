// The map: points as pixels below, names above, and what a pointer or a key does to them.
import { polygonHull } from 'd3-polygon';
import KDBush from 'kdbush';

import { PAPER, css, type Rgb, type Theme } from './colour';
import { Gestures } from './gestures';
import { Labels, type Sprite } from './labels';
import type { Tree } from './model';
import { Painter } from './points';
import type { Hits } from './search';

export interface Look {
  theme: Theme;
  /** What is coloured alike, by node, and the colours. */
  kind: ArrayLike<number>;
  colours: Rgb[];
  shape: ArrayLike<number> | null;
  /** Are names coloured by root? */
  byRoot: boolean;
  name: string;
  /** What the first and the last colour stand for, where they are a scale. */
  scale?: [string, string];
}

export interface Events {
  select(node: number): void;
  hover(node: number, x: number, y: number): void;
  moved(at: [number, number, number]): void;
  lasso(nodes: number[]): void;
}

interface Shown {
  node: number;
  x: number;
  y: number;
  sprite: Sprite;
  alpha: number;
}

const MARGIN = 34;
const REACH = 14;
/** Within so many steps of zoom a name comes and goes. */
const FADE = 0.25;
/** Fewer points than this can all be seen. */
const FEW = 200;

export class MapView {
  private width = 0;
  private height = 0;
  private dpr = 1;
  private side = 1;
  private originX = 0;
  private originY = 0;
  private readonly painter = new Painter();
  private readonly labels: Labels;
  private readonly leaves: Int32Array;
  private readonly factor: Float32Array;
  private index: KDBush | null = null;
  private shown: Shown[] = [];
  private selected = -1;
  private hull: [number, number][] | null = null;
  private inside: Uint8Array | null = null;
  private hits: Hits | null = null;
  private look: Look | null = null;
  private hovered = -1;
  private frame = 0;
  private stale = { points: true };
  private loop: [number, number][] | null = null;
  private readonly gestures: Gestures;
  private wanted: [number, number, number] | null = null;
  /** How long the last frames took, in milliseconds. */
  readonly times: number[] = [];

  constructor(
    private readonly below: HTMLCanvasElement,
    private readonly above: HTMLCanvasElement,
    private readonly tree: Tree,
    private readonly events: Events,
  ) {
    this.labels = new Labels(tree);
    const leaves: number[] = [];
    let sum = 0;
    for (let node = 0; node < tree.n; node++) {
      if (tree.isLeaf(node) && tree.hasPlace(node)) {
        leaves.push(node);
        sum += tree.size[node];
      }
    }
    // Small ones lie upon large ones.
    leaves.sort((a, b) => tree.size[b] - tree.size[a]);
    this.leaves = Int32Array.from(leaves);
    const mean = Math.max(1e-9, sum / Math.max(1, leaves.length));
    this.factor = Float32Array.from(leaves, (node) =>
      Math.max(0.65, Math.min(2.4, Math.sqrt(tree.size[node] / mean))),
    );
    this.gestures = new Gestures(
      above,
      () => {
        // What was under the pointer is elsewhere now.
        this.hover(-1, 0, 0);
        this.redraw(true);
      },
      () => this.events.moved(this.view()),
    );
    this.listen();
  }

  destroy(): void {
    cancelAnimationFrame(this.frame);
    this.gestures.stop();
  }

  /** Takes the size of its place. */
  resize(width: number, height: number): void {
    if (!width || !height) return;
    const before = this.width ? this.view() : this.wanted;
    this.width = width;
    this.height = height;
    this.dpr = Math.min(2, window.devicePixelRatio || 1);
    for (const canvas of [this.below, this.above]) {
      canvas.width = Math.round(width * this.dpr);
      canvas.height = Math.round(height * this.dpr);
    }
    const map = this.tree.map!;
    const [across, down] = [Math.max(map.width, 0.02), Math.max(map.height, 0.02)];
    const margin = Math.min(MARGIN, width / 8);
    this.side = Math.min((width - 2 * margin) / across, (height - 2 * margin) / down);
    this.originX = (width - this.side * across) / 2;
    this.originY = (height - this.side * down) / 2;
    this.gestures.setBounds({ width, height, least: 0.7, most: 1500 });
    if (before) this.show(before);
    else this.gestures.set({ x: 0, y: 0, k: 1 });
    this.redraw(true);
  }

  setLook(look: Look): void {
    this.look = look;
    this.labels.ready(`${look.name} ${look.theme} ${this.dpr}`);
    this.redraw(true);
  }

  setHits(hits: Hits | null): void {
    this.hits = hits;
    this.redraw(true);
  }

  setSelected(node: number): void {
    if (node === this.selected) return;
    this.selected = node;
    this.hull = null;
    this.inside = null;
    const { tree } = this;
    if (node >= 0 && !tree.isLeaf(node)) {
      const below = tree.leavesBelow(node).filter((leaf) => tree.hasPlace(leaf));
      this.hull = polygonHull(core(tree, below));
      this.inside = new Uint8Array(tree.n);
      for (const leaf of below) this.inside[leaf] = 1;
    }
    this.redraw(true);
  }

  /** The middle of what is seen, and the zoom. */
  view(): [number, number, number] {
    const [x, y] = this.toMap(this.width / 2, this.height / 2);
    return [x, y, this.gestures.view.k];
  }

  show([x, y, k]: [number, number, number], flight = false): void {
    if (!this.width) {
      this.wanted = [x, y, k];
      return;
    }
    const target = {
      k,
      x: this.width / 2 - k * (this.originX + x * this.side),
      y: this.height / 2 - k * (this.originY + y * this.side),
    };
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
    this.gestures.fly(target, flight && !still ? 550 : 0);
  }

  /** Flies to where all of `node` is seen; of everything, without one. */
  fit(node: number): void {
    const { tree } = this;
    if (node < 0) {
      this.show([tree.map!.width / 2, tree.map!.height / 2, 1], true);
      return;
    }
    const leaves = tree.leavesBelow(node).filter((leaf) => tree.hasPlace(leaf));
    if (!leaves.length) return;
    const xs = leaves.map((leaf) => tree.x[leaf]).sort((a, b) => a - b);
    const ys = leaves.map((leaf) => tree.y[leaf]).sort((a, b) => a - b);
    // Without the few that lie far from the rest.
    const low = Math.floor(leaves.length * 0.02);
    const high = leaves.length - 1 - low;
    const [left, right, top, bottom] = [xs[low], xs[high], ys[low], ys[high]];
    const across = (this.width - 160) / (this.side * Math.max(1e-6, right - left));
    const down = (this.height - 140) / (this.side * Math.max(1e-6, bottom - top));
    const near = leaves.length === 1 ? Math.max(this.gestures.view.k, this.nameZoom(node)) : 900;
    const k = Math.max(0.8, Math.min(near, across, down));
    this.show([(left + right) / 2, (top + bottom) / 2, k], true);
  }

  /** Brings a node into view where it is not. */
  reveal(node: number): void {
    const { tree } = this;
    if (!this.width || !tree.hasPlace(node)) return;
    const [x, y] = this.toScreen(tree.x[node], tree.y[node]);
    const seen = x > 30 && y > 30 && x < this.width - 30 && y < this.height - 30;
    if (!seen) this.show([tree.x[node], tree.y[node], this.gestures.view.k], true);
  }

  /** The base cluster next to the middle, where only a part of the map is seen. */
  whereabouts(): number {
    if (this.gestures.view.k < 2.2) return -1;
    const [x, y] = [this.width / 2, this.height / 2];
    for (const reach of [40, 160, 640]) {
      const node = this.nearest(x, y, reach);
      if (node >= 0) return node;
    }
    return -1;
  }

  scaleBy(factor: number): void {
    this.gestures.scaleAt(factor, this.width / 2, this.height / 2);
  }

  redraw(points: boolean): void {
    this.stale.points ||= points;
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      const began = performance.now();
      if (this.look && this.width) {
        if (this.stale.points) this.drawPoints(this.look);
        this.drawAbove(this.look);
      }
      this.stale.points = false;
      this.times.push(performance.now() - began);
      if (this.times.length > 500) this.times.shift();
    });
  }

  private nameZoom(node: number): number {
    const { map, from } = this.tree;
    if (!map || from[node] > 250) return 8;
    const doublings = (from[node] + 1) / map.steps - map.below;
    return (map.side / this.side) * 2 ** doublings;
  }

  private toScreen(x: number, y: number): [number, number] {
    const view = this.gestures.view;
    return [
      view.x + view.k * (this.originX + x * this.side),
      view.y + view.k * (this.originY + y * this.side),
    ];
  }

  private toMap(x: number, y: number): [number, number] {
    const view = this.gestures.view;
    const [a, b] = [(x - view.x) / view.k, (y - view.y) / view.k];
    return [(a - this.originX) / this.side, (b - this.originY) / this.side];
  }

  private radius(): number {
    const room = Math.sqrt((this.side * this.side) / Math.max(1, this.leaves.length));
    const small = Math.max(0.85, Math.min(5.2, 0.17 * room));
    return Math.min(11, small * this.gestures.view.k ** 0.42);
  }

  private drawPoints(look: Look): void {
    const { tree, dpr, painter } = this;
    const { k } = this.gestures.view;
    const width = this.below.width;
    const height = this.below.height;
    const paper = PAPER[look.theme];
    painter.begin(width, height, paper);
    const scale = k * this.side * dpr;
    const shiftX = (this.gestures.view.x + k * this.originX) * dpr;
    const shiftY = (this.gestures.view.y + k * this.originY) * dpr;
    const base = this.radius() * dpr;
    const reach = base * 2.6 + 4;
    const outlined = base >= 2.6;
    const dim = this.hits ? this.hits.self : this.inside;
    const { shape } = look;
    // What stands out lies on top: hits, what is selected, what is in doubt.
    const passes = dim ? [0, 1] : shape ? [1, 2, 3] : [1];
    for (const pass of passes) {
      for (let at = 0; at < this.leaves.length; at++) {
        const node = this.leaves[at];
        if (dim ? (dim[node] > 0 ? 1 : 0) !== pass : shape && shape[node] + 1 !== pass) continue;
        const x = shiftX + tree.x[node] * scale;
        if (x < -reach || x > width + reach) continue;
        const y = shiftY + tree.y[node] * scale;
        if (y < -reach || y > height + reach) continue;
        const radius = base * this.factor[at] * (this.hits && pass ? 1.5 : 1);
        const form = shape ? shape[node] : 0;
        const colour = look.colours[look.kind[node]] ?? look.colours[0];
        const alpha = pass ? 225 : this.hits ? 38 : 95;
        if (outlined && pass) painter.point(x, y, radius + 0.9 * dpr, 0, paper, 190);
        painter.point(x, y, radius, form, colour, alpha);
      }
    }
    painter.end(this.below.getContext('2d', { alpha: false })!);
  }

  private drawAbove(look: Look): void {
    const context = this.above.getContext('2d')!;
    const { tree, dpr } = this;
    context.setTransform(dpr, 0, 0, dpr, 0, 0);
    context.clearRect(0, 0, this.width, this.height);
    this.drawHull(context, look);
    this.shown = this.hits ? this.hitNames(look) : this.names(look);
    for (const { x, y, sprite, alpha } of this.shown) {
      context.globalAlpha = alpha;
      context.drawImage(sprite.canvas, x - sprite.width / 2, y - sprite.height / 2, sprite.width, sprite.height);
    }
    context.globalAlpha = 1;
    for (const node of [this.hovered, this.selected]) {
      if (node < 0 || !tree.isLeaf(node) || !tree.hasPlace(node)) continue;
      const [x, y] = this.toScreen(tree.x[node], tree.y[node]);
      context.beginPath();
      context.arc(x, y, Math.max(6, this.radius() * 1.6), 0, 2 * Math.PI);
      context.lineWidth = node === this.selected ? 2.5 : 1.5;
      context.strokeStyle = look.theme === 'dark' ? '#fff' : '#111';
      context.stroke();
    }
    if (this.loop) {
      context.beginPath();
      this.loop.forEach(([x, y], at) => (at ? context.lineTo(x, y) : context.moveTo(x, y)));
      context.closePath();
      context.fillStyle = css(look.theme === 'dark' ? [109, 179, 242] : [11, 92, 173], 0.12);
      context.strokeStyle = css(look.theme === 'dark' ? [109, 179, 242] : [11, 92, 173]);
      context.lineWidth = 1.5;
      context.fill();
      context.stroke();
    }
  }

  private drawHull(context: CanvasRenderingContext2D, look: Look): void {
    if (!this.hull || this.hits) return;
    const colour = look.theme === 'dark' ? '255,255,255' : '20,30,40';
    context.beginPath();
    this.hull.forEach(([x, y], at) => {
      const [a, b] = this.toScreen(x, y);
      if (at) context.lineTo(a, b);
      else context.moveTo(a, b);
    });
    context.closePath();
    context.fillStyle = `rgba(${colour},.05)`;
    context.fill();
    context.lineWidth = 1;
    context.setLineDash([4, 4]);
    context.strokeStyle = `rgba(${colour},.35)`;
    context.stroke();
    context.setLineDash([]);
  }

  /** The step of crates/page/src/zoom.rs that the view is at. */
  private step(): number {
    const map = this.tree.map!;
    return (Math.log2((this.side * this.gestures.view.k) / map.side) + map.below) * map.steps;
  }

  private names(look: Look): Shown[] {
    const { tree } = this;
    const step = this.step();
    const found: Shown[] = [];
    for (let node = 0; node < tree.n; node++) {
      const from = tree.from[node];
      const chosen = node === this.selected;
      if (from > 253 && !chosen) continue;
      const until = tree.until[node];
      if (!chosen && (step + 0.6 < from || step >= until + FADE)) continue;
      const [x, y] = this.toScreen(tree.x[node], tree.y[node]);
      if (x < -60 || y < -20 || x > this.width + 60 || y > this.height + 20) continue;
      let alpha = Math.min(1, (step + 0.6 - from) * 5 + 0.2);
      if (until < 255 && step >= until) alpha = Math.min(alpha, 1 - (step - until) / FADE);
      if (this.inside && !chosen && !this.inBranch(node)) alpha *= 0.5;
      const sprite = this.sprite(node, look);
      const shown = { node, x: this.within(x, sprite), y: this.lifted(node, y, sprite), sprite, alpha: chosen ? 1 : Math.max(0, alpha) };
      found.push(shown);
    }
    // Ranges keep names apart; where this browser's letters are wider, or a name was brought into view,
    // the lesser one goes.
    const rank = ({ node }: Shown) => (node === this.selected ? -1 : tree.depth[node]);
    found.sort((a, b) => rank(a) - rank(b) || tree.size[b.node] - tree.size[a.node]);
    const free: Shown[] = [];
    for (const shown of found) if (!free.some((other) => meet(other, shown))) free.push(shown);
    return free.reverse();
  }

  /** A name whose point is in view is all in view. */
  private within(x: number, { width }: Sprite): number {
    if (x < 0 || x > this.width) return x;
    return Math.max(width / 2 - 2, Math.min(this.width - width / 2 + 2, x));
  }

  private inBranch(node: number): boolean {
    for (let at = node; at >= 0; at = this.tree.parent[at]) if (at === this.selected) return true;
    return false;
  }

  /** The best hits that are in view and do not cover each other. */
  private hitNames(look: Look): Shown[] {
    const { tree } = this;
    const found: Shown[] = [];
    for (const node of this.hits!.list) {
      if (found.length >= 45) break;
      if (!tree.hasPlace(node)) continue;
      const [x, y] = this.toScreen(tree.x[node], tree.y[node]);
      if (x < 0 || y < 0 || x > this.width || y > this.height) continue;
      const sprite = this.sprite(node, look);
      const lifted = this.lifted(node, y, sprite);
      const shown = { node, x, y: lifted, sprite, alpha: 1 };
      if (node !== this.selected && found.some((other) => meet(other, shown))) continue;
      found.push(shown);
    }
    return found;
  }

  /** A base cluster's name stands above its point, and so does a parent's where points are few. */
  private lifted(node: number, y: number, sprite: Sprite): number {
    if (this.tree.isLeaf(node)) return y - this.radius() - 9;
    return this.leaves.length < FEW ? y - this.radius() - sprite.height / 2 : y;
  }

  private sprite(node: number, look: Look): Sprite {
    const colour = look.byRoot ? look.colours[look.kind[node]] : null;
    return this.labels.sprite(node, colour, look.theme, this.dpr);
  }

  private nearest(x: number, y: number, reach = REACH): number {
    const { tree } = this;
    if (!this.index) {
      this.index = new KDBush(this.leaves.length);
      for (const node of this.leaves) this.index.add(tree.x[node], tree.y[node]);
      this.index.finish();
    }
    const [mapX, mapY] = this.toMap(x, y);
    const radius = reach / (this.side * this.gestures.view.k);
    let best = -1;
    let least = Infinity;
    for (const at of this.index.within(mapX, mapY, radius)) {
      const node = this.leaves[at];
      const far = (tree.x[node] - mapX) ** 2 + (tree.y[node] - mapY) ** 2;
      if (far < least) [best, least] = [node, far];
    }
    return best;
  }

  /** What is under the pointer: a name, else the nearest point. */
  private under(x: number, y: number): number {
    const over = (shown: Shown) =>
      shown.alpha > 0.5 &&
      Math.abs(shown.x - x) * 2 < shown.sprite.width - 6 &&
      Math.abs(shown.y - y) * 2 < shown.sprite.height - 4;
    const named = [...this.shown].reverse().find(over);
    return named ? named.node : this.nearest(x, y);
  }

  private listen(): void {
    const { above } = this;
    const place = (event: MouseEvent): [number, number] => {
      const box = above.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    above.addEventListener('pointermove', (event) => {
      if (this.loop) {
        this.loop.push(place(event));
        this.redraw(false);
        return;
      }
      if (this.gestures.isDragging() || event.pointerType === 'touch') return this.hover(-1, 0, 0);
      const [x, y] = place(event);
      this.hover(this.under(x, y), x, y);
    });
    above.addEventListener('pointerleave', () => this.hover(-1, 0, 0));
    above.addEventListener('pointerdown', (event) => {
      if (event.shiftKey && !event.button) {
        this.loop = [place(event)];
        above.setPointerCapture(event.pointerId);
      }
    });
    above.addEventListener('pointerup', () => this.closeLoop());
    above.addEventListener('click', (event) => {
      if (event.shiftKey) return;
      this.events.select(this.under(...place(event)));
    });
    above.addEventListener('dblclick', (event) => {
      const node = this.under(...place(event));
      const { tree } = this;
      if (node < 0) this.scaleBy(event.shiftKey ? 0.5 : 2.2);
      else this.fit(tree.isLeaf(node) && tree.parent[node] >= 0 ? tree.parent[node] : node);
    });
    above.addEventListener('keydown', (event) => this.key(event));
  }

  private closeLoop(): void {
    const loop = this.loop;
    if (!loop) return;
    this.loop = null;
    this.redraw(false);
    if (loop.length < 3) return;
    const { tree } = this;
    const found: number[] = [];
    for (const node of this.leaves) {
      const [x, y] = this.toScreen(tree.x[node], tree.y[node]);
      if (inside(loop, x, y)) found.push(node);
    }
    this.events.lasso(found);
  }

  private hover(node: number, x: number, y: number): void {
    this.events.hover(node, x, y);
    this.above.style.cursor = node >= 0 ? 'pointer' : 'grab';
    if (node === this.hovered) return;
    this.hovered = node;
    this.redraw(false);
  }

  private key(event: KeyboardEvent): void {
    const ways: Record<string, [number, number]> = {
      ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1],
    };
    const way = ways[event.key];
    if (way && !event.altKey && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      const next = this.towards(way);
      if (next >= 0) {
        this.events.select(next);
        this.reveal(next);
      }
    } else if (event.key === '+' || event.key === '=') this.scaleBy(1.6);
    else if (event.key === '-') this.scaleBy(1 / 1.6);
    else if (event.key === '0') this.fit(-1);
  }

  /** The next point that way: near, and not far aside. */
  private towards([wayX, wayY]: [number, number]): number {
    const { tree } = this;
    const [x, y] =
      this.selected >= 0 && tree.hasPlace(this.selected)
        ? [tree.x[this.selected], tree.y[this.selected]]
        : this.toMap(this.width / 2, this.height / 2);
    let best = -1;
    let least = Infinity;
    for (const node of this.leaves) {
      const ahead = (tree.x[node] - x) * wayX + (tree.y[node] - y) * wayY;
      const aside = Math.abs((tree.x[node] - x) * wayY) + Math.abs((tree.y[node] - y) * wayX);
      if (node === this.selected || ahead <= 0 || aside > ahead) continue;
      const far = ahead + 2 * aside;
      if (far < least) [best, least] = [node, far];
    }
    return best;
  }
}

function meet(a: Shown, b: Shown): boolean {
  return (
    2 * Math.abs(a.x - b.x) < a.sprite.width + b.sprite.width - 14 &&
    2 * Math.abs(a.y - b.y) < a.sprite.height + b.sprite.height - 10
  );
}

/** Where most of `leaves` are: a hull around the few that lie far from the rest would say nothing. */
function core(tree: Tree, leaves: number[]): [number, number][] {
  const places = leaves.map((leaf): [number, number] => [tree.x[leaf], tree.y[leaf]]);
  if (places.length < 12) return places;
  const middle = [0, 1].map((way) => places.map((at) => at[way]).sort((a, b) => a - b)[places.length >> 1]);
  const far = ([x, y]: [number, number]) => Math.hypot(x - middle[0], y - middle[1]);
  return places.sort((a, b) => far(a) - far(b)).slice(0, Math.ceil(places.length * 0.92));
}

function inside(loop: [number, number][], x: number, y: number): boolean {
  let within = false;
  for (let at = 0, before = loop.length - 1; at < loop.length; before = at++) {
    const [ax, ay] = loop[at];
    const [bx, by] = loop[before];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) within = !within;
  }
  return within;
}
