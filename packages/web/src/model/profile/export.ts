// What is shown, as files of other tools: collapsed stacks (flamegraph.pl, inferno) and speedscope's JSON.
import { path_of, type Tree } from './tree.ts';

/** Prefixes that other tools colour by; a name cannot hold what separates names and lines. */
const PREFIX: Readonly<Record<string, string>> = { K: '[k] ', L: '[l] ' };
const label = (tree: Tree, node: number): string => {
  const fn = tree.functions[tree.fn[node]!]!;
  return (PREFIX[fn.kind] ?? '') + fn.name.replace(/[;\n\r]/g, ':');
};

/** Nodes at and below `top` where something was spent, outermost function first; the root of the tree is no function. */
export function* stacks_of(tree: Tree, top: number): Generator<{ path: number[]; value: number }> {
  const within = new Uint8Array(tree.fn.length);
  for (let node = top; node < tree.fn.length; node++) {
    within[node] = node === top || (node > top && within[tree.parent[node]!] === 1) ? 1 : 0;
    const value = tree.self[node]!;
    if (within[node] === 1 && value > 0) yield { path: path_of(tree, node).slice(1), value };
  }
}

export function collapsed(tree: Tree, top = 0): string {
  const lines: string[] = [];
  for (const { path, value } of stacks_of(tree, top))
    if (path.length > 0) lines.push(`${path.map((node) => label(tree, node)).join(';')} ${Math.round(value)}\n`);
  return lines.join('');
}

const SPEEDSCOPE_UNITS: Readonly<Record<string, string>> = {
  us: 'microseconds',
  nanoseconds: 'nanoseconds',
  bytes: 'bytes',
};

/** https://www.speedscope.app/file-format-schema.json */
export function speedscope(tree: Tree, top: number, name: string, unit: string): string {
  const samples: number[][] = [];
  const weights: number[] = [];
  for (const { path, value } of stacks_of(tree, top)) {
    samples.push(path.map((node) => tree.fn[node]!));
    weights.push(value);
  }
  return JSON.stringify({
    $schema: 'https://www.speedscope.app/file-format-schema.json',
    exporter: 'sonde',
    name,
    activeProfileIndex: 0,
    shared: { frames: tree.functions.map((fn) => ({ name: fn.name, ...(fn.module && { file: fn.module }) })) },
    profiles: [
      {
        type: 'sampled',
        name,
        unit: SPEEDSCOPE_UNITS[unit] ?? 'none',
        startValue: 0,
        endValue: weights.reduce((sum, w) => sum + w, 0),
        samples,
        weights,
      },
    ],
  });
}
