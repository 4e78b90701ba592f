// The parts of docs/sql.md that the catalogue knows better than a person.
import { interval_name, physical_intervals, type RecordDefinition } from '@sonde/records';
import { DATABASES, tables_of } from '../catalog.ts';
import { FUNCTIONS } from '../functions/index.ts';

const cell = (text: string): string => text.replaceAll('|', '\\|');
const precisions = (definition: RecordDefinition): string =>
  definition.intervals_s.length === 0 ? '-' : physical_intervals(definition).map(interval_name).join(', ');

function functions(): string {
  const rows = FUNCTIONS.map((f) => {
    const names = [f.name, ...(f.also ?? [])].map((name) => `\`${name}\``).join(', ');
    return `| ${names} | ${cell(f.usage)} | ${cell(f.meaning)} | \`${f.example}\` |`;
  });
  return ['| function | arguments | what it gives | example |', '|--|--|--|--|', ...rows].join('\n');
}

function tables(): string {
  const rows = DATABASES.flatMap((database) =>
    tables_of(database).map((table) => {
      const metrics = [...table.metrics.values()].filter((m) => !m.hidden).map((m) => `\`${m.name}\``);
      const shown = metrics.join(', ') || '`metrics.<name>`';
      return `| ${database} | ${table.name} | ${precisions(table.definition)} | ${shown} |`;
    }),
  );
  return ['| database | table | precisions | metrics |', '|--|--|--|--|', ...rows].join('\n');
}

const PARTS: Readonly<Record<string, () => string>> = { functions, tables };
const MARKED = /(<!-- made: (\w+) -->\n)[\s\S]*?(\n<!-- end -->)/g;

/** The document with its made parts as they are now. */
export function with_reference(document: string): string {
  return document.replace(MARKED, (_all, begin: string, name: string, end: string) => begin + PARTS[name]!() + end);
}
