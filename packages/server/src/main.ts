// `sonde server`: reads the arguments, opens the pipeline, listens, and closes it in order on SIGTERM or SIGINT.
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { ConfigError, type ServerArguments, server_config } from './config.ts';
import { keep_heap_small } from './heap.ts';
import { lock_folder } from './lock.ts';
import { open_server } from './pipeline.ts';

const VERSION = process.env.SONDE_VERSION ?? '0.1.0';

function fail(message: string, code: 1 | 2): never {
  process.stderr.write(`sonde server: ${message}\n`);
  process.exit(code);
}

async function start(args: ServerArguments): Promise<void> {
  const config = server_config(args, dirname(fileURLToPath(import.meta.url)));
  const unlock = lock_folder(config.data);
  process.on('exit', unlock);
  const server = await open_server(config, VERSION);
  const stop = once(async () => {
    await server.close();
    process.exit(0);
  });
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  try {
    const address = await server.app.listen({ host: config.host, port: config.port });
    process.stdout.write(`listening ${address}\n`);
  } catch (error) {
    await server.close();
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new Error(`Port ${config.port} of ${config.host} is taken by another program.`, { cause: error });
  }
}

function once(job: () => Promise<void>): () => void {
  let began = false;
  return () => {
    if (!began) void job();
    began = true;
  };
}

keep_heap_small();
new Command('sonde server')
  .description('store, API and page on one port')
  .option('--data <dir>', 'data folder', '/var/lib/sonde')
  .option('--listen <host:port>', 'address', '127.0.0.1:20416')
  .option('--token-file <file>', 'file with the bearer token that clients must send')
  .option('--web <dir>', "folder of the page's files")
  .option('--sources <file>', 'clusters to take tags from, YAML (default: sources.yaml of the data folder)')
  .option('--data-bytes-max <bytes>', 'drop the oldest rows beyond this size (K, M, G, T)')
  .option('--free-bytes-min <bytes>', 'refuse rows below this much free disk (K, M, G, T)')
  .exitOverride((e) => process.exit(e.exitCode === 0 ? 0 : 2))
  .action((args: ServerArguments) =>
    start(args).catch((error: Error) => fail(error.message, error instanceof ConfigError ? 2 : 1)),
  )
  .parseAsync();
