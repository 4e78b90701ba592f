// Query console: a statement of the dialect, its answer as a table.
import { useMemo, useRef, useState } from 'react';
import { ApiError } from '../../api/client.ts';
import { type Result, run_query } from '../../api/query.ts';
import { type Span, span_sql } from '../../model/sql.ts';
import { usePage } from '../../state/use-page.tsx';
import { Loading, Notice } from '../../widgets/basics.tsx';
import { integer_text } from '../../widgets/format.ts';
import { Icon } from '../../widgets/icon.tsx';
import { Table, type TableColumn } from '../../widgets/table.tsx';
import { csv_of } from './csv.ts';

const DATABASES = ['flow_metrics', 'flow_log', 'deepflow_tenant', 'deepflow_admin'];
/** RANGE stands for the page's range. */
const EXAMPLES: readonly { readonly title: string; readonly db: string; readonly sql: string }[] = [
  {
    title: 'Requests and p95 of every edge',
    db: 'flow_metrics',
    sql: 'SELECT auto_service_0, auto_service_1, Enum(l7_protocol) AS protocol, Sum(request) AS requests, Percentile(rrt, 95) AS p95_us\nFROM application_map\nWHERE RANGE\nGROUP BY auto_service_0, auto_service_1, protocol\nORDER BY requests DESC LIMIT 50',
  },
  {
    title: 'Errors by minute',
    db: 'flow_metrics',
    sql: 'SELECT time(time, 60) AS minute, Sum(request) AS requests, Sum(error) AS errors\nFROM application\nWHERE RANGE AND role = 1\nGROUP BY minute ORDER BY minute DESC LIMIT 60',
  },
  {
    title: 'Slowest requests',
    db: 'flow_log',
    sql: 'SELECT end_time, auto_service_1, request_type, request_resource, response_duration\nFROM l7_flow_log\nWHERE RANGE\nORDER BY response_duration DESC LIMIT 20',
  },
  { title: 'Tags of the request log', db: 'flow_log', sql: 'SHOW TAGS FROM l7_flow_log' },
  { title: 'Metrics of the map', db: 'flow_metrics', sql: 'SHOW METRICS FROM application_map' },
];

/** Rounded for the eye; the whole number is in the cell's title and in the CSV. */
const short = (value: unknown): string =>
  typeof value === 'number' && !Number.isInteger(value) ? String(Number(value.toPrecision(7))) : text(value);

const text = (value: unknown): string =>
  value === null || value === undefined ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value);

type Line = readonly unknown[];

/** Wide enough for what the first rows hold, within reason. */
function columns_of(result: Result): TableColumn<Line>[] {
  return result.columns.map((name, i) => {
    const sample = result.values.slice(0, 100).map((line) => short(line[i]).length);
    const width = Math.min(Math.max(80, Math.max(name.length + 2, ...sample) * 7.6 + 24), 420);
    const numeric =
      result.values.length > 0 &&
      result.values.slice(0, 20).every((line) => typeof line[i] === 'number' || line[i] === null);
    return {
      id: String(i),
      title: name,
      width,
      ...(i === result.columns.length - 1 && !numeric ? { grow: true } : {}),
      ...(numeric ? { align: 'right' as const } : {}),
      cell: (line) => <span className="mono">{short(line[i])}</span>,
      title_of: (line) => text(line[i]),
    };
  });
}

interface Run {
  readonly result?: Result;
  readonly error?: string;
  readonly took_ms: number;
}

function Results({ run }: { run: Run }) {
  const [copied, set_copied] = useState(false);
  const columns = useMemo(() => (run.result ? columns_of(run.result) : []), [run.result]);
  if (run.error !== undefined)
    return (
      <Notice tone="bad" title="Not answered: " test_id="query-error">
        {run.error}
      </Notice>
    );
  if (!run.result) return null;
  const { result } = run;
  const copy = (): void => {
    navigator.clipboard.writeText(csv_of(result)).then(
      () => set_copied(true),
      () => set_copied(false),
    );
  };
  return (
    <>
      <div className="toolbar thin">
        <span className="quiet small">
          {integer_text(result.values.length)} rows in {run.took_ms} ms
        </span>
        <span className="spacer" />
        <button type="button" className="button" onClick={copy}>
          <Icon name={copied ? 'check' : 'copy'} /> {copied ? 'Copied' : 'Copy as CSV'}
        </button>
      </div>
      <div className="table-frame">
        <Table columns={columns} rows={result.values} row_key={(_l, i) => String(i)} test_id="query-table" />
      </div>
    </>
  );
}

interface Asked {
  readonly db: string;
  readonly sql: string;
}

/** One statement at a time: another one cancels the one under way. */
function useRun() {
  const [run, set_run] = useState<Run>({ took_ms: 0 });
  const [busy, set_busy] = useState(false);
  const under_way = useRef<AbortController | undefined>(undefined);
  const start = (statement: Asked): void => {
    under_way.current?.abort();
    const mine = new AbortController();
    under_way.current = mine;
    const begin = performance.now();
    set_busy(true);
    const done = (outcome: Omit<Run, 'took_ms'>): void => {
      if (under_way.current !== mine) return;
      set_busy(false);
      set_run({ ...outcome, took_ms: Math.round(performance.now() - begin) });
    };
    run_query(statement, mine.signal).then(
      (result) => done({ result }),
      (error: unknown) => done({ error: error instanceof ApiError ? error.message : String(error) }),
    );
  };
  return { run, busy, start, cancel: () => under_way.current?.abort() };
}

const in_range = (sql: string, span: Span): string => sql.replace('RANGE', span_sql(span));

const Examples = ({ onPick }: { onPick: (example: Asked) => void }) => (
  <select
    aria-label="Examples"
    value=""
    onChange={(e) => {
      const example = EXAMPLES[Number(e.target.value)];
      if (e.target.value !== '' && example) onPick(example);
    }}
  >
    <option value="">Examples</option>
    {EXAMPLES.map((example, i) => (
      <option key={example.title} value={i}>
        {example.title}
      </option>
    ))}
  </select>
);

export default function ConsoleView() {
  const { state, set, window } = usePage();
  const first = in_range(EXAMPLES[0]?.sql ?? '', window);
  const [asked, set_asked] = useState<Asked>({ db: state.db, sql: state.sql || first });
  const { run, busy, start, cancel } = useRun();
  const submit = ({ db, sql }: Asked): void => {
    set_asked({ db, sql });
    set({ db, sql }, 'replace');
    start({ db, sql });
  };
  return (
    <div className="view console-view" data-testid="console">
      <div className="toolbar">
        <select aria-label="Database" value={asked.db} onChange={(e) => set_asked({ ...asked, db: e.target.value })}>
          {DATABASES.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
        <Examples onPick={(example) => submit({ db: example.db, sql: in_range(example.sql, window) })} />
        <span className="spacer" />
        <span className="quiet small">Ctrl+Enter runs it</span>
        {busy && (
          <button type="button" className="button" onClick={cancel}>
            Cancel
          </button>
        )}
        <button type="button" className="button primary" data-testid="run" onClick={() => submit(asked)}>
          <Icon name="play" /> Run
        </button>
      </div>
      <textarea
        aria-label="Statement"
        data-testid="sql"
        spellCheck={false}
        value={asked.sql}
        rows={7}
        onChange={(e) => set_asked({ ...asked, sql: e.target.value })}
        onKeyDown={(e) => {
          if (e.key === 'Enter' && (e.ctrlKey || e.metaKey)) submit(asked);
        }}
      />
      <Loading active={busy} />
      <Results run={run} />
    </div>
  );
}
