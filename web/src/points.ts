// Points as pixels: a stamp of coverage for every radius and shape, blended into an ImageData. Without a
// GPU this is the quickest by far, and with one it is quick enough.
import type { Rgb } from './colour';

export const FULL = 0;
export const RING = 1;
export const GAP = 2;

interface Stamp {
  side: number;
  coverage: Uint8Array;
}

/** Radii are rounded to quarters of a pixel, places to halves. */
const QUARTERS = 4;
const MOST = 40;

export class Painter {
  private image: ImageData | null = null;
  private pixels = new Uint32Array(0);
  private width = 0;
  private height = 0;
  private readonly stamps = new Map<number, Stamp>();

  begin(width: number, height: number, paper: Rgb): void {
    if (!this.image || this.width !== width || this.height !== height) {
      this.image = new ImageData(width, height);
      this.pixels = new Uint32Array(this.image.data.buffer);
      [this.width, this.height] = [width, height];
    }
    this.pixels.fill(packed(paper));
  }

  /** A point around (x, y), in pixels; `alpha` from 0 to 255. */
  point(x: number, y: number, radius: number, shape: number, colour: Rgb, alpha: number): void {
    const quarters = Math.max(2, Math.min(MOST * QUARTERS, Math.round(radius * QUARTERS)));
    const halfX = Math.round(x * 2);
    const halfY = Math.round(y * 2);
    const stamp = this.stamp(quarters, shape, halfX & 1, halfY & 1);
    const { side, coverage } = stamp;
    const left = (halfX >> 1) - (side >> 1);
    const top = (halfY >> 1) - (side >> 1);
    const fromX = Math.max(0, -left);
    const toX = Math.min(side, this.width - left);
    const fromY = Math.max(0, -top);
    const toY = Math.min(side, this.height - top);
    const [r, g, b] = colour;
    const pixels = this.pixels;
    for (let row = fromY; row < toY; row++) {
      let at = (top + row) * this.width + left + fromX;
      let place = row * side + fromX;
      for (let column = fromX; column < toX; column++, at++, place++) {
        const covers = coverage[place];
        if (!covers) continue;
        const a = (covers * alpha * 257) >> 16;
        const under = pixels[at];
        const rest = 255 - a;
        const red = (r * a + (under & 255) * rest + 127) / 255;
        const green = (g * a + ((under >> 8) & 255) * rest + 127) / 255;
        const blue = (b * a + ((under >> 16) & 255) * rest + 127) / 255;
        pixels[at] = (0xff000000 | (blue << 16) | (green << 8) | red) >>> 0;
      }
    }
  }

  end(context: CanvasRenderingContext2D): void {
    if (this.image) context.putImageData(this.image, 0, 0);
  }

  private stamp(quarters: number, shape: number, subX: number, subY: number): Stamp {
    const key = ((quarters * 4 + shape) * 2 + subX) * 2 + subY;
    let found = this.stamps.get(key);
    if (!found) {
      found = cutStamp(quarters / QUARTERS, shape, subX / 2, subY / 2);
      this.stamps.set(key, found);
    }
    return found;
  }
}

function cutStamp(radius: number, shape: number, offX: number, offY: number): Stamp {
  const half = Math.ceil(radius + 1);
  const side = 2 * half + 1;
  const coverage = new Uint8Array(side * side);
  const hole = shape === FULL ? 0 : radius * (radius < 2 ? 0.3 : 0.56);
  const gap = Math.max(0.8, radius * 0.34);
  const samples = 4;
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      let inside = 0;
      for (let sample = 0; sample < samples * samples; sample++) {
        const dx = column - half - offX + ((sample % samples) + 0.5) / samples - 0.5;
        const dy = row - half - offY + (Math.floor(sample / samples) + 0.5) / samples - 0.5;
        const far = Math.sqrt(dx * dx + dy * dy);
        const open = shape === GAP && radius >= 2 && dx > 0 && Math.abs(dy) < gap;
        if (far <= radius && far >= hole && !open) inside++;
      }
      coverage[row * side + column] = Math.round((255 * inside) / (samples * samples));
    }
  }
  return { side, coverage };
}

function packed([r, g, b]: Rgb): number {
  return (0xff000000 | (b << 16) | (g << 8) | r) >>> 0;
}
