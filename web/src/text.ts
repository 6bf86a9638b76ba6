// Numbers and names as they are written.

export function thousands(number: number): string {
  return Math.round(number).toLocaleString('en-US');
}

export function percent(share: number): string {
  if (share > 0 && share < 0.001) return '<0.1%';
  return `${(100 * share).toFixed(1)}%`;
}

export function plural(number: number, what: string): string {
  return `${thousands(number)} ${what}${number === 1 ? '' : 's'}`;
}

export function cut(text: string, letters: number): string {
  const all = [...text.slice(0, letters * 2 + 2)];
  return all.length > letters ? `${all.slice(0, letters - 1).join('').trimEnd()}…` : text;
}

/** A name in so many lines at most, broken between words, as crates/page/src/zoom.rs counts them. */
export function wrap(name: string, most: number, rows: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of name.split(' ')) {
    if (line && width(line) + 1 + width(word) > most) {
      lines.push(line);
      line = '';
      if (lines.length === rows) break;
    }
    line = line ? `${line} ${word}` : word;
    // A word can be longer than any name should be.
    if (line.length > 4 * most) break;
  }
  if (line && lines.length < rows) lines.push(line);
  const kept = lines.map((text) => (width(text) > most + 2 ? cut(text, most) : text));
  const last = kept.length - 1;
  const left = kept.join(' ').length < name.length;
  if (left && !kept[last].endsWith('…')) kept[last] = `${kept[last]}…`;
  return kept;
}

/** Columns that a text takes; letters of East Asian scripts take two. */
function width(text: string): number {
  let sum = 0;
  for (const letter of text) {
    const code = letter.codePointAt(0)!;
    sum += code >= 0x1100 && WIDE.test(letter) ? 2 : 1;
  }
  return sum;
}

const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
