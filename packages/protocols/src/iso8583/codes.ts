// Response codes (field 39): two characters in the version of 1987, three digits, called action code, later.
import { STATUS, type Status } from '../protocol.ts';

const CODES_1987: Readonly<Record<string, string>> = {
  '00': 'approved',
  '01': 'refer to card issuer',
  '02': 'refer to card issuer, special condition',
  '03': 'invalid merchant',
  '04': 'pick up card',
  '05': 'do not honour',
  '06': 'error',
  '07': 'pick up card, special condition',
  '08': 'honour with identification',
  '09': 'request in progress',
  '10': 'approved for partial amount',
  '11': 'approved, VIP',
  '12': 'invalid transaction',
  '13': 'invalid amount',
  '14': 'invalid card number',
  '15': 'no such issuer',
  '16': 'approved, update track 3',
  '17': 'customer cancellation',
  '18': 'customer dispute',
  '19': 're-enter transaction',
  '20': 'invalid response',
  '21': 'no action taken',
  '22': 'suspected malfunction',
  '23': 'unacceptable transaction fee',
  '24': 'file update not supported by receiver',
  '25': 'unable to locate record',
  '26': 'duplicate file update record',
  '27': 'file update field edit error',
  '28': 'file update file locked out',
  '29': 'file update not successful',
  '30': 'format error',
  '31': 'bank not supported by switch',
  '32': 'completed partially',
  '33': 'expired card, pick up',
  '34': 'suspected fraud, pick up',
  '35': 'contact acquirer, pick up',
  '36': 'restricted card, pick up',
  '37': 'call acquirer security, pick up',
  '38': 'PIN tries exceeded, pick up',
  '39': 'no credit account',
  '40': 'requested function not supported',
  '41': 'lost card',
  '42': 'no universal account',
  '43': 'stolen card',
  '44': 'no investment account',
  '51': 'not sufficient funds',
  '52': 'no chequing account',
  '53': 'no savings account',
  '54': 'expired card',
  '55': 'incorrect PIN',
  '56': 'no card record',
  '57': 'transaction not permitted to cardholder',
  '58': 'transaction not permitted to terminal',
  '59': 'suspected fraud',
  '60': 'contact acquirer',
  '61': 'exceeds withdrawal amount limit',
  '62': 'restricted card',
  '63': 'security violation',
  '64': 'original amount incorrect',
  '65': 'exceeds withdrawal frequency limit',
  '66': 'call acquirer security',
  '67': 'hard capture',
  '68': 'response received too late',
  '75': 'PIN tries exceeded',
  '90': 'cutoff in process',
  '91': 'issuer or switch inoperative',
  '92': 'no route to institution',
  '93': 'violation of law',
  '94': 'duplicate transmission',
  '95': 'reconcile error',
  '96': 'system malfunction',
  '97': 'MAC or reconciliation error',
  '98': 'exceeds cash limit',
};
const APPROVALS = new Set(['00', '08', '10', '11', '16', '32']);
/** Those that blame issuer, switch or system. */
const SERVERS_FAULT = new Set([
  ...['06', '09', '19', '20', '21', '22', '28', '29', '31', '68', '90', '91', '92', '95', '96'],
]);

/** Action codes that have a name of their own; others are called by their hundred. */
const ACTIONS: Readonly<Record<string, string>> = {
  '000': 'approved',
  '100': 'do not honour',
  '101': 'expired card',
  '116': 'not sufficient funds',
  '117': 'incorrect PIN',
  '200': 'do not honour, pick up',
  '300': 'successful',
  '400': 'accepted',
  '500': 'reconciled, in balance',
  '501': 'reconciled, out of balance',
  '600': 'accepted',
  '700': 'accepted',
  '800': 'accepted',
  '900': 'advice acknowledged, no liability accepted',
  '901': 'advice acknowledged, liability accepted',
  '902': 'invalid transaction',
  '903': 're-enter transaction',
  '904': 'format error',
  '905': 'acquirer not supported by switch',
  '906': 'cutover in process',
  '907': 'issuer or switch inoperative',
  '908': 'transaction destination not found',
  '909': 'system malfunction',
  '910': 'issuer signed off',
  '911': 'issuer timed out',
  '912': 'issuer unavailable',
  '913': 'duplicate transmission',
  '916': 'MAC incorrect',
  '921': 'security error',
  '923': 'request in progress',
};
const ACTION_HUNDREDS = [
  ...['approved', 'denied', 'denied, pick up', 'file action', 'reversal', 'reconciliation'],
  ...['administrative', 'fee collection', 'network management', 'request not performed'],
];
/** Acceptances end with these, also of advices (900, 901) that could not be refused. */
const ACCEPTED_ACTIONS = new Set(['300', '400', '500', '600', '700', '800', '900', '901']);
const SERVERS_FAULT_ACTIONS = new Set([
  ...['306', '307', '903', '905', '906', '907', '908', '909', '910', '911', '912', '915', '917', '918', '919', '920'],
  ...['923'],
]);

export function is_approval(code: string): boolean {
  return code.length === 3 ? code < '100' || ACCEPTED_ACTIONS.has(code) : APPROVALS.has(code);
}

export function status_of(code: string): Status {
  if (is_approval(code)) return STATUS.ok;
  const servers = code.length === 3 ? SERVERS_FAULT_ACTIONS : SERVERS_FAULT;
  return servers.has(code) ? STATUS.server_error : STATUS.client_error;
}

/** The code with its meaning, where that is known. */
export function text_of(code: string): string {
  const meaning = code.length === 3 ? (ACTIONS[code] ?? ACTION_HUNDREDS[code.charCodeAt(0) - 48]) : CODES_1987[code];
  return meaning === undefined ? code : `${code} ${meaning}`;
}
