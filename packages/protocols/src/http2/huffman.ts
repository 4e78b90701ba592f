// The Huffman code of RFC 7541 appendix B. It is canonical: codes of one length follow each other in the order of their
// symbols, so the lengths say everything. Decoding goes four bits at a step; the shortest code has five, so that a step
// ends at most one symbol.

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

const NO_SYMBOL = 0xffff;
const BROKEN = 0xffff;
const lengths = code_lengths();
const tree = build_tree(lengths);
/** For a node and four bits: the node reached (or BROKEN) and the symbol passed (or NO_SYMBOL). */
const reached = new Uint16Array(tree.length * 16);
const passed = new Uint16Array(tree.length * 16);
/** Nodes where a string may end: fewer than eight bits, all ones (RFC 7541 section 5.2). */
const may_end = new Uint8Array(tree.length);

for (let from = 0; from < tree.length; from++) {
  for (let bits = 0; bits < 16; bits++) {
    let node = from;
    let symbol = NO_SYMBOL;
    for (let bit = 3; bit >= 0 && node !== BROKEN; bit--) {
      const next: number = tree[node]![((bits >>> bit) & 1) as 0 | 1];
      if (next >= 0) node = next;
      else {
        symbol = -1 - next;
        node = symbol === SYMBOL_END ? BROKEN : 0;
      }
    }
    reached[from * 16 + bits] = node;
    passed[from * 16 + bits] = symbol;
  }
}
for (let node = 0, depth = 0; depth < 8; depth++) {
  may_end[node] = 1;
  node = tree[node]![1];
}

/** Sum over all symbols of 2^-length; 1 for a complete code. Exported for its test. */
export const kraft_sum = lengths.reduce((sum, length) => sum + 2 ** -length, 0);

/** Most bytes that `length` coded bytes can mean. */
export function decoded_bytes_max(length: number): number {
  return Math.ceil((length * 8) / 5);
}

/** Decodes [start, end) into `out` (see `decoded_bytes_max`); how many bytes, or -1 when this is no such string. */
export function decode_huffman(bytes: Uint8Array, start: number, end: number, out: Uint8Array): number {
  let node = 0;
  let to = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    const high = node * 16 + (byte >>> 4);
    node = reached[high]!;
    if (node === BROKEN) return -1;
    if (passed[high] !== NO_SYMBOL) out[to++] = passed[high]!;
    const low = node * 16 + (byte & 15);
    node = reached[low]!;
    if (node === BROKEN) return -1;
    if (passed[low] !== NO_SYMBOL) out[to++] = passed[low]!;
  }
  return may_end[node] === 1 ? to : -1;
}
