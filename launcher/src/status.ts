// `sonde status`: a line for each part. Exit code 1 when nothing runs.
import { server_status } from './api.ts';
import { local_url, type Options } from './options.ts';
import { is_alive, read_state } from './state.ts';

export const status = async (options: Options): Promise<number> => {
  const state = read_state(options.data);
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  const up = state !== undefined && is_alive(state.launcher);
  const url = up ? state.url : local_url(options.host, options.port);
  if (up) {
    say(`launcher  pid ${state.launcher.pid}, data ${options.data}`);
    for (const child of state.children) {
      say(`${child.role.padEnd(9)} ${is_alive(child.process) ? `pid ${child.process.pid}` : 'not running'}`);
    }
  } else say(`launcher  not running on ${options.data}`);
  const server = await server_status(url, options.token_file);
  if (!server) {
    say(`page      ${url} does not answer`);
    return 1;
  }
  say(`page      ${url}`);
  for (const problem of server.server.problems) say(`server    ${problem}`);
  for (const agent of server.agents) {
    say(`agent     ${agent.id} on ${agent.host}: ${agent.state}${agent.problems.map((p) => `; ${p}`).join('')}`);
  }
  say(`store     ${(server.store.bytes / 1e6).toFixed(1)} MB, ${server.rows_s.toFixed(0)} rows/s`);
  const drops = Object.entries(server.drops).filter(([, count]) => count > 0);
  say(`drops     ${drops.map(([reason, count]) => `${reason} ${count}`).join(', ') || 'none'}`);
  return 0;
};
