// Opens the live kernel, or says in a sentence why that cannot be.
import { WHOLE_CALLS } from '@sonde/protocols';
import { EbpfCapture } from './ebpf/ebpf.ts';
import type { Capture } from './event.ts';
import { NO_CAPTURE } from './none.ts';

export interface Opened {
  readonly capture: Capture;
  /** '' = the kernel is watched. */
  readonly problem: string;
  /** Map of the processes that are not observed; undefined when nothing is watched. */
  readonly ignored_fd: number | undefined;
}

export function open_capture(object_path: string, ring_bytes: number): Opened {
  try {
    // While a socket has no verdict: the first pipeline of a connection is over before user space has seen it
    // (docs/decisions/0051, 0015), and what is not captured of it cannot be counted.
    const capture = EbpfCapture.open({ object_path, ring_bytes, default_bytes: WHOLE_CALLS });
    return { capture, problem: '', ignored_fd: capture.ignored_fd };
  } catch (error) {
    const problem = `nothing is captured: ${(error as Error).message}`;
    return { capture: NO_CAPTURE, problem, ignored_fd: undefined };
  }
}
