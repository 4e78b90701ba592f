// Column types as far as their bytes must be passed over (documentation, "Native format", "Data types").

export interface Type {
  readonly kind: 'fixed' | 'text' | 'nullable' | 'array' | 'tuple' | 'dictionary' | 'variant' | 'json' | 'opaque';
  /** Bytes of a value, where it is fixed. */
  readonly size: number;
  readonly inner: readonly Type[];
}

const leaf = (kind: Type['kind'], size = 0): Type => ({ kind, size, inner: [] });
const of = (kind: Type['kind'], ...inner: Type[]): Type => ({ kind, size: 0, inner });

/** Its bytes depend on a function, or are not documented. */
const OPAQUE = leaf('opaque');
const TEXT = leaf('text');
const POINT = of('tuple', leaf('fixed', 8), leaf('fixed', 8));
const RING = of('array', POINT);
const POLYGON = of('array', RING);
const MULTI_POLYGON = of('array', POLYGON);

const SIZES: Readonly<Record<string, number>> = {
  UInt8: 1,
  UInt16: 2,
  UInt32: 4,
  UInt64: 8,
  UInt128: 16,
  UInt256: 32,
  Int8: 1,
  Int16: 2,
  Int32: 4,
  Int64: 8,
  Int128: 16,
  Int256: 32,
  Float32: 4,
  Float64: 8,
  BFloat16: 2,
  Bool: 1,
  Date: 2,
  Date32: 4,
  DateTime: 4,
  DateTime32: 4,
  DateTime64: 8,
  Time: 4,
  Time64: 8,
  UUID: 16,
  IPv4: 4,
  IPv6: 16,
  Enum8: 1,
  Enum16: 2,
  Decimal32: 4,
  Decimal64: 8,
  Decimal128: 16,
  Decimal256: 32,
  Nothing: 1,
};

const NAMED: Readonly<Record<string, Type>> = {
  String: TEXT,
  JSON: leaf('json'),
  Point: POINT,
  Ring: RING,
  LineString: RING,
  Polygon: POLYGON,
  MultiLineString: POLYGON,
  MultiPolygon: MULTI_POLYGON,
  // In the order of their names, as of every variant.
  Geometry: of('variant', RING, POLYGON, MULTI_POLYGON, POINT, POLYGON, RING),
};

const KNOWN_MAX = 1024;
const DEPTH_MAX = 32;
const known = new Map<string, Type>();

export function type_of(text: string): Type {
  let type = known.get(text);
  if (type === undefined) {
    type = parse(text.trim(), 0);
    if (known.size >= KNOWN_MAX) known.clear();
    known.set(text, type);
  }
  return type;
}

function parse(text: string, depth: number): Type {
  if (depth > DEPTH_MAX) return OPAQUE;
  const open = text.indexOf('(');
  const name = open < 0 ? text : text.slice(0, open).trim();
  const size = SIZES[name];
  if (size !== undefined) return leaf('fixed', size);
  if (name.startsWith('Interval')) return leaf('fixed', 8);
  const named = NAMED[name];
  if (named !== undefined) return named;
  if (open < 0 || !text.endsWith(')')) return OPAQUE;
  return composed(name, split(text.slice(open + 1, -1)), depth + 1);
}

function composed(name: string, parts: readonly string[], depth: number): Type {
  const first = parts[0] ?? '';
  switch (name) {
    case 'FixedString': {
      const size = Number(first);
      return Number.isInteger(size) && size > 0 ? leaf('fixed', size) : OPAQUE;
    }
    case 'Decimal': {
      const digits = Number(first);
      return digits >= 1 && digits <= 76
        ? leaf('fixed', digits <= 9 ? 4 : digits <= 18 ? 8 : digits <= 38 ? 16 : 32)
        : OPAQUE;
    }
    case 'Nullable':
      return of('nullable', parse(first, depth));
    case 'Array':
      return of('array', parse(first, depth));
    case 'Map':
      return of('array', of('tuple', ...parts.map((part) => parse(part, depth))));
    case 'Nested':
      return of('array', of('tuple', ...parts.map((part) => parse(unnamed(part), depth))));
    case 'Tuple':
      // Without elements it is one byte a row.
      return first === '' ? leaf('fixed', 1) : of('tuple', ...parts.map((part) => parse(unnamed(part), depth)));
    case 'Variant':
      return of('variant', ...parts.map((part) => parse(part, depth)));
    case 'LowCardinality': {
      const inner = parse(first, depth);
      return of('dictionary', inner.kind === 'nullable' ? inner.inner[0]! : inner);
    }
    case 'SimpleAggregateFunction':
      return parse(parts[1] ?? '', depth);
    default:
      return OPAQUE;
  }
}

/** Parts between the commas that stand in no bracket and no quotes. */
function split(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    const sign = text[at]!;
    if (sign === "'" || sign === '`' || sign === '"') at = quoted_end(text, at);
    else if (sign === '(') depth++;
    else if (sign === ')') depth--;
    else if (sign === ',' && depth === 0) {
      parts.push(text.slice(from, at).trim());
      from = at + 1;
    }
  }
  parts.push(text.slice(from).trim());
  return parts;
}

function quoted_end(text: string, at: number): number {
  for (let i = at + 1; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === text[at]) return i;
  }
  return text.length;
}

/** An element of a tuple without the name in front of its type. */
function unnamed(part: string): string {
  const sign = part[0];
  if (sign === '`' || sign === '"') return part.slice(quoted_end(part, 0) + 1).trim();
  const space = part.indexOf(' ');
  const bracket = part.indexOf('(');
  return space > 0 && (bracket < 0 || space < bracket) ? part.slice(space + 1).trim() : part;
}
