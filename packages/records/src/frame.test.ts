import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Entity } from './entity.ts';
import { decode_frame, encode_frame } from './frame.ts';
import { type BatchHeader, FRAME_BYTES_MAX } from './wire.ts';

const ENTITY: Entity = {
  type: 120,
  name: 'nginx',
  service: 'nginx',
  service_type: 120,
  host: 'h',
  executable: '/usr/sbin/nginx',
  command_line: 'nginx -g "daemon off;"',
  container_id: '',
  container_runtime: '',
  container_name: '',
  unit: 'nginx.service',
  ip: '',
  pod_uid: '',
};
const HEADER: BatchHeader = {
  agent: 'a-1',
  boot: 'b.2',
  stream: 'l7_flow_log.0',
  sequence: 3,
  database: 'flow_log',
  table: 'l7_flow_log',
  interval_s: 0,
  rows: 2,
  encoding: 'identity',
  entities: [{ local: 1, entity: ENTITY }],
};
const BLOCK = Buffer.from('any bytes at all '.repeat(100));

describe('a frame', () => {
  it.each(['identity', 'gzip'] as const)('survives the way, %s', async (encoding) => {
    const header = { ...HEADER, encoding };
    const decoded = await decode_frame(await encode_frame(header, BLOCK));
    if (!decoded.ok) throw new Error(decoded.problem.message);
    expect(decoded.frame.header).toEqual(header);
    expect(Buffer.from(decoded.frame.block).equals(BLOCK)).toBe(true);
  });

  it('has the documented bytes', async () => {
    const frame = await encode_frame(HEADER, BLOCK);
    expect(frame.subarray(0, 4).toString('latin1')).toBe('SND1');
    const size = frame.readUInt32LE(4);
    expect(JSON.parse(frame.subarray(8, 8 + size).toString())).toEqual(HEADER);
    expect(frame.subarray(8 + size).equals(BLOCK)).toBe(true);
  });

  const edited = async (change: Record<string, unknown>) => {
    const json = Buffer.from(JSON.stringify({ ...HEADER, ...change }));
    const prefix = Buffer.from('SND1\0\0\0\0');
    prefix.writeUInt32LE(json.length, 4);
    return decode_frame(Buffer.concat([prefix, json, BLOCK]));
  };
  it.each([
    [{ agent: 'a/b' }, 'agent'],
    [{ agent: undefined }, 'agent'],
    [{ stream: '' }, 'stream'],
    [{ sequence: 0 }, 'sequence'],
    [{ sequence: 1.5 }, 'sequence'],
    [{ rows: -1 }, 'rows'],
    [{ rows: 1e9 }, 'rows'],
    [{ encoding: 'zstd' }, 'encoding'],
    [{ table: "x'; DROP" }, 'table'],
    [{ entities: {} }, 'entities'],
    [{ entities: [{ local: 0, entity: ENTITY }] }, 'local id'],
    [{ entities: [{ local: 1 }] }, 'definition'],
    [{ entities: [{ local: 1, entity: { ...ENTITY, type: 256 } }] }, 'type'],
    [{ entities: [{ local: 1, entity: { ...ENTITY, name: 'x'.repeat(5000) } }] }, 'name'],
    [{ entities: [null] }, 'local id'],
  ])('with %j is refused', async (change, word) => {
    expect(await edited(change)).toMatchObject({
      ok: false,
      problem: { code: 'bad_header', message: expect.stringContaining(word) },
    });
  });

  it('that unpacks to too much, or is not gzip, is refused', async () => {
    const bomb = await encode_frame({ ...HEADER, encoding: 'gzip' }, Buffer.alloc(200 * 1024 * 1024));
    expect(await decode_frame(bomb)).toMatchObject({ ok: false, problem: { code: 'bad_encoding' } });
    expect(await edited({ encoding: 'gzip' })).toMatchObject({ ok: false, problem: { code: 'bad_encoding' } });
    const large = Buffer.alloc(FRAME_BYTES_MAX + 1);
    expect(await decode_frame(large)).toMatchObject({ ok: false, problem: { code: 'too_large' } });
  });

  it('of any bytes never throws', async () => {
    const good = await encode_frame(HEADER, BLOCK);
    await fc.assert(
      fc.asyncProperty(fc.nat(good.length), fc.nat(255), fc.nat(good.length), async (at, byte, cut) => {
        const bad = Buffer.from(good.subarray(0, cut));
        if (at < bad.length) bad[at] = byte;
        expect(typeof (await decode_frame(bad)).ok).toBe('boolean');
      }),
      { numRuns: 2000 },
    );
  });
});
