// Which columns the request list shows.
import { useMemo, useState } from 'react';
import { DEFAULT_COLUMNS, LIST_COLUMNS } from '../../model/catalogue.ts';
import { group_by } from '../../model/group.ts';
import { Icon } from '../../widgets/icon.tsx';
import { Popover } from '../../widgets/popover.tsx';

function Choices({ shown, onChange }: { shown: readonly string[]; onChange: (columns: readonly string[]) => void }) {
  const [search, set_search] = useState('');
  const groups = useMemo(() => {
    const wanted = search.toLowerCase();
    const found = LIST_COLUMNS.filter((c) => `${c.name} ${c.meaning}`.toLowerCase().includes(wanted));
    return [...group_by(found, (c) => c.category)];
  }, [search]);
  const toggle = (name: string): void =>
    onChange(shown.includes(name) ? shown.filter((n) => n !== name) : [...shown, name]);
  return (
    <div className="column-picker">
      <div className="row">
        <input
          value={search}
          placeholder="Find a column"
          aria-label="Find a column"
          onChange={(e) => set_search(e.target.value)}
        />
        <button type="button" className="button" onClick={() => onChange(DEFAULT_COLUMNS)}>
          Reset
        </button>
      </div>
      <div className="column-groups">
        {groups.map(([category, columns]) => (
          <section key={category}>
            <h4>{category}</h4>
            {columns.map((c) => (
              <label key={c.name} title={c.meaning}>
                <input type="checkbox" checked={shown.includes(c.name)} onChange={() => toggle(c.name)} />
                <code>{c.name}</code>
                <span className="quiet">{c.meaning}</span>
              </label>
            ))}
          </section>
        ))}
      </div>
    </div>
  );
}

export const ColumnPicker = (p: { shown: readonly string[]; onChange: (columns: readonly string[]) => void }) => (
  <Popover
    title="Choose columns"
    align="right"
    label={
      <>
        <Icon name="columns" /> Columns
      </>
    }
    test_id="columns"
  >
    {() => <Choices {...p} />}
  </Popover>
);
