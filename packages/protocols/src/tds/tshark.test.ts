// The recordings as tshark reads them.
import { describe, expect, it } from 'vitest';
import { MESSAGE_TYPE, type Message } from '../protocol.ts';
import { play } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { no_tshark, tshark } from '../testing/tshark.ts';
import { PROCEDURES } from './messages.ts';
import { protocol } from './parse.ts';

const FIELDS = [
  'tds.type',
  'tds.status.eom',
  'tds.query',
  'tds.rpc.proc_id',
  'tds.transmgr',
  'tds.error.number',
  'tds.7login.username',
];
/** tshark knows these messages by these types. */
const REQUESTS = new Set(['1', '3', '7', '14', '16', '18']);
const of_type = (messages: readonly Message[], type: number) =>
  messages.filter((m) => m.type === type && m.interim !== true);

// Left out: sessions on one connection, of which tshark reads nothing; and the client that numbers its packets through all
// messages, where tshark wants each message to begin with number 1.
describe.skipIf(no_tshark).each([
  ['tedious', 0],
  ['tedious', 1],
  ['pymssql', 0],
  ['old', 0],
] as const)('%s %i', (name, n) => {
  const pieces = load(new URL(`captures/${name}.json`, import.meta.url))[n]!;
  const [types, ends, queries, numbers, transactions, errors, users] = tshark(pieces, FIELDS, 'tds', 1433) as [
    string[],
    string[],
    string[],
    string[],
    string[],
    string[],
    string[],
  ];
  const { messages } = play([protocol], pieces, { redact: false });
  const requests = of_type(messages, MESSAGE_TYPE.request);
  const responses = of_type(messages, MESSAGE_TYPE.response);
  const whole = types.filter((_, i) => ends[i] === '1' || ends[i] === 'True');

  it('as many requests and responses', () => {
    expect(requests).toHaveLength(whole.filter((type) => REQUESTS.has(type)).length);
    // An attention to a request that was answered is acknowledged by a response of its own, which is no row.
    const attentions = whole.filter((type) => type === '6').length;
    expect(responses).toHaveLength(whole.filter((type) => type === '4').length - attentions);
    expect(messages.filter((m) => m.one_way === true)).toHaveLength(attentions);
  });

  it('the same statements, procedures, transactions, users and errors', () => {
    const batches = requests.filter((m) => m.request_type === 'SQL batch').map((m) => m.request_resource!);
    expect(batches).toEqual(queries.map((query) => query.replaceAll('\\n', '\n')));
    const names = new Set(PROCEDURES.values());
    const called = requests.map((m) => m.request_type!).filter((type) => names.has(type));
    expect(called).toEqual(numbers.map((number) => PROCEDURES.get(Number(number))));
    const kinds = requests.filter((m) => m.request_type!.startsWith('TM_'));
    expect(kinds).toHaveLength(transactions.length);
    expect(responses.flatMap((m) => (m.response_code === undefined ? [] : [String(m.response_code)]))).toEqual(errors);
    const logins = requests.filter((m) => m.request_type === 'Login7').map((m) => m.attribute_values![0]);
    expect(logins).toEqual(users);
    expect(requests.length).toBeGreaterThan(1);
  });
});
