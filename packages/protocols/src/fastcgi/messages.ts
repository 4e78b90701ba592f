// Record types (FastCGI specification 1.0, section 8) and what becomes of each:
//
//   BEGIN_REQUEST          begins a request; its role is an attribute where it is not a responder's
//   PARAMS                 request, told when the stream of parameters has ended
//   STDIN, DATA            nothing: bodies, passed over
//   ABORT_REQUEST          the response of that request is a client error
//   STDOUT                 status and header fields of the response; of a long one an unfinished response, then nothing
//   STDERR                 text of a failed response, unless redacted
//   END_REQUEST            response: application and protocol status
//   GET_VALUES             request of its own, with the names that are asked for
//   GET_VALUES_RESULT      response to it
//   UNKNOWN_TYPE           response to a management record of a type that the application does not know
//   management records of other types   request
export const TYPE = {
  begin_request: 1,
  abort_request: 2,
  end_request: 3,
  params: 4,
  stdin: 5,
  stdout: 6,
  stderr: 7,
  data: 8,
  get_values: 9,
  get_values_result: 10,
  unknown_type: 11,
} as const;
export const TYPE_MAX = 11;

/** Request id of records that belong to the connection itself (section 4). */
export const MANAGEMENT = 0;

/** Roles (section 6). */
export const ROLES: Readonly<Record<number, string>> = { 1: 'RESPONDER', 2: 'AUTHORIZER', 3: 'FILTER' };
export const RESPONDER = 1;

/** Protocol status of END_REQUEST (section 5.5). */
export const PROTOCOL_STATUS = ['REQUEST_COMPLETE', 'CANT_MPX_CONN', 'OVERLOADED', 'UNKNOWN_ROLE'];
export const REQUEST_COMPLETE = 0;
export const UNKNOWN_ROLE = 3;
