import { mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AGENT_STATS } from '@sonde/records';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Sink } from '../testing/sink.ts';
import { Outbox } from './outbox.ts';
import { Client } from './post.ts';
import { Spool } from './spool.ts';
import { TableStream } from './streams.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sonde-send-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const until = async (done: () => boolean): Promise<void> => {
  for (let i = 0; i < 1000 && !done(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(done()).toBe(true);
};

describe('spool', () => {
  it('gives back what it was given, in order, over a restart', () => {
    const frames = Array.from({ length: 50 }, (_, i) => Buffer.alloc(300_000, i));
    const spool = new Spool(folder, 1e9);
    for (const frame of frames) expect(spool.append(frame)).toBe(true);
    const again = new Spool(folder, 1e9);
    expect(again.bytes).toBeGreaterThan(50 * 300_000);
    for (const frame of frames) {
      expect(again.peek()?.equals(frame)).toBe(true);
      again.done();
    }
    expect(again.peek()).toBeUndefined();
    expect(again.empty).toBe(true);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('drops the oldest when it is full, and counts them', () => {
    const spool = new Spool(folder, 30e6);
    for (let i = 0; i < 60; i++) spool.append(Buffer.alloc(1_000_000, i));
    expect(spool.bytes).toBeLessThanOrEqual(30e6);
    const left: number[] = [];
    for (let frame = spool.peek(); frame !== undefined; frame = spool.peek()) {
      left.push(frame[0]!);
      spool.done();
    }
    expect(left.at(-1)).toBe(59);
    expect(left).toEqual(left.map((_, i) => left[0]! + i));
    expect(spool.dropped + left.length).toBe(60);
  });

  it('survives an end that was torn off, and appends behind it', () => {
    const spool = new Spool(folder, 1e9);
    for (let i = 0; i < 3; i++) spool.append(Buffer.alloc(1000, i));
    const file = join(folder, readdirSync(folder)[0]!);
    truncateSync(file, statSync(file).size - 10);
    const again = new Spool(folder, 1e9);
    again.append(Buffer.alloc(10, 9));
    const left: number[] = [];
    for (let frame = again.peek(); frame !== undefined; frame = again.peek()) {
      left.push(frame[0]!);
      again.done();
    }
    expect(left).toEqual([0, 1, 9]);
    expect(again.dropped).toBe(1);
  });
});

/** An outbox towards a port, with a stream of rows that carry their number. */
function sender(port: number, boot: string) {
  const client = new Client(`http://127.0.0.1:${port}`, undefined);
  const outbox = new Outbox(new Spool(join(folder, 'spool'), 1e9), (frame) =>
    client.post('/api/v1/ingest', 'application/octet-stream', frame),
  );
  const stream = new TableStream(
    { agent: 'a', boot, gzip: boot.endsWith('z'), entity: () => undefined, push: (f, n) => outbox.push(f, n) },
    AGENT_STATS,
    0,
  );
  const time = stream.block.column('time');
  const write = (n: number) => {
    stream.block.u32(time, n);
    stream.end_row();
    stream.flush();
  };
  return { outbox, stream, write, client };
}
const numbers = (sink: Sink): number[] =>
  sink
    .rows('deepflow_collector')
    .map((row) => Number(row.time))
    .sort((a, b) => a - b);
const range = (to: number): number[] => Array.from({ length: to }, (_, i) => i + 1);

describe('outbox', () => {
  it('delivers each batch once while the server comes, fails and goes', async () => {
    const sink = new Sink();
    const port = await sink.start();
    const { outbox, write } = sender(port, 'one');
    for (let n = 1; n <= 20; n++) write(n);
    await until(() => outbox.counts.acknowledged === 20);
    sink.status = 503;
    for (let n = 21; n <= 40; n++) write(n);
    await until(() => outbox.counts.spooled >= 20);
    expect(outbox.problem).toContain('503');
    await sink.stop();
    for (let n = 41; n <= 60; n++) write(n);
    await until(() => outbox.problem.includes('does not answer'));
    sink.status = 200;
    await sink.start(port);
    await until(() => outbox.counts.acknowledged === 60);
    expect(numbers(sink)).toEqual(range(60));
    expect(outbox.problem).toBe('');
    expect(outbox.waiting_bytes).toBe(0);
    await outbox.stop(100);
    await sink.stop();
  });

  it('holds batches back when told to, and no longer once it is to stop', async () => {
    const sink = new Sink();
    const port = await sink.start();
    const { outbox, stream, write } = sender(port, 'held');
    outbox.hold_ms = 300;
    const began = Date.now();
    for (let n = 1; n <= 5; n++) write(n);
    await until(() => outbox.counts.acknowledged === 5);
    expect(Date.now() - began).toBeGreaterThanOrEqual(295);
    outbox.hold_ms = 60_000;
    for (let n = 6; n <= 8; n++) write(n);
    await stream.settled();
    await outbox.stop(5000);
    expect(numbers(sink)).toEqual(range(8));
    await sink.stop();
  });

  it('keeps for the next start what the server did not take, and sends it first', async () => {
    const sink = new Sink();
    const port = await sink.start();
    sink.status = 503;
    const first = sender(port, 'first');
    for (let n = 1; n <= 10; n++) first.write(n);
    await first.stream.settled();
    await first.outbox.stop(50);
    first.client.close();
    sink.status = 200;
    const second = sender(port, 'second');
    second.outbox.start();
    for (let n = 11; n <= 15; n++) second.write(n);
    await until(() => second.outbox.counts.acknowledged === 15);
    expect(numbers(sink)).toEqual(range(15));
    expect(sink.batches[0]?.header.boot).toBe('first');
    await second.outbox.stop(50);
    await sink.stop();
  });

  it('gives up a batch that the server will never take', async () => {
    const sink = new Sink();
    const port = await sink.start();
    sink.status = 400;
    const { outbox, write } = sender(port, 'bad');
    write(1);
    await until(() => outbox.counts.refused === 1);
    sink.status = 200;
    write(2);
    await until(() => outbox.counts.acknowledged === 1);
    expect(numbers(sink)).toEqual([2]);
    await outbox.stop(50);
    await sink.stop();
  });

  it('compresses towards other hosts', async () => {
    const sink = new Sink();
    const port = await sink.start();
    const { outbox, stream } = sender(port, 'z');
    const time = stream.block.column('time');
    for (let n = 1; n <= 5000; n++) {
      stream.block.u32(time, n);
      stream.end_row();
    }
    stream.flush();
    await until(() => outbox.counts.acknowledged === 1);
    expect(sink.batches[0]?.header.encoding).toBe('gzip');
    expect(numbers(sink)).toEqual(range(5000));
    await outbox.stop(50);
    await sink.stop();
  });
});
