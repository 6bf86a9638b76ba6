// Colours. Eight roots have the colours of Okabe and Ito, made dark or light enough for the background;
// up to twenty get hues around the circle in two lightnesses; the rest is grey.

export type Rgb = [number, number, number];

const LIGHT = ['#0072b2', '#d55e00', '#008a64', '#b8568f', '#a87000', '#2f8ac4', '#6f6300', '#7453a6'];
const DARK = ['#4ba3dc', '#f0803c', '#2fb98e', '#dd8fbb', '#e0a73a', '#7cc6f2', '#c9bb45', '#b294e0'];
export const MANY = 20;

const GREY: Record<Theme, Rgb> = { light: [122, 130, 140], dark: [140, 150, 160] };

export type Theme = 'light' | 'dark';

export const PAPER: Record<Theme, Rgb> = { light: [255, 255, 255], dark: [20, 23, 26] };
export const INK: Record<Theme, string> = { light: '#1b1f24', dark: '#eef1f4' };
export const SOFT: Record<Theme, string> = { light: '#57606a', dark: '#a3adb8' };

/** Sureness, by class: what is in doubt stands out, in hues that everybody tells apart. */
const SURENESS: Record<Theme, Rgb[]> = {
  light: [
    [140, 148, 156],
    [140, 148, 156],
    [122, 153, 190],
    [62, 82, 108],
    [190, 96, 0],
    [0, 114, 178],
  ],
  dark: [
    [120, 128, 136],
    [120, 128, 136],
    [82, 112, 148],
    [176, 192, 212],
    [255, 190, 60],
    [124, 198, 242],
  ],
};

const CIVIDIS: Rgb[] = [
  [0, 34, 78],
  [53, 69, 108],
  [102, 105, 112],
  [148, 142, 119],
  [200, 184, 102],
  [254, 232, 56],
];

/** A colour of a scale from 0 to 1. */
export function cividis(at: number, theme: Theme): Rgb {
  // The ends that would vanish in the background are left out.
  const [low, high] = theme === 'dark' ? [0.3, 1] : [0, 0.78];
  const place = (low + Math.max(0, Math.min(1, at)) * (high - low)) * (CIVIDIS.length - 1);
  const before = Math.min(CIVIDIS.length - 2, Math.floor(place));
  return mix(CIVIDIS[before], CIVIDIS[before + 1], place - before);
}

/** As it was, new, moved, renamed, merged, split: blue and orange, which everybody tells apart. */
export function changes(theme: Theme): Rgb[] {
  const [same, fresh, elsewhere, renamed]: Rgb[] =
    theme === 'dark'
      ? [[84, 92, 100], [109, 179, 242], [240, 163, 92], [190, 198, 206]]
      : [[186, 193, 200], [11, 92, 173], [196, 98, 0], [87, 96, 106]];
  return [same, fresh, elsewhere, renamed, elsewhere, elsewhere];
}

export function sureness(theme: Theme): Rgb[] {
  return SURENESS[theme];
}

/** Colours of the first `count` kinds; `hues` may say where each lies on the circle (0 to 1). */
export function kinds(count: number, theme: Theme, hues?: number[]): Rgb[] {
  const few = (theme === 'dark' ? DARK : LIGHT).map(hex);
  if (count <= few.length) return few.slice(0, count);
  const shown = Math.min(count, MANY);
  const order = Array.from({ length: shown }, (_, at) => at);
  if (hues) order.sort((a, b) => hues[a] - hues[b]);
  const colours: Rgb[] = Array.from({ length: count }, () => GREY[theme]);
  order.forEach((kind, place) => {
    const lightness = theme === 'dark' ? [0.78, 0.66] : [0.52, 0.63];
    colours[kind] = oklch(lightness[place % 2], place % 2 ? 0.13 : 0.15, (place / shown) * 360 + 20);
  });
  return colours;
}

export function mix(a: Rgb, b: Rgb, share: number): Rgb {
  return [0, 1, 2].map((at) => Math.round(a[at] + (b[at] - a[at]) * share)) as Rgb;
}

export function css([r, g, b]: Rgb, alpha = 1): string {
  return alpha === 1 ? `rgb(${r},${g},${b})` : `rgba(${r},${g},${b},${alpha})`;
}

/** Darker on light and lighter on dark, until text in it can be read (4.5 : 1). */
export function readable(colour: Rgb, theme: Theme): Rgb {
  const paper = luminance(PAPER[theme]);
  const end: Rgb = theme === 'dark' ? [255, 255, 255] : [0, 0, 0];
  for (let share = 0; share < 1; share += 0.08) {
    const tried = mix(colour, end, share);
    const [a, b] = [luminance(tried), paper];
    if ((Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) >= 4.6) return tried;
  }
  return end;
}

function luminance(colour: Rgb): number {
  const [r, g, b] = colour.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function hex(text: string): Rgb {
  return [1, 3, 5].map((at) => parseInt(text.slice(at, at + 2), 16)) as Rgb;
}

// Björn Ottosson's OKLab.
function oklch(lightness: number, chroma: number, degrees: number): Rgb {
  const a = chroma * Math.cos((degrees * Math.PI) / 180);
  const b = chroma * Math.sin((degrees * Math.PI) / 180);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const linear = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
  return linear.map((value) => {
    const share = Math.max(0, Math.min(1, value));
    const curved = share <= 0.0031308 ? 12.92 * share : 1.055 * share ** (1 / 2.4) - 0.055;
    return Math.round(255 * curved);
  }) as Rgb;
}
