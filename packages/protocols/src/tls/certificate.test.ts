import { expect, it } from 'vitest';
import { TO_CLIENT } from '../protocol.ts';
import { load } from '../testing/record.ts';
import { first_certificate } from './certificate.ts';

const HANDSHAKE = 22;
const CERTIFICATE = 11;

/** Body of the server's Certificate message. */
function recorded_certificate(): Buffer {
  const [pieces] = load(new URL('captures/tls12.json', import.meta.url));
  const sent = Buffer.concat(pieces!.filter(({ direction }) => direction === TO_CLIENT).map(({ bytes }) => bytes));
  const said: Buffer[] = [];
  for (let at = 0; at + 5 <= sent.length && sent[at] === HANDSHAKE; at += 5 + sent.readUInt16BE(at + 3)) {
    said.push(sent.subarray(at + 5, at + 5 + sent.readUInt16BE(at + 3)));
  }
  const messages = Buffer.concat(said);
  for (let at = 0; at + 4 <= messages.length; at += 4 + messages.readUIntBE(at + 1, 3)) {
    if (messages[at] === CERTIFICATE) return messages.subarray(at + 4, at + 4 + messages.readUIntBE(at + 1, 3));
  }
  throw new Error('no certificate was recorded');
}

it('a certificate that was seen before is told alike, one that differs in a byte is not taken for it', () => {
  const real = recorded_certificate();
  const first = first_certificate(real, 0, real.length);
  expect(first?.subject).toContain('CN=');
  expect(first_certificate(real, 0, real.length)).toEqual(first);
  // Same length, same end: another name.
  const other = Buffer.from(real);
  const name = first!.subject.split('CN=')[1]!.slice(0, 4);
  for (let at = other.indexOf(name); at >= 0; at = other.indexOf(name, at + 1)) other[at] = 'z'.charCodeAt(0);
  expect(first_certificate(other, 0, other.length)?.subject).not.toBe(first!.subject);
  expect(first_certificate(real, 0, real.length)).toEqual(first);
  // Its caller's memory may change afterwards.
  const lent = Buffer.from(other);
  first_certificate(lent, 0, lent.length);
  lent.fill(0);
  expect(first_certificate(other, 0, other.length)?.subject).not.toBe(first!.subject);
});
