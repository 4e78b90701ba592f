import { expect, it } from 'vitest';
import { type Protocol, TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { FUZZ_TIMEOUT_MS, fuzz } from '../testing/mutate.ts';
import { load } from '../testing/record.ts';
import { protocol } from './parse.ts';

const hex = (text: string) => new Uint8Array(Buffer.from(text.replace(/\s/g, ''), 'hex'));
// {"say":"hello"} masked with the key of RFC 6455 section 5.7, and plain.
const KEY = [0x37, 0xfa, 0x21, 0x3d];
const text = Buffer.from('{"say":"hello"}');
const tail = [
  {
    direction: TO_SERVER,
    bytes: hex(`818f 37fa213d ${Buffer.from(text.map((byte, i) => byte ^ KEY[i & 3]!)).toString('hex')}`),
  },
  { direction: TO_CLIENT, bytes: hex(`810f ${text.toString('hex')}`) },
] as const;
// Without the handshake, which is another protocol's, and without the close.
const pieces = load(new URL('captures/chat.json', import.meta.url))[0]!.slice(2, -2);

/** Claims at once and knows of the handshake: how the bytes are cut must not decide whether the first frame is known. */
const handed_over: Protocol = {
  ...protocol,
  card: { ...protocol.card, port_hints: [80] },
  infer(bytes, start, end, direction, port) {
    const guess = protocol.infer(bytes, start, end, direction, port);
    return guess.score > 1 ? guess : { score: 1, says: 'either' };
  },
  open: (options) => protocol.open(options, { name: protocol.card.name }),
};

it('survives damage and finds its way again', { timeout: FUZZ_TIMEOUT_MS }, () => {
  const report = fuzz({ protocol: handed_over, captures: [{ name: 'chat', pieces, tail }] });
  expect(report.recovered).toBeGreaterThan(report.rounds * 0.8);
  expect(report.encrypted).toBeLessThan(report.rounds * 0.01);
});
