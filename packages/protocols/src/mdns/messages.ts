// Messages of multicast DNS (RFC 6762) and what becomes of each. The attribute `mdns_kind` tells them apart:
//
//   query          one-way row: its answers come from other addresses, or from nobody. With an id that is not 0 (section 6.7,
//                  "legacy" and direct queries) a request: the answer with that id from the address it was sent to is its
//                  response; it stands as unknown when none comes, for answers to the group's come from elsewhere
//   probe          a query with records in its authority section (section 8.1): one-way row
//   known answers  a datagram that goes on with a query's list (section 7.2, no question): ignored on purpose
//   answer         one-way row; announcements (section 8.3) look the same
//   goodbye        an answer whose records all have a TTL of 0 (section 10.1): one-way row
//   unicast answer with an id and the question: response
//   other opcodes  ignored, as receivers must (section 18.3)
export type Kind = 'query' | 'probe' | 'answer' | 'goodbye';

/** The group's port: messages from or to another one are direct. */
export const PORT = 5353;
