// Addresses in record data, as text.
import { u8, u16be } from '../bytes.ts';

export function ipv4_text(bytes: Uint8Array, at: number): string {
  return `${u8(bytes, at)}.${u8(bytes, at + 1)}.${u8(bytes, at + 2)}.${u8(bytes, at + 3)}`;
}

/** Canonical text of RFC 5952: lower case, the first longest run of two or more zero groups as "::". */
export function ipv6_text(bytes: Uint8Array, at: number): string {
  let run_from = -1;
  let run_length = 1;
  for (let group = 0; group < 8; group++) {
    let length = 0;
    while (group + length < 8 && u16be(bytes, at + 2 * (group + length)) === 0) length++;
    if (length > run_length) {
      run_from = group;
      run_length = length;
    }
    if (length > 0) group += length - 1;
  }
  let text = '';
  for (let group = 0; group < 8; group++) {
    if (group === run_from) {
      text += '::';
      group += run_length - 1;
      continue;
    }
    if (text !== '' && !text.endsWith(':')) text += ':';
    text += u16be(bytes, at + 2 * group).toString(16);
  }
  return text;
}
