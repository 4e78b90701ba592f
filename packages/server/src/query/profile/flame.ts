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

class Tree {
  readonly functions: string[] = [];
  readonly types: string[] = [];
  readonly modules: string[] = [];
  /** Function, parent, self, total of each node. */
  readonly nodes: [number, number, number, number][] = [];
  private readonly ids = new Map<string, number>();
  private readonly children = new Map<number, number>();

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
    // Both are below 2^26, so that the key is exact.
    const key = (parent + 1) * 2 ** 26 + of;
    let node = this.children.get(key);
    if (node === undefined) {
      node = this.nodes.push([of, parent, 0, 0]) - 1;
      this.children.set(key, node);
    }
    return node;
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
  const name_of = (frame: number): number => {
    const named = frames[frame];
    if (named === undefined) return tree.function_of('[unknown]', '?');
    return tree.function_of(FRAME_PREFIX[named.type] + named.name, TYPE_SHOWN[named.type], named.module);
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
