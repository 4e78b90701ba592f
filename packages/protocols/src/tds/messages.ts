// Packets, messages and tokens of the Tabular Data Stream ([MS-TDS]) and what each becomes. A message is one or more packets; a
// packet: type, status, length (2, big endian, header included), process id (2), number, window. With MARS, packets stand in
// those of the session multiplex protocol ([MC-SMP]).

export const HEADER_BYTES = 8;
/** [MS-TDS] 2.2.3.1.3: longest packet. */
export const PACKET_BYTES_MAX = 32_767;

export const TYPE = {
  batch: 0x01,
  old_login: 0x02,
  rpc: 0x03,
  response: 0x04,
  attention: 0x06,
  bulk: 0x07,
  fed_auth: 0x08,
  transaction: 0x0e,
  login: 0x10,
  sspi: 0x11,
  prelogin: 0x12,
} as const;

/** Messages of the client: each is a request, but an attention (one-way) and the login of TDS 4.2 (ignored on purpose). */
export const MESSAGES: ReadonlyMap<number, string> = new Map<number, string>([
  [TYPE.batch, 'SQL batch'],
  [TYPE.rpc, 'RPC'],
  [TYPE.attention, 'Attention'],
  [TYPE.bulk, 'Bulk load'],
  [TYPE.fed_auth, 'Federated authentication token'],
  [TYPE.transaction, 'Transaction manager request'],
  [TYPE.login, 'Login7'],
  [TYPE.sspi, 'SSPI'],
  [TYPE.prelogin, 'Prelogin'],
]);

/** The server's only type. Its message is the response; the acknowledgement of an attention to a request that was answered already is ignored. */
export const STATUS_BIT = { end: 0x01, ignore: 0x02, event: 0x04, reset: 0x08, reset_keep: 0x10 } as const;
const STATUS_KNOWN = 0x1f;

/** Transaction manager requests ([MS-TDS] 2.2.6.9). */
export const TRANSACTIONS: ReadonlyMap<number, string> = new Map([
  [0, 'TM_GET_DTC_ADDRESS'],
  [1, 'TM_PROPAGATE_XACT'],
  [5, 'TM_BEGIN_XACT'],
  [6, 'TM_PROMOTE_XACT'],
  [7, 'TM_COMMIT_XACT'],
  [8, 'TM_ROLLBACK_XACT'],
  [9, 'TM_SAVE_XACT'],
]);

/** Procedures that are called by number ([MS-TDS] 2.2.6.6). */
export const PROCEDURES: ReadonlyMap<number, string> = new Map([
  [1, 'sp_cursor'],
  [2, 'sp_cursoropen'],
  [3, 'sp_cursorprepare'],
  [4, 'sp_cursorexecute'],
  [5, 'sp_cursorprepexec'],
  [6, 'sp_cursorunprepare'],
  [7, 'sp_cursorfetch'],
  [8, 'sp_cursoroption'],
  [9, 'sp_cursorclose'],
  [10, 'sp_executesql'],
  [11, 'sp_prepare'],
  [12, 'sp_execute'],
  [13, 'sp_prepexec'],
  [14, 'sp_prepexecrpc'],
  [15, 'sp_unprepare'],
]);

export const TOKEN = {
  offset: 0x78,
  return_status: 0x79,
  columns: 0x81,
  alt_metadata: 0x88,
  table_names: 0xa4,
  column_info: 0xa5,
  order: 0xa9,
  error: 0xaa,
  info: 0xab,
  return_value: 0xac,
  login_ack: 0xad,
  features: 0xae,
  row: 0xd1,
  nbc_row: 0xd2,
  alt_row: 0xd3,
  data_classification: 0xa3,
  environment: 0xe3,
  session_state: 0xe4,
  sspi: 0xed,
  fed_auth: 0xee,
  done: 0xfd,
  done_proc: 0xfe,
  done_in_proc: 0xff,
} as const;

/**
 * How a token of the response is walked:
 * - short, long: behind its length (2 or 4 bytes)
 * - columns: kept until the next, to walk rows by
 * - row, nbc_row: values of the columns; in the latter a map tells those that are null
 * - value: of a parameter; the handle of a prepared statement among them
 * - done: status, command, rows
 * - features: until the feature 0xff
 * - fixed: so many bytes
 * - opaque: not walked; what ends the message is found from its end (ALTMETADATA and ALTROW: COMPUTE clauses, gone since 2012)
 */
export type Walk = 'short' | 'long' | 'columns' | 'row' | 'nbc_row' | 'value' | 'done' | 'features' | 'opaque' | 4;

export const TOKENS: ReadonlyMap<number, { name: string; walk: Walk }> = new Map<number, { name: string; walk: Walk }>([
  [TOKEN.offset, { name: 'OFFSET', walk: 4 }],
  [TOKEN.return_status, { name: 'RETURNSTATUS', walk: 4 }],
  [TOKEN.columns, { name: 'COLMETADATA', walk: 'columns' }],
  [TOKEN.alt_metadata, { name: 'ALTMETADATA', walk: 'opaque' }],
  [TOKEN.data_classification, { name: 'DATACLASSIFICATION', walk: 'opaque' }],
  [TOKEN.table_names, { name: 'TABNAME', walk: 'short' }],
  [TOKEN.column_info, { name: 'COLINFO', walk: 'short' }],
  [TOKEN.order, { name: 'ORDER', walk: 'short' }],
  // Number, severity, text: the response's outcome. Texts that INFO carries (PRINT, warnings) are not kept.
  [TOKEN.error, { name: 'ERROR', walk: 'short' }],
  [TOKEN.info, { name: 'INFO', walk: 'short' }],
  [TOKEN.return_value, { name: 'RETURNVALUE', walk: 'value' }],
  // The version agreed on, which decides how wide counts are.
  [TOKEN.login_ack, { name: 'LOGINACK', walk: 'short' }],
  [TOKEN.features, { name: 'FEATUREEXTACK', walk: 'features' }],
  [TOKEN.row, { name: 'ROW', walk: 'row' }],
  [TOKEN.nbc_row, { name: 'NBCROW', walk: 'nbc_row' }],
  [TOKEN.alt_row, { name: 'ALTROW', walk: 'opaque' }],
  [TOKEN.environment, { name: 'ENVCHANGE', walk: 'short' }],
  [TOKEN.session_state, { name: 'SESSIONSTATE', walk: 'long' }],
  [TOKEN.sspi, { name: 'SSPI', walk: 'short' }],
  [TOKEN.fed_auth, { name: 'FEDAUTHINFO', walk: 'long' }],
  [TOKEN.done, { name: 'DONE', walk: 'done' }],
  [TOKEN.done_proc, { name: 'DONEPROC', walk: 'done' }],
  [TOKEN.done_in_proc, { name: 'DONEINPROC', walk: 'done' }],
]);

export const DONE_BIT = { more: 0x01, error: 0x02, count: 0x10, attention: 0x20, server_error: 0x100 } as const;
/** Bits that a DONE may have, transactions and events among them. */
export const DONE_KNOWN = 0x01 | 0x02 | 0x04 | 0x08 | 0x10 | 0x20 | 0x40 | 0x80 | 0x100;

/** Session multiplex protocol: mark, flags, session (2), length (4, header included), sequence (4), window (4), little endian. */
export const SMP = { mark: 0x53, header_bytes: 16, syn: 1, ack: 2, fin: 4, data: 8 } as const;

/** Versions as the client's login tells them (4 bytes, little endian). */
export const VERSIONS: ReadonlyMap<number, string> = new Map([
  [0x70000000, '7.0'],
  [0x71000000, '7.1'],
  [0x71000001, '7.1'],
  [0x72090002, '7.2'],
  [0x730a0003, '7.3'],
  [0x730b0003, '7.3'],
  [0x74000004, '7.4'],
  [0x08000000, '8.0'],
]);

/** Whether type and status can begin a packet of this direction; the rest of the header says nothing. */
export function header_holds(type: number, status: number, from_server: boolean): boolean {
  if ((status & ~STATUS_KNOWN) !== 0) return false;
  if (from_server) return type === TYPE.response || type === TYPE.prelogin;
  return MESSAGES.has(type) || type === TYPE.old_login;
}
