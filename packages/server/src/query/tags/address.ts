// ip, ip_0, ip_1: the address of an end as text, compared as an address: '10.0.0.1', '10.0.0.0/8', '2001:db8::/32'.
import { isIP } from 'node:net';
import { invalid } from '../error.ts';
import type { Bind } from '../params.ts';
import { is_negative, type Operand, type PredicateOperator, predicate } from '../predicate.ts';
import { end_of, end_suffixes, end_words, type Tag, type TagFamily } from './tag.ts';

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

/** The range of addresses that `a`, `a/n` names. */
export function address_block(operand: Operand): Block {
  const [address = '', prefix, ...rest] = operand.text.split('/');
  const family = isIP(address.split('%')[0]!);
  const bits = family === 4 ? 32 : 128;
  const length = prefix === undefined ? bits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : -1;
  if (family === 0 || address.includes('%') || rest.length > 0 || length < 0 || length > bits)
    throw invalid(`\`${operand.text.slice(0, 64)}\` is no address and no block of addresses`, operand.at);
  const host = (1n << BigInt(bits - length)) - 1n;
  const number = to_number(address, family as 4 | 6);
  const made = (n: bigint) => to_text(n, family as 4 | 6);
  return { family: family as 4 | 6, first: made(number - (number & host)), last: made(number | host) };
}

/** `columns`: is_ipv4, ip4, ip6. Blocks of one family never match rows of the other. */
function block_condition(columns: readonly string[], operator: PredicateOperator, block: Block, bind: Bind): string {
  const [is_ipv4, ip4, ip6] = columns as [string, string, string];
  const column = block.family === 4 ? ip4 : ip6;
  const make = block.family === 4 ? 'toIPv4' : 'toIPv6';
  const low = `${make}(${bind(block.first, 'String')})`;
  const high = `${make}(${bind(block.last, 'String')})`;
  const family = `${is_ipv4} = ${block.family === 4 ? 1 : 0}`;
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
  const [is_ipv4, ip4, ip6] = columns;
  return `if(${is_ipv4} = 1, toString(${ip4}), toString(${ip6}))`;
}

const address_tag = (suffix: string): Tag => ({
  name: `ip${suffix}`,
  kind: 'ip',
  meaning: `Address${end_words(suffix)}`,
  category: 'Network Layer',
  unit: '',
  columns: ['is_ipv4', `ip4${suffix}`, `ip6${suffix}`],
  value: text_of,
  filter,
  translated: true,
  ...end_of(suffix),
});

export const address: TagFamily = { tags: (definition) => end_suffixes(definition).map(address_tag) };
