import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { CaptureEvent } from '../event.ts';
import { EventWriter, RecordedCapture } from './recorded.ts';

const folder = mkdtempSync(join(tmpdir(), 'sonde-events-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The bytes of docs/formats/kernel-events.md, written independently of the decoder: offsets in plain sight. */
function dataEvent(id: bigint, text: string, captured = text.length): Buffer {
  const event = Buffer.alloc(88 + text.length);
  event[0] = 1;
  event[1] = 1;
  event[2] = 2;
  event.writeUInt32LE(captured, 4);
  event.writeBigUInt64LE(1234567890123456n, 8);
  event.writeUInt32LE(77, 16);
  event.writeUInt32LE(78, 20);
  event.writeBigUInt64LE(id, 24);
  event.writeUInt32LE(9, 32);
  event.writeUInt32LE(0xfffffff0, 36);
  event.writeUInt32LE(5000, 40);
  event.writeUInt16LE(80, 48);
  event.writeUInt16LE(40000, 50);
  event[52] = 4;
  event[53] = 6;
  event.set([10, 0, 0, 1], 56);
  event.set([10, 0, 0, 2], 72);
  event.write(text, 88);
  return event;
}

function execEvent(): Buffer {
  const event = Buffer.alloc(56 + 7 + 12);
  event[0] = 5;
  event.writeUInt32LE(1000, 4);
  event.writeBigUInt64LE(5n, 8);
  event.writeUInt32LE(3, 16);
  event.writeUInt32LE(2, 20);
  event.writeBigUInt64LE(2n ** 33n + 1n, 24);
  event.writeUInt32LE(7, 32);
  event.writeUInt32LE(12, 36);
  event.write('curl', 40);
  event.write('/x/curl', 56);
  event.write('curl\0-s\0url\0', 63);
  return event;
}

function file(name: string, ...events: Buffer[]): string {
  const path = join(folder, name);
  const writer = new EventWriter(path);
  for (const event of events) writer.write(event, 0, event.length);
  writer.close();
  return path;
}

function play(path: string): CaptureEvent[] {
  const seen: CaptureEvent[] = [];
  const capture = RecordedCapture.open(path);
  capture.drain((event) => {
    if (event.kind === 'data') {
      const bytes = event.bytes.slice(event.start, event.end);
      seen.push({ ...event, bytes, start: 0, end: bytes.length });
    } else {
      seen.push({ ...event });
    }
  }, Number.POSITIVE_INFINITY);
  return seen;
}

describe('event files', () => {
  it('carry every field of a data event', () => {
    const [event] = play(file('one', dataEvent(2n ** 40n + 3n, 'GET /')));
    expect(event).toMatchObject({
      kind: 'data',
      moment_ns: 1234567890123456,
      pid: 77,
      tid: 78,
      direction: 1,
      length: 5000,
      tcp_seq: 0xfffffff0,
      cap_seq: 9,
      bytes: new Uint8Array(Buffer.from('GET /')),
      socket: { id: 2 ** 40 + 3, transport: 6, family: 4, local_port: 80, remote_port: 40000, role: 2 },
    });
    const { socket } = event as { socket: { local: Uint8Array; remote: Uint8Array } };
    expect([socket.local.slice(0, 4), socket.remote.slice(0, 4)].map(String)).toEqual(['10,0,0,1', '10,0,0,2']);
  });

  it('carry a program with its arguments', () => {
    const words = { filename: '/x/curl', args: 'curl\0-s\0url', comm: 'curl' };
    const numbers = { uid: 1000, pid: 3, ppid: 2, cgroup_id: 2 ** 33 + 1, moment_ns: 5 };
    expect(play(file('exec', execEvent()))).toEqual([{ kind: 'exec', ...words, ...numbers }]);
  });

  it('keep order and number across the writer’s buffers', () => {
    const events = Array.from({ length: 500 }, (_, i) => dataEvent(BigInt(i), 'x'.repeat(i * 20)));
    const seen = play(file('many', ...events));
    expect(seen.map((e) => (e.kind === 'data' ? [e.socket.id, e.end] : []))).toEqual(events.map((_, i) => [i, i * 20]));
  });

  it('use one object for a socket, until it is forgotten', () => {
    const close = dataEvent(1n, '');
    close[0] = 4;
    const capture = RecordedCapture.open(
      file('refs', dataEvent(1n, 'a'), dataEvent(1n, 'b'), close, dataEvent(1n, 'c')),
    );
    const refs: unknown[] = [];
    capture.drain((event) => refs.push('socket' in event && event.socket), 10);
    expect([refs[0] === refs[1], refs[1] === refs[2], refs[2] === refs[3]]).toEqual([true, true, false]);
  });

  it('stop at the limit and go on from there', () => {
    const capture = RecordedCapture.open(file('limit', ...Array.from({ length: 5 }, () => dataEvent(1n, 'a'))));
    expect([capture.drain(() => {}, 2), capture.drain(() => {}, 2), capture.drain(() => {}, 2)]).toEqual([2, 2, 1]);
  });

  it('refuse a file of another kind', () => {
    const path = join(folder, 'other');
    writeFileSync(path, 'SQLite format 3');
    expect(() => RecordedCapture.open(path)).toThrow('is not an event file');
  });

  it('never throw on damaged records, and count what they leave out', () => {
    const path = file('damaged', dataEvent(1n, 'abc', 4000), execEvent());
    const whole = RecordedCapture.open(path);
    let longest = 0;
    whole.drain((e) => {
      longest = Math.max(longest, e.kind === 'data' ? e.end - e.start : 0);
    }, 10);
    expect(longest).toBe(3);
    const bytes = new Uint8Array(readFileSync(path));
    let left_out = 0;
    for (let i = 16; i < bytes.length; i++) {
      for (const value of [0, 1, 0x7f, 0xff]) {
        const mutated = bytes.slice(0, i % 3 === 0 ? i + 1 : bytes.length);
        mutated[i] = value;
        writeFileSync(path, mutated);
        const capture = RecordedCapture.open(path);
        const seen = capture.drain(() => {}, 10);
        const counted = [...capture.counters().values()].flat().reduce((a, b) => a + b, 0);
        expect(seen).toBeLessThanOrEqual(10);
        if (seen < 2) left_out += counted;
      }
    }
    expect(left_out).toBeGreaterThan(100);
  });
});
