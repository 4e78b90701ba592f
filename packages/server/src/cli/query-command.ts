// `sonde query [--db DB] [--raw] [--format json|csv|tsv|table] [--server URL] 'SQL'`: a table on a terminal, JSON lines
// otherwise. Exit codes: 0 done, 1 refused or unreachable with a sentence on stderr, 2 wrong use.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { render_cells, type ShownFormat } from './render.ts';

const USAGE = `usage: sonde query [--db DB] [--precision 1s|1m] [--raw] [--format json|csv|tsv|table] [--server URL] [--token-file FILE] [--debug] 'SQL'
  SQL is DeepFlow's dialect (docs/sql.md); with --raw the store's own, read-only. '-' reads it from standard input.`;
const FORMATS: readonly string[] = ['json', 'csv', 'tsv', 'table'];
const SERVER_DEFAULT = 'http://127.0.0.1:20416';

interface Asked {
  readonly sql: string;
  readonly db: string;
  readonly raw: boolean;
  readonly debug: boolean;
  readonly precision: string | undefined;
  readonly format: ShownFormat;
  readonly server: string;
  readonly token: string | undefined;
}
class Misuse extends Error {}

function read_arguments(argv: readonly string[], terminal: boolean): Asked | undefined {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      db: { type: 'string', default: '' },
      precision: { type: 'string' },
      raw: { type: 'boolean', default: false },
      debug: { type: 'boolean', default: false },
      format: { type: 'string', default: terminal ? 'table' : 'json' },
      server: { type: 'string', default: process.env.SONDE_SERVER ?? SERVER_DEFAULT },
      'token-file': { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return undefined;
  const [given] = positionals;
  if (given === undefined || positionals.length > 1) throw new Misuse('one statement is wanted, in quotes');
  if (!FORMATS.includes(values.format)) throw new Misuse(`--format is one of ${FORMATS.join(', ')}`);
  const sql = given === '-' ? readFileSync(0, 'utf8') : given;
  const token_file = values['token-file'];
  return {
    sql,
    db: values.db,
    raw: values.raw,
    debug: values.debug,
    precision: values.precision,
    format: values.format as ShownFormat,
    server: values.server.replace(/\/+$/, ''),
    token: token_file === undefined ? process.env.SONDE_TOKEN : readFileSync(token_file, 'utf8').trim(),
  };
}

interface Answer {
  readonly columns: readonly string[];
  readonly values: readonly (readonly unknown[])[];
}

async function ask(asked: Asked): Promise<Answer> {
  const { sql, db, raw, debug, precision, server, token } = asked;
  const response = await fetch(`${server}/v1/query${raw ? '/raw' : ''}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token !== undefined && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ sql, db, ...(raw ? { format: 'compact' } : { debug, data_precision: precision }) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(refusal(text) ?? `the server answers ${response.status}`);
  const answer = JSON.parse(text) as {
    meta?: { name: string }[];
    data?: unknown[][];
    result?: Answer;
    debug?: { sql?: string };
  };
  if (answer.debug?.sql) process.stderr.write(`${answer.debug.sql}\n`);
  return answer.result ?? { columns: (answer.meta ?? []).map((m) => m.name), values: answer.data ?? [] };
}

function refusal(text: string): string | undefined {
  try {
    const { DESCRIPTION, message } = JSON.parse(text) as { DESCRIPTION?: string; message?: string };
    return DESCRIPTION ?? message;
  } catch {
    return undefined;
  }
}

function reason(error: unknown, server: string): string {
  const { message, cause } = error as { message?: string; cause?: { code?: string; message?: string } };
  if (cause !== undefined)
    return `cannot reach the server at ${server} (${cause.code ?? cause.message}); is it running? \`sonde status\` says`;
  return message ?? String(error);
}

/** Returns the exit code. */
export async function query_command(argv: readonly string[]): Promise<number> {
  let asked: Asked | undefined;
  try {
    asked = read_arguments(argv, process.stdout.isTTY === true);
  } catch (error) {
    process.stderr.write(`sonde query: ${(error as Error).message}\n${USAGE}\n`);
    return 2;
  }
  if (asked === undefined) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  try {
    const { columns, values } = await ask(asked);
    for (const piece of render_cells(columns, values, asked.format)) process.stdout.write(piece);
    return 0;
  } catch (error) {
    process.stderr.write(`sonde query: ${reason(error, asked.server)}\n`);
    return 1;
  }
}
