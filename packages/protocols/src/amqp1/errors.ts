// Error conditions (specification parts 2.8.15 to 2.8.18 and 4.5.8) and outcomes (part 3.4), and whom they blame.
import { STATUS, type Status } from '../protocol.ts';
import { CODE } from './messages.ts';

/** Conditions that the request brought about; those named nowhere here are the answering side's. */
const REQUESTS_FAULT = new Set([
  'amqp:not-found',
  'amqp:unauthorized-access',
  'amqp:decode-error',
  'amqp:not-allowed',
  'amqp:invalid-field',
  'amqp:resource-locked',
  'amqp:precondition-failed',
  'amqp:resource-deleted',
  'amqp:illegal-state',
  'amqp:frame-size-too-small',
  'amqp:connection:framing-error',
  'amqp:session:window-violation',
  'amqp:session:errant-link',
  'amqp:session:handle-in-use',
  'amqp:session:unattached-handle',
  'amqp:link:transfer-limit-exceeded',
  'amqp:link:message-size-exceeded',
  'amqp:transaction:unknown-id',
]);
/** Not failures: the other side says where to go instead. */
const REDIRECTS = new Set(['amqp:connection:redirect', 'amqp:link:redirect']);

export function status_of_condition(condition: string): Status {
  if (REDIRECTS.has(condition)) return STATUS.ok;
  return REQUESTS_FAULT.has(condition) ? STATUS.client_error : STATUS.server_error;
}

export interface AmqpError {
  condition: string;
  description: string | undefined;
}

export function text_of({ condition, description }: AmqpError): string {
  return description === undefined || description === '' ? condition : `${condition}: ${description}`;
}

/** Names of the outcomes that end a delivery. */
export const OUTCOMES: Readonly<Record<number, string>> = {
  [CODE.accepted]: 'accepted',
  [CODE.rejected]: 'rejected',
  [CODE.released]: 'released',
  [CODE.modified]: 'modified',
  [CODE.declared]: 'declared',
};

export function status_of_outcome(code: number): Status {
  if (code === CODE.accepted || code === CODE.declared) return STATUS.ok;
  // A receiver that releases or modifies did not take the message, which may be delivered elsewhere.
  return code === CODE.rejected ? STATUS.client_error : STATUS.server_error;
}

/** Codes of sasl-outcome (part 5.3.3.6). */
export const SASL_CODES = ['ok', 'auth', 'sys', 'sys-perm', 'sys-temp'];

export function status_of_sasl(code: number): Status {
  if (code === 0) return STATUS.ok;
  return code === 1 ? STATUS.client_error : STATUS.server_error;
}
