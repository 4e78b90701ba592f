// Command lines are stored; what looks like a secret in them is not.

const NAMES = /pass|pwd|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|credential|auth/i;
/** user:password@ in an address. */
const USER_INFO = /([a-z][a-z0-9+.-]*:\/\/[^\s:/@]*):[^\s@/]+@/gi;
const CHARS_MAX = 1024;

/** Arguments as one line; values of secret-looking options, assignments and addresses become '?'. */
export function command_line(args: readonly string[]): string {
  const out: string[] = [];
  let hide_next = false;
  for (const arg of args) {
    if (hide_next && !arg.startsWith('-')) {
      out.push('?');
      hide_next = false;
      continue;
    }
    hide_next = false;
    const equals = arg.indexOf('=');
    const name = equals < 0 ? arg : arg.slice(0, equals);
    if (NAMES.test(name) && equals >= 0) out.push(`${name}=?`);
    else if (/^-p./.test(arg) && takes_short_password(args[0] ?? '')) out.push('-p?');
    else {
      // A name alone announces its value when it is an option: --password VALUE.
      hide_next = arg.startsWith('-') && equals < 0 && NAMES.test(name);
      out.push(arg.replace(USER_INFO, '$1:?@'));
    }
  }
  return out.join(' ').slice(0, CHARS_MAX);
}

/** Clients of which -pVALUE is known to be a password. */
function takes_short_password(program: string): boolean {
  return /(?:mysql|mariadb)[a-z_-]*$/.test(program);
}
