import { expect, it } from 'vitest';
import { FUZZ_TIMEOUT_MS, type FuzzCapture, fuzz } from '../testing/mutate.ts';
import { load } from '../testing/record.ts';
import { protocol } from './parse.ts';

const recorded = (name: string) => load(new URL(`captures/${name}.json`, import.meta.url));

export function captures(): FuzzCapture[] {
  const [smtplib, nodemailer, chunking, lmtp] = ['smtplib', 'nodemailer', 'chunking', 'lmtp'].map(recorded);
  // One message from MAIL to the reply behind its end; "noop" and its reply.
  const message = smtplib![7]!.slice(3, 11);
  const noop = smtplib![0]!.slice(7, 9);
  return [
    { name: 'login', pieces: smtplib![2]!.slice(0, -2), tail: noop },
    { name: 'refused login', pieces: smtplib![4]!.slice(0, -2), tail: message },
    { name: 'refusals', pieces: smtplib![6]!.slice(0, -2), tail: message },
    { name: 'pipelined', pieces: nodemailer![0]!.slice(0, -1), tail: nodemailer![0]!.slice(5, 9) },
    { name: 'encrypted', pieces: nodemailer![1]! },
    // MAIL, three RCPT, BDAT and QUIT in one, answered in one.
    { name: 'chunks', pieces: chunking![0]!, tail: chunking![0]!.slice(3, 5) },
    { name: 'two chunks', pieces: chunking![2]!, tail: chunking![0]!.slice(3, 5) },
    // The last message: one recipient.
    { name: 'lmtp', pieces: lmtp![0]!, tail: lmtp![0]!.slice(-6) },
  ];
}

it('holds the promises of every protocol', { timeout: FUZZ_TIMEOUT_MS }, () => {
  const report = fuzz({ protocol, captures: captures() });
  expect(report.recovered).toBeGreaterThan(report.rounds / 2);
});
