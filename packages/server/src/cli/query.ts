// Entry of `sonde query`.
import { query_command } from './query-command.ts';

// A reader that has seen enough (head, a pager) closes the pipe; that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
process.exitCode = await query_command(process.argv.slice(2));
