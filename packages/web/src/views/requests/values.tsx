// A value of the request log as a person reads it.
import { enum_name } from '@sonde/records';
import { type ListColumn, list_column } from '../../model/catalogue.ts';
import { Badge, type Tone } from '../../widgets/basics.tsx';
import { bytes_text, date_time_text, duration_text, NONE, time_text } from '../../widgets/format.ts';

/** Numbers of `response_status` (deepflow.md section 1). */
const STATUS_TONES: Readonly<Record<string, Tone>> = {
  '0': 'good',
  '2': 'warn',
  '3': 'bad',
  '4': 'warn',
  '5': 'quiet',
  '6': 'quiet',
};

/** DateTime64 as the store writes it (UTC), or epoch seconds/us -> ms. */
export function epoch_ms(value: unknown): number | undefined {
  const n = Number(value);
  if (value !== '' && value !== null && Number.isFinite(n)) return n > 1e14 ? n / 1000 : n > 1e11 ? n : n * 1000;
  const text = String(value);
  const ms = Date.parse(`${text.replace(' ', 'T')}${/Z|[+-]\d\d:?\d\d$/.test(text) ? '' : 'Z'}`);
  return Number.isNaN(ms) ? undefined : ms;
}

function time_of(value: unknown, long: boolean): string {
  const ms = epoch_ms(value);
  if (ms === undefined) return String(value);
  const fraction = String(Math.floor(ms % 1000)).padStart(3, '0');
  return `${long ? date_time_text(Math.floor(ms / 1000)) : time_text(Math.floor(ms / 1000))}.${fraction}`;
}

const empty = (value: unknown): boolean =>
  value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0);

export function value_text(name: string, value: unknown, long = false): string {
  if (empty(value)) return NONE;
  const column: ListColumn | undefined = list_column(name);
  if (column?.enumeration)
    return enum_name(
      column.enumeration,
      typeof value === 'number' ? value : /^\d+$/.test(String(value)) ? Number(value) : String(value),
    );
  if (column?.type === 'DateTime') return time_of(value, long).replace(/\.\d+$/, '');
  if (column?.type.startsWith('DateTime')) return time_of(value, long);
  if (column?.unit === 'us') return Number(value) === 0 ? NONE : duration_text(Number(value));
  if (column?.unit === 'byte') return bytes_text(Number(value));
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

export function Value({ name, value }: { name: string; value: unknown }) {
  const text = value_text(name, value);
  if (name === 'response_status' && text !== NONE)
    return <Badge tone={STATUS_TONES[String(value)] ?? 'quiet'}>{text}</Badge>;
  if (text === NONE) return <span className="quiet">{NONE}</span>;
  return <>{text}</>;
}
