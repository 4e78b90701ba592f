// Entry of `sonde up`, `sonde status` and `sonde down`; ./sonde has installed and built by now.
import { down } from './down.ts';
import { read_options } from './options.ts';
import { Problem } from './problem.ts';
import { status } from './status.ts';
import { Up } from './up.ts';

const run = async (command: string | undefined, args: readonly string[]): Promise<number> => {
  const options = read_options(args);
  if (command === 'status') return status(options);
  if (command === 'down') {
    await down(options);
    return 0;
  }
  const up = new Up(options);
  const stopped = new Promise<number>((done) => {
    const stop = (): void => {
      process.stdout.write('sonde: stopping; what was captured is stored first\n');
      up.stop().then(
        () => done(0),
        () => done(1),
      );
    };
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
    process.on('SIGHUP', stop);
  });
  await Promise.race([up.start(), stopped]);
  return stopped;
};

run(process.argv[2], process.argv.slice(3)).then(
  (code) => process.exit(code),
  (error) => {
    if (!(error instanceof Problem)) throw error;
    process.stderr.write(`sonde: ${error.message}\n`);
    process.exit(error.exit_code);
  },
);
