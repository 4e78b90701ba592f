// Methods of SIP (IANA "SIP Parameters") and responses, and what becomes of each:
//
//   ACK                      one-way row: it has no response
//   every other method       request of its transaction (RFC 3261 section 17); what comes again is not told again
//   1xx                      interim response; one that says more than "trying" stands when no final one comes in time
//   2xx to 6xx               response, the first final one; further ones (retransmitted, or of other branches) are ignored
//   unknown method           as known ones: the list is open (RFC 3261 section 7.1)
//   CR LF (CR LF), zeroes    keep-alive (RFC 5626 section 3.5, common practice): ignored
export const METHODS: ReadonlySet<string> = new Set([
  ...['INVITE', 'ACK', 'BYE', 'CANCEL', 'REGISTER', 'OPTIONS', 'INFO', 'PRACK', 'SUBSCRIBE', 'NOTIFY', 'UPDATE'],
  ...['MESSAGE', 'REFER', 'PUBLISH'],
]);
