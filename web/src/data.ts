// Reads the columns that crates/page/src/columns.rs writes.

/** A block of columns. */
export interface Block {
  head: Record<string, unknown>;
  u8(name: string): Uint8Array;
  u16(name: string): Uint16Array;
  numbers(name: string, rows: number): Float64Array;
  texts(name: string): string[];
  has(name: string): boolean;
}

/** The block called `name` in this page. */
export async function readBlock(name: string): Promise<Block> {
  const element = document.getElementById(`data-${name}`);
  if (!element) throw new Error(`the page holds no data called ${name}`);
  const block = unpack(await inflate(fromBase64(element.textContent ?? '')));
  // What is read is not needed twice.
  element.remove();
  return block;
}

function fromBase64(text: string): Uint8Array {
  const native = Uint8Array as unknown as { fromBase64?: (text: string) => Uint8Array };
  if (native.fromBase64) return native.fromBase64(text);
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at);
  return bytes;
}

async function inflate(bytes: Uint8Array): Promise<Uint8Array> {
  const packed = new Blob([bytes as BlobPart]).stream();
  const stream = packed.pipeThrough(new DecompressionStream('deflate-raw'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function unpack(bytes: Uint8Array): Block {
  const decoder = new TextDecoder();
  const length = new DataView(bytes.buffer).getUint32(0, true);
  const head = JSON.parse(decoder.decode(bytes.subarray(4, 4 + length)));
  const places = new Map<string, Uint8Array>();
  let at = 4 + length;
  for (const [name, , size] of head.columns as [string, string, number][]) {
    places.set(name, bytes.subarray(at, at + size));
    at += size;
  }
  const column = (name: string) => {
    const found = places.get(name);
    if (!found) throw new Error(`the page's data hold no column ${name}`);
    return found;
  };
  return {
    head,
    has: (name) => places.has(name),
    u8: column,
    u16: (name) => {
      const found = column(name);
      const values = new Uint16Array(found.length / 2);
      for (let i = 0; i < values.length; i++) values[i] = found[2 * i] | (found[2 * i + 1] << 8);
      return values;
    },
    numbers: (name, rows) => varints(column(name), rows),
    texts: (name) => decoder.decode(column(name)).split('\n'),
  };
}

function varints(bytes: Uint8Array, rows: number): Float64Array {
  const values = new Float64Array(rows);
  let at = 0;
  for (let row = 0; row < rows; row++) {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = bytes[at++];
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) break;
      scale *= 128;
    }
    values[row] = value;
  }
  return values;
}
