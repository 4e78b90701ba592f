// Profiles pushed by other programs' doors into a whole server, and what queries say of them.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Writer } from './formats/protobuf.ts';
import { otlp_message } from './formats/testing/otlp.ts';
import { bundle_server, type RunningServer, start_server } from './testing/process.ts';

const fixture = (name: string): Buffer => readFileSync(join(import.meta.dirname, 'formats/fixtures', name));
const NOW_S = Math.floor(Date.now() / 1000);
/** Of go-cpu.pb.gz. */
const CPU_NS = 200_000_000;
let file: string;
let dir: string;
let server: RunningServer;
beforeAll(async () => {
  file = await bundle_server();
  dir = mkdtempSync(join(tmpdir(), 'sonde-profiles-'));
  server = await start_server(file, join(dir, 'data'), []);
});
afterAll(async () => {
  await server.stop('SIGKILL');
  rmSync(dir, { recursive: true, force: true });
  rmSync(file, { force: true });
});

async function post(path: string, type: string, body: Uint8Array | string) {
  const answer = await fetch(`${server.url}${path}`, { method: 'POST', headers: { 'content-type': type }, body });
  return { status: answer.status, bytes: Buffer.from(await answer.arrayBuffer()) };
}
const BINARY = 'application/octet-stream';
const ingest = (query: Record<string, string | number>, body: Uint8Array | string, type = BINARY) => {
  const words = Object.entries(query).map(([k, v]) => `${k}=${encodeURIComponent(v)}`);
  return post(`/ingest?${words.join('&')}`, type, body);
};
async function ask(sql: string): Promise<unknown[][]> {
  const { bytes } = await post('/v1/query', 'application/json', JSON.stringify({ db: 'profile', sql }));
  return (JSON.parse(bytes.toString()) as { result: { values: unknown[][] } }).result.values;
}
const of_service = (service: string) =>
  ask(`SELECT profile_event_type, profile_value_unit, profile_language_type, profile_location_str, Sum(profile_value) AS v
       FROM in_process WHERE app_service = '${service}' GROUP BY profile_event_type, profile_value_unit,
       profile_language_type, profile_location_str ORDER BY profile_event_type, v`);

it('/ingest: collapsed stacks with a rate, once for each push, once for a retry', async () => {
  const query = {
    name: 'shop.cpu{region=north,pod=shop-1}',
    from: NOW_S,
    until: NOW_S + 10,
    sampleRate: 50,
    spyName: 'pyspy',
  };
  for (const _ of [1, 2]) expect((await ingest(query, 'main;a 3\nmain;b 1\n')).status).toBe(200);
  const ms = { ...query, from: NOW_S * 1000 + 1 };
  const ns = { ...query, from: `${NOW_S}000000002` };
  expect((await ingest(ms, 'main;a 1\n')).status).toBe(200);
  expect((await ingest(ns, 'main;a 1\n')).status).toBe(200);
  expect(await of_service('shop')).toEqual([
    ['cpu', 'nanoseconds', 'Python', 'main;b', 20_000_000],
    ['cpu', 'nanoseconds', 'Python', 'main;a', 100_000_000],
  ]);
  expect(
    await ask(
      "SELECT app_instance, `tag.region` FROM in_process WHERE app_service = 'shop' AND time = " +
        NOW_S +
        ' GROUP BY app_instance, `tag.region`',
    ),
  ).toEqual([['shop-1', 'north']]);
});

it('/ingest: pprof in a form, recordings, speedscope', async () => {
  const boundary = 'xyz';
  const form = Buffer.concat([
    Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="profile"; filename="profile.pprof"\r\n\r\n`),
    fixture('go-cpu.pb.gz'),
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]);
  const query = { name: 'go-app', from: NOW_S, spyName: 'gospy' };
  expect((await ingest(query, form, `multipart/form-data; boundary=${boundary}`)).status).toBe(200);
  const rows = await of_service('go-app');
  const sum = (of: unknown[][], type: string) =>
    of.filter(([t]) => t === type).reduce((all, row) => all + Number(row[4]), 0);
  // As `go tool pprof -raw` says.
  expect(sum(rows, 'cpu')).toBe(CPU_NS);
  expect(rows.every((row) => row[2] === 'Golang')).toBe(true);
  const recording = gunzipSync(fixture('java.jfr.gz'));
  expect((await ingest({ name: 'java-app', format: 'jfr', from: 1_700_000_000 }, recording)).status).toBe(400);
  recording.writeBigUInt64BE(BigInt(NOW_S) * 1_000_000_000n, 32);
  expect((await ingest({ name: 'java-app', format: 'jfr', spyName: 'javaspy' }, recording)).status).toBe(200);
  // 60 samples of 10 ms, as `jfr summary` counts them.
  expect(sum(await of_service('java-app'), 'cpu')).toBe(600_000_000);
  expect(
    await ask(
      "SELECT thread_name FROM in_process WHERE app_service = 'java-app' AND profile_event_type = 'cpu' GROUP BY thread_name",
    ),
  ).toEqual([['spinner']]);
  const drawn = Buffer.from(
    JSON.stringify({
      shared: { frames: [{ name: 'a' }] },
      profiles: [{ type: 'sampled', unit: 'milliseconds', samples: [[0]], weights: [2.5] }],
    }),
  );
  expect((await ingest({ name: 'web', format: 'speedscope', from: NOW_S }, drawn)).status).toBe(200);
  expect(await of_service('web')).toEqual([['cpu', 'nanoseconds', '', 'a', 2_500_000]]);
});

it('Push over Connect, as JSON and as protobuf, with the id and labels of samples', async () => {
  const profile = gunzipSync(fixture('go-cpu.pb.gz'));
  const dated = redated(profile);
  const labels = [
    { name: '__name__', value: 'process_cpu' },
    { name: 'service_name', value: 'pushed' },
  ];
  const json = { series: [{ labels, samples: [{ ID: 'p-1', rawProfile: dated.toString('base64') }] }] };
  expect(await post('/push.v1.PusherService/Push', 'application/json', JSON.stringify(json))).toMatchObject({
    status: 200,
  });
  const out = new Writer();
  out.message(1, (series) => {
    for (const { name, value } of labels)
      series.message(1, (pair) => {
        pair.text(1, name);
        pair.text(2, name === 'service_name' ? 'pushed-2' : value);
      });
    series.message(2, (sample) => sample.raw(1, dated));
  });
  expect((await post('/push.v1.PusherService/Push', 'application/proto', out.done())).status).toBe(200);
  const of = (service: string) =>
    ask(
      `SELECT profile_location_str, Sum(profile_value) AS v FROM in_process WHERE app_service = '${service}' AND profile_event_type = 'cpu' AND \`tag.endpoint\` = '/cart' GROUP BY profile_location_str ORDER BY v, profile_location_str`,
    );
  const rows = await of('pushed');
  expect(rows.length).toBeGreaterThan(0);
  expect(await of('pushed-2')).toEqual(rows);
  expect(await ask("SELECT profile_id FROM in_process WHERE app_service = 'pushed' GROUP BY profile_id")).toEqual([
    ['p-1'],
  ]);
  expect(
    await post('/push.v1.PusherService/Push', 'application/json', '{"series":[{"samples":[{"rawProfile":"AAAA"}]}]}'),
  ).toMatchObject({ status: 400 });
});

/** The same profile as of now: fields may come again, the last one counts. */
function redated(profile: Uint8Array): Buffer {
  const time = new Writer();
  time.number(9, NOW_S * 1e9);
  return Buffer.concat([profile, time.done()]);
}

it('OTLP: samples of a period are time, traces are linked, types of functions are kept', async () => {
  const { status, bytes } = await post('/v1development/profiles', 'application/x-protobuf', otlp_message(NOW_S));
  expect([status, bytes.length]).toEqual([200, 0]);
  const rows = await ask(
    `SELECT time, profile_location_str, profile_event_type, profile_value, trace_id, thread_name, profile_id FROM in_process
     WHERE app_service = 'cart' ORDER BY time, profile_value`,
  );
  const id = '000102030405060708090a0b0c0d0e0f';
  const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
  expect(rows).toEqual([
    [NOW_S, '+0x1234;serve', 'cpu', 100_000_000, '', '', id],
    [NOW_S, '+0x1234;serve;[k] do_syscall_64', 'cpu', 100_000_000, trace, 'worker', id],
    [NOW_S + 1, '+0x1234;serve;[k] do_syscall_64', 'cpu', 150_000_000, trace, 'worker', id],
  ]);
  const damaged = await post('/v1development/profiles', 'application/x-protobuf', otlp_message(NOW_S).subarray(0, 300));
  expect(damaged.status).toBe(400);
});

it('what can never be taken is refused with a sentence, and nothing of it is stored', async () => {
  const sizes = () => ask('SELECT Count(row) AS n FROM in_process');
  const before = await sizes();
  const wrong: [Record<string, string | number>, string | Uint8Array, number, RegExp][] = [
    [{ name: 'x', from: NOW_S }, 'main;a 1\nmain;b\n', 400, /Line 2/],
    [{ name: '' }, 'main 1', 400, /name/],
    [{ name: 'x{a}' }, 'main 1', 400, /label/],
    [{ name: 'x', format: 'trie' }, 'main 1', 415, /trie/],
    [{ name: 'x', from: 12 }, 'main 1', 400, /hours/],
    [{ name: 'x', sampleRate: 0 }, 'main 1', 400, /sampleRate/],
    [{ name: 'x', units: 'apples' }, 'main 1', 400, /units/],
    [{ name: 'x', format: 'pprof' }, fixture('go-cpu.pb.gz').subarray(0, 400), 400, /gzip/],
  ];
  for (const [query, body, status, sentence] of wrong) {
    const answer = await ingest(query, body);
    expect([answer.status, answer.bytes.toString()]).toEqual([status, expect.stringMatching(sentence)]);
  }
  expect(await sizes()).toEqual(before);
});
