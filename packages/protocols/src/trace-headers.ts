// Trace and span ids out of the headers that tracers put on requests, whatever protocol carries them.

export interface TraceIds {
  trace_id?: string;
  span_id?: string;
}

const HEX = /^[0-9a-fA-F]+$/;

// Base64 (RFC 4648) as SkyWalking uses it for ids; what is none is taken as it stands.
function from_base64(text: string): string {
  return /^[A-Za-z0-9+/]+={0,2}$/.test(text) ? Buffer.from(text, 'base64').toString('utf8') : text;
}

// W3C Trace Context section 3.2.2: version "-" trace-id(32) "-" parent-id(16) "-" flags. All zeroes = invalid.
function traceparent(value: string): TraceIds | undefined {
  const [version, trace_id, span_id] = value.trim().split('-', 4);
  if (version?.length !== 2 || trace_id?.length !== 32 || span_id?.length !== 16) return undefined;
  if (!HEX.test(trace_id) || !HEX.test(span_id) || /^0+$/.test(trace_id)) return undefined;
  return { trace_id, span_id };
}

// SkyWalking cross-process headers v3 (sw8) and v2 (sw6): sample "-" trace "-" segment "-" span index "-" ...
function skywalking(value: string): TraceIds | undefined {
  const [, trace, segment, span] = value.trim().split('-', 5);
  if (trace === undefined || trace === '') return undefined;
  const ids: TraceIds = { trace_id: from_base64(trace) };
  if (segment !== undefined && span !== undefined) ids.span_id = `${from_base64(segment)}-${span}`;
  return ids;
}

// B3 single header: {TraceId}-{SpanId}-{SamplingState}-{ParentSpanId}; a lone "0" or "d" carries no ids.
function b3(value: string): TraceIds | undefined {
  const [trace_id, span_id] = value.trim().split('-', 3);
  return trace_id && span_id ? { trace_id, span_id } : undefined;
}

// Jaeger: {trace-id}:{span-id}:{parent-span-id}:{flags}, the colons perhaps percent-encoded.
function uber(value: string): TraceIds | undefined {
  const [trace_id, span_id] = value.trim().replace(/%3a/gi, ':').split(':', 3);
  return trace_id && span_id ? { trace_id, span_id } : undefined;
}

const readers: Readonly<Record<string, (value: string) => TraceIds | undefined>> = {
  traceparent,
  sw8: skywalking,
  sw6: skywalking,
  b3,
  'uber-trace-id': uber,
  'x-b3-spanid': (value) => (value === '' ? undefined : { span_id: value }),
};

/** Ids in the value of the header `name` (lower case). A header of no known format is a trace id as a whole. */
export function read_trace_header(name: string, value: string): TraceIds | undefined {
  const reader = Object.hasOwn(readers, name) ? readers[name] : undefined;
  if (reader !== undefined) return reader(value);
  return value === '' ? undefined : { trace_id: value };
}
