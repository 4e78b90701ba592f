// What of a command may be stored. Two levels: login secrets never; values only when redaction is off.
import { shape_of } from './commands.ts';

const HIDDEN = '?';

/** Words of the command, each already text; the first is its name. */
export function redact_command(words: readonly string[], redact: boolean): string {
  const open = hide_secrets(words);
  return redact ? hide_values(open) : open.join(' ');
}

function hide_values(words: readonly string[]): string {
  const { fixed, repeat } = shape_of(words[0] ?? '', words[1]);
  let text = words[0] ?? '';
  for (let i = 1; i < words.length; i++) {
    const at = i - 1;
    const letter = at < fixed.length ? fixed[at] : repeat === '' ? 'end' : repeat[(at - fixed.length) % repeat.length];
    if (letter === 'end') return `${text} ${HIDDEN}`;
    text += letter === 'k' ? ` ${words[i]}` : ` ${HIDDEN}`;
  }
  return text;
}

/** Login secrets, hidden whatever the settings say. */
export function hide_secrets(words: readonly string[]): readonly string[] {
  switch ((words[0] ?? '').toLowerCase()) {
    case 'auth':
      return words.length > 1 ? [words[0]!, HIDDEN] : words;
    case 'hello':
    case 'migrate':
      return hide_after(words, (word) => (word === 'auth' ? 2 : word === 'auth2' ? 2 : 0));
    case 'config':
      return hide_after(words, (word) => (/pass|auth|user/.test(word) ? 1 : 0));
    case 'sentinel':
      return hide_after(words, (word) => (/pass|user/.test(word) ? 1 : 0));
    case 'acl':
      return (words[1] ?? '').toLowerCase() === 'setuser' && words.length > 3 ? [...words.slice(0, 3), HIDDEN] : words;
    default:
      return words;
  }
}

function hide_after(words: readonly string[], count: (word: string) => number): string[] {
  const kept: string[] = [];
  let hide = 0;
  for (const [i, word] of words.entries()) {
    kept.push(hide > 0 ? HIDDEN : word);
    if (hide > 0) hide--;
    else if (i > 0) hide = count(word.toLowerCase());
  }
  return kept;
}

/** An error's text may quote the arguments of the command that was not understood. */
export function redact_error(text: string, redact: boolean): string {
  if (!redact) return text;
  const quoted = text.indexOf(', with args beginning with');
  return quoted < 0 ? text : text.slice(0, quoted);
}
