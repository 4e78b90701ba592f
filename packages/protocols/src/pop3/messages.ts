// Commands of POP3 (RFC 1939, 2449, 2595, 5034, 6856) and what becomes of each:
//
//   a command        request, answered by +OK or -ERR; behind some +OK follows text up to a line of one dot, passed over
//   AUTH             the same; "+" is an interim response, the lines of the login are ignored whatever they hold
//   greeting         one-way row from the server ("greeting")
//   STLS and +OK     nothing more can be read
//   unknown command  request "UNKNOWN": its text may be a piece of a login
import type { Asked } from '../lines/pending.ts';

/** What of a command's argument may be kept. */
export type Argument = 'none' | 'text' | 'person' | 'mechanism';

export interface Command extends Asked {
  readonly verb: string;
  readonly argument: Argument;
  /** Text follows +OK. */
  readonly text: boolean;
  /** A step of a login: a client takes it again only when it knows how it went (RFC 1939 section 7). */
  readonly step?: true;
  /** What it is without an argument, when that is another one. */
  readonly bare?: Command;
}

const command = (verb: string, argument: Argument, text = false, more: Partial<Command> = {}): Command => ({
  verb,
  argument,
  text,
  // RFC 2449 section 6.6
  pipelined: true,
  ...more,
});
const waits = { pipelined: false };

/** Without a mechanism it lists them. */
export const AUTH = command('AUTH', 'mechanism', false, { ...waits, bare: command('AUTH', 'none', true) });
export const AUTH_SENT = command('AUTH', 'mechanism', false, { long: true });
export const PASS = command('PASS', 'none', false, { step: true });
export const APOP = command('APOP', 'none', false, waits);
export const STLS = command('STLS', 'none', false, waits);
export const UNKNOWN = command('UNKNOWN', 'none');

const LIST: readonly Command[] = [
  ...[AUTH, PASS, APOP, STLS],
  command('USER', 'person', false, { step: true }),
  command('QUIT', 'none', false, waits),
  command('STAT', 'none'),
  command('LIST', 'text', false, { bare: command('LIST', 'none', true) }),
  command('UIDL', 'text', false, { bare: command('UIDL', 'none', true) }),
  command('RETR', 'text', true),
  command('TOP', 'text', true),
  command('DELE', 'text'),
  command('NOOP', 'none'),
  command('RSET', 'none'),
  command('CAPA', 'none', true),
  command('UTF8', 'none'),
  command('LANG', 'text', false, { bare: command('LANG', 'none', true) }),
];

export const COMMANDS: ReadonlyMap<string, Command> = new Map(LIST.map((one) => [one.verb, one]));

/** Extended response codes (RFC 2449 section 8, RFC 3206) that are the server's doing. */
export const SERVERS_FAULT = /^\[SYS\//i;
