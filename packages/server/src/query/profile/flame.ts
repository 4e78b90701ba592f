// Stacks with what they cost -> a tree of functions, in DeepFlow's columnar form (deepflow.md section 8): node 0 is the root, a node names
// its function and its parent, values add up from the leaves.
import { FRAME_PREFIX, type FrameType } from '@sonde/records';

export interface CostedStack {
  /** Indexes of frames, outermost first. */
  readonly frames: readonly number[];
  readonly value: number;
}
export interface NamedFrame {
  readonly type: FrameType;
  readonly name: string;
  readonly module: string;
}
export interface FlameTree {
  readonly functions: readonly string[];
  readonly function_types: readonly string[];
  /** Library, executable or script of each function; '' when there is none. */
  readonly function_modules: readonly string[];
  readonly function_values: { readonly columns: readonly string[]; readonly values: readonly (readonly number[])[] };
  readonly node_values: { readonly columns: readonly string[]; readonly values: readonly (readonly number[])[] };
}

/** Letters of DeepFlow for what it knows: interpreted functions are the application's, unnamed compiled code is unknown. */
const TYPE_SHOWN: Readonly<Record<FrameType, string>> = { A: 'A', L: 'L', K: 'K', I: 'A', J: '?', H: 'H' };
const KERNEL_CUT = '[k]';
const SLOTS_MIN = 1024;

class Tree {
  readonly functions: string[] = [];
  readonly types: string[] = [];
  readonly modules: string[] = [];
  /** Function, parent, self, total of each node. */
  readonly nodes: [number, number, number, number][] = [];
  private readonly ids = new Map<string, number>();
  /** Nodes by parent and function: open addressing, -1 = free. */
  private slots = new Int32Array(SLOTS_MIN).fill(-1);

  function_of(name: string, type: string, module = ''): number {
    const key = `${type}${name}\0${module}`;
    let id = this.ids.get(key);
    if (id === undefined) {
      id = this.functions.push(name) - 1;
      this.types.push(type);
      this.modules.push(module);
      this.ids.set(key, id);
    }
    return id;
  }

  child(parent: number, of: number): number {
    const at = this.slot(parent, of);
    const known = this.slots[at]!;
    if (known >= 0) return known;
    const node = this.nodes.push([of, parent, 0, 0]) - 1;
    this.slots[at] = node;
    if (this.nodes.length * 2 > this.slots.length) this.grow();
    return node;
  }

  /** Where the node is, or would be. */
  private slot(parent: number, of: number): number {
    const mask = this.slots.length - 1;
    const hash = Math.imul(parent + 1, 0x9e3779b1) ^ Math.imul(of, 0x85ebca6b);
    let at = (hash ^ (hash >>> 15)) & mask;
    for (let found = this.slots[at]!; found >= 0; found = this.slots[at]!) {
      const node = this.nodes[found]!;
      if (node[0] === of && node[1] === parent) return at;
      at = (at + 1) & mask;
    }
    return at;
  }

  private grow(): void {
    this.slots = new Int32Array(this.slots.length * 2).fill(-1);
    for (const [i, [of, parent]] of this.nodes.entries()) this.slots[this.slot(parent, of)] = i;
  }
}

/** `kernel_depth`: so many kernel functions of a stack are kept, the others become one; -1 = all. */
export function flame_tree(
  root: string,
  stacks: readonly CostedStack[],
  frames: readonly (NamedFrame | undefined)[],
  kernel_depth: number,
): FlameTree {
  const tree = new Tree();
  const top = tree.child(-1, tree.function_of(root, 'A'));
  // Named once, when first met: paths are far longer than the list of frames. Function + 1; 0 = not met yet.
  const functions = new Int32Array(frames.length);
  const name_of = (frame: number): number => {
    const known = functions[frame]!;
    if (known > 0) return known - 1;
    const named = frames[frame];
    const id =
      named === undefined
        ? tree.function_of('[unknown]', '?')
        : tree.function_of(FRAME_PREFIX[named.type] + named.name, TYPE_SHOWN[named.type], named.module);
    functions[frame] = id + 1;
    return id;
  };
  for (const { frames: path, value } of stacks) {
    let node = top;
    let kernel = 0;
    tree.nodes[node]![3] += value;
    for (const frame of path) {
      const in_kernel = frames[frame]?.type === 'K';
      if (in_kernel && kernel_depth >= 0 && kernel++ >= kernel_depth) {
        node = tree.child(node, tree.function_of(KERNEL_CUT, 'K'));
        tree.nodes[node]![3] += value;
        break;
      }
      node = tree.child(node, name_of(frame));
      tree.nodes[node]![3] += value;
    }
    tree.nodes[node]![2] += value;
  }
  const sums = tree.functions.map((): [number, number] => [0, 0]);
  for (const [of, , self, total] of tree.nodes) {
    sums[of]![0] += self;
    sums[of]![1] += total;
  }
  return {
    functions: tree.functions,
    function_types: tree.types,
    function_modules: tree.modules,
    function_values: { columns: ['self_value', 'total_value'], values: sums },
    node_values: { columns: ['function_id', 'parent_node_id', 'self_value', 'total_value'], values: tree.nodes },
  };
}
