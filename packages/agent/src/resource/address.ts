// IP addresses as bytes: text, kind, keys.
import { networkInterfaces } from 'node:os';

export function address_text(bytes: Uint8Array, family: number): string {
  if (family === 4) return `${bytes[0]}.${bytes[1]}.${bytes[2]}.${bytes[3]}`;
  const groups: number[] = [];
  for (let i = 0; i < 16; i += 2) groups.push((bytes[i]! << 8) | bytes[i + 1]!);
  // RFC 5952 section 4.2: the longest run of two or more zero groups becomes "::", the first of equals.
  let best = 0;
  let best_at = -1;
  for (let i = 0; i < 8; i++) {
    let n = 0;
    while (i + n < 8 && groups[i + n] === 0) n++;
    if (n > best && n > 1) [best, best_at] = [n, i];
  }
  const hex = (from: number, to: number) =>
    groups
      .slice(from, to)
      .map((g) => g.toString(16))
      .join(':');
  return best_at < 0 ? hex(0, 8) : `${hex(0, best_at)}::${hex(best_at + best, 8)}`;
}

/** Of the public Internet, as opposed to loopback, private, link-local, carrier and multicast ranges (RFC 6890). */
export function is_public(bytes: Uint8Array, family: number): boolean {
  const [a, b] = [bytes[0]!, bytes[1]!];
  if (family !== 4) return (a & 0xe0) === 0x20; // 2000::/3
  if (a === 0 || a === 10 || a === 127 || a >= 224) return false;
  if (a === 100) return (b & 0xc0) !== 64;
  if (a === 169) return b !== 254;
  if (a === 172) return (b & 0xf0) !== 16;
  return !(a === 192 && b === 168);
}

export function is_loopback(bytes: Uint8Array, family: number): boolean {
  return family === 4 ? bytes[0] === 127 : address_text(bytes, 6) === '::1';
}

export function is_unspecified(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

/** Addresses of this host's interfaces, as text. */
export function own_addresses(): Set<string> {
  const own = new Set<string>();
  for (const list of Object.values(networkInterfaces())) for (const item of list ?? []) own.add(item.address);
  return own;
}
