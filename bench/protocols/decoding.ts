/** Recordings in which decoding the payload is the job; the goal is not theirs. */
const DECODING: Readonly<Record<string, string>> = {
  'mysql/compressed.json': 'zlib around every packet',
  'mongodb/zlib.json': 'zlib around every message',
  'mongodb/snappy.json': 'Snappy around every message',
};

export const decoding_reason = (name: string, file: string): string | undefined => DECODING[`${name}/${file}`];
