// `sonde doctor`: a line for each thing that matters, with the way out where something is missing.
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Finding, probe } from '../../kernel/probe.ts';
import { data_folder, libraries, node_version, server } from './host.ts';

const USAGE = `Usage: sonde doctor [--data DIR] [--listen HOST:PORT]

What this host allows: kernel, rights, libraries, disk, address. Exit code 1 when something is missing that the agent
or the server cannot do without.
`;
const MARKS = { ok: 'ok  ', warn: 'WARN', fail: 'FAIL' } as const;

const options = () => {
  try {
    const flags = {
      data: { type: 'string' },
      listen: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    } as const;
    const { values } = parseArgs({ options: flags });
    const match = /^\[?([^\]]+?)\]?:(\d+)$/.exec(values.listen ?? '127.0.0.1:20416');
    if (!match) throw new Error(`--listen wants HOST:PORT, not "${values.listen}"`);
    const home = process.getuid?.() === 0 ? '/var/lib/sonde' : join(homedir(), '.sonde');
    return { help: values.help, data: values.data ?? home, host: match[1]!, port: Number(match[2]) };
  } catch (error) {
    process.stderr.write(`sonde doctor: ${error instanceof Error ? error.message : error}\n`);
    process.exit(2);
  }
};

const print = ({ name, ok, text, way_out }: Finding): void => {
  const out = way_out === undefined || ok === 'ok' ? '' : ` -> ${way_out}`;
  process.stdout.write(`${MARKS[ok]}  ${name.padEnd(14)} ${text}${out}\n`);
};

const { help, data, host, port } = options();
if (help) process.stdout.write(USAGE);
else {
  const findings = [node_version(), ...probe(), ...libraries(), ...data_folder(data), await server(host, port)];
  for (const finding of findings) print(finding);
  process.exitCode = findings.some(({ ok }) => ok === 'fail') ? 1 : 0;
}
