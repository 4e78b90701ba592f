// Packets of Oracle Net (TNS), messages of the two-task protocol in them (TTC), and what each becomes.
//
// Nothing of this is published by Oracle; it is what Oracle's own open drivers and other public descriptions show.
// - A packet: length (2 bytes, checksum (2); since version 315 the length has 4), type, flags, checksum of the header (2).
// - Data packets: flags (2), then messages of TTC, one behind the other, over as many packets as they need. A call of the client
//   is one message behind any number of others that ride with it; the answer goes on until an error message (which is also how
//   success ends), a status, or the mark of an end that newer versions agree on.
// - Numbers come in two encodings: portable (cursor.ts), as thin drivers and JDBC have them, and as the client's machine keeps
//   them (little endian, pointers as 0xfe and ones), as OCI on the same kind of machine has them.
//
// What is read of TTC: which call it is; the text of statements (OALL8; as far as it stands in the first packet of the call), of
// their cursors when those are executed or fetched from again; users and programs of logins; trace context, as comment or as
// application context; of answers the error message in the portable encoding from 10g to 23ai and in the native one of 11g to 21c.
// What is not: values of binds and rows, statements of calls older than OALL8 (OPARSE, OALL7: Oracle 8 and older), anything behind
// native network encryption or compressed by Oracle Net (such calls are told without name), the native encoding of big-endian
// machines, packets' data that a data descriptor announces.

export const HEADER_BYTES = 8;
/** Of a data packet, flags included. */
export const DATA_HEADER_BYTES = 10;
/** Since this version lengths have 4 bytes once the server has accepted. */
export const LARGE_SINCE = 315;
/** Since this version the acceptance tells whether answers are marked where they end. */
export const MARKED_SINCE = 318;
export const PACKET_BYTES_MAX = 2_097_152;

export const PACKET = {
  connect: 1,
  accept: 2,
  acknowledge: 3,
  refuse: 4,
  redirect: 5,
  data: 6,
  null: 7,
  abort: 9,
  resend: 11,
  marker: 12,
  attention: 13,
  control: 14,
  descriptor: 15,
} as const;

/**
 * - request: the connect; its text comes in a data packet of its own when it is long
 * - response: what answers it
 * - data: by the message within
 * - break: one-way from the client when it interrupts; its resets, and all of the server, are ignored: the answer follows
 * - again: the same request will come once more, and is still one
 * - ignored
 */
export type PacketUse = 'request' | 'response' | 'data' | 'break' | 'again' | 'ignored';

export const PACKETS: ReadonlyMap<number, { name: string; use: PacketUse }> = new Map<
  number,
  { name: string; use: PacketUse }
>([
  [PACKET.connect, { name: 'Connect', use: 'request' }],
  [PACKET.accept, { name: 'Accept', use: 'response' }],
  [PACKET.acknowledge, { name: 'Acknowledge', use: 'ignored' }],
  [PACKET.refuse, { name: 'Refuse', use: 'response' }],
  [PACKET.redirect, { name: 'Redirect', use: 'response' }],
  [PACKET.data, { name: 'Data', use: 'data' }],
  [PACKET.null, { name: 'Null', use: 'ignored' }],
  [PACKET.abort, { name: 'Abort', use: 'response' }],
  [PACKET.resend, { name: 'Resend', use: 'again' }],
  [PACKET.marker, { name: 'Marker', use: 'break' }],
  [PACKET.attention, { name: 'Attention', use: 'break' }],
  // Errors of the network layer that come beside an answer; the call that meets them is answered as well.
  [PACKET.control, { name: 'Control', use: 'ignored' }],
  [PACKET.descriptor, { name: 'Data descriptor', use: 'ignored' }],
]);

/** What a marker says: type (0 or 1), a byte, then one of these. */
export const MARKER = { break: 1, reset: 2, interrupt: 3 } as const;

export const DATA_FLAG = { more: 0x20, end_of_file: 0x40, compressed: 0x400, end_of_response: 0x2000 } as const;

/** Begins packets that agree on authentication, encryption and checksums. */
export const NATIVE_SERVICES = 0xdeadbeef;

export const TTC = {
  protocol: 1,
  data_types: 2,
  call: 3,
  error: 4,
  row_header: 6,
  row_data: 7,
  parameter: 8,
  status: 9,
  io_vector: 11,
  lob_data: 14,
  warning: 15,
  describe: 16,
  piggyback: 17,
  flush_binds: 19,
  bit_vector: 21,
  server_piggyback: 23,
  one_way: 26,
  implicit_results: 27,
  renegotiate: 28,
  end_of_response: 29,
  token: 33,
  fast_auth: 34,
} as const;

/**
 * - call: a request, as are those of `agree`, by which the connection begins
 * - piggyback: rides in front of a call
 * - error: ends an answer and tells its outcome, success too
 * - status: ends an answer, as does `end`
 * - rows: an answer that went well so far
 * - part: of an answer, of no meaning for its outcome
 */
export type MessageUse = 'call' | 'agree' | 'one_way' | 'piggyback' | 'error' | 'status' | 'end' | 'rows' | 'part';

export const MESSAGES: ReadonlyMap<number, { name: string; use: MessageUse }> = new Map<
  number,
  { name: string; use: MessageUse }
>([
  [TTC.protocol, { name: 'Protocol negotiation', use: 'agree' }],
  [TTC.data_types, { name: 'Data type negotiation', use: 'agree' }],
  [TTC.call, { name: 'Call', use: 'call' }],
  [TTC.error, { name: 'Error', use: 'error' }],
  [5, { name: 'Access of user addresses', use: 'part' }],
  [TTC.row_header, { name: 'Row header', use: 'rows' }],
  [TTC.row_data, { name: 'Row data', use: 'rows' }],
  [TTC.parameter, { name: 'Return parameter', use: 'part' }],
  [TTC.status, { name: 'Status', use: 'status' }],
  [10, { name: 'Error definition', use: 'part' }],
  [TTC.io_vector, { name: 'I/O vector', use: 'rows' }],
  [12, { name: 'Long data', use: 'part' }],
  [13, { name: 'Column descriptor', use: 'part' }],
  [TTC.lob_data, { name: 'LOB data', use: 'rows' }],
  [TTC.warning, { name: 'Warning', use: 'part' }],
  [TTC.describe, { name: 'Describe information', use: 'rows' }],
  [TTC.piggyback, { name: 'Piggyback', use: 'piggyback' }],
  [18, { name: 'Callout', use: 'part' }],
  [TTC.flush_binds, { name: 'Flush of out binds', use: 'end' }],
  [TTC.bit_vector, { name: 'Bit vector', use: 'rows' }],
  [22, { name: 'End of binds', use: 'part' }],
  [TTC.server_piggyback, { name: 'Server-side piggyback', use: 'part' }],
  [TTC.one_way, { name: 'One-way call', use: 'one_way' }],
  [TTC.implicit_results, { name: 'Implicit results', use: 'rows' }],
  [TTC.renegotiate, { name: 'Renegotiation', use: 'part' }],
  [TTC.end_of_response, { name: 'End of response', use: 'end' }],
  [TTC.token, { name: 'Token', use: 'part' }],
  [TTC.fast_auth, { name: 'Fast authentication', use: 'agree' }],
]);

export const CALL = {
  re_execute: 4,
  fetch: 5,
  logoff: 9,
  re_execute_fetch: 78,
  logon_name: 82,
  logon_password: 81,
  all8: 94,
  lob: 96,
  close_cursors: 105,
  session_switch: 107,
  auth: 115,
  session_key: 118,
  cancel_cursors: 120,
  fetch_new: 137,
  context: 154,
} as const;

/**
 * Calls by their code, by Oracle's names for them; those from 145 on, where only what they do is known, by names like them. Each is
 * a request named so. Their outcome is told by the answer; what more of each is read the head of this file says. A code that is
 * not here is told by its number.
 */
export const CALLS: ReadonlyMap<number, string> = new Map([
  [1, 'OLOGON'],
  [2, 'OOPEN'],
  [3, 'OPARSE'],
  [4, 'OEXEC'],
  [5, 'OFETCH'],
  [6, 'OBIND'],
  [7, 'OBINDN'],
  [8, 'OCLOSE'],
  [9, 'OLOGOFF'],
  [10, 'ODSCRIBE'],
  [11, 'ODEFIN'],
  [12, 'OCOMON'],
  [13, 'OCOMOFF'],
  [14, 'OCOMMIT'],
  [15, 'OROLLBACK'],
  [16, 'OSFE'],
  [17, 'ORESUME'],
  [18, 'OVERSN'],
  [19, 'OTEMP'],
  [20, 'OCANCEL'],
  [21, 'OGEM'],
  [22, 'OEXIT'],
  [23, 'OSPECIAL'],
  [24, 'OABORT'],
  [25, 'ODQRID'],
  [26, 'OLNGF6'],
  [31, 'OHOWMANY'],
  [32, 'OINIT'],
  [33, 'OCHANGEU'],
  [34, 'OBINDRP'],
  [35, 'OGETBV'],
  [36, 'OGETIV'],
  [37, 'OBINDRV'],
  [38, 'OBINDRN'],
  [39, 'OPARSEX'],
  [40, 'OPARSYN'],
  [41, 'OPARSDI'],
  [42, 'OCONTINUE'],
  [43, 'ODSCRARR'],
  [44, 'OLCCINI'],
  [45, 'OLCCFIN'],
  [46, 'OLCCPUT'],
  [47, 'OLCCGPI'],
  [48, 'OV6STRT'],
  [49, 'OV6STOP'],
  [58, 'O2LOGON'],
  [59, 'OVERSION'],
  [60, 'OINIT2'],
  [61, 'OCLOALL'],
  [62, 'OALL'],
  [63, 'OTEX'],
  [64, 'OSDAUTH'],
  [67, 'OK2RPC'],
  [68, 'ODSCIDX'],
  [69, 'OSESOPN'],
  [70, 'OEXECSCN'],
  [71, 'OALL7'],
  [72, 'OLONGF'],
  [73, 'OEXECA'],
  [74, 'OSQL7'],
  [76, 'ORPC'],
  [78, 'OEXFEN'],
  [79, 'OXAOPN'],
  [80, 'OKGL'],
  [81, 'O3LOGON'],
  [82, 'O3LOGA'],
  [83, 'OFNSTM'],
  [84, 'O71SESOPN'],
  [85, 'O71XAOPN'],
  [86, 'ODEBUG'],
  [88, 'OXAST'],
  [89, 'OXACM'],
  [90, 'OXAPR'],
  [91, 'OXDP'],
  [92, 'OKOD'],
  [93, 'OCBK'],
  [94, 'OALL8'],
  [95, 'OFNSTM2'],
  [96, 'OLOBOPS'],
  [97, 'OFILECRT'],
  [98, 'ODNY'],
  [99, 'OCONNECT'],
  [100, 'OOPENRCS'],
  [101, 'OKPRALL'],
  [102, 'OPLS'],
  [103, 'OTXSE'],
  [104, 'OTXEN'],
  [105, 'OCCA'],
  [106, 'OFOI'],
  [107, 'O80SES'],
  [108, 'ODDF'],
  [109, 'OLRMINI'],
  [110, 'OLRMFIN'],
  [111, 'OLRMPUT'],
  [112, 'OLRMTRM'],
  [113, 'OEXFENA'],
  [114, 'OINIUCB'],
  [115, 'OAUTH'],
  [116, 'OFGI'],
  [117, 'OOTCO'],
  [118, 'OSESSKEY'],
  [119, 'ODSY'],
  [120, 'OCANA'],
  [121, 'OAQEQ'],
  [122, 'OAQDQ'],
  [123, 'ORFS'],
  [125, 'OKPN'],
  [126, 'OAQLS'],
  [127, 'OOTCM'],
  [128, 'ODPP'],
  [129, 'ODPLS'],
  [130, 'ODPMOP'],
  [131, 'OMEMSTA'],
  [132, 'OAQGPS'],
  [133, 'OFPT'],
  [134, 'OFAL'],
  [135, 'OSCID'],
  [136, 'ODRCX'],
  [137, 'OFETCH2'],
  [138, 'OSPFPPUT'],
  [139, 'OKPFC'],
  [140, 'OKGT'],
  [141, 'OPUSHTX'],
  [142, 'OPOPTX'],
  [143, 'OKFN'],
  [144, 'ODPULS'],
  [145, 'OARRAYAQ'],
  [147, 'OPING'],
  [152, 'OSETSCHEMA'],
  [154, 'OAPPCTX'],
  [162, 'OSESSGET'],
  [163, 'OSESSRLS'],
  [176, 'OSESSSTATE'],
  [187, 'ONOTIFY'],
  [199, 'OPLBEGIN'],
  [200, 'OPLEND'],
  [204, 'OALTSESS'],
  [205, 'OUSERCTX'],
]);
