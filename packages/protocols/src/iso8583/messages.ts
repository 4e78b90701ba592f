// Message type indicators (ISO 8583:1987, section 4.1.1): version, class, function and origin, a digit each. What becomes of
// each function:
//
//   0 request, 2 advice, 6 instruction           request
//   1, 3, 5, 7: their responses                  response, by response code
//   4 notification                               session: nobody answers
//   a message of length 0                        ignored on purpose: keeps the connection open
//
// Either side may ask. Of the fields these are read: 2 (only when redaction is off, and then six first and four last digits),
// 3, 11, 32, 37, 39, 41, 42 and 70. Track data (35, 36, 45), PIN (52), security (53), expiry (14), chip data (55), message
// authentication (64, 128) and all others are never kept.

export const VERSIONS = ['1987', '1993', '2003'];
export const VERSION_MAX = 2;

const CLASSES = [
  ...['', 'authorization', 'financial', 'file action', 'reversal', 'reconciliation', 'administrative'],
  ...['fee collection', 'network management'],
];
export const CLASS_MAX = 8;
export const NETWORK_MANAGEMENT = 8;
export const FUNCTION_MAX = 7;
/** Acquirer, issuer and other, each with its repeat. */
export const ORIGIN_MAX = 5;
export const NOTIFICATION = 4;

export function is_response(fn: number): boolean {
  return (fn & 1) === 1;
}

/** Transaction types: the first two digits of the processing code (field 3). */
const TRANSACTIONS: Readonly<Record<string, string>> = {
  '00': 'purchase',
  '01': 'cash',
  '02': 'debit adjustment',
  '09': 'purchase with cash back',
  '10': 'account funding',
  '17': 'cash disbursement',
  '20': 'return',
  '21': 'deposit',
  '22': 'credit adjustment',
  '26': 'credit transfer',
  '28': 'prepaid load',
  '30': 'available funds inquiry',
  '31': 'balance inquiry',
  '33': 'account verification',
  '40': 'transfer',
  '50': 'payment',
};

/** Network management information codes (field 70); 1993 and later call it function code (field 24), beginning with 8. */
const MANAGEMENT: Readonly<Record<string, string>> = {
  '001': 'sign on',
  '002': 'sign off',
  '061': 'sign on',
  '062': 'sign off',
  '071': 'sign on',
  '072': 'sign off',
  '101': 'key change',
  '161': 'key exchange',
  '162': 'key change',
  '201': 'cutover',
  '270': 'echo test',
  '301': 'echo test',
  '801': 'sign on',
  '802': 'sign off',
  '811': 'key change',
  '821': 'cutover',
  '831': 'echo test',
};

/** Endpoints by class, and by what of the code decides; a class has a thousand at most. */
const endpoints = CLASSES.map(() => new Map<string, string>());

/** "financial/purchase", "network management/echo test". */
export function endpoint_of(mti_class: number, code: string | undefined): string {
  const name = CLASSES[mti_class] ?? '';
  const known = endpoints[mti_class];
  if (code === undefined || known === undefined) return name;
  const telling = mti_class === NETWORK_MANAGEMENT ? code.slice(-3) : code.slice(0, 2);
  let endpoint = known.get(telling);
  if (endpoint === undefined) {
    const names = mti_class === NETWORK_MANAGEMENT ? MANAGEMENT : TRANSACTIONS;
    endpoint = `${name}/${names[telling] ?? telling}`;
    known.set(telling, endpoint);
  }
  return endpoint;
}

/** Message types as text. */
const types = new Map<number, string>();

export function type_text(version: number, mti_class: number, fn: number, origin: number): string {
  const number = version * 1000 + mti_class * 100 + fn * 10 + origin;
  let text = types.get(number);
  if (text === undefined) {
    text = String(number).padStart(4, '0');
    types.set(number, text);
  }
  return text;
}
