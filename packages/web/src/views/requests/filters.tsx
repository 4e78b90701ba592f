// Conditions of the request list as chips, and the form that adds one for any column.
import { ENUMS } from '@sonde/records';
import { type FormEvent, useId, useState } from 'react';
import { LIST_COLUMNS, list_column } from '../../model/catalogue.ts';
import { type Condition, is_operator, OPERATORS } from '../../model/sql.ts';
import { condition_text } from '../../state/url.ts';
import { usePage } from '../../state/use-page.tsx';
import { Icon } from '../../widgets/icon.tsx';
import { Popover } from '../../widgets/popover.tsx';
import { value_text } from './values.tsx';

const COLUMNS = [...LIST_COLUMNS].sort((a, b) => a.name.localeCompare(b.name));

function AddForm({ onAdd }: { onAdd: (c: Condition) => void }) {
  const [column, set_column] = useState('request_resource');
  const [op, set_op] = useState('like');
  const [value, set_value] = useState('');
  const id = useId();
  const choices = ENUMS[list_column(column)?.enumeration ?? ''] ?? [];
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!is_operator(op) || value === '') return;
    // `like` without a wildcard means "contains" to whoever types it here.
    const wanted = op.endsWith('like') && !value.includes('*') ? `*${value}*` : value;
    onAdd({ column, op, value: wanted });
  };
  const pick = (name: string): void => {
    set_column(name);
    set_value('');
    if (list_column(name)?.enumeration) set_op('=');
  };
  return (
    <form className="filter-form" onSubmit={submit}>
      <select aria-label="Column" value={column} onChange={(e) => pick(e.target.value)}>
        {COLUMNS.map((c) => (
          <option key={c.name} value={c.name} title={c.meaning}>
            {c.name}
          </option>
        ))}
      </select>
      <select aria-label="Comparison" value={op} onChange={(e) => set_op(e.target.value)}>
        {OPERATORS.map((o) => (
          <option key={o}>{o}</option>
        ))}
      </select>
      {choices.length > 0 ? (
        <select aria-label="Value" value={value} onChange={(e) => set_value(e.target.value)}>
          <option value="">choose</option>
          {choices.map((c) => (
            <option key={c.value} value={c.value}>
              {c.name}
            </option>
          ))}
        </select>
      ) : (
        <input
          aria-label="Value"
          id={id}
          value={value}
          placeholder={list_column(column)?.unit === 'us' ? 'microseconds' : 'value'}
          onChange={(e) => set_value(e.target.value)}
        />
      )}
      <button type="submit" className="button primary">
        Add
      </button>
      <p className="quiet small">{list_column(column)?.meaning}. In like, * stands for anything.</p>
    </form>
  );
}

const chip_value = (c: Condition): string =>
  list_column(c.column)?.enumeration ? value_text(c.column, c.value) : String(c.value);

export function Filters() {
  const { state, set } = usePage();
  const add = (c: Condition): void => {
    if (state.conditions.some((o) => condition_text(o) === condition_text(c))) return;
    set({ conditions: [...state.conditions, c] });
  };
  const remove = (c: Condition): void => set({ conditions: state.conditions.filter((o) => o !== c) });
  return (
    <>
      <Popover
        title="Filter by any column"
        label={
          <>
            <Icon name="filter" /> Filter
          </>
        }
        test_id="add-filter"
      >
        {(close) => (
          <AddForm
            onAdd={(c) => {
              add(c);
              close();
            }}
          />
        )}
      </Popover>
      {state.conditions.map((c) => (
        <span className="chip" key={condition_text(c)} data-testid="chip">
          {c.column} {c.op} <b>{chip_value(c)}</b>
          <button type="button" aria-label="Remove this filter" onClick={() => remove(c)}>
            <Icon name="close" size={12} />
          </button>
        </span>
      ))}
    </>
  );
}
