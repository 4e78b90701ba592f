// Label selectors and ids of profile types as Pyroscope's clients send them, as conditions on rows of profile.in_process. Names and values
// travel as parameters.
import { kind_of, NAME_LABEL, PERIOD_TYPE_LABEL, PERIOD_UNIT_LABEL } from '../../formats/kinds.ts';
import { QueryError } from '../error.ts';

const wrong = (message: string): QueryError => new QueryError('INVALID_PARAMETERS', message);

export interface Matcher {
  readonly name: string;
  readonly op: '=' | '!=' | '=~' | '!~';
  readonly value: string;
}
const SELECTOR_CHARS_MAX = 16_384;
const MATCHERS_MAX = 64;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };

/** `{a="b", c=~"d|e"}`, also without the braces. */
export function parse_selector(text: string): Matcher[] {
  if (text.length > SELECTOR_CHARS_MAX) throw wrong('The label selector is too long.');
  const inner = /^\s*\{(.*)\}\s*$/s.exec(text)?.[1] ?? text;
  const pattern = /\s*(?:"((?:[^"\\]|\\.)*)"|([A-Za-z_][\w.]*))\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"\s*(,|$)/sy;
  const matchers: Matcher[] = [];
  while (pattern.lastIndex < inner.length && inner.slice(pattern.lastIndex).trim() !== '') {
    const match = pattern.exec(inner);
    if (match === null) throw wrong(`The label selector ${text.slice(0, 200)} is not understood.`);
    const plain = (escaped: string) => escaped.replace(/\\(.)/gs, (_, c: string) => ESCAPES[c] ?? c);
    matchers.push({ name: match[2] ?? plain(match[1]!), op: match[3] as Matcher['op'], value: plain(match[4]!) });
    if (matchers.length > MATCHERS_MAX) throw wrong(`The label selector has more than ${MATCHERS_MAX} conditions.`);
  }
  return matchers;
}

/** NAME:TYPE:UNIT:PERIOD_TYPE:PERIOD_UNIT. */
export interface ProfileType {
  readonly ID: string;
  readonly name: string;
  readonly sampleType: string;
  readonly sampleUnit: string;
  readonly periodType: string;
  readonly periodUnit: string;
}
export function parse_type(id: string): ProfileType {
  const parts = id.split(':');
  if (parts.length < 5 || parts.length > 6) throw wrong(`${id.slice(0, 200)} is not the id of a profile type.`);
  const [name, sampleType, sampleUnit, periodType, periodUnit] = parts as [string, string, string, string, string];
  return { ID: id, name, sampleType, sampleUnit, periodType, periodUnit };
}

/** Agents count microseconds; Pyroscope's clients know nanoseconds. */
export const SHOWN_UNIT: Readonly<Record<string, { readonly unit: string; readonly factor: number }>> = {
  us: { unit: 'nanoseconds', factor: 1000 },
};
/** `labels`: those that the row keeps its kind in, '' where it has none. */
export function type_of_row(type: string, unit: string, labels: readonly [string, string, string]): ProfileType {
  const kind = kind_of(type, unit);
  const shown = SHOWN_UNIT[unit]?.unit ?? unit;
  const [name, period_type, period_unit] = [
    labels[0] || kind.name,
    labels[1] || kind.period_type,
    labels[2] || kind.period_unit,
  ];
  const ID = [name, type, shown, period_type, period_unit].join(':');
  return { ID, name, sampleType: type, sampleUnit: shown, periodType: period_type, periodUnit: period_unit };
}

/** Conditions and parameters of one statement. */
export class Where {
  readonly conditions: string[] = [];
  readonly params: Record<string, string | number> = {};

  bind(value: string | number, type: 'String' | 'UInt32'): string {
    const name = `p${Object.keys(this.params).length}`;
    this.params[name] = value;
    return `{${name}:${type}}`;
  }

  /** Text of a label; '' where the row has none. */
  label(name: string): string {
    const column = COLUMNS[name];
    if (column !== undefined) return column;
    return `tag_values[indexOf(tag_names, ${this.bind(name, 'String')})]`;
  }

  range(start_ms: number, end_ms: number): void {
    if (!(end_ms >= start_ms)) throw wrong('`end` lies before `start`.');
    const second = (ms: number) => this.bind(Math.max(0, Math.min(0xffff_ffff, Math.floor(ms / 1000))), 'UInt32');
    this.conditions.push(`time >= ${second(start_ms)} AND time <= ${second(end_ms)}`);
  }

  type({ name, sampleType, sampleUnit, periodType, periodUnit }: ProfileType): void {
    const units = [sampleUnit, ...Object.keys(SHOWN_UNIT).filter((unit) => SHOWN_UNIT[unit]!.unit === sampleUnit)];
    const bound = units.map((unit) => this.bind(unit, 'String')).join(', ');
    this.conditions.push(
      `profile_event_type = ${this.bind(sampleType, 'String')} AND profile_value_unit IN (${bound})`,
    );
    const told = units.map((unit) => kind_of(sampleType, unit));
    const is = (label: string, value: string, untold: boolean) =>
      this.conditions.push(`${this.label(label)} IN (${this.bind(value, 'String')}${untold ? ", ''" : ''})`);
    is(
      NAME_LABEL,
      name,
      told.some((k) => k.name === name),
    );
    is(
      PERIOD_TYPE_LABEL,
      periodType,
      told.some((k) => k.period_type === periodType),
    );
    is(
      PERIOD_UNIT_LABEL,
      periodUnit,
      told.some((k) => k.period_unit === periodUnit),
    );
  }

  matcher({ name, op, value }: Matcher): void {
    if (name === '__profile_type__' && op === '=') this.type(parse_type(value));
    else if (op === '=' || op === '!=') this.conditions.push(`${this.label(name)} ${op} ${this.bind(value, 'String')}`);
    else {
      const found = `match(${this.label(name)}, ${this.bind(`^(?:${value})$`, 'String')})`;
      this.conditions.push(op === '=~' ? found : `NOT ${found}`);
    }
  }

  selector(text: string): void {
    for (const matcher of parse_selector(text)) this.matcher(matcher);
  }

  get sql(): string {
    return this.conditions.length === 0 ? '1' : this.conditions.map((c) => `(${c})`).join(' AND ');
  }
}

const entity = (field: string): string => `dictGet('flow_tag.entity_dict', '${field}', toUInt64(entity_id))`;
/** Labels that rows have as columns. */
export const COLUMNS: Readonly<Record<string, string>> = {
  service_name: 'toString(app_service)',
  __type__: 'toString(profile_event_type)',
  __unit__: 'toString(profile_value_unit)',
  language: 'toString(profile_language_type)',
  thread_name: 'toString(thread_name)',
  process_id: 'toString(process_id)',
  auto_service: entity('service'),
  auto_instance: entity('name'),
};
/** What a value counts in the unit that its type is shown in. */
export const VALUE = `profile_value * multiIf(${Object.entries(SHOWN_UNIT)
  .map(([unit, { factor }]) => `profile_value_unit = '${unit}', ${factor}`)
  .join(', ')}, 1)`;
