// The Huffman code of RFC 7541 appendix B. It is canonical: codes of one length follow each other in the order of their
// symbols, so the lengths say everything. Decoding goes a byte at a step; the shortest code has five bits, so that a step
// ends at most two symbols.

/** Pairs (length, how many symbols in a row have it), from symbol 0 to 256, which ends a string. */
const LENGTHS = [
  ...[13, 1, 23, 1, 28, 7, 24, 1, 30, 1, 28, 2, 30, 1, 28, 8, 30, 1, 28, 9],
  // From the space on.
  ...[6, 1, 10, 2, 12, 1, 13, 1, 6, 1, 8, 1, 11, 1, 10, 2, 8, 1, 11, 1, 8, 1, 6, 3],
  ...[5, 3, 6, 7, 7, 1, 8, 1, 15, 1, 6, 1, 12, 1, 10, 1, 13, 1],
  // From "A" on.
  ...[6, 1, 7, 22, 8, 1, 7, 1, 8, 1, 13, 1, 19, 1, 13, 1, 14, 1, 6, 1, 15, 1],
  // From "a" on.
  ...[5, 1, 6, 1, 5, 1, 6, 1, 5, 1, 6, 3, 5, 1, 7, 2, 6, 3, 5, 1, 6, 1, 7, 1, 6, 1, 5, 2, 6, 1, 7, 5],
  ...[15, 1, 11, 1, 14, 1, 13, 1, 28, 1],
  // From 128 on.
  ...[20, 1, 22, 1, 20, 2, 22, 3, 23, 1, 22, 1, 23, 5, 24, 1, 23, 1, 24, 2, 22, 1, 23, 1, 24, 1, 23, 4, 21, 1, 22, 1],
  ...[23, 1, 22, 1, 23, 2, 24, 1],
  ...[22, 1, 21, 1, 20, 1, 22, 2, 23, 2, 21, 1, 23, 1, 22, 2, 24, 1, 21, 1, 22, 1, 23, 2, 21, 2, 22, 1, 21, 1, 23, 1],
  ...[22, 1, 23, 2, 20, 1, 22, 3, 23, 1, 22, 2, 23, 1],
  ...[26, 2, 20, 1, 19, 1, 22, 1, 23, 1, 22, 1, 25, 1, 26, 3, 27, 2, 26, 1, 24, 1, 25, 1, 19, 1, 21, 1, 26, 1, 27, 2],
  ...[26, 1, 27, 1, 24, 1, 21, 2, 26, 2, 28, 1, 27, 3],
  ...[20, 1, 24, 1, 20, 1, 21, 1, 22, 1, 21, 2, 23, 1, 22, 2, 25, 2, 24, 2, 26, 1, 23, 1, 26, 1, 27, 1, 26, 2, 27, 5],
  ...[28, 1, 27, 5, 26, 1, 30, 1],
];
const SYMBOL_END = 256;

/** Children of the inner nodes: a node's number, or -1 - symbol. */
type Node = [number, number];

function code_lengths(): number[] {
  const lengths: number[] = [];
  for (let i = 0; i < LENGTHS.length; i += 2) {
    for (let n = 0; n < LENGTHS[i + 1]!; n++) lengths.push(LENGTHS[i]!);
  }
  return lengths;
}

function build_tree(lengths: readonly number[]): Node[] {
  const nodes: Node[] = [[0, 0]];
  const symbols = lengths.map((_, symbol) => symbol).sort((a, b) => lengths[a]! - lengths[b]! || a - b);
  let code = 0;
  let length = 0;
  for (const symbol of symbols) {
    code *= 2 ** (lengths[symbol]! - length);
    length = lengths[symbol]!;
    let node: Node = nodes[0]!;
    for (let bit = length - 1; bit >= 0; bit--) {
      const side = ((code >>> bit) & 1) as 0 | 1;
      if (bit === 0) node[side] = -1 - symbol;
      else {
        if (node[side] === 0) node[side] = nodes.push([0, 0]) - 1;
        node = nodes[node[side]]!;
      }
    }
    code++;
  }
  return nodes;
}

const lengths = code_lengths();
const tree = build_tree(lengths);
/**
 * For a node and a byte: the node reached in bits 0 to 7, how many symbols were passed in 8 and 9, the symbols from 16 and
 * from 24 on; BROKEN when the string goes on after its end.
 */
let steps: Uint32Array | undefined;
const BROKEN = 1 << 10;
/** Nodes where a string may end: fewer than eight bits, all ones (RFC 7541 section 5.2). */
const may_end = new Uint8Array(tree.length);

/** 256 KiB that only connections with coded strings need. */
function build_steps(): Uint32Array {
  const table = new Uint32Array(tree.length * 256);
  for (let from = 0; from < tree.length; from++) {
    for (let byte = 0; byte < 256; byte++) table[from * 256 + byte] = step_from(from, byte);
  }
  return table;
}

function step_from(from: number, byte: number): number {
  let node = from;
  let count = 0;
  let symbols = 0;
  for (let bit = 7; bit >= 0; bit--) {
    const next: number = tree[node]![((byte >>> bit) & 1) as 0 | 1];
    node = Math.max(0, next);
    if (next >= 0) continue;
    const symbol = -1 - next;
    if (symbol === SYMBOL_END) return BROKEN;
    symbols += symbol * 2 ** (count++ * 8);
  }
  return symbols * 0x10000 + count * 0x100 + node;
}

for (let node = 0, depth = 0; depth < 8; depth++) {
  may_end[node] = 1;
  node = tree[node]![1];
}

/** Sum over all symbols of 2^-length; 1 for a complete code. Exported for its test. */
export const kraft_sum = lengths.reduce((sum, length) => sum + 2 ** -length, 0);

/** Room that decoding `length` coded bytes needs. */
export function decoded_bytes_max(length: number): number {
  return Math.ceil((length * 8) / 5) + 1;
}

/** Decodes [start, end) into `out` (see `decoded_bytes_max`); how many bytes, or -1 when this is no such string. */
export function decode_huffman(bytes: Uint8Array, start: number, end: number, out: Uint8Array): number {
  steps ??= build_steps();
  let node = 0;
  let to = 0;
  for (let at = start; at < end; at++) {
    const step = steps[(node << 8) | bytes[at]!]!;
    if ((step & BROKEN) !== 0) return -1;
    node = step & 0xff;
    // Written whether they are there or not: the next ones take their places.
    out[to] = step >>> 16;
    out[to + 1] = step >>> 24;
    to += (step >>> 8) & 3;
  }
  return may_end[node] === 1 ? to : -1;
}

/** How many bytes [start, end) means, or -1 when this is no such string. */
export function huffman_size(bytes: Uint8Array, start: number, end: number): number {
  steps ??= build_steps();
  let node = 0;
  let size = 0;
  for (let at = start; at < end; at++) {
    const step = steps[(node << 8) | bytes[at]!]!;
    if ((step & BROKEN) !== 0) return -1;
    node = step & 0xff;
    size += (step >>> 8) & 3;
  }
  return may_end[node] === 1 ? size : -1;
}
