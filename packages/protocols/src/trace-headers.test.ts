import { expect, it } from 'vitest';
import { read_trace_header } from './trace-headers.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');

it.each([
  // The example of W3C Trace Context section 3.2.4.
  [
    'traceparent',
    '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    { trace_id: '4bf92f3577b34da6a3ce929d0e0e4736', span_id: '00f067aa0ba902b7' },
  ],
  ['traceparent', '00-00000000000000000000000000000000-00f067aa0ba902b7-01', undefined],
  ['traceparent', '00-zz', undefined],
  ['sw8', `1-${base64('t.1.2')}-${base64('s.1.3')}-4-a-b-c-d`, { trace_id: 't.1.2', span_id: 's.1.3-4' }],
  ['sw8', '1-', undefined],
  ['sw6', `1-${base64('t')}-${base64('s')}-0-1-1-x`, { trace_id: 't', span_id: 's-0' }],
  ['b3', '80f198ee56343ba8-e457b5a2e4d86bd1-1', { trace_id: '80f198ee56343ba8', span_id: 'e457b5a2e4d86bd1' }],
  ['b3', '0', undefined],
  ['uber-trace-id', 'abc:def:0:1', { trace_id: 'abc', span_id: 'def' }],
  ['uber-trace-id', 'abc%3Adef%3A0%3A1', { trace_id: 'abc', span_id: 'def' }],
  ['x-b3-spanid', 'e457', { span_id: 'e457' }],
  ['x-own', 'anything', { trace_id: 'anything' }],
  ['constructor', 'x', { trace_id: 'x' }],
  ['x-own', '', undefined],
])('%s: %s', (name, value, ids) => {
  expect(read_trace_header(name, value)).toEqual(ids);
});
