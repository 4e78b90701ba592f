// All columns of one request.
import { query_rows, type Row } from '../../api/query.ts';
import { useLoad } from '../../api/use-load.ts';
import { LIST_COLUMNS } from '../../model/catalogue.ts';
import { group_by } from '../../model/group.ts';
import { requests_statement } from '../../model/queries.ts';
import type { Condition, Span } from '../../model/sql.ts';
import { usePage } from '../../state/use-page.tsx';
import { IconButton, Loading, Notice } from '../../widgets/basics.tsx';
import { Icon } from '../../widgets/icon.tsx';
import { Value, value_text } from './values.tsx';

const ALL = LIST_COLUMNS.map((c) => c.name);
const EXTRA = ['attribute_names', 'attribute_values'];
const SUMMARY = [
  ['response_status', 'status'],
  ['response_duration', 'duration'],
  ['response_code', 'code'],
] as const;
const is_known = (value: unknown): boolean => value !== null && value !== undefined && value !== '';

const groups_of = (row: Row) =>
  group_by(
    LIST_COLUMNS.filter((c) => is_known(row[c.name])),
    (c) => c.category,
  );

/** Arrays come as arrays or as the store's text of them. */
function list_of(value: unknown): string[] {
  if (Array.isArray(value)) return value.map(String);
  if (typeof value !== 'string') return [];
  try {
    const parsed: unknown = JSON.parse(value.replaceAll("'", '"'));
    return Array.isArray(parsed) ? parsed.map(String) : [];
  } catch {
    return [];
  }
}

function Attributes({ row }: { row: Row }) {
  const [names, values] = [list_of(row.attribute_names), list_of(row.attribute_values)];
  if (names.length === 0) return null;
  return (
    <section>
      <h3>Attributes</h3>
      <dl>
        {names.map((name, i) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{values[i] ?? ''}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Columns({ row, onFilter }: { row: Row; onFilter: (c: Condition) => void }) {
  return [...groups_of(row)].map(([category, columns]) => (
    <section key={category}>
      <h3>{category}</h3>
      <dl>
        {columns.map(({ name, meaning }) => (
          <div key={name}>
            <dt title={meaning}>{name}</dt>
            <dd title={`${value_text(name, row[name], true)} (stored: ${String(row[name])})`}>
              <Value name={name} value={row[name]} />
              <button
                type="button"
                className="only"
                title="Show only requests with this value"
                onClick={() => onFilter({ column: name, op: '=', value: String(row[name]) })}
              >
                <Icon name="filter" size={12} />
              </button>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  ));
}

/** Rows of one id can only lie in the second of the row that was clicked, or, opened from a link, in the page's range. */
export function RowDetail({ id, span, onClose }: { id: string; span: Span; onClose: () => void }) {
  const { state, set } = usePage();
  const loaded = useLoad(`row ${id}`, 0, async (signal) => {
    const conditions: Condition[] = [{ column: '_id', op: '=', value: id }];
    const list = { span, conditions, sort: 'time', descending: true, limit: 1 };
    const rows = await query_rows(requests_statement({ ...list, columns: ALL }), signal);
    // Attributes are help columns that a querier may not list; the row is worth showing without them.
    const extra = await query_rows(requests_statement({ ...list, columns: EXTRA }), signal).catch(() => []);
    return rows[0] ? { ...rows[0], ...extra[0] } : undefined;
  });
  const row: Row | undefined = loaded.data;
  const filter = (c: Condition): void => set({ conditions: [...state.conditions, c], row: '' });
  return (
    <aside className="panel row-detail" data-testid="row-detail">
      <header className="panel-head">
        <div>
          <h2>{row ? value_text('request_resource', row.request_resource) : 'Request'}</h2>
          <small>
            {row ? `${value_text('l7_protocol', row.l7_protocol)} ${value_text('request_type', row.request_type)}` : ''}
          </small>
        </div>
        <IconButton icon="close" title="Close (Esc)" onClick={onClose} />
      </header>
      <Loading active={loaded.loading} />
      {loaded.error && (
        <Notice tone="bad" title="Not read: ">
          {loaded.error.message}
        </Notice>
      )}
      {!loaded.loading && !loaded.error && !row && (
        <Notice tone="info" title="Not found: ">
          this request is not in the range any more.
        </Notice>
      )}
      {row && (
        <>
          <div className="figures">
            {SUMMARY.map(([name, label]) => (
              <div className="figure" key={name}>
                <small>{label}</small>
                <b>
                  <Value name={name} value={row[name]} />
                </b>
              </div>
            ))}
          </div>
          <Columns row={row} onFilter={filter} />
          <Attributes row={row} />
        </>
      )}
    </aside>
  );
}
