import { describe, expect, it } from 'vitest';
import { DEFAULT_OPTIONS } from './protocol.ts';
import { TracePairs } from './trace-pairs.ts';

const PARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const W3C = { trace_id: '4bf92f3577b34da6a3ce929d0e0e4736', span_id: '00f067aa0ba902b7' };
const SW8 = `1-${btoa('t')}-${btoa('s')}-4-a-b-c-d`;

const CASES: [string, string[], [string, string][], object | undefined][] = [
  ['the header of the settings', ['traceparent'], [['traceparent', PARENT]], W3C],
  ['in any case', ['traceparent'], [['TraceParent', PARENT]], W3C],
  ['tracestate says nothing', ['traceparent', 'sw8'], [['tracestate', 'a=1']], undefined],
  ['names of the settings only', ['sw8'], [['traceparent', PARENT]], undefined],
  ['no names', [], [['traceparent', PARENT]], undefined],
  [
    'the order of the settings, not of the message',
    ['traceparent', 'sw8'],
    [
      ['sw8', SW8],
      ['traceparent', PARENT],
    ],
    W3C,
  ],
  [
    'the next where the first holds nothing',
    ['traceparent', 'sw8'],
    [
      ['traceparent', '00-0-0-00'],
      ['sw8', SW8],
    ],
    { trace_id: 't', span_id: 's-4' },
  ],
  [
    'B3 in headers of their own',
    ['x-b3-traceid', 'x-b3-spanid'],
    [
      ['X-B3-TraceId', '463ac35c9f6413ad48485a3953bb6124'],
      ['X-B3-SpanId', 'a2fb4a1d1a96d312'],
      ['X-B3-ParentSpanId', '0020000000000001'],
      ['X-B3-Sampled', '1'],
    ],
    { trace_id: '463ac35c9f6413ad48485a3953bb6124', span_id: 'a2fb4a1d1a96d312' },
  ],
  [
    'B3 in one header',
    ['b3'],
    [['b3', '463ac35c9f6413ad48485a3953bb6124-a2fb4a1d1a96d312-1-0020000000000001']],
    { trace_id: '463ac35c9f6413ad48485a3953bb6124', span_id: 'a2fb4a1d1a96d312' },
  ],
  ['Jaeger', ['uber-trace-id'], [['uber-trace-id', 'abc:def:0:1']], { trace_id: 'abc', span_id: 'def' }],
  ['SkyWalking 6', ['sw6'], [['sw6', `1-${btoa('t')}-${btoa('s')}-0-1-1-x`]], { trace_id: 't', span_id: 's-0' }],
  ["a name of one's own is an id as a whole", ['my-id'], [['My-Id', '77']], { trace_id: '77' }],
  [
    'the first of equal names',
    ['my-id'],
    [
      ['my-id', '1'],
      ['my-id', '2'],
    ],
    { trace_id: '1' },
  ],
  ['nothing of endless length', ['my-id'], [['my-id', 'x'.repeat(2000)]], undefined],
];

describe.each(CASES)('%s', (_what, trace_headers, pairs, ids) => {
  it('of texts', () => {
    const traces = new TracePairs({ ...DEFAULT_OPTIONS, trace_headers });
    for (const [name, value] of pairs) traces.note(name, value);
    expect(traces.take()).toEqual(ids);
  });

  it('of bytes', () => {
    const traces = new TracePairs({ ...DEFAULT_OPTIONS, trace_headers });
    for (const [name, value] of pairs) {
      const bytes = Buffer.from(`<${name}${value}>`);
      const middle = 1 + name.length;
      traces.note_bytes(bytes, 1, middle, middle, bytes.length - 1);
    }
    expect(traces.take()).toEqual(ids);
    expect(traces.take()).toBeUndefined();
  });
});
