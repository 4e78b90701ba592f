import { type Dialect, KIND, Tokens } from './tokens.ts';

/** Statements that carry login secrets where no literal need stand. */
const SECRETIVE = /^(?:IDENTIFIED|PASSWORD|PASSWD)$/i;
const SETTING = /^(?:CREATE|ALTER|GRANT|SET|CHANGE|START|OPEN|CLOSE|BACKUP|RESTORE|EXEC|EXECUTE)$/;
/** Table functions and engines that take the login of another system among their arguments (ClickHouse). */
const LOGINS =
  /\b(?:remote(?:Secure)?|mysql|postgresql|mongodb|redis|s3\w*|gcs|oss|cosn|azureBlobStorage\w*|iceberg\w*|deltaLake\w*|hudi\w*|(?:try)?(?:en|de)crypt|aes_(?:en|de)crypt_mysql)\s*\(/i;

/** The statement with every literal as '?' and without comments. Safe on text that was cut anywhere. */
export function redact_sql(text: string, dialect: Dialect): string {
  const tokens = new Tokens(text, dialect);
  // Oracle writes passwords as names: IDENTIFIED BY pw [REPLACE pw].
  const passwords = dialect === 'oracle' && /identified/i.test(text) ? new Passwords() : undefined;
  let out = '';
  /** Text up to here is in `out`. */
  let copied = 0;
  while (tokens.next()) {
    const { kind, start, end } = tokens;
    const hidden = kind === KIND.literal || passwords?.is_one(tokens) === true;
    if (!hidden && kind !== KIND.comment) continue;
    out += text.slice(copied, start);
    copied = end;
    if (hidden) out += '?';
    else if (start > 0 && !/\s$/.test(out) && out !== '') out += ' ';
  }
  return (out + text.slice(copied)).trim();
}

/** Finds the words that are passwords, asked of every token in turn. */
class Passwords {
  #before = '';
  #given = false;

  is_one(tokens: Tokens): boolean {
    if (tokens.kind === KIND.space || tokens.kind === KIND.comment) return false;
    const word = tokens.upper;
    const found =
      (this.#before === 'IDENTIFIED BY' && word !== 'VALUES') || (this.#given && this.#before === 'REPLACE');
    this.#given ||= found;
    this.#before = this.#before === 'IDENTIFIED' && word === 'BY' ? 'IDENTIFIED BY' : word;
    return found;
  }
}

/** Whether a statement sets a password: its literals are hidden even when redaction is off. */
export function holds_secret(text: string, dialect: Dialect): boolean {
  if (dialect === 'clickhouse' && LOGINS.test(text)) return true;
  if (dialect === 'transact' && /\bsp_addlogin\b/i.test(text)) return true;
  if (!/identified|passw/i.test(text)) return false;
  const tokens = new Tokens(text, dialect);
  let verb = '';
  while (tokens.next_solid()) {
    if (tokens.kind !== KIND.word) continue;
    verb ||= tokens.upper;
    if (!SETTING.test(verb)) return false;
    if (SECRETIVE.test(tokens.value) || /_PASSWORD$/.test(tokens.upper)) return true;
  }
  return false;
}

/** What of a statement may be stored. */
export function storable_sql(text: string, dialect: Dialect, redact: boolean): string {
  return redact || holds_secret(text, dialect) ? redact_sql(text, dialect) : text;
}
