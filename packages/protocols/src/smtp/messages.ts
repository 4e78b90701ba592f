// Commands of SMTP (RFC 5321 section 4.1), of its extensions and of LMTP (RFC 2033), and what becomes of each:
//
//   a command          request, answered by its final reply
//   334, 354           interim responses: the login or the message goes on
//   BDAT               a request each; what follows its line is skipped
//   DATA               a request; the message behind 354 is skipped, the reply behind its end is the response. In LMTP that
//                      is one reply a recipient: the worst is the response
//   login lines        ignored on purpose, whatever they hold
//   greeting           one-way row from the server ("greeting"); the one behind XCLIENT is that command's response
//   replies unasked    response without request (421 when the server gives up)
//   unknown command    request "UNKNOWN": its text may be a piece of a message or a login
//   STARTTLS and 220   nothing more can be read
//   TURN, ATRN and 250 the roles change, the connection is left

import type { Asked } from '../lines/pending.ts';

/** What of a command's argument may be kept. */
export type Argument =
  /** Nothing: secrets, or words of people. */
  | 'none'
  /** The name of a mechanism. */
  | 'mechanism'
  /** All of it. */
  | 'text'
  /** A host or domain. */
  | 'domain'
  /** FROM:<address> or TO:<address>, parameters behind it. */
  | 'path'
  /** Name=value pairs, of which names are kept. */
  | 'pairs';

export interface Command extends Asked {
  readonly verb: string;
  readonly argument: Argument;
}

/** RFC 2920 section 3.1 says which others may follow without waiting. */
const command = (verb: string, argument: Argument, pipelined = false, long = false): Command => ({
  verb,
  argument,
  pipelined,
  long,
});

export const DATA = command('DATA', 'none');
/** DATA that was told to go on: what waits is the message, and others may follow its end. */
export const DATA_SENT = command('DATA', 'none', true, true);
export const AUTH = command('AUTH', 'mechanism');
/** AUTH that was told to go on. */
export const AUTH_SENT = command('AUTH', 'mechanism', true, true);
export const STARTTLS = command('STARTTLS', 'none');
/** The last chunk of a message is no other command, but in LMTP it has other replies. */
export const BDAT = command('BDAT', 'text', true, true);
export const BDAT_LAST = command('BDAT', 'text', true, true);
export const MAIL = command('MAIL', 'path', true);
export const RCPT = command('RCPT', 'path', true);
export const RSET = command('RSET', 'none', true);
export const LHLO = command('LHLO', 'domain');
export const XCLIENT = command('XCLIENT', 'pairs');
export const TURN = command('TURN', 'none');
export const ATRN = command('ATRN', 'text');
export const UNKNOWN = command('UNKNOWN', 'none');

const LIST: readonly Command[] = [
  ...[DATA, AUTH, STARTTLS, BDAT, MAIL, RCPT, RSET, LHLO, XCLIENT, TURN, ATRN],
  command('EHLO', 'domain'),
  command('HELO', 'domain'),
  command('QUIT', 'none'),
  command('NOOP', 'none'),
  command('VRFY', 'none'),
  command('EXPN', 'none'),
  command('HELP', 'none'),
  // RFC 821
  command('SEND', 'path', true),
  command('SOML', 'path', true),
  command('SAML', 'path', true),
  // RFC 1985
  command('ETRN', 'text'),
  // RFC 4468: its address of the message holds an authorization.
  command('BURL', 'none', true),
  // What Postfix tells of the client before it.
  command('XFORWARD', 'pairs'),
];

export const COMMANDS: ReadonlyMap<string, Command> = new Map(LIST.map((one) => [one.verb, one]));

/** Values of parameters of MAIL and RCPT that say nothing of people. All others (AUTH, ENVID, ORCPT ...) become '?'. */
export const PLAIN_PARAMETERS = new Set(['SIZE', 'BODY', 'RET', 'NOTIFY', 'BY', 'MT-PRIORITY', 'HOLDFOR', 'TRANSID']);

/** Replies (RFC 5321 section 4.2.3, RFC 4954, RFC 7504). Where a server's own words may repeat a login, these stand. */
export const REPLIES: Readonly<Record<number, string>> = {
  421: 'service not available',
  422: 'mailbox is over its quota',
  430: 'temporary authentication failure',
  432: 'a password transition is needed',
  450: 'mailbox busy',
  451: 'local error in processing',
  452: 'insufficient system storage',
  453: 'no mail',
  454: 'temporary authentication failure',
  455: 'parameters not accommodated',
  458: 'unable to queue messages',
  459: 'node not allowed',
  500: 'syntax error, command unrecognized',
  501: 'syntax error in parameters',
  502: 'command not implemented',
  503: 'bad sequence of commands',
  504: 'parameter not implemented',
  521: 'host does not accept mail',
  523: 'encryption needed',
  525: 'user account disabled',
  530: 'authentication required',
  534: 'authentication mechanism is too weak',
  535: 'authentication credentials invalid',
  538: 'encryption required for requested authentication mechanism',
  550: 'mailbox unavailable',
  551: 'user not local',
  552: 'exceeded storage allocation',
  553: 'mailbox name not allowed',
  554: 'transaction failed',
  555: 'parameters not recognized',
  556: 'domain does not accept mail',
};
