// ip, ip_0, tunnel_tx_ip_1 ...: an address as text, compared as an address: '10.0.0.1', '10.0.0.0/8', '10.0.0.1-10.0.0.9', '2001:db8::/32'.
import { isIP } from 'node:net';
import type { RecordDefinition } from '@sonde/records';
import { invalid } from '../error.ts';
import type { Bind } from '../params.ts';
import { is_negative, type Operand, type PredicateOperator, predicate } from '../predicate.ts';
import { end_of, end_words, type Tag, type TagFamily } from './tag.ts';

interface Block {
  readonly family: 4 | 6;
  readonly first: string;
  readonly last: string;
}

function to_number(address: string, family: 4 | 6): bigint {
  if (family === 4) return address.split('.').reduce((n, part) => n * 256n + BigInt(part), 0n);
  const v4 = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(address);
  const text = v4 ? `${v4[1]}${[...hex_groups(to_number(v4[2]!, 4), 2)].join(':')}` : address;
  const [head = '', tail] = text.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const groups = [
    ...left,
    ...Array<string>(tail === undefined ? 0 : 8 - left.length - right.length).fill('0'),
    ...right,
  ];
  return groups.reduce((n, group) => n * 65536n + BigInt(`0x${group}`), 0n);
}
function hex_groups(value: bigint, count: number): string[] {
  return Array.from({ length: count }, (_, i) => ((value >> BigInt(16 * (count - 1 - i))) & 0xffffn).toString(16));
}
function to_text(value: bigint, family: 4 | 6): string {
  if (family === 6) return hex_groups(value, 8).join(':');
  return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join('.');
}

/** The range of addresses that `a`, `a/n` or `a-b` names. */
export function address_block(operand: Operand): Block {
  const refused = () => invalid(`\`${operand.text.slice(0, 64)}\` is no address and no block of addresses`, operand.at);
  const [begin = '', end, ...more] = operand.text.split('-').map((part) => part.trim());
  if (end !== undefined) {
    const [first, last] = [begin, end].map((text) => address_block({ ...operand, text }));
    const numbers = [first!.first, last!.last].map((text) => to_number(text, first!.family));
    if (more.length > 0 || first!.family !== last!.family || numbers[0]! > numbers[1]!) throw refused();
    return { family: first!.family, first: first!.first, last: last!.last };
  }
  const [address = '', prefix, ...rest] = begin.split('/');
  const family = isIP(address.split('%')[0]!);
  const bits = family === 4 ? 32 : 128;
  const length = prefix === undefined ? bits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : -1;
  if (family === 0 || address.includes('%') || rest.length > 0 || length < 0 || length > bits) throw refused();
  const host = (1n << BigInt(bits - length)) - 1n;
  const number = to_number(address, family as 4 | 6);
  const made = (n: bigint) => to_text(n, family as 4 | 6);
  return { family: family as 4 | 6, first: made(number - (number & host)), last: made(number | host) };
}

/** SQL of an address: whether it is IPv4, and the column of each family. Where no column says so, an IPv6 column of zeros means IPv4. */
export function address_parts(columns: readonly string[]): { is_ipv4: string; ip4: string; ip6: string } {
  const none = "toIPv6('::')";
  const [a, b, c] = columns as [string, string?, string?];
  if (c !== undefined) return { is_ipv4: `${a} = 1`, ip4: b!, ip6: c };
  return b === undefined ? { is_ipv4: '1', ip4: a, ip6: none } : { is_ipv4: `${b} = ${none}`, ip4: a, ip6: b };
}

/** Blocks of one family never match rows of the other. */
function block_condition(columns: readonly string[], operator: PredicateOperator, block: Block, bind: Bind): string {
  const { is_ipv4, ip4, ip6 } = address_parts(columns);
  const column = block.family === 4 ? ip4 : ip6;
  const make = block.family === 4 ? 'toIPv4' : 'toIPv6';
  const low = `${make}(${bind(block.first, 'String')})`;
  const high = `${make}(${bind(block.last, 'String')})`;
  const family = block.family === 4 ? is_ipv4 : `NOT (${is_ipv4})`;
  if (operator === '<' || operator === '<=')
    return `(${family} AND ${column} ${operator} ${operator === '<' ? low : high})`;
  if (operator === '>' || operator === '>=')
    return `(${family} AND ${column} ${operator} ${operator === '>' ? high : low})`;
  if (block.first === block.last) return `(${family} AND ${column} = ${low})`;
  return `(${family} AND ${column} BETWEEN ${low} AND ${high})`;
}

function filter(columns: readonly string[], op: PredicateOperator, operands: readonly Operand[], bind: Bind): string {
  if (op.includes('like') || op.includes('regexp'))
    return predicate(text_of(columns), 'text', op, operands, bind, 'an address');
  const any = operands.map((o) => block_condition(columns, op, address_block(o), bind)).join(' OR ') || '0';
  return is_negative(op) ? `NOT (${any})` : `(${any})`;
}

function text_of(columns: readonly string[]): string {
  const { is_ipv4, ip4, ip6 } = address_parts(columns);
  return `if(${is_ipv4}, toString(${ip4}), toString(${ip6}))`;
}

const PAIRED = /^(.*)ip4(_[01])?$/;

/** One tag for each column of IPv4 addresses, with the column of IPv6 addresses beside it if there is one. */
function address_tags(definition: RecordDefinition): Tag[] {
  const has = (name: string) => definition.columns.some((c) => c.name === name);
  return definition.columns.flatMap((column) => {
    const match = PAIRED.exec(column.name);
    if (!match) return [];
    const [, prefix = '', suffix = ''] = match;
    const ip6 = `${prefix}ip6${suffix}`;
    const columns = [...(prefix === '' ? ['is_ipv4'] : []), column.name, ...(has(ip6) ? [ip6] : [])];
    return {
      name: `${prefix}ip${suffix}`,
      kind: 'ip',
      meaning: prefix === '' ? `Address${end_words(suffix)}` : column.meaning.replace('IPv4 address', 'Address'),
      category: column.category ?? 'Network Layer',
      unit: '',
      columns,
      value: text_of,
      filter,
      translated: true,
      ...end_of(suffix),
    };
  });
}

export const address: TagFamily = { tags: address_tags };
