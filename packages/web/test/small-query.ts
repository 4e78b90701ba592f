// Just enough of the dialect to answer the statements that the page makes, over facts in memory. Not the querier: it
// exists so that the page's tests have an oracle of their own.
import type { Fact } from './facts.ts';

type Value = string | number | null;
type Item = { readonly name: string; readonly of: (facts: readonly Fact[]) => Value };

const status_count = (status: number) => (f: Fact) => (f.status === status ? 1 : 0);
const SUMS: Readonly<Record<string, (f: Fact) => number>> = {
  request: (f) => f.request,
  response: (f) => f.response,
  client_error: status_count(4),
  server_error: status_count(3),
  timeout: status_count(2),
  byte: (f) => f.byte,
  new_flow: (f) => f.new_flow,
  tcp_establish_fail: (f) => f.establish_fail,
};
const TAGS: Readonly<Record<string, (f: Fact, i: number) => Value>> = {
  time: (f) => f.time,
  end_time: (f) => f.time * 1e6,
  _id: (f) => String(BigInt(f.time) * 4294967296n + BigInt(f.byte)),
  auto_service_0: (f) => f.client[0],
  auto_service_type_0: (f) => f.client[1],
  auto_service_1: (f) => f.server[0],
  auto_service_type_1: (f) => f.server[1],
  l7_protocol: (f) => f.protocol,
  is_tls: (f) => f.tls,
  observation_point: (f) => f.point,
  endpoint: (f) => f.endpoint,
  request_type: (f) => f.type,
  request_resource: (f) => f.resource,
  response_status: (f) => f.status,
  response_code: (f) => f.code,
  response_duration: (f) => f.rrt,
};
const tag = (name: string): ((f: Fact) => Value) => {
  const found = TAGS[name];
  return found ? (f) => found(f, 0) : () => null;
};

export function percentile(values: readonly number[], p: number): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * p) / 100))] ?? null;
}

function item(text: string): Item {
  const [, body = text, alias] = /^(.*?)(?: AS (\w+))?$/s.exec(text) ?? [];
  const sum = /^Sum\((\w+)\)$/.exec(body);
  if (sum) return { name: alias ?? body, of: (fs) => fs.reduce((n, f) => n + (SUMS[sum[1] ?? '']?.(f) ?? 0), 0) };
  const quantile = /^Percentile\(rrt, (\d+)\)$/.exec(body);
  if (quantile)
    return {
      name: alias ?? body,
      of: (fs) =>
        percentile(
          fs.filter((f) => f.response > 0).map((f) => f.rrt),
          Number(quantile[1]),
        ),
    };
  const bucket = /^time\(time, (\d+)\)$/.exec(body);
  const width = Number(bucket?.[1]);
  if (bucket) return { name: alias ?? body, of: ([f]) => (f ? Math.floor(f.time / width) * width : null) };
  return { name: alias ?? body, of: ([f]) => (f ? tag(body)(f) : null) };
}

const unquote = (text: string): string => text.replace(/^'|'$/g, '').replace(/\\(.)/g, '$1');
const like = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern
      .split('*')
      .map((p) => p.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
      .join('.*')}$`,
    's',
  );

function condition(text: string): (f: Fact) => boolean {
  const list = /^(\w+) IN \((.*)\)$/.exec(text);
  if (list) {
    const values = (list[2] ?? '').split(', ').map(unquote);
    return (f) => values.includes(String(tag(list[1] ?? '')(f)));
  }
  const parts = /^(\w+) (=|!=|>=|<=|>|<|like|not like|regexp|not regexp) (.*)$/s.exec(text);
  if (!parts) throw new Error(`not understood: ${text}`);
  const [, name = '', op = '', raw = ''] = parts;
  const value = unquote(raw);
  const pattern = op.endsWith('regexp') ? new RegExp(value) : like(value);
  return (f) => {
    const have = tag(name)(f);
    const text_of = String(have ?? '');
    if (op === '=') return text_of === value;
    if (op === '!=') return text_of !== value;
    if (op.endsWith('like') || op.endsWith('regexp')) return pattern.test(text_of) !== op.startsWith('not');
    const [a, b] = [Number(have), Number(value)];
    return op === '>' ? a > b : op === '>=' ? a >= b : op === '<' ? a < b : a <= b;
  };
}

/** Splits at a separator outside of quotes and parentheses. */
function split(text: string, separator: string): string[] {
  const parts: string[] = [];
  let [depth, quoted, begin] = [0, false, 0];
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quoted && c === '\\') i++;
    else if (c === "'") quoted = !quoted;
    else if (!quoted && c === '(') depth++;
    else if (!quoted && c === ')') depth--;
    else if (!quoted && depth === 0 && text.startsWith(separator, i)) {
      parts.push(text.slice(begin, i));
      begin = i + separator.length;
    }
  }
  return [...parts, text.slice(begin)];
}

export function small_query(sql: string, facts: readonly Fact[]): { columns: string[]; values: Value[][] } {
  const parts =
    /^SELECT (.*?) FROM (\w+) WHERE (.*?)(?: GROUP BY (.*?))?(?: ORDER BY (?:time (?:ASC|DESC), )?(\w+) (ASC|DESC))? LIMIT (\d+)$/s.exec(
      sql,
    );
  if (!parts) throw new Error(`not understood: ${sql}`);
  const [, select = '', , where = '', group, order, way, limit = '0'] = parts;
  const items = split(select, ', ').map(item);
  const conditions = split(where, ' AND ').map(condition);
  const kept = facts.filter((f) => conditions.every((holds) => holds(f)));
  const keys =
    group === undefined
      ? undefined
      : split(group, ', ').map((name) => items.find((i) => i.name === name) ?? item(name));
  const groups = new Map<string, Fact[]>();
  kept.forEach((f, i) => {
    const key = keys ? JSON.stringify(keys.map((k) => k.of([f]))) : String(i);
    const found = groups.get(key);
    if (found) found.push(f);
    else groups.set(key, [f]);
  });
  const lines = [...groups.values()];
  if (order) {
    const by = item(order);
    const sign = way === 'DESC' ? -1 : 1;
    lines.sort((a, b) => {
      const [x, y] = [by.of(a) ?? -1, by.of(b) ?? -1];
      return x === y ? 0 : (x < y ? -1 : 1) * sign;
    });
  }
  return {
    columns: items.map((i) => i.name),
    values: lines.slice(0, Number(limit)).map((fs) => items.map((i) => i.of(fs))),
  };
}
