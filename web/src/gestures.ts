// Moving and zooming with a pointer, two fingers or a wheel. d3-zoom does the same and weighs as much as
// all the rest of the page; the flight between two views is d3's (van Wijk and Nuij, 2003).
import { interpolateZoom } from 'd3-interpolate';

/** Where a point (x, y) of the ground is on the screen: x + k · px, y + k · py. */
export interface View {
  x: number;
  y: number;
  k: number;
}

export interface Bounds {
  width: number;
  height: number;
  least: number;
  most: number;
}

/** A pointer that moves less than this has clicked. */
const SLACK = 4;

export class Gestures {
  view: View = { x: 0, y: 0, k: 1 };
  private bounds: Bounds = { width: 1, height: 1, least: 0.7, most: 1500 };
  private readonly pointers = new Map<number, [number, number]>();
  private flight = 0;
  private rest = 0;
  private moved = 0;

  constructor(
    private readonly element: HTMLElement,
    /** Is told of every change. */
    private readonly changed: () => void,
    /** Is told when it has come to rest. */
    private readonly ended: () => void,
  ) {
    element.addEventListener('wheel', (event) => this.wheel(event), { passive: false });
    element.addEventListener('pointerdown', (event) => this.down(event));
    element.addEventListener('pointermove', (event) => this.move(event));
    for (const name of ['pointerup', 'pointercancel'] as const) {
      element.addEventListener(name, (event) => this.up(event));
    }
    // After a drag there is no click.
    element.addEventListener('click', (event) => this.moved > SLACK && event.stopImmediatePropagation(), true);
  }

  setBounds(bounds: Bounds): void {
    this.bounds = bounds;
  }

  isDragging(): boolean {
    return this.pointers.size > 0 && this.moved > SLACK;
  }

  set(view: View): void {
    cancelAnimationFrame(this.flight);
    this.view = this.bounded(view);
    this.changed();
    this.settle();
  }

  scaleAt(factor: number, x: number, y: number): void {
    const k = Math.max(this.bounds.least, Math.min(this.bounds.most, this.view.k * factor));
    const share = k / this.view.k;
    this.set({ k, x: x - (x - this.view.x) * share, y: y - (y - this.view.y) * share });
  }

  /** Flies to `view`, or is there at once. */
  fly(view: View, milliseconds: number): void {
    cancelAnimationFrame(this.flight);
    const target = this.bounded(view);
    if (milliseconds <= 0) return this.set(target);
    const { width, height } = this.bounds;
    const seen = ({ x, y, k }: View): [number, number, number] => [(width / 2 - x) / k, (height / 2 - y) / k, width / k];
    const way = interpolateZoom(seen(this.view), seen(target));
    const began = performance.now();
    const step = (now: number) => {
      const part = Math.max(0, Math.min(1, (now - began) / milliseconds));
      const eased = part < 0.5 ? 4 * part ** 3 : 1 - (-2 * part + 2) ** 3 / 2;
      const [x, y, across] = way(eased);
      const k = width / across;
      this.view = part === 1 ? target : { k, x: width / 2 - x * k, y: height / 2 - y * k };
      this.changed();
      if (part < 1) this.flight = requestAnimationFrame(step);
      else this.settle();
    };
    this.flight = requestAnimationFrame(step);
  }

  stop(): void {
    cancelAnimationFrame(this.flight);
    clearTimeout(this.rest);
  }

  /** Something of the ground stays in sight. */
  private bounded({ x, y, k }: View): View {
    const { width, height, least, most } = this.bounds;
    const scale = Math.max(least, Math.min(most, k));
    const within = (at: number, room: number) =>
      Math.max(room * 0.4 - 1.0 * room * scale, Math.min(room * 0.6, at));
    return { k: scale, x: within(x, width), y: within(y, height) };
  }

  private settle(): void {
    clearTimeout(this.rest);
    this.rest = window.setTimeout(this.ended, 150);
  }

  private place(event: MouseEvent): [number, number] {
    const box = this.element.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  private wheel(event: WheelEvent): void {
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 20 : event.deltaMode ? 300 : 1;
    // Two fingers on a touchpad that move apart come as a wheel with Ctrl.
    const speed = event.ctrlKey ? 0.01 : 0.0018;
    const [x, y] = this.place(event);
    const delta = Math.max(-240, Math.min(240, event.deltaY * lines));
    this.scaleAt(Math.exp(-delta * speed), x, y);
  }

  private down(event: PointerEvent): void {
    if (event.button || event.shiftKey) return;
    cancelAnimationFrame(this.flight);
    if (!this.pointers.size) this.moved = 0;
    this.pointers.set(event.pointerId, this.place(event));
  }

  private move(event: PointerEvent): void {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const now = this.place(event);
    const others = [...this.pointers].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
    this.moved += Math.hypot(now[0] - before[0], now[1] - before[1]);
    this.pointers.set(event.pointerId, now);
    if (this.moved <= SLACK) return;
    if (!this.element.hasPointerCapture(event.pointerId)) this.element.setPointerCapture(event.pointerId);
    const { x, y, k } = this.view;
    if (!others.length) return this.set({ k, x: x + now[0] - before[0], y: y + now[1] - before[1] });
    const [other] = others;
    const far = (a: number[], b: number[]) => Math.max(1, Math.hypot(a[0] - b[0], a[1] - b[1]));
    const middle = (a: number[], b: number[]) => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
    const share = far(now, other) / far(before, other);
    const [was, is] = [middle(before, other), middle(now, other)];
    const next = Math.max(this.bounds.least, Math.min(this.bounds.most, k * share));
    const by = next / k;
    this.set({ k: next, x: is[0] - (was[0] - x) * by, y: is[1] - (was[1] - y) * by });
  }

  private up(event: PointerEvent): void {
    this.pointers.delete(event.pointerId);
  }
}
