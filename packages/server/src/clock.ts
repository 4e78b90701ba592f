// What runs again and again beside requests.

/** Runs each job every so many ms, never beside itself; a failing job is tried again at its next time. Returns the stop. */
export function every(jobs: readonly (readonly [ms: number, job: () => Promise<void>])[]): () => Promise<void> {
  const running = new Set<Promise<void>>();
  const timers = jobs.map(([ms, job]) => {
    let busy = false;
    return setInterval(() => {
      if (busy) return;
      busy = true;
      const done = job()
        .catch(() => {})
        .finally(() => {
          busy = false;
          running.delete(done);
        });
      running.add(done);
    }, ms);
  });
  return async () => {
    for (const timer of timers) clearInterval(timer);
    await Promise.all(running);
  };
}
