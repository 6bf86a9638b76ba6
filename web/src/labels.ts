// Names on the map, each drawn once and then copied.
import { INK, PAPER, SOFT, css, readable, type Rgb, type Theme } from './colour';
import type { Tree } from './model';
import { wrap } from './text';

/** As crates/page/src/zoom.rs counts with them: roots', parents', base clusters'. */
const LETTERS = [14.5, 12.5, 11.5];
const LINE = [24, 24, 26];
const LINES = 2;
const WEIGHT = [650, 600, 450];
const FONT = 'Inter, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif';

export interface Sprite {
  canvas: HTMLCanvasElement;
  width: number;
  height: number;
}

export class Labels {
  private sprites = new Map<number, Sprite>();
  private look = '';

  constructor(private readonly tree: Tree) {}

  /** Forgets what was drawn where it would look otherwise now. */
  ready(look: string): void {
    if (look !== this.look || this.sprites.size > 900) this.sprites = new Map();
    this.look = look;
  }

  sprite(node: number, colour: Rgb | null, theme: Theme, dpr: number): Sprite {
    let found = this.sprites.get(node);
    if (!found) {
      found = this.draw(node, colour, theme, dpr);
      this.sprites.set(node, found);
    }
    return found;
  }

  private draw(node: number, colour: Rgb | null, theme: Theme, dpr: number): Sprite {
    const { tree } = this;
    const kind = tree.isLeaf(node) ? 2 : tree.depth[node] === 0 ? 0 : 1;
    const size = LETTERS[kind];
    const font = `${WEIGHT[kind]} ${size}px ${FONT}`;
    const lines = wrap(tree.names[node], LINE[kind], LINES);
    const canvas = document.createElement('canvas');
    const context = canvas.getContext('2d')!;
    context.font = font;
    const width = Math.ceil(Math.max(...lines.map((line) => context.measureText(line).width))) + 10;
    const height = Math.ceil(lines.length * size * 1.2) + 8;
    canvas.width = Math.ceil(width * dpr);
    canvas.height = Math.ceil(height * dpr);
    context.scale(dpr, dpr);
    context.font = font;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    context.lineJoin = 'round';
    context.lineWidth = kind === 2 ? 4 : 5;
    context.strokeStyle = css(PAPER[theme], 0.95);
    const ink = kind === 2 ? SOFT[theme] : colour ? css(readable(colour, theme)) : INK[theme];
    context.fillStyle = kind === 2 ? (theme === 'dark' ? '#c9d1d9' : '#3a424a') : ink;
    const at = (line: number) => 4 + size * 1.2 * (line + 0.5);
    lines.forEach((text, line) => context.strokeText(text, width / 2, at(line)));
    lines.forEach((text, line) => context.fillText(text, width / 2, at(line)));
    return { canvas, width, height };
  }
}
