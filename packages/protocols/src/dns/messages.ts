// Messages of DNS by their opcode (RFC 6895 section 2.2, RFC 8490), and what becomes of each:
//
//   query       request, named by the type of its question; its id pairs
//   response    response of that id; an extended response code counts (RFC 6891 section 6.1.3)
//   other opcodes, questions more than one, the reserved bit set: no DNS
export const OPCODES: ReadonlyMap<number, string> = new Map([
  [0, 'QUERY'],
  [1, 'IQUERY'],
  [2, 'STATUS'],
  [4, 'NOTIFY'],
  [5, 'UPDATE'],
  // Stateful operations: no question.
  [6, 'DSO'],
]);
