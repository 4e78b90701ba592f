// Hardware addresses: stored as numbers, shown and compared as aa:bb:cc:dd:ee:ff; of interfaces the last four bytes.
import { invalid } from '../error.ts';
import type { Bind } from '../params.ts';
import { type Operand, type PredicateOperator, predicate } from '../predicate.ts';

type Format = 'mac' | 'nic';
const BYTES: Readonly<Record<Format, number>> = { mac: 6, nic: 4 };

export const hardware_text =
  (format: Format) =>
  ([column]: readonly string[]): string => {
    const text = `lower(MACNumToString(toUInt64(${column})))`;
    return format === 'mac' ? text : `substring(${text}, 7)`;
  };

/** 'aa:bb:cc:dd:ee:ff', 'aa-bb-...', or the number itself. */
function number_of(operand: Operand, format: Format): Operand {
  if (/^\d+$/.test(operand.text)) return { ...operand, kind: 'number' };
  const bytes = operand.text.split(/[:-]/);
  const fits = bytes.length === BYTES[format] && bytes.every((byte) => /^[0-9a-f]{1,2}$/i.test(byte));
  const example = Array(BYTES[format]).fill('00').join(':');
  if (!fits) throw invalid(`\`${operand.text.slice(0, 64)}\` is no address as \`${example}\``, operand.at);
  return { kind: 'number', text: `0x${bytes.map((byte) => byte.padStart(2, '0')).join('')}`, at: operand.at };
}

/** Patterns look at the text, the rest at the stored number. */
export const hardware_filter =
  (format: Format) =>
  (columns: readonly string[], op: PredicateOperator, operands: readonly Operand[], bind: Bind): string => {
    if (op.includes('like') || op.includes('regexp'))
      return predicate(hardware_text(format)(columns), 'text', op, operands, bind, 'an address');
    const numbers = operands.map((operand) => number_of(operand, format));
    return predicate(columns[0]!, 'integer', op, numbers, bind, 'an address');
  };
