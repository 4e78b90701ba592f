// Ten typical questions: in the querier's dialect for SmartEncoding, in the engine's SQL for tags that are columns.
import { type Model, type Pod, TAGS } from './pods.ts';
import { column_name, TABLE_NAME } from './ways.ts';

export interface Question {
  readonly name: string;
  readonly dialect: string;
  readonly plain: string;
}
export const LABEL = 'k8s.label.team';
/** Beginning of the label that the pattern asks for: a tenth of the namespaces, a sixty-fourth of random texts. */
const PATTERN_CHARS: Readonly<Record<Model, number>> = { correlated: 'namespace-1'.length, random: 1 };

const PLAIN_METRICS = {
  'Count(row)': 'count()',
  'Sum(error)': 'sum(toUInt64(response_status IN (3, 4)))',
  'PercentileExact(response_duration, 95)': 'ifNotFinite(quantileExact(0.95)(nullIf(response_duration, 0)), NULL)',
} as const;
type Metric = keyof typeof PLAIN_METRICS;

interface Grouped {
  readonly by: readonly (readonly [tag: string, end: 0 | 1])[];
  readonly metrics: readonly Metric[];
  readonly where?: { readonly tag: string; readonly operator: '=' | 'like'; readonly value: string };
  /** Rows of the server's observation point only. */
  readonly server_side?: boolean;
  readonly tail?: string;
}

const dialect_name = (tag: string, end: 0 | 1): string => `\`${tag}_${end}\``;
const ALL = 'limit 100000';

/** Both forms of one question about groups; `hour` is the condition on time in each. */
function grouped(name: string, hour: Hour, asked: Grouped): Question {
  const { by, metrics, where, tail = '' } = asked;
  const side = asked.server_side ? " and observation_point = 's-p'" : '';
  const form = (plain: boolean): string => {
    const named = (tag: string, end: 0 | 1) => (plain ? column_name(tag, end) : dialect_name(tag, end));
    const keys = by.map(([tag, end]) => named(tag, end));
    const values = metrics.map((m, i) => `${plain ? PLAIN_METRICS[m] : m} as v${i}`);
    const value = where && (plain ? where.value.replaceAll('*', '%') : where.value);
    const filter = where ? ` and ${named(where.tag, 1)} ${where.operator} '${value}'` : '';
    const order = tail.replace('KEY', keys[0] ?? '');
    return `select ${[...keys, ...values].join(', ')} from ${plain ? TABLE_NAME : 'l7_flow_log'} where ${plain ? hour.plain : hour.dialect}${side}${filter} group by ${keys.join(', ')} ${order} ${order.includes('limit') ? '' : ALL}`;
  };
  return { name, dialect: form(false), plain: form(true) };
}

interface Hour {
  readonly dialect: string;
  readonly plain: string;
}

function over_time(hour: Hour, pod: Pod): Question {
  const { pod_ns } = pod.universal;
  const bucket = 'intDiv(toInt64(toUnixTimestamp(time)), 60) * 60';
  return {
    name: 'a namespace over time',
    dialect: `select time(time, 60) as t, Count(row) as v0 from l7_flow_log where ${hour.dialect} and pod_ns_1 = '${pod_ns}' group by t ${ALL}`,
    plain: `select ${bucket} as t, count() as v0 from ${TABLE_NAME} where ${hour.plain} and pod_ns_1 = '${pod_ns}' group by t ${ALL}`,
  };
}

function latest(hour: Hour, pod: Pod): Question {
  const name = pod.universal.pod;
  const dialect = TAGS.map((tag) => dialect_name(tag, 1)).join(', ');
  const plain = TAGS.map((tag) => column_name(tag, 1)).join(', ');
  return {
    name: 'latest 100 requests of a pod, all its tags',
    dialect: `select start_time, endpoint, response_duration, ${dialect} from l7_flow_log where ${hour.dialect} and pod_1 = '${name}' order by start_time desc limit 100`,
    plain: `select toUnixTimestamp64Micro(start_time) as c0, endpoint, response_duration, ${plain} from ${TABLE_NAME} where ${hour.plain} and pod_1 = '${name}' order by c0 desc limit 100`,
  };
}

/** About the names of `pod`, in the hour from `begin_s`. */
export function questions_of(model: Model, pod: Pod, begin_s: number): Question[] {
  const end_s = begin_s + 3600;
  const hour: Hour = {
    dialect: `time >= ${begin_s} and time < ${end_s}`,
    plain: `time >= toDateTime(${begin_s}) and time < toDateTime(${end_s})`,
  };
  const label = pod.custom['k8s.label'][LABEL.slice('k8s.label.'.length)]!;
  const ask = (name: string, asked: Grouped): Question => grouped(name, hour, asked);
  return [
    ask('requests by namespace', { by: [['pod_ns', 1]], metrics: ['Count(row)'] }),
    ask('p95 by service', { by: [['auto_service', 1]], metrics: ['PercentileExact(response_duration, 95)'] }),
    ask('errors by workload', { by: [['pod_group', 1]], metrics: ['Sum(error)', 'Count(row)'] }),
    ask('requests by a label', { by: [[LABEL, 1]], metrics: ['Count(row)'] }),
    over_time(hour, pod),
    ask('services of a label pattern', {
      by: [['auto_service', 1]],
      metrics: ['Count(row)'],
      where: { tag: LABEL, operator: 'like', value: `${label.slice(0, PATTERN_CHARS[model])}*` },
    }),
    ask('service map', {
      by: [
        ['auto_service', 0],
        ['auto_service', 1],
      ],
      metrics: ['Count(row)', 'Sum(error)'],
      server_side: true,
    }),
    ask('top pods by errors', {
      by: [['pod', 1]],
      metrics: ['Sum(error)'],
      tail: 'order by v0 desc, KEY limit 10',
    }),
    ask('zones of a region', {
      by: [['az', 1]],
      metrics: ['Count(row)'],
      where: { tag: 'region', operator: '=', value: pod.universal.region },
    }),
    latest(hour, pod),
  ];
}
