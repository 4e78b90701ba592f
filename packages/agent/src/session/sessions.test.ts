import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Card, MESSAGE_TYPE, type Message, STATUS } from '@sonde/protocols';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Counters, type Flow } from '../call.ts';
import { Sessions } from './sessions.ts';

const card = (pairing: 'order' | 'id', timeout_s = 10): Card => ({
  id: 99,
  name: 'x',
  display_name: 'X',
  transport: 'tcp',
  unit: '',
  status_meaning: '',
  pairing,
  port_hints: [],
  capture_bytes: 1,
  timeout_s,
  icon: 'web',
});
const new_flow = () => ({ session_slot: undefined, outstanding: 0 }) as unknown as Flow;

interface Told {
  request: string | undefined;
  response: string | undefined;
  status: number;
  type: number;
}

function setup(max?: number) {
  const told: Told[] = [];
  const counters = new Counters();
  const sessions = new Sessions(
    (_flow, _card, request, response, status, type) =>
      told.push({ request: request?.request_resource, response: response?.response_result, status, type }),
    counters,
    max,
  );
  return { sessions, told, counters };
}
const request = (name: string, begin_ns: number, more: Partial<Message> = {}): Message => ({
  type: MESSAGE_TYPE.request,
  request_resource: name,
  begin_ns,
  ...more,
});
const response = (name: string, begin_ns: number, more: Partial<Message> = {}): Message => ({
  type: MESSAGE_TYPE.response,
  response_result: name,
  response_status: STATUS.ok,
  begin_ns,
  ...more,
});

describe('by order', () => {
  it('pairs a pipeline of thousands', () => {
    const { sessions, told } = setup();
    const flow = new_flow();
    const c = card('order');
    for (let i = 0; i < 5000; i++) sessions.message(flow, request(`q${i}`, i), c);
    expect(flow.outstanding).toBe(5000);
    for (let i = 0; i < 5000; i++) sessions.message(flow, response(`r${i}`, 6000 + i), c);
    expect(told.every((t, i) => t.request === `q${i}` && t.response === `r${i}`)).toBe(true);
    expect(flow.outstanding).toBe(0);
  });

  it('skips interim responses and stores one-way messages at once', () => {
    const { sessions, told } = setup();
    const flow = new_flow();
    const c = card('order');
    sessions.message(flow, request('q', 1), c);
    sessions.message(flow, response('100', 2, { interim: true }), c);
    sessions.message(flow, request('bye', 3, { one_way: true }), c);
    sessions.message(flow, response('200', 4), c);
    expect(told).toEqual([
      { request: 'bye', response: undefined, status: STATUS.ok, type: MESSAGE_TYPE.session },
      { request: 'q', response: '200', status: STATUS.ok, type: MESSAGE_TYPE.session },
    ]);
  });

  it('does not give a response to a request that began after it', () => {
    const { sessions, told } = setup();
    const flow = new_flow();
    const c = card('order');
    sessions.message(flow, request('q', 10), c);
    sessions.message(flow, response('r', 5), c);
    expect(told).toEqual([{ request: undefined, response: 'r', status: STATUS.ok, type: MESSAGE_TYPE.response }]);
  });

  it('keeps the place of a request that timed out', () => {
    const { sessions, told } = setup();
    const flow = new_flow();
    const c = card('order', 1);
    sessions.tick(0);
    sessions.message(flow, request('slow', 0), c);
    sessions.tick(3e9);
    expect(told).toEqual([
      { request: 'slow', response: undefined, status: STATUS.timeout, type: MESSAGE_TYPE.request },
    ]);
    sessions.message(flow, request('next', 3e9), c);
    sessions.message(flow, response('late', 3.1e9), c);
    sessions.message(flow, response('right', 3.2e9), c);
    expect(told.slice(1)).toMatchObject([
      { request: undefined, response: 'late' },
      { request: 'next', response: 'right' },
    ]);
  });

  it('tells what waits when bytes were lost or the connection ended', () => {
    const { sessions, told } = setup();
    const flow = new_flow();
    const c = card('order');
    sessions.message(flow, request('a', 1), c);
    sessions.disorder(flow, 2);
    sessions.message(flow, request('b', 3), c);
    sessions.close(flow, 4);
    expect(told.map((t) => [t.request, t.status])).toEqual([
      ['a', STATUS.unknown],
      ['b', STATUS.unknown],
    ]);
  });

  it('makes no row of a response that stands for one that was not seen', () => {
    const { sessions, told } = setup();
    const flow = new_flow();
    const c = card('order');
    const unseen = (begin_ns: number, status: 0 | 5) =>
      sessions.message(flow, response('', begin_ns, { response_status: status, unseen: true }), c);
    unseen(1, STATUS.unknown);
    for (const name of ['a', 'b', 'c']) sessions.message(flow, request(name, 2), c);
    unseen(3, STATUS.unknown);
    unseen(3, STATUS.ok);
    sessions.message(flow, response('C', 4), c);
    expect(told).toEqual([
      { request: 'a', response: undefined, status: STATUS.unknown, type: MESSAGE_TYPE.request },
      { request: 'b', response: '', status: STATUS.ok, type: MESSAGE_TYPE.session },
      { request: 'c', response: 'C', status: STATUS.ok, type: MESSAGE_TYPE.session },
    ]);
  });

  it('is bounded', () => {
    const { sessions, told, counters } = setup(10);
    const flow = new_flow();
    const c = card('order');
    for (let i = 0; i < 25; i++) sessions.message(flow, request(`q${i}`, i), c);
    expect(flow.outstanding).toBe(10);
    expect(told).toHaveLength(15);
    expect(counters.get('session_evicted')).toBe(15);
  });
});

describe('by id', () => {
  it('pairs in any order and tells a repeated id', () => {
    const { sessions, told } = setup();
    const flow = new_flow();
    const c = card('id');
    sessions.message(flow, request('a', 1, { request_id: 1 }), c);
    sessions.message(flow, request('b', 2, { request_id: 2 }), c);
    sessions.message(flow, response('B', 3, { request_id: 2 }), c);
    sessions.message(flow, request('a again', 4, { request_id: 1 }), c);
    sessions.message(flow, response('A', 5, { request_id: 1 }), c);
    sessions.message(flow, response('?', 6, { request_id: 77 }), c);
    expect(told.map((t) => [t.request, t.response])).toEqual([
      ['b', 'B'],
      ['a', undefined],
      ['a again', 'A'],
      [undefined, '?'],
    ]);
  });
});

describe('a response that has begun', () => {
  const begun = (id: number, begin_ns: number) =>
    response('begun', begin_ns, { request_id: id, interim: true, unfinished: true });

  it('stands when its end does not come in time, or never', () => {
    const { sessions, told } = setup();
    const flow = new_flow();
    const c = card('id', 1);
    sessions.tick(0);
    sessions.message(flow, request('stream', 0, { request_id: 1 }), c);
    sessions.message(flow, begun(1, 0.5e9), c);
    sessions.message(flow, request('silent', 0, { request_id: 2 }), c);
    sessions.message(flow, response('100', 0.5e9, { request_id: 2, interim: true }), c);
    expect(told).toEqual([]);
    sessions.tick(3e9);
    expect(told.map((t) => [t.request, t.response, t.status])).toEqual([
      ['stream', 'begun', STATUS.ok],
      ['silent', undefined, STATUS.timeout],
    ]);
    sessions.message(flow, request('cut', 3e9, { request_id: 3 }), c);
    sessions.message(flow, begun(3, 3.1e9), c);
    sessions.close(flow, 4e9);
    expect(told[2]).toMatchObject({ request: 'cut', response: 'begun', status: STATUS.ok });
  });

  it('gives way to its end', () => {
    const { sessions, told } = setup();
    const flow = new_flow();
    const c = card('id', 1);
    sessions.message(flow, request('stream', 1, { request_id: 1 }), c);
    sessions.message(flow, begun(1, 2), c);
    sessions.message(flow, response('end', 3, { request_id: 1, response_status: STATUS.server_error }), c);
    expect(told).toMatchObject([{ request: 'stream', response: 'end', status: STATUS.server_error }]);
  });
});

// An oracle that keeps everything in a plain list and looks through all of it.
type Step = { kind: 'request' | 'response'; id: number } | { kind: 'wait'; seconds: number } | { kind: 'lost' };
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('request' as const), id: fc.nat(4) }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('response' as const), id: fc.nat(4) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait' as const), seconds: fc.integer({ min: 1, max: 20 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('lost' as const) }) },
);

function oracle(steps: readonly Step[], pairing: 'order' | 'id', timeout_s: number): string[] {
  const told: string[] = [];
  let waiting: { name: string; id: number; at: number; given_up: boolean }[] = [];
  let now = 0;
  steps.forEach((s, n) => {
    if (s.kind === 'wait') {
      now += s.seconds;
      for (const w of waiting) {
        if (w.given_up || w.at + timeout_s > now) continue;
        w.given_up = true;
        told.push(`${w.name} timeout`);
      }
      if (pairing === 'id') waiting = waiting.filter((w) => !w.given_up);
    } else if (s.kind === 'lost') {
      if (pairing === 'id') return;
      for (const w of waiting) if (!w.given_up) told.push(`${w.name} unknown`);
      waiting = [];
    } else if (s.kind === 'request') {
      if (pairing === 'id') {
        for (const w of waiting) if (w.id === s.id) told.push(`${w.name} unknown`);
        waiting = waiting.filter((w) => w.id !== s.id);
      }
      waiting.push({ name: `q${n}`, id: s.id, at: now, given_up: false });
    } else {
      const i = pairing === 'order' ? (waiting.length > 0 ? 0 : -1) : waiting.findIndex((w) => w.id === s.id);
      const found = i < 0 ? undefined : waiting.splice(i, 1)[0];
      told.push(`${found === undefined || found.given_up ? '-' : found.name} r${n}`);
    }
  });
  return told;
}

describe.each(['order', 'id'] as const)('against an oracle, by %s', (pairing) => {
  it('tells the same', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const told: string[] = [];
        const words: Record<number, string> = { [STATUS.timeout]: 'timeout', [STATUS.unknown]: 'unknown' };
        const sessions = new Sessions((_f, _c, q, r, status) => {
          told.push(
            r === undefined
              ? `${q?.request_resource} ${words[status]}`
              : `${q?.request_resource ?? '-'} ${r.response_result}`,
          );
        }, new Counters());
        const flow = new_flow();
        const c = card(pairing, 5);
        let second = 100;
        sessions.tick(second * 1e9);
        steps.forEach((s, n) => {
          const begin_ns = second * 1e9;
          if (s.kind === 'request') sessions.message(flow, request(`q${n}`, begin_ns, { request_id: s.id }), c);
          else if (s.kind === 'response') sessions.message(flow, response(`r${n}`, begin_ns, { request_id: s.id }), c);
          else if (s.kind === 'lost') sessions.disorder(flow, begin_ns);
          else if (s.kind === 'wait') {
            second += s.seconds;
            sessions.tick(second * 1e9);
          }
        });
        expect(told).toEqual(oracle(steps, pairing, 5));
      }),
      { numRuns: 500 },
    );
  });
});

describe('a connection that is gone', () => {
  it('is kept by nothing until its timeout, and nothing fires for it', async () => {
    const { sessions, told } = setup();
    let flow: Flow | undefined = new_flow();
    sessions.message(flow, request('q', 1e9), card('order'));
    sessions.close(flow, 2e9);
    expect(told).toHaveLength(1);
    expect(flow.session_slot).toBeUndefined();
    const kept = new WeakRef(flow);
    flow = undefined;
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    for (let i = 0; i < 20 && kept.deref() !== undefined; i++) {
      await new Promise((done) => setTimeout(done, 10));
      collect();
    }
    expect(kept.deref()).toBeUndefined();
    for (let second = 2; second < 30; second++) sessions.tick(second * 1e9);
    expect(told).toHaveLength(1);
  });
});
