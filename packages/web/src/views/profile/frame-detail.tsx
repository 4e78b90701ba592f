// A frame in words: beside the pointer, and in the line below the graph, which also tells the keyboard's frame to who cannot see it.
import type { Tree } from '../../model/profile/tree.ts';
import { KIND_NAMES } from './colours.ts';
import { cost_text, points_text, share, share_text, values_of, type FrameValues } from './values.ts';

function Numbers({
  what,
  value,
  of,
  before,
  unit,
}: {
  what: string;
  value: number;
  of: number;
  before?: { value: number; of: number } | undefined;
  unit: string;
}) {
  return (
    <div className="frame-numbers">
      <dt>{what}</dt>
      <dd>
        <b>{share_text(value, of)}</b> {cost_text(value, unit)}
        {before && (
          <span className="quiet">
            {' '}
            against <b>{share_text(before.value, before.of)}</b> {cost_text(before.value, unit)} ·{' '}
            {points_text(share(before.value, before.of), share(value, of))} points
          </span>
        )}
      </dd>
    </div>
  );
}

const side = (v: FrameValues, what: 'self' | 'total') => v.before && { value: v.before[what], of: v.before.of };

/** Numbers of the frame for whoever reads the page by program, in the unit of the event. */
const data_of = (v: FrameValues): Record<string, string | number | undefined> => ({
  'data-name': v.fn.name,
  'data-kind': v.fn.kind,
  'data-module': v.fn.module,
  'data-self': v.self,
  'data-total': v.total,
  'data-before': v.before?.total,
});

export function FrameDetail(p: {
  tree: Tree;
  node: number;
  unit: string;
  live?: boolean;
  test_id: string;
  hint?: string;
}) {
  const v = values_of(p.tree, p.node);
  return (
    <div className="frame-detail" data-testid={p.test_id} aria-live={p.live ? 'polite' : undefined} {...data_of(v)}>
      <p>
        <b className="mono">{v.fn.name}</b>{' '}
        {p.node > 0 && (
          <span className="quiet">
            {KIND_NAMES[v.fn.kind]}
            {v.fn.module !== '' && v.fn.module !== v.fn.name && ` · ${v.fn.module}`}
          </span>
        )}
      </p>
      <dl>
        <Numbers what="total" value={v.total} of={v.of} before={side(v, 'total')} unit={p.unit} />
        <Numbers what="self" value={v.self} of={v.of} before={side(v, 'self')} unit={p.unit} />
      </dl>
      {p.hint && <p className="quiet small">{p.hint}</p>}
    </div>
  );
}
