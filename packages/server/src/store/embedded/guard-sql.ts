// What a statement written by a user may be. The engine's read-only mode refuses writes and table functions that reach out,
// but not these: several statements in one text, INTO OUTFILE, KILL QUERY, and scalar functions that read files.
import { StoreError } from '../store.ts';

const READING = /^(SELECT|WITH|SHOW|DESCRIBE|DESC|EXISTS|EXPLAIN|\()/i;
const FUNCTIONS = ['file', 'catboostEvaluate', 'filesystemAvailable', 'filesystemCapacity', 'filesystemUnreserved'];
const CALL = new RegExp(`\\b(${FUNCTIONS.join('|')})\\s*\\(`, 'i');
const CLAUSE = /\b(INTO\s+OUTFILE|FORMAT|INTO\s+STDOUT)\b/i;

/**
 * `canonical` is the statement as the engine's own parser wrote it (formatQuerySingleLine refuses several statements and
 * removes comments), so strings and names are quoted in one way only and can be cut out safely.
 */
export function check_reading(canonical: string): void {
  const bare = canonical
    .replace(/'(?:\\.|[^'\\])*'/g, "''")
    .replace(/`(?:\\.|[^`\\])*`/g, (name) => `\`${name.slice(1, -1).replace(/\W/g, '_')}\``);
  const unquoted = bare.replaceAll('`', '');
  if (!READING.test(bare)) throw new StoreError('read_only', 'Only statements that read are allowed here.');
  const call = CALL.exec(unquoted);
  if (call !== null) throw new StoreError('read_only', `The function ${call[1]} is not allowed here.`);
  const clause = CLAUSE.exec(bare);
  if (clause !== null) throw new StoreError('read_only', `${clause[1]} is not allowed here.`);
}
