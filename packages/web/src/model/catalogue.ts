// Columns of the request list: from the record definition, with the names that the querier derives for both ends.
import { type Column, L7_FLOW_LOG } from '@sonde/records';

export interface ListColumn {
  readonly name: string;
  readonly title: string;
  readonly meaning: string;
  readonly category: string;
  readonly unit: string;
  /** Store's type, for how values are compared and shown. */
  readonly type: string;
  readonly enumeration: string | undefined;
}

/** Not columns of the table: the querier finds them through the entity dictionary and the address columns. */
const DERIVED: readonly (readonly [string, string])[] = [
  ['auto_service', 'Service'],
  ['auto_instance', 'Instance'],
  ['ip', 'Address'],
  ['host', 'Host'],
  ['executable', 'Executable'],
  ['command_line', 'Command line'],
  ['container_name', 'Container'],
];

const derived = DERIVED.flatMap(([name, what]) =>
  ([0, 1] as const).map((end): ListColumn => {
    const side = end === 0 ? 'client' : 'server';
    return {
      name: `${name}_${end}`,
      title: `${what} (${side})`,
      meaning: `${what} of the ${side} end`,
      category: 'Universal Tag',
      unit: '',
      type: 'String',
      enumeration: undefined,
    };
  }),
);

const words = (name: string): string => {
  const text = name.replace(/^_/, '').replaceAll('_', ' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
};

const of_column = (c: Column): ListColumn => ({
  name: c.name,
  title: words(c.name),
  meaning: c.meaning,
  category: c.category ?? 'Other',
  unit: c.unit ?? '',
  type: c.type,
  enumeration: c.kind === 'tag' ? c.enumeration : undefined,
});

export const LIST_COLUMNS: readonly ListColumn[] = [
  ...L7_FLOW_LOG.columns.filter((c) => !c.hidden).map(of_column),
  ...derived,
];

const BY_NAME = new Map(LIST_COLUMNS.map((c) => [c.name, c]));
export const list_column = (name: string): ListColumn | undefined => BY_NAME.get(name);

export const DEFAULT_COLUMNS: readonly string[] = [
  'end_time',
  'response_duration',
  'response_status',
  'auto_service_0',
  'auto_service_1',
  'l7_protocol',
  'request_type',
  'request_resource',
  'response_code',
  'observation_point',
];

export const is_numeric = (c: ListColumn): boolean => /Int\d|Float/.test(c.type);
