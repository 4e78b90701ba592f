// Commands of IMAP (RFC 3501, RFC 9051 and extensions), responses, and what becomes of each:
//
//   tagged command        request, named by its tag; the text of literals is passed over
//   tagged OK, NO, BAD    response of that tag; untagged data before it counts in its length
//   untagged data         ignored on purpose, literals within included
//   greeting              one-way row from the server ("greeting")
//   untagged BYE          one-way row ("BYE") when no LOGOUT asked for it
//   + (continuation)      interim response; that of IDLE stands when its end does not come in time
//   DONE                  ignored: the end of IDLE is told by its tagged response
//   lines of a login      ignored on purpose, whatever they hold
//   STARTTLS and OK       nothing more can be read
//   COMPRESS and OK       the connection is left: what follows is compressed and not read
//   unknown command       request "UNKNOWN": its text may be a piece of a login

/** What of a command's arguments may be kept. */
export type Argument =
  /** Nothing. */
  | 'none'
  /** The name of a mechanism. */
  | 'mechanism'
  /** The name of a mailbox: INBOX, or '?' where values are not to be told. */
  | 'mailbox'
  /** Keywords, flags and numbers of messages; other words as '?' where values are not to be told. */
  | 'words';

const ARGUMENTS: Readonly<Record<Argument, readonly string[]>> = {
  none: [
    ...['CAPABILITY', 'NOOP', 'LOGOUT', 'STARTTLS', 'LOGIN', 'IDLE', 'CHECK', 'CLOSE', 'UNSELECT', 'NAMESPACE', 'ID'],
    // Access lists name people; addresses of messages (RFC 4467) hold an authorization.
    ...['SETACL', 'DELETEACL', 'GETACL', 'LISTRIGHTS', 'MYRIGHTS', 'GENURLAUTH', 'RESETKEY', 'URLFETCH'],
    ...['UNAUTHENTICATE', 'NOTIFY', 'CANCELUPDATE', 'CONVERSIONS', 'SETMETADATA', 'SETANNOTATION', 'GETJMAPACCESS'],
    'UIDONLY',
  ],
  mechanism: ['AUTHENTICATE'],
  mailbox: [
    ...['SELECT', 'EXAMINE', 'CREATE', 'DELETE', 'RENAME', 'SUBSCRIBE', 'UNSUBSCRIBE', 'STATUS', 'APPEND'],
    ...['GETQUOTA', 'GETQUOTAROOT', 'SETQUOTA', 'GETMETADATA', 'GETANNOTATION'],
  ],
  words: [
    ...['LIST', 'LSUB', 'RLIST', 'RLSUB', 'XLIST', 'ENABLE', 'COMPRESS', 'EXPUNGE', 'SEARCH', 'ESEARCH', 'FETCH'],
    ...['STORE', 'COPY', 'MOVE', 'SORT', 'THREAD', 'CONVERT', 'REPLACE', 'LANGUAGE', 'COMPARATOR'],
  ],
};

export const COMMANDS: ReadonlyMap<string, Argument> = new Map(
  Object.entries(ARGUMENTS).flatMap(([argument, names]) => names.map((name) => [name, argument as Argument] as const)),
);
/** Commands that UID may stand before. */
export const BY_UID: ReadonlySet<string> = new Set([
  ...['COPY', 'MOVE', 'FETCH', 'STORE', 'SEARCH', 'EXPUNGE', 'SORT', 'THREAD', 'REPLACE', 'CONVERT'],
]);

/** Commands that no other protocol has behind a tag. */
export const SURE: ReadonlySet<string> = new Set([
  ...['CAPABILITY', 'AUTHENTICATE', 'LOGOUT', 'NAMESPACE', 'EXAMINE', 'UNSELECT', 'LSUB', 'GETQUOTAROOT', 'STARTTLS'],
  ...['IDLE', 'UID', 'ID'],
]);

/** Words that say nothing of people: items of FETCH, STORE and STATUS, keys of SEARCH, options. */
export const KEYWORDS: ReadonlySet<string> = new Set([
  ...['ALL', 'FAST', 'FULL', 'BODY', 'BODY.PEEK', 'BODYSTRUCTURE', 'ENVELOPE', 'FLAGS', 'INTERNALDATE', 'RFC822'],
  ...['RFC822.HEADER', 'RFC822.SIZE', 'RFC822.TEXT', 'UID', 'BINARY', 'BINARY.PEEK', 'BINARY.SIZE', 'MODSEQ', 'HEADER'],
  ...['HEADER.FIELDS', 'HEADER.FIELDS.NOT', 'MIME', 'TEXT', 'EMAILID', 'THREADID', 'SAVEDATE', 'PREVIEW', 'LAZY'],
  ...['CHANGEDSINCE', 'UNCHANGEDSINCE', 'VANISHED', 'PARTIAL', '+FLAGS', '-FLAGS', 'FLAGS.SILENT', '+FLAGS.SILENT'],
  ...['-FLAGS.SILENT', 'ANSWERED', 'BCC', 'BEFORE', 'CC', 'DELETED', 'DRAFT', 'FLAGGED', 'FROM', 'KEYWORD', 'LARGER'],
  ...['NEW', 'NOT', 'OLD', 'ON', 'OR', 'RECENT', 'SEEN', 'SENTBEFORE', 'SENTON', 'SENTSINCE', 'SINCE', 'SMALLER'],
  ...['SUBJECT', 'TO', 'UNANSWERED', 'UNDELETED', 'UNDRAFT', 'UNFLAGGED', 'UNKEYWORD', 'UNSEEN', 'YOUNGER', 'OLDER'],
  ...['RETURN', 'MIN', 'MAX', 'COUNT', 'SAVE', 'CHARSET', 'UTF-8', 'US-ASCII', 'REVERSE', 'ARRIVAL', 'DATE', 'SIZE'],
  ...['DISPLAYFROM', 'DISPLAYTO', 'REFERENCES', 'ORDEREDSUBJECT', 'SUBSCRIBED', 'REMOTE', 'CHILDREN', 'STATUS'],
  ...['MESSAGES', 'UIDNEXT', 'UIDVALIDITY', 'HIGHESTMODSEQ', 'RECURSIVEMATCH', 'SPECIAL-USE', 'CONDSTORE', 'QRESYNC'],
  ...['UTF8=ACCEPT', 'UTF8=ONLY', 'DEFLATE', 'IMAP4REV2', 'METADATA', 'INBOX', 'MESSAGE-ID', 'DEFAULT', 'MAILBOX'],
]);

/** Codes of NO (RFC 9051 section 7.1, RFC 5530) that are the server's doing. */
export const SERVERS_FAULT: ReadonlySet<string> = new Set([
  ...['UNAVAILABLE', 'SERVERBUG', 'CONTACTADMIN', 'INUSE', 'CORRUPTION', 'LIMIT', 'NOTSAVED', 'TEMPFAIL'],
]);
