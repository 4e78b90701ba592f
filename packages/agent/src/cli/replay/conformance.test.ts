// The shared cases (not in this repository) through `replay`: each expected message must be there, in order, with equal
// fields; more messages and more fields are free.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Lines } from './lines.ts';
import { read_options } from './options.ts';
import { replay } from './replay.ts';

const CASES = join(import.meta.dirname, '../../../../../../shared/conformance/l7');
const missing = !existsSync(CASES);
/** Folder -> its cases that this version can know; others need protocols that are not there yet. */
const FOLDERS: Readonly<Record<string, RegExp>> = {
  http: /./,
  dns: /./,
  redis: /./,
  mysql: /./,
  postgre: /./,
  memcached: /./,
  kafka: /./,
  amqp: /./,
  nats: /./,
  // Its one packet is a DNS question that begins like a Connack of an impossible length: nobody's message.
  mqtt: /^(?!mqtt_error$)/,
  mongo: /./,
  dubbo: /./,
  brpc: /./,
  tars: /./,
  some_ip: /./,
  rocketmq: /./,
  pulsar: /./,
  openwire: /./,
  zmtp: /./,
};
const TRACE_HEADERS: Readonly<Record<string, string>> = { http: 'sw8', dubbo: 'sw8,eagleeye-traceid,x-g-rid' };
/** The cases' names for fields of the records. */
const FIELDS: Readonly<Record<string, string>> = { service: 'request_resource', method: 'request_type' };
const CUT = /^(truncate-1024|large-response)$/;

type Line = Record<string, unknown>;
const read_lines = (text: string): Line[] =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as Line);

const run = (folder: string, name: string): Line[] => {
  const args = [join(CASES, folder, `${name}.pcap`), '--messages', '--no-redact', '--trace-headers'];
  args.push(TRACE_HEADERS[folder] ?? 'traceparent,sw8');
  if (CUT.test(name)) args.push('--payload-max', '1024');
  let text = '';
  const lines = new Lines((bytes) => {
    text += Buffer.from(bytes).toString('latin1');
  });
  replay(read_options(args), lines);
  lines.flush();
  return read_lines(Buffer.from(text, 'latin1').toString());
};

/** Ids beyond 32 bits stand as text in the cases. A case's own name for a field goes first where a line has it. */
const agrees = (want: Line, got: Line): boolean =>
  Object.entries(want).every(([key, value]) => {
    const found = got[key] ?? got[FIELDS[key] ?? key];
    return isDeepStrictEqual(found, value) || (key === 'request_id' && String(found) === value);
  });

describe.each(Object.keys(FOLDERS))('%s', (folder) => {
  const names = missing
    ? ['(shared/conformance is missing)']
    : readdirSync(join(CASES, folder))
        .filter((file) => file.endsWith('.pcap'))
        .map((file) => file.slice(0, -5))
        .filter((name) => FOLDERS[folder]!.test(name));

  it.skipIf(missing).each(names)('%s', (name) => {
    const wanted = read_lines(readFileSync(join(CASES, folder, `${name}.expected.jsonl`), 'utf8'));
    const got = run(folder, name);
    let at = 0;
    for (const [i, want] of wanted.entries()) {
      const found = got.findIndex((line, index) => index >= at && agrees(want, line));
      if (found < 0) expect({ message: i + 1, rest: got.slice(at, at + 3) }).toEqual({ message: i + 1, rest: [want] });
      at = found + 1;
    }
    expect(wanted.length).toBeGreaterThan(0);
  });
});
