// Messages of querier.v1.QuerierService, types.v1 and google.v1.Profile: fields, numbers, types (github.com/grafana/pyroscope, api/).
import type { FieldOf, Schema } from './codec.ts';

const text = (name: string, number: number): FieldOf => ({ name, number, type: 'string' });
const int = (name: string, number: number): FieldOf => ({ name, number, type: 'int64' });
const of = (name: string, number: number, type: Schema): FieldOf => ({ name, number, type });
const many = ({ name, number, type }: FieldOf): FieldOf => ({ name, number, type, repeated: true });
const FORMAT: FieldOf = {
  name: 'format',
  number: 6,
  type: 'enum',
  names: ['PROFILE_FORMAT_UNSPECIFIED', 'PROFILE_FORMAT_FLAMEGRAPH', 'PROFILE_FORMAT_TREE'],
};
const AGGREGATION: FieldOf = {
  name: 'aggregation',
  number: 7,
  type: 'enum',
  names: ['TIME_SERIES_AGGREGATION_TYPE_SUM', 'TIME_SERIES_AGGREGATION_TYPE_AVERAGE'],
};
const SELECT: Schema = [text('profileTypeID', 1), text('labelSelector', 2), int('start', 3), int('end', 4)];
const STACKTRACES: Schema = [...SELECT, int('maxNodes', 5), FORMAT, many(text('profileIdSelector', 8))];
const LABELS = many(of('labels', 1, [text('name', 1), text('value', 2)]));
const LEVELS = many(of('levels', 2, [many(int('values', 1))]));
const FLAMEGRAPH: Schema = [many(text('names', 1)), LEVELS, int('total', 3), int('maxSelf', 4)];
const VALUE_TYPE: Schema = [int('type', 1), int('unit', 2)];

export const REQUEST = {
  ProfileTypes: [int('start', 1), int('end', 2)],
  LabelNames: [many(text('matchers', 1)), int('start', 2), int('end', 3)],
  LabelValues: [text('name', 1), many(text('matchers', 2)), int('start', 3), int('end', 4)],
  Series: [many(text('matchers', 1)), many(text('labelNames', 2)), int('start', 3), int('end', 4)],
  SelectMergeStacktraces: STACKTRACES,
  SelectMergeSpanProfile: [
    text('profileTypeID', 1),
    text('labelSelector', 2),
    many(text('spanSelector', 3)),
    int('start', 4),
    int('end', 5),
    int('maxNodes', 6),
    { ...FORMAT, number: 7 },
  ],
  SelectMergeProfile: [...SELECT, int('maxNodes', 5), many(text('profileIdSelector', 7))],
  SelectSeries: [
    ...SELECT,
    many(text('groupBy', 5)),
    { name: 'step', number: 6, type: 'double' },
    AGGREGATION,
    int('limit', 9),
  ],
  Diff: [of('left', 1, STACKTRACES), of('right', 2, STACKTRACES)],
} as const satisfies Record<string, Schema>;
export type Method = keyof typeof REQUEST;

const NAMES: Schema = [many(text('names', 1))];
const GRAPH: Schema = [of('flamegraph', 1, FLAMEGRAPH)];
export const RESPONSE: Readonly<Record<Method, Schema>> = {
  ProfileTypes: [
    many(
      of('profileTypes', 1, [
        text('ID', 1),
        text('name', 2),
        text('sampleType', 4),
        text('sampleUnit', 5),
        text('periodType', 6),
        text('periodUnit', 7),
      ]),
    ),
  ],
  LabelNames: NAMES,
  LabelValues: NAMES,
  Series: [many(of('labelsSet', 2, [LABELS]))],
  SelectMergeStacktraces: GRAPH,
  SelectMergeSpanProfile: GRAPH,
  SelectMergeProfile: [
    many(of('sampleType', 1, VALUE_TYPE)),
    many(
      of('sample', 2, [
        many(int('locationId', 1)),
        many(int('value', 2)),
        many(of('label', 3, [int('key', 1), int('str', 2), int('num', 3), int('numUnit', 4)])),
      ]),
    ),
    many(
      of('mapping', 3, [
        int('id', 1),
        int('memoryStart', 2),
        int('memoryLimit', 3),
        int('fileOffset', 4),
        int('filename', 5),
        int('buildId', 6),
        int('hasFunctions', 7),
      ]),
    ),
    many(
      of('location', 4, [
        int('id', 1),
        int('mappingId', 2),
        int('address', 3),
        many(of('line', 4, [int('functionId', 1), int('line', 2)])),
      ]),
    ),
    many(
      of('function', 5, [int('id', 1), int('name', 2), int('systemName', 3), int('filename', 4), int('startLine', 5)]),
    ),
    many(text('stringTable', 6)),
    int('timeNanos', 9),
    int('durationNanos', 10),
    of('periodType', 11, VALUE_TYPE),
    int('period', 12),
  ],
  SelectSeries: [
    many(
      of('series', 1, [
        LABELS,
        many(of('points', 2, [{ name: 'value', number: 1, type: 'double' }, int('timestamp', 2)])),
      ]),
    ),
  ],
  Diff: [of('flamegraph', 1, [...FLAMEGRAPH, int('leftTicks', 5), int('rightTicks', 6)])],
};
