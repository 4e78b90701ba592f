/** Something a person can act on: its sentence goes to stderr, nothing else. */
export class Problem extends Error {
  /** 1 = failed, 2 = wrong use. */
  readonly exit_code: number;
  constructor(sentence: string, exit_code = 1) {
    super(sentence);
    this.exit_code = exit_code;
  }
}
