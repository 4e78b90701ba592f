// Typed parameters of a statement. The binding's own call for them holds one lock for all sessions (measured: 3 statements of
// 1 s beside each other took 3 s), so they are set as session settings `param_<name>` before the statement instead: the
// statement's text still has only {name:Type}, and a value passes as an opaque literal of escaped bytes.
import { type Param, StoreError } from '../store.ts';

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const PLACEHOLDER = /\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*:/g;

/** What the engine unescapes in a scalar parameter (its "Escaped" text form). */
const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
  '\0': '\\0',
  '\b': '\\b',
  '\f': '\\f',
};
const escape_text = (text: string): string => text.replace(/[\\\t\n\r\0\b\f]/g, (c) => ESCAPES[c] ?? c);

/** An element of an array parameter, whose text form quotes strings. */
const element = (value: string | number | bigint): string =>
  typeof value === 'string' ? `'${value.replace(/[\\']/g, (c) => `\\${c}`)}'` : String(value);

function text_of(value: Param): string {
  if (typeof value === 'string') return escape_text(value);
  if (typeof value === 'object') return `[${value.map(element).join(',')}]`;
  return String(value);
}

/** A literal in which every byte but ASCII letters and digits is \xHH: no byte of it can end it. */
function opaque_literal(text: string): string {
  let literal = "'";
  for (const byte of Buffer.from(text, 'utf8')) {
    const plain = (byte >= 48 && byte <= 57) || (byte >= 65 && byte <= 90) || (byte >= 97 && byte <= 122);
    literal += plain ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`;
  }
  return `${literal}'`;
}

/** The statement that sets the parameters; undefined when there are none. */
export function set_params(params: Readonly<Record<string, Param>>): string | undefined {
  const parts = Object.entries(params).map(([name, value]) => {
    if (!NAME.test(name))
      throw new StoreError('bad_parameter', `${JSON.stringify(name)} is not the name of a parameter.`);
    return `param_${name} = ${opaque_literal(text_of(value))}`;
  });
  return parts.length === 0 ? undefined : `SET ${parts.join(', ')}`;
}

/** Refuses a placeholder without a value: the session may still have one of an earlier statement. */
export function check_params(sql: string, params: Readonly<Record<string, Param>>): void {
  for (const [, name = ''] of sql.matchAll(PLACEHOLDER)) {
    if (!Object.hasOwn(params, name)) throw new StoreError('bad_parameter', `The parameter ${name} has no value.`);
  }
}
