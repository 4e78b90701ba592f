// Result codes (RFC 4511 section 4.1.9 and appendix A): their names, and whose fault they are.
import { STATUS, type Status } from '../protocol.ts';

const NAMES: ReadonlyMap<number, string> = new Map([
  [1, 'operationsError'],
  [2, 'protocolError'],
  [3, 'timeLimitExceeded'],
  [4, 'sizeLimitExceeded'],
  [7, 'authMethodNotSupported'],
  [8, 'strongerAuthRequired'],
  [11, 'adminLimitExceeded'],
  [12, 'unavailableCriticalExtension'],
  [13, 'confidentialityRequired'],
  [16, 'noSuchAttribute'],
  [17, 'undefinedAttributeType'],
  [18, 'inappropriateMatching'],
  [19, 'constraintViolation'],
  [20, 'attributeOrValueExists'],
  [21, 'invalidAttributeSyntax'],
  [32, 'noSuchObject'],
  [33, 'aliasProblem'],
  [34, 'invalidDNSyntax'],
  [36, 'aliasDereferencingProblem'],
  [48, 'inappropriateAuthentication'],
  [49, 'invalidCredentials'],
  [50, 'insufficientAccessRights'],
  [51, 'busy'],
  [52, 'unavailable'],
  [53, 'unwillingToPerform'],
  [54, 'loopDetect'],
  [64, 'namingViolation'],
  [65, 'objectClassViolation'],
  [66, 'notAllowedOnNonLeaf'],
  [67, 'notAllowedOnRDN'],
  [68, 'entryAlreadyExists'],
  [69, 'objectClassModsProhibited'],
  [71, 'affectsMultipleDSAs'],
  [80, 'other'],
]);
/** Success, compare false, compare true, referral, the login goes on. */
const OK_CODES = new Set([0, 5, 6, 10, 14]);
const SERVER_CODES = new Set([1, 3, 4, 11, 51, 52, 53, 54, 80]);

export function status_of(code: number): Status {
  if (OK_CODES.has(code)) return STATUS.ok;
  return SERVER_CODES.has(code) ? STATUS.server_error : STATUS.client_error;
}

export function result_text(code: number, said: string): string {
  const name = NAMES.get(code) ?? String(code);
  return said === '' ? name : `${name}: ${said}`;
}
