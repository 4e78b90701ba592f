// `sonde replay`: entry point.
import { writeSync } from 'node:fs';
import { Lines } from './lines.ts';
import { read_options, USAGE, Usage } from './options.ts';
import { replay } from './replay.ts';
import { send } from './send.ts';

/** A reader that went away (`| head`) ends the program quietly. */
const to_stdout = (bytes: Uint8Array): void => {
  for (let rest = bytes; rest.length > 0; ) rest = rest.subarray(write_some(rest));
};

const write_some = (bytes: Uint8Array): number => {
  try {
    return writeSync(1, bytes);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EAGAIN') return 0;
    process.exit(code === 'EPIPE' ? 0 : 1);
  }
};

const main = async (): Promise<number> => {
  const options = read_options(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const out = new Lines(to_stdout);
  const show = process.stderr.isTTY && (!process.stdout.isTTY || options.to !== undefined);
  let shown = -1;
  const progress = (share: number): void => {
    const percent = Math.floor(share * 100);
    if (show && percent > shown) process.stderr.write(`\rsonde replay: ${percent} %`);
    shown = Math.max(shown, percent);
  };
  const { problem, counters } =
    options.to === undefined
      ? replay(options, out, progress)
      : await send({ ...options, to: options.to }, (line) => out.line(line), progress);
  out.flush();
  if (show) process.stderr.write('\r\x1b[K');
  const missed = [...counters].filter(([name, value]) => value > 0 && /^refused_|_lost$|^lost_|evicted/.test(name));
  const left_out = missed.map(([name, value]) => `${name} ${value}`).join(', ');
  const notes = [problem && `${options.path}: ${problem}`, left_out && `left out: ${left_out}`].filter(Boolean);
  if (notes.length > 0) process.stderr.write(`sonde replay: ${notes.join('; ')}\n`);
  return problem === '' ? 0 : 1;
};

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof Error)) throw error;
  const wrong_use = error instanceof Usage;
  process.stderr.write(`sonde replay: ${error.message}${wrong_use ? ' (see sonde replay --help)' : ''}\n`);
  process.exitCode = wrong_use ? 2 : 1;
}
