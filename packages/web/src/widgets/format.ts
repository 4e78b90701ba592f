// Numbers as people read them. Widths stay small: three significant digits, then a unit.

const digits = (v: number): string => {
  const a = Math.abs(v);
  if (a === 0) return '0';
  if (a >= 100) return v.toFixed(0);
  if (a >= 10) return v.toFixed(1).replace(/\.0$/, '');
  if (a >= 1) return v.toFixed(2).replace(/\.?0+$/, '');
  return v
    .toPrecision(2)
    .replace(/(\.\d*?)0+$/, '$1')
    .replace(/\.$/, '');
};

const scaled = (v: number, base: number, units: readonly string[]): string => {
  let i = 0;
  let n = v;
  while (Math.abs(n) >= base * 0.9995 && i < units.length - 1) {
    n /= base;
    i++;
  }
  return `${digits(n)}${units[i] ?? ''}`;
};

export const NONE = '–';

export const count_text = (v: number): string => scaled(v, 1000, ['', 'k', 'M', 'G', 'T']);
export const integer_text = (v: number): string => Math.round(v).toLocaleString('en-US');
export function rate_text(v: number): string {
  if (v > 0 && v < 0.01) return '<0.01/s';
  return `${count_text(v)}/s`;
}
export const bytes_text = (v: number): string => scaled(v, 1024, [' B', ' KB', ' MB', ' GB', ' TB', ' PB']);

/** Microseconds -> '340 µs', '12.4 ms', '1.2 s', '2 min 5 s'. */
export function duration_text(us: number | null): string {
  if (us === null) return NONE;
  if (us < 999.5) return `${us < 10 ? digits(us) : Math.round(us)} µs`;
  if (us < 999_500) return `${digits(us / 1000)} ms`;
  if (us < 60_000_000) return `${digits(us / 1_000_000)} s`;
  return span_text(us / 1_000_000);
}

/** Share 0..1 -> '0.4%'. A share that is not zero never reads as zero. */
export function ratio_text(ratio: number | null): string {
  if (ratio === null) return NONE;
  const percent = ratio * 100;
  if (percent > 0 && percent < 0.01) return '<0.01%';
  if (percent < 100 && percent > 99.95) return '>99.9%';
  return `${digits(percent)}%`;
}

/** Seconds -> '2 min 5 s', '3 h 10 min', '4 d 2 h'. */
export function span_text(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  const join = (a: string, b: number, unit: string): string => (b ? `${a} ${b} ${unit}` : a);
  if (s < 60) return `${s} s`;
  if (s < 3600) return join(`${Math.floor(s / 60)} min`, s % 60, 's');
  if (s < 172_800) return join(`${Math.floor(s / 3600)} h`, Math.floor((s % 3600) / 60), 'min');
  return join(`${Math.floor(s / 86_400)} d`, Math.floor((s % 86_400) / 3600), 'h');
}

const two = (n: number): string => String(n).padStart(2, '0');
/** Local time of day, HH:MM:SS. */
export function time_text(epoch_s: number): string {
  const d = new Date(epoch_s * 1000);
  return `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
}
export function date_time_text(epoch_s: number): string {
  const d = new Date(epoch_s * 1000);
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())} ${time_text(epoch_s)}`;
}
