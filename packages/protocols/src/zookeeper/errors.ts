// Error codes of replies (org.apache.zookeeper.KeeperException.Code).
import { STATUS, type Status } from '../protocol.ts';

export const OK = 0;
/** In a failed multi: an operation that was not tried because another failed. */
export const RUNTIME_INCONSISTENCY = -2;
export const SESSION_EXPIRED = -112;
/** Codes from here on down blame the request; those above are the server's. */
const API_ERROR = -100;
/** No code is lower; a frame with a lower one, or one above 0, is none. */
export const CODE_MIN = -255;

const NAMES: Readonly<Record<number, string>> = {
  [-1]: 'SYSTEMERROR',
  [-2]: 'RUNTIMEINCONSISTENCY',
  [-3]: 'DATAINCONSISTENCY',
  [-4]: 'CONNECTIONLOSS',
  [-5]: 'MARSHALLINGERROR',
  [-6]: 'UNIMPLEMENTED',
  [-7]: 'OPERATIONTIMEOUT',
  [-8]: 'BADARGUMENTS',
  [-12]: 'UNKNOWNSESSION',
  [-13]: 'NEWCONFIGNOQUORUM',
  [-14]: 'RECONFIGINPROGRESS',
  [-100]: 'APIERROR',
  [-101]: 'NONODE',
  [-102]: 'NOAUTH',
  [-103]: 'BADVERSION',
  [-108]: 'NOCHILDRENFOREPHEMERALS',
  [-110]: 'NODEEXISTS',
  [-111]: 'NOTEMPTY',
  [-112]: 'SESSIONEXPIRED',
  [-113]: 'INVALIDCALLBACK',
  [-114]: 'INVALIDACL',
  [-115]: 'AUTHFAILED',
  [-118]: 'SESSIONMOVED',
  [-119]: 'NOTREADONLY',
  [-120]: 'EPHEMERALONLOCALSESSION',
  [-121]: 'NOWATCHER',
  [-122]: 'REQUESTTIMEOUT',
  [-123]: 'RECONFIGDISABLED',
  [-124]: 'SESSIONCLOSEDREQUIRESASLAUTH',
  [-125]: 'QUOTAEXCEEDED',
  [-127]: 'THROTTLEDOP',
};

/** MARSHALLINGERROR, BADARGUMENTS, UNKNOWNSESSION: system errors by number that the request made. */
const CLIENTS_FAULT = new Set([-5, -8, -12]);
/** REQUESTTIMEOUT, THROTTLEDOP: API errors by number that the request did not make. */
const SERVERS_FAULT = new Set([-122, -127]);

export function error_name(code: number): string {
  return NAMES[code] ?? `error ${code}`;
}

export function is_known_error(code: number): boolean {
  return NAMES[code] !== undefined;
}

export function status_of(code: number): Status {
  if (code === OK) return STATUS.ok;
  if (CLIENTS_FAULT.has(code)) return STATUS.client_error;
  return code <= API_ERROR && !SERVERS_FAULT.has(code) ? STATUS.client_error : STATUS.server_error;
}
