// Opens the live kernel, or says in a sentence why that cannot be.
import { EbpfCapture } from './ebpf/ebpf.ts';
import type { Capture } from './event.ts';
import { NO_CAPTURE } from './none.ts';

export interface Opened {
  readonly capture: Capture;
  /** '' = the kernel is watched. */
  readonly problem: string;
}

export function open_capture(object_path: string, ring_bytes: number): Opened {
  try {
    return { capture: EbpfCapture.open({ object_path, ring_bytes }), problem: '' };
  } catch (error) {
    return { capture: NO_CAPTURE, problem: `nothing is captured: ${(error as Error).message}` };
  }
}
