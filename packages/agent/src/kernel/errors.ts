// What can go wrong between this process and the kernel, each with what a person can do about it.

export type KernelProblem =
  | 'library_missing'
  | 'no_btf'
  | 'not_permitted'
  | 'open_failed'
  | 'load_failed'
  | 'interrupted'
  | 'attach_failed'
  | 'map_failed';

export class KernelError extends Error {
  readonly problem: KernelProblem;
  /** One sentence: what to do. */
  readonly way_out: string;
  /** File with the verifier's or library's full words, when there are many. */
  readonly log_file: string | undefined;

  constructor(problem: KernelProblem, message: string, way_out: string, log_file?: string) {
    super(`${message}. ${way_out}`);
    this.name = 'KernelError';
    this.problem = problem;
    this.way_out = way_out;
    this.log_file = log_file;
  }
}
