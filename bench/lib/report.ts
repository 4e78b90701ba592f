// How every bench prints: the runs, their middle, and whether a goal was met.

export interface Goal {
  readonly text: string;
  readonly met: boolean;
}

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};

export const print_runs = (name: string, unit: string, runs: readonly number[], digits = 1): void => {
  const text = runs.map((value) => value.toFixed(digits)).join(' ');
  process.stdout.write(
    `${name.padEnd(44)} ${median(runs).toFixed(digits).padStart(10)} ${unit.padEnd(14)} runs: ${text}\n`,
  );
};

export const print_goal = ({ text, met }: Goal): void => {
  process.stdout.write(`${met ? 'met   ' : 'MISSED'} ${text}\n`);
};
