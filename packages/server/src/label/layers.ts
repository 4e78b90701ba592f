// A thing on top of another: the pod on a machine of a cloud, the node of a cluster that is one.
import type { Known } from '../inventory.ts';
import { kept } from '../kept.ts';

export interface Found {
  readonly known: Known;
  /** It may have been another one, or have had other tags. */
  readonly doubtful: boolean;
}

const joined = new WeakMap<Known, WeakMap<Known, Known>>();

/** `top`, which belongs to whatever `base` belongs to as well. The same for the same two, so that it can be a key. */
export function over(top: Known, base: Known | undefined): Known {
  if (base === undefined) return top;
  return kept(
    kept(joined, top, () => new WeakMap<Known, Known>()),
    base,
    () => {
      const kinds = new Set(top.resources.map(({ kind }) => kind));
      const beneath = base.resources.filter(({ kind }) => !kinds.has(kind));
      return { ...top, resources: [...top.resources, ...beneath] };
    },
  );
}

export const found_over = (top: Found, base: Found | undefined): Found =>
  base === undefined ? top : { known: over(top.known, base.known), doubtful: top.doubtful || base.doubtful };
