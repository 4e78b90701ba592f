// Mail addresses in commands and in what servers say of them: whose they are is personal, their domain is not.

const AT = 64;
/** What stands before or behind an address in text. */
const OUTSIDE = new Set([...' \t<>()[]{},;:"=\'`'].map((character) => character.charCodeAt(0)));

/** A local part in quotes (RFC 5321 section 4.1.2). */
const QUOTED = /"(?:[^"\\]|\\.)*"@/g;

/** `text` with the local part of every address as '?'. */
export function mask_addresses(text: string): string {
  return text.includes('"') ? mask_plain(text.replace(QUOTED, '?@')) : mask_plain(text);
}

function mask_plain(text: string): string {
  let at = text.indexOf('@');
  if (at < 0) return text;
  let out = '';
  let from = 0;
  for (; at >= 0; at = text.indexOf('@', at + 1)) {
    const local = local_start(text, from, at);
    if (local === at) continue;
    out += `${text.slice(from, local)}?`;
    from = at;
  }
  return out + text.slice(from);
}

function local_start(text: string, from: number, at: number): number {
  let start = at;
  while (start > from && text.charCodeAt(start - 1) !== AT && !OUTSIDE.has(text.charCodeAt(start - 1))) start--;
  return start;
}

/** Domain of the last address in `text`, small letters; '' when there is none. */
export function address_domain(text: string): string {
  const at = text.lastIndexOf('@');
  if (at < 0) return '';
  if (text[at + 1] === '[') return text.slice(at + 1, text.indexOf(']', at) + 1).toLowerCase();
  let end = at + 1;
  while (end < text.length && !OUTSIDE.has(text.charCodeAt(end))) end++;
  return text.slice(at + 1, end).toLowerCase();
}
