import { DEFAULT_SETTINGS } from '@sonde/records';
import { describe, expect, it } from 'vitest';
import { Clock } from '../clock.ts';
import { Counters } from '../call.ts';
import { type DataEvent, INGRESS } from '../capture/event.ts';
import { get, ok, TestSocket } from '../testing/events.ts';
import { Parse } from './parse.ts';
import { parse_settings } from './settings.ts';

/** Position of the first byte that TestSocket reads. */
const FIRST = 5000;

function setup() {
  const seen: string[] = [];
  const skips: [direction: number, until_seq: number | undefined][] = [];
  const counters = new Counters();
  const out = {
    message: (
      _flow: object,
      { request_resource, response_code }: { request_resource?: string; response_code?: number },
    ) => seen.push(request_resource === undefined ? `< ${response_code}` : `> ${request_resource}`),
    disorder: () => undefined,
    begin: () => undefined,
    end: () => undefined,
    verdict: () => undefined,
    skip: (_id: number, direction: number, until_seq: number | undefined) => skips.push([direction, until_seq]),
    listening: () => false,
  };
  const socket = TestSocket.client();
  const parse = new Parse(parse_settings(DEFAULT_SETTINGS, [], new Clock()), out, counters);
  const give = (...events: DataEvent[]): void => {
    for (const event of events) parse.data(event);
  };
  return { socket, give, seen, skips, counters };
}

const head = (length: number): string => `HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n`;
/** The event as the kernel gives it when a skip ends `offset` bytes inside. */
const from = (offset: number, event: DataEvent): DataEvent => ({ ...event, offset });

describe('skips', () => {
  it('tells once where a large body ends, and reads on from there', () => {
    const { socket, give, seen, skips, counters } = setup();
    give(socket.write(get('/big'), 1), socket.read(head(200_000), 2));
    const end = FIRST + head(200_000).length + 200_000;
    expect(skips).toEqual([[INGRESS, end]]);
    give(socket.read('x'.repeat(64), 3, 150_000));
    give(socket.write(get('/next'), 4));
    // The rest of the body and the next answer in one call.
    give(from(50_000, socket.read(ok(), 5, 50_000 + ok().length)));
    expect(seen).toEqual(['> /big', '< 200', '> /next', '< 200']);
    expect(skips).toHaveLength(1);
    expect(counters.get('boundary_lost')).toBe(0);
  });

  it('stay true when the reader throws a part of the body away, and what it throws away at the end is no loss', () => {
    const { socket, give, seen, skips, counters } = setup();
    const thrown = (moment_ns: number, length: number): DataEvent => ({
      ...socket.read('', moment_ns, length),
      discarded: true,
    });
    give(socket.write(get('/big'), 1), socket.read(head(200_000), 2), thrown(3, 50_000));
    give(socket.read('x'.repeat(64), 4, 100_000), thrown(5, 50_000));
    give(socket.write(get('/next'), 6), socket.read(ok(), 7), thrown(8, 17));
    expect(seen).toEqual(['> /big', '< 200', '> /next', '< 200']);
    expect(skips).toHaveLength(1);
    expect([counters.get('boundary_lost'), counters.get('gaps')]).toEqual([0, 0]);
    // Unless it reads on behind it.
    give(socket.read(ok(), 9));
    expect(counters.get('boundary_lost')).toBe(1);
  });

  it('leaves a small body alone', () => {
    const { socket, give, skips } = setup();
    give(socket.write(get('/small'), 1), socket.read(head(32_767), 2), socket.read('x'.repeat(100), 3, 32_767));
    expect(skips).toEqual([]);
  });

  it('goes in steps where positions would seem to lie behind', () => {
    const { socket, give, seen, skips } = setup();
    const bytes = 5 * 2 ** 30;
    give(socket.write(get('/huge'), 1), socket.read(head(bytes), 2));
    for (let left = bytes; left > 0; left -= 2 ** 28) give(socket.read('', 3, 2 ** 28));
    give(socket.write(get('/next'), 4), socket.read(ok(), 5));
    expect(seen).toEqual(['> /huge', '< 200', '> /next', '< 200']);
    // In quarters of a GiB from the body's start: a step goes 4 ahead, the next follows when less than 2 are left.
    const start = FIRST + head(bytes).length;
    const steps = [4, 7, 10, 13, 16, 19, 20];
    expect(skips).toEqual(steps.map((quarters) => [INGRESS, (start + quarters * 2 ** 28) % 2 ** 32]));
  });

  it('takes a skip back when messages lie where the body should be', () => {
    const { socket, give, seen, skips } = setup();
    // Seen from its middle: the answer to a HEAD that was not seen has a length and no body.
    give(socket.write(get('/one'), 1), socket.read(head(1e9), 2));
    for (let i = 0; i < 4; i++) give(socket.write(get(`/${i}`), 3), socket.read(ok(), 4));
    expect(skips.at(-1)).toEqual([INGRESS, undefined]);
    expect(seen.slice(-2)).toEqual(['> /3', '< 200']);
  });

  it('counts a boundary as lost when more was left out than the parser skips', () => {
    const { socket, give, seen, counters } = setup();
    give(socket.write(get('/a'), 1), socket.read(ok(), 2), socket.write(get('/b'), 3));
    give(from(40_000, socket.read(ok(), 4, 40_000 + ok().length)));
    expect(counters.get('boundary_lost')).toBe(1);
    expect(seen).toEqual(['> /a', '< 200', '> /b', '< 200']);
  });
});
