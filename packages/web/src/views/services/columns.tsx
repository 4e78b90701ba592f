// Columns of the table of services and endpoints, and their order.
import { icon_of_protocol, service_name } from '../../model/graph.ts';
import { protocol_name } from '../../model/protocols.ts';
import type { ComparedServed } from '../../model/served.ts';
import { Badge, type Tone } from '../../widgets/basics.tsx';
import { count_text, duration_text, NONE, rate_text, ratio_text } from '../../widgets/format.ts';
import { Icon } from '../../widgets/icon.tsx';
import type { TableColumn } from '../../widgets/table.tsx';
import { tone_of } from '../tones.ts';

type Column = TableColumn<ComparedServed> & { readonly value: (l: ComparedServed) => number | string | null };

const worse_tone = (score: number): Tone => (score >= 30 ? 'bad' : score >= 8 ? 'warn' : 'quiet');

function WorseCell({ line }: { line: ComparedServed }) {
  if (!line.worse) return <span className="quiet">new</span>;
  const { score, parts } = line.worse;
  const biggest = parts.reduce((a, b) => (b.points > a.points ? b : a));
  if (score < 0.5) return <span className="quiet">no</span>;
  return (
    <span className="worse">
      <Badge tone={worse_tone(score)}>{score.toFixed(score < 10 ? 1 : 0)}</Badge>
      <span className="quiet small">{biggest.what}</span>
    </span>
  );
}

function worse_title(line: ComparedServed): string {
  if (!line.worse || !line.earlier) return 'No calls in the range before to compare with';
  const { earlier: then } = line;
  const points = line.worse.parts.map((p) => `${p.what}: ${p.points.toFixed(1)} points`).join('\n');
  return `${points}\n\nBefore: ${rate_text(then.request_s)}, ${ratio_text(then.error_ratio)} errors, p95 ${duration_text(then.p95)}`;
}

/** A number with its value in the range before, when that differs enough to be read as different. */
function Changed({ now, then }: { now: string; then: string | undefined }) {
  return (
    <>
      {now}
      {then !== undefined && then !== now && <small className="then">{then}</small>}
    </>
  );
}

const ENDPOINT: Column = {
  id: 'endpoint',
  title: 'Endpoint',
  width: 220,
  grow: true,
  value: (l) => l.endpoint ?? '',
  cell: (l) => <span className="mono">{l.endpoint || '(none)'}</span>,
  title_of: (l) => l.endpoint ?? '',
};

const ALL: readonly Column[] = [
  {
    id: 'service',
    title: 'Service',
    width: 180,
    grow: true,
    value: (l) => service_name(l.service),
    cell: (l) => (
      <span className="with-icon">
        <Icon name={icon_of_protocol(l.protocol) ?? 'process'} size={15} />
        <b>{service_name(l.service)}</b>
      </span>
    ),
    title_of: (l) => service_name(l.service),
  },
  ENDPOINT,
  {
    id: 'protocol',
    title: 'Protocol',
    width: 116,
    value: (l) => protocol_name(l.protocol),
    cell: (l) => protocol_name(l.protocol) + (l.is_tls ? ' (TLS)' : ''),
  },
  {
    id: 'worse',
    title: 'Worse',
    help: 'How much it got worse against the range before, 0 to 100',
    width: 140,
    value: (l) => l.worse?.score ?? -1,
    cell: (l) => <WorseCell line={l} />,
    title_of: worse_title,
  },
  {
    id: 'request_s',
    title: 'Requests/s',
    width: 132,
    align: 'right',
    value: (l) => l.request_s,
    cell: (l) => <Changed now={rate_text(l.request_s)} then={l.earlier && rate_text(l.earlier.request_s)} />,
  },
  {
    id: 'error_ratio',
    title: 'Errors',
    width: 118,
    align: 'right',
    value: (l) => l.error_ratio,
    cell: (l) => (
      <span className={tone_of(l.error_ratio)}>
        <Changed now={ratio_text(l.error_ratio)} then={l.earlier && ratio_text(l.earlier.error_ratio)} />
      </span>
    ),
  },
  {
    id: 'timeout',
    title: 'Timeouts',
    width: 86,
    align: 'right',
    value: (l) => l.timeout,
    cell: (l) => (
      <span className={l.timeout > 0 ? 'warn' : 'quiet'}>{l.timeout > 0 ? count_text(l.timeout) : NONE}</span>
    ),
  },
  { id: 'p50', title: 'p50', width: 90, align: 'right', value: (l) => l.p50, cell: (l) => duration_text(l.p50) },
  {
    id: 'p95',
    title: 'p95',
    width: 140,
    align: 'right',
    value: (l) => l.p95,
    cell: (l) => <Changed now={duration_text(l.p95)} then={l.earlier && duration_text(l.earlier.p95)} />,
  },
  { id: 'p99', title: 'p99', width: 90, align: 'right', value: (l) => l.p99, cell: (l) => duration_text(l.p99) },
];

export const COLUMNS = (by_endpoint: boolean): Column[] => ALL.filter((c) => by_endpoint || c !== ENDPOINT);

/** Unknown values come last whichever way the order goes; ties are broken by errors, then traffic, then name. */
export function sort_lines(lines: readonly ComparedServed[], id: string, descending: boolean): ComparedServed[] {
  const value = ALL.find((c) => c.id === id)?.value ?? ((l: ComparedServed) => l.worse?.score ?? -1);
  const way = descending ? -1 : 1;
  return [...lines].sort((a, b) => {
    const [x, y] = [value(a), value(b)];
    if (x === null || y === null) {
      if (x !== y) return x === null ? 1 : -1;
    } else if (x !== y) return (x < y ? -1 : 1) * way;
    const errors = (b.error_ratio ?? 0) - (a.error_ratio ?? 0);
    return errors || b.request - a.request || (a.key < b.key ? -1 : 1);
  });
}
