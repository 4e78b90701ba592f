// Columns of the table as they are stored.
import { type ColumnType, type TagColumn, unrecorded_columns } from '@sonde/records';
import { invalid } from '../error.ts';
import type { Bind } from '../params.ts';
import { bind_number, type Operand, type PredicateOperator, type ValueKind } from '../predicate.ts';
import { hardware_filter, hardware_text } from './hardware.ts';
import type { Tag, TagFamily } from './tag.ts';

export function kind_of(type: ColumnType): ValueKind {
  if (type.startsWith('DateTime')) return 'moment';
  if (type.startsWith('Array')) return 'array';
  if (type.includes('String')) return 'text';
  if (type.startsWith('IPv')) return 'ip';
  return type.includes('Float') ? 'number' : 'integer';
}

/** 'YYYY-MM-DD hh:mm:ss[.ffffff]' in UTC, or a number of `units` a second since 1970. */
function moment_units(operand: Operand, units: number): Operand {
  if (operand.kind === 'number' || /^-?\d+$/.test(operand.text)) return operand;
  const match = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?Z?)?$/.exec(operand.text);
  const seconds = match ? Date.parse(`${match[1]}T${match[2] ?? '00:00:00'}Z`) / 1000 : Number.NaN;
  if (Number.isNaN(seconds))
    throw invalid(`\`${operand.text.slice(0, 64)}\` is no moment; write seconds or 'YYYY-MM-DD hh:mm:ss'`, operand.at);
  const fraction = Number((match?.[3] ?? '0').padEnd(6, '0')) / 1e6;
  return { kind: 'number', text: String(Math.round((seconds + fraction) * units)), at: operand.at };
}

/** Compares the stored column itself, so that the order key and partitions are made use of. */
function moment_filter(units: 1 | 1_000_000, name: string) {
  return (columns: readonly string[], op: PredicateOperator, operands: readonly Operand[], bind: Bind): string => {
    const column = columns[0]!;
    const given = operands.map((o) => moment_units(o, units));
    if (op.includes('like') || op.includes('regexp'))
      throw invalid(`\`${op}\` does not go with times`, given[0]?.at ?? -1);
    const made = (o: Operand) =>
      units === 1
        ? `toDateTime(${bind(clamp_seconds(o, name), 'UInt32')})`
        : `fromUnixTimestamp64Micro(${bind_number({ ...o, text: whole(o, name) }, bind, name)})`;
    if (op === 'in' || op === 'not in')
      return given.length === 0
        ? op === 'in'
          ? '0'
          : '1'
        : `${column} ${op.toUpperCase()} (${given.map(made).join(', ')})`;
    const bound = given[0];
    if (bound === undefined || given.length > 1) throw invalid(`\`${op}\` takes one time`, bound?.at ?? -1);
    // A bound between two seconds, as now() - 0.5: rows lie on whole seconds.
    const up = op === '>=' || op === '<';
    return `${column} ${op} ${made({ ...bound, text: String(up ? Math.ceil(Number(bound.text)) : bound.text) })}`;
  };
}

function whole(operand: Operand, name: string): string {
  const value = Number(operand.text);
  if (!Number.isFinite(value)) throw invalid(`${name} is a number of seconds or microseconds`, operand.at);
  return String(Math.trunc(value));
}
/** DateTime is 32 bits wide; what lies outside compares as its first or last second. */
function clamp_seconds(operand: Operand, name: string): number {
  return Math.min(0xffff_ffff, Math.max(0, Number(whole(operand, name))));
}

function value_of(type: ColumnType): (columns: readonly string[]) => string {
  if (type === 'DateTime') return ([c]) => `toUnixTimestamp(${c})`;
  if (type === 'DateTime64(6)') return ([c]) => `toUnixTimestamp64Micro(${c})`;
  return ([c]) => c!;
}

export function physical_tag(column: TagColumn): Tag {
  const { name, type } = column;
  return {
    name,
    kind: column.format ? 'text' : kind_of(type),
    meaning: column.meaning,
    category: column.category ?? '',
    unit: column.unit ?? (type === 'DateTime' ? 's' : ''),
    columns: [name],
    value: column.format ? hardware_text(column.format) : value_of(type),
    nullable: type.startsWith('Nullable'),
    ...(type === 'DateTime' && { filter: moment_filter(1, name) }),
    ...(type === 'DateTime64(6)' && { filter: moment_filter(1_000_000, name) }),
    ...(column.format && { filter: hardware_filter(column.format), hardware: true }),
    ...(column.enumeration !== undefined && { enumeration: column.enumeration }),
    ...(column.end !== undefined && { end: column.end }),
    ...(column.hidden && { hidden: true }),
  };
}

function empty_value(type: ColumnType): string {
  if (type.startsWith('Array')) return `CAST([], '${type}')`;
  if (type.startsWith('Nullable')) return `CAST(NULL, '${type}')`;
  // Not a literal: a number in GROUP BY would mean the column at that place.
  return type.includes('String') ? "toString('')" : `CAST(0, '${type}')`;
}

/** The empty value in place of a column that no row carries; a condition compares it like any other. */
function unrecorded_tag(column: TagColumn): Tag {
  const { value, filter, ...tag } = physical_tag(column);
  const empty = [empty_value(column.type)];
  return {
    ...tag,
    columns: [],
    value: (_columns, bind) => value(empty, bind),
    ...(filter && { filter: (_columns, ...rest) => filter(empty, ...rest) }),
    recorded: false,
  };
}

export const physical: TagFamily = {
  tags: (definition) => [
    ...definition.columns.filter((c) => c.kind === 'tag').map(physical_tag),
    ...unrecorded_columns(definition).map(unrecorded_tag),
  ],
};
