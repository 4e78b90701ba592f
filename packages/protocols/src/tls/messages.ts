// What TLS sends (RFC 8446, RFC 5246, RFC 6101) and what becomes of it. One handshake is one row: its request is the
// ClientHello, its response all that follows. DTLS is not read: its records differ and it comes in datagrams.
//
//   Records
//   handshake (22)            read until encrypted, see below
//   alert (21)                in the clear: the name; encrypted: that it is one. Ends the handshake unless a warning
//   change_cipher_spec (20)   up to TLS 1.2 what its sender sends next is encrypted; in TLS 1.3 ignored on purpose
//   application_data (23)     up to TLS 1.2 the handshake is over; in TLS 1.3 the first of the client after the ServerHello
//                             tells how it ended: Finished, or an alert; with a client's certificate, the server's next
//   heartbeat (24)            ignored on purpose
//
//   Handshake messages
//   ClientHello               request; a second one, after a HelloRetryRequest, belongs to the same row
//   ServerHello               interim response: version, suite, group, resumption. The HelloRetryRequest is one too
//   Certificate               up to TLS 1.2: names and dates of the first certificate of the chain
//   ServerKeyExchange         its group
//   all others                ignored on purpose; those of the server are listed by name in the row's result
export const RECORD = {
  change_cipher_spec: 20,
  alert: 21,
  handshake: 22,
  application_data: 23,
  heartbeat: 24,
} as const;

export const HANDSHAKE = {
  client_hello: 1,
  server_hello: 2,
  certificate: 11,
  server_key_exchange: 12,
} as const;

/** IANA registry "TLS HandshakeType". */
export const HANDSHAKE_NAMES: ReadonlyMap<number, string> = new Map([
  [0, 'HelloRequest'],
  [1, 'ClientHello'],
  [2, 'ServerHello'],
  [4, 'NewSessionTicket'],
  [5, 'EndOfEarlyData'],
  [6, 'HelloRetryRequest'],
  [8, 'EncryptedExtensions'],
  [11, 'Certificate'],
  [12, 'ServerKeyExchange'],
  [13, 'CertificateRequest'],
  [14, 'ServerHelloDone'],
  [15, 'CertificateVerify'],
  [16, 'ClientKeyExchange'],
  [20, 'Finished'],
  [21, 'CertificateURL'],
  [22, 'CertificateStatus'],
  [23, 'SupplementalData'],
  [24, 'KeyUpdate'],
  [25, 'CompressedCertificate'],
  [67, 'NextProtocol'],
]);

/** IANA registry "TLS ExtensionType", those that are looked at. */
export const EXTENSION = {
  server_name: 0,
  alpn: 16,
  pre_shared_key: 41,
  early_data: 42,
  supported_versions: 43,
  key_share: 51,
} as const;

export const ALERT_WARNING = 1;
export const CLOSE_NOTIFY = 0;
export const USER_CANCELED = 90;

/** IANA registry "TLS Alerts"; 41 is of SSL 3.0 (RFC 6101 section 5.4.2). */
const ALERTS: ReadonlyMap<number, string> = new Map([
  [0, 'close_notify'],
  [10, 'unexpected_message'],
  [20, 'bad_record_mac'],
  [21, 'decryption_failed'],
  [22, 'record_overflow'],
  [30, 'decompression_failure'],
  [40, 'handshake_failure'],
  [41, 'no_certificate'],
  [42, 'bad_certificate'],
  [43, 'unsupported_certificate'],
  [44, 'certificate_revoked'],
  [45, 'certificate_expired'],
  [46, 'certificate_unknown'],
  [47, 'illegal_parameter'],
  [48, 'unknown_ca'],
  [49, 'access_denied'],
  [50, 'decode_error'],
  [51, 'decrypt_error'],
  [52, 'too_many_cids_requested'],
  [60, 'export_restriction'],
  [70, 'protocol_version'],
  [71, 'insufficient_security'],
  [80, 'internal_error'],
  [86, 'inappropriate_fallback'],
  [90, 'user_canceled'],
  [100, 'no_renegotiation'],
  [109, 'missing_extension'],
  [110, 'unsupported_extension'],
  [111, 'certificate_unobtainable'],
  [112, 'unrecognized_name'],
  [113, 'bad_certificate_status_response'],
  [114, 'bad_certificate_hash_value'],
  [115, 'unknown_psk_identity'],
  [116, 'certificate_required'],
  [117, 'general_error'],
  [120, 'no_application_protocol'],
  [121, 'ech_required'],
]);

export function alert_name(description: number): string {
  return ALERTS.get(description) ?? `alert ${description}`;
}

export const TLS_1_3 = 0x0304;
/** The last byte tells which draft of TLS 1.3 (RFC 8446 section 4.2.1 in its drafts). */
const DRAFTS = 0x7f00;

export function version_name(version: number): string {
  if (version === 0x0300) return 'SSL 3.0';
  if (version > 0x0300 && version <= TLS_1_3) return `1.${(version & 0xff) - 1}`;
  if (is_draft(version)) return `1.3 draft ${version & 0xff}`;
  return `0x${version.toString(16).padStart(4, '0')}`;
}

const is_draft = (version: number): boolean => (version & 0xff00) === DRAFTS;

/** Whether everything behind the ServerHello is encrypted. */
export function hides_handshake(version: number): boolean {
  return version === TLS_1_3 || is_draft(version);
}

// IANA registry "TLS Supported Groups": runs of consecutive numbers.
const GROUPS: readonly (readonly [number, ...string[]])[] = [
  [1, 'sect163k1', 'sect163r1', 'sect163r2', 'sect193r1', 'sect193r2', 'sect233k1', 'sect233r1', 'sect239k1'],
  [9, 'sect283k1', 'sect283r1', 'sect409k1', 'sect409r1', 'sect571k1', 'sect571r1', 'secp160k1', 'secp160r1'],
  [17, 'secp160r2', 'secp192k1', 'secp192r1', 'secp224k1', 'secp224r1', 'secp256k1', 'secp256r1', 'secp384r1'],
  [25, 'secp521r1', 'brainpoolP256r1', 'brainpoolP384r1', 'brainpoolP512r1', 'x25519', 'x448'],
  [31, 'brainpoolP256r1tls13', 'brainpoolP384r1tls13', 'brainpoolP512r1tls13'],
  [34, 'GC256A', 'GC256B', 'GC256C', 'GC256D', 'GC512A', 'GC512B', 'GC512C', 'curveSM2'],
  [256, 'ffdhe2048', 'ffdhe3072', 'ffdhe4096', 'ffdhe6144', 'ffdhe8192'],
  [512, 'MLKEM512', 'MLKEM768', 'MLKEM1024'],
  [4587, 'SecP256r1MLKEM768', 'X25519MLKEM768', 'SecP384r1MLKEM1024'],
  [25_497, 'X25519Kyber768Draft00', 'SecP256r1Kyber768Draft00'],
];
const group_names = new Map(GROUPS.flatMap(([first, ...run]) => run.map((name, i) => [first + i, name] as const)));

export function group_name(group: number): string {
  return group_names.get(group) ?? `0x${group.toString(16).padStart(4, '0')}`;
}
