// `sonde agent`: watches this host and reports to a server.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse_config } from './config.ts';
import { keep_heap_small } from './guard/heap.ts';
import { Agent } from './index.ts';

keep_heap_small();
const here = dirname(fileURLToPath(import.meta.url));
const config = parse_config(process.argv.slice(2), join(here, 'bpf/sonde.bpf.o'));

function start(): Agent {
  try {
    const agent = new Agent(config);
    agent.start();
    return agent;
  } catch (error) {
    console.error(`the agent cannot start: ${(error as Error).message}`);
    process.exit(1);
  }
}

const agent = start();
console.log(agent.problem === '' ? `watching this host, reporting to ${config.server}` : agent.problem);

let stopping = false;
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    if (stopping) return;
    stopping = true;
    void agent.stop().then(
      () => process.exit(0),
      (error: Error) => {
        console.error(`the agent did not stop in order: ${error.message}`);
        process.exit(1);
      },
    );
  });
}
