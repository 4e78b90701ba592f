// docs/sql.md lists what the code has. SONDE_WRITE_DOCS=1 writes it anew.
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parse } from './sql/parse.ts';
import { with_reference } from './testing/reference.ts';

const PATH = new URL('../../../../docs/sql.md', import.meta.url);

it('docs/sql.md lists every function and table', () => {
  const document = readFileSync(PATH, 'utf8');
  const made = with_reference(document);
  if (process.env.SONDE_WRITE_DOCS === '1') writeFileSync(PATH, made);
  else expect(document, 'run with SONDE_WRITE_DOCS=1 to write it anew').toBe(made);
  expect(made.match(/<!-- made: /g)).toHaveLength(2);
});

it('its examples are statements', () => {
  const blocks = [...readFileSync(PATH, 'utf8').matchAll(/```sql\n([\s\S]*?)```/g)].flatMap(([, text]) =>
    text!.split(';'),
  );
  const statements = blocks.map((text) => text.trim()).filter((text) => text !== '');
  expect(statements.length).toBeGreaterThan(2);
  for (const statement of statements) expect(() => parse(statement), statement).not.toThrow();
});
