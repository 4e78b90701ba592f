// One function: who called it above, what it called below, both merged over all places; and the list to choose it from.
import { useMemo, useState } from 'react';
import { difference } from '../../model/profile/difference.ts';
import { layout_of } from '../../model/profile/layout.ts';
import { fn_key, sum_of, type Tree } from '../../model/profile/tree.ts';
import { fn_of_key, sandwich } from '../../model/profile/sandwich.ts';
import { type Pattern, search } from '../../model/profile/search.ts';
import type { Theme } from '../../state/theme.ts';
import { Flame } from './flame.tsx';
import { FunctionTable, useLines } from './table.tsx';
import type { Shown } from './use-profile.ts';
import { cost_text, share_text } from './values.ts';

interface Props {
  readonly shown: Shown;
  readonly unit: string;
  readonly theme: Theme;
  readonly pattern: Pattern | undefined;
  /** Key of the function; '' = the one with the most self cost. */
  readonly fn: string;
  readonly onFn: (key: string) => void;
  readonly test_id: string;
}

function Half(p: Omit<Props, 'shown' | 'fn'> & { tree: Tree; upward: boolean; title: string }) {
  const [focus, set_focus] = useState(0);
  const layout = useMemo(() => layout_of(p.tree), [p.tree]);
  const test = p.pattern && 'test' in p.pattern ? p.pattern.test : undefined;
  const found = useMemo(() => test && search(p.tree, layout, test), [p.tree, layout, test]);
  const { functions, fn } = p.tree;
  return (
    <section className="half">
      <h4>{p.title}</h4>
      <Flame
        tree={p.tree}
        layout={layout}
        unit={p.unit}
        theme={p.theme}
        upward={p.upward}
        found={found}
        focus={focus < fn.length ? focus : 0}
        onFocus={set_focus}
        onOpen={(node) => {
          p.onFn(fn_key(functions[fn[node]!]!));
        }}
        label={p.title}
        test_id={p.test_id}
      />
    </section>
  );
}

export function Sandwich(p: Props) {
  const { shown, unit } = p;
  const lines = useLines(shown);
  const heaviest = useMemo(() => lines.reduce((a, b) => (b.self > a.self ? b : a), lines[0]!)?.key ?? '', [lines]);
  const key = p.fn || heaviest;
  const halves = useMemo(() => {
    const now = sandwich(shown.now, key);
    const before = shown.before && sandwich(shown.before, key);
    if (!before) return now;
    return {
      callers: difference(before.callers, now.callers),
      callees: difference(before.callees, now.callees),
    };
  }, [shown, key]);
  const line = lines.find((l) => l.key === key);
  const name = fn_of_key(key);
  const sum = sum_of(shown.now);
  const common = { ...p, unit };
  return (
    <div className="sandwich" data-testid={p.test_id} data-fn={name.name} data-total={line?.total ?? 0}>
      <div className="sandwich-list">
        <FunctionTable
          {...common}
          lines={lines}
          narrow
          selected={key}
          onOpen={p.onFn}
          test_id={`${p.test_id}-functions`}
        />
      </div>
      <div className="sandwich-halves">
        <p className="sandwich-title">
          <b className="mono">{name.name}</b> <span className="quiet">{name.module}</span>{' '}
          {line ? (
            <span>
              total <b>{share_text(line.total, sum)}</b> {cost_text(line.total, unit)} · self{' '}
              <b>{share_text(line.self, sum)}</b> {cost_text(line.self, unit)}
            </span>
          ) : (
            <span className="quiet">does not occur here</span>
          )}
        </p>
        <Half
          key={`callers ${key}`}
          {...common}
          tree={halves.callers}
          upward
          title="Called by"
          test_id={`${p.test_id}-callers`}
        />
        <Half
          key={`callees ${key}`}
          {...common}
          tree={halves.callees}
          upward={false}
          title="Calls"
          test_id={`${p.test_id}-callees`}
        />
      </div>
    </div>
  );
}
