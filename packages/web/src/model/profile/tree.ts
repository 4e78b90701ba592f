// A call tree in flat arrays: node 0 is the root, a parent stands before its children, values add up from the leaves.

/** Letters of the server: application, library, kernel, cut short, unknown. */
export const KINDS = ['A', 'L', 'K', 'H', '?'] as const;
export type Kind = (typeof KINDS)[number];

export interface Fn {
  readonly name: string;
  readonly kind: Kind;
  /** Library, executable or script; '' when it is not known. */
  readonly module: string;
}

export interface Tree {
  readonly functions: readonly Fn[];
  /** By node. */
  readonly fn: Uint32Array;
  readonly parent: Int32Array;
  readonly self: Float64Array;
  readonly total: Float64Array;
  /** Of a difference: both sides, in their own units; `self` and `total` are shares then. */
  readonly sides?: Sides;
}
export interface Side {
  readonly self: Float64Array;
  readonly total: Float64Array;
}
export interface Sides {
  readonly before: Side;
  readonly now: Side;
}

/** What functions of the kernel belong to, for tools that ask. */
export const KERNEL_MODULE = '[kernel.kallsyms]';

export const fn_key = (fn: Fn): string => `${fn.kind}~${fn.module}~${fn.name}`;
export const node_count = (tree: Tree): number => tree.fn.length;
export const sum_of = (tree: Tree): number => tree.total[0] ?? 0;

/** Child keys are exact numbers as long as functions are fewer than this. */
const FUNCTIONS_MAX = 2 ** 26;

/** Grows a tree node by node; equal functions and equal children are one. */
export class TreeBuilder {
  readonly functions: Fn[] = [];
  private readonly fns = new Map<string, number>();
  private readonly children = new Map<number, number>();
  readonly fn: number[] = [];
  readonly parent: number[] = [];
  readonly self: number[] = [];
  readonly total: number[] = [];

  constructor(root: Fn) {
    this.child(-1, this.function_of(root));
  }

  function_of(fn: Fn): number {
    const key = fn_key(fn);
    let id = this.fns.get(key);
    if (id === undefined) {
      id = this.functions.push(fn) - 1;
      this.fns.set(key, id);
    }
    return id;
  }

  child(parent: number, fn: number): number {
    const key = (parent + 1) * FUNCTIONS_MAX + fn;
    let node = this.children.get(key);
    if (node === undefined) {
      node = this.fn.push(fn) - 1;
      this.parent.push(parent);
      this.self.push(0);
      this.total.push(0);
      this.children.set(key, node);
    }
    return node;
  }

  take(): Tree {
    return {
      functions: this.functions,
      fn: Uint32Array.from(this.fn),
      parent: Int32Array.from(this.parent),
      self: Float64Array.from(this.self),
      total: Float64Array.from(this.total),
    };
  }
}

/** What POST /v1/profile/ProfileTracing answers. */
export interface TracingAnswer {
  readonly functions: readonly string[];
  readonly function_types: readonly string[];
  readonly function_modules?: readonly string[];
  readonly node_values: { readonly values: readonly (readonly number[])[] };
}

/** The prefix that names carry for their type is shown by colour instead. */
const PREFIX = /^\[[klpt]\] /;
const kind_of = (letter: string | undefined): Kind => KINDS.find((kind) => kind === letter) ?? '?';

/** Throws when nodes are not in order: then it is no such answer. */
export function tree_of(answer: TracingAnswer, root: string): Tree {
  const { functions, function_types, function_modules, node_values } = answer;
  const nodes = node_values.values;
  const tree: Tree = {
    functions: functions.map((name, i) => ({
      name: name.replace(PREFIX, ''),
      kind: kind_of(function_types[i]),
      module: function_modules?.[i] ?? '',
    })),
    fn: new Uint32Array(nodes.length),
    parent: new Int32Array(nodes.length),
    self: new Float64Array(nodes.length),
    total: new Float64Array(nodes.length),
  };
  for (const [node, [fn = -1, parent = -1, self = 0, total = 0]] of nodes.entries()) {
    if (fn < 0 || fn >= functions.length || (node === 0 ? parent !== -1 : parent < 0 || parent >= node))
      throw new Error(`The server's tree is out of order at node ${node}.`);
    tree.fn[node] = fn;
    tree.parent[node] = parent;
    tree.self[node] = self;
    tree.total[node] = total;
  }
  // The root is no function: it may be named as one.
  const own = (tree.functions as Fn[]).push({ name: root, kind: '?', module: '' }) - 1;
  if (nodes.length > 0) tree.fn[0] = own;
  return tree;
}

/** Nodes from the root to `node`. */
export function path_of(tree: Tree, node: number): number[] {
  const path: number[] = [];
  for (let at = node; at >= 0; at = tree.parent[at]!) path.unshift(at);
  return path;
}

/** 64 bits of text, in two halves (FNV-1a with two offsets). */
function hash_text(text: string): readonly [number, number] {
  let [a, b] = [0x811c9dc5, 0x050c5d1f];
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    a = Math.imul(a ^ c, 0x01000193);
    b = Math.imul(b ^ c, 0x01000193) ^ (b >>> 15);
  }
  return [a, b];
}

/** Names a path of functions from the root, the same in every tree that has the path: what the URL keeps of a zoom. */
export function path_hashes(tree: Tree): { name: (node: number) => string; find: (name: string) => number } {
  const of_fn = tree.functions.map((fn) => hash_text(fn_key(fn)));
  const count = node_count(tree);
  const [high, low] = [new Uint32Array(count), new Uint32Array(count)];
  for (let node = 1; node < count; node++) {
    const parent = tree.parent[node]!;
    const [a, b] = of_fn[tree.fn[node]!]!;
    high[node] = Math.imul(high[parent]! ^ a, 0x9e3779b1) + 1;
    low[node] = Math.imul(low[parent]! ^ b, 0x85ebca6b) ^ (low[parent]! >>> 13);
  }
  const text = (node: number): string =>
    high[node]!.toString(16).padStart(8, '0') + low[node]!.toString(16).padStart(8, '0');
  return {
    name: (node) => (node === 0 ? '' : text(node)),
    find: (name) => {
      if (!/^[0-9a-f]{16}$/.test(name)) return 0;
      const [a, b] = [Number.parseInt(name.slice(0, 8), 16), Number.parseInt(name.slice(8), 16)];
      for (let node = 1; node < count; node++) if (high[node] === a && low[node] === b) return node;
      return 0;
    },
  };
}
