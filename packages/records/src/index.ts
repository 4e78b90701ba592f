// Definitions only: runs in a browser too. The codecs (blocks, sketches, frames) need Node: '@sonde/records/codec'.
export * from './all.ts';
export * from './application.ts';
export * from './column.ts';
export * from './entity.ts';
export * from './enums.ts';
export * from './l7-flow-log.ts';
export * from './stats.ts';
export * from './wire.ts';
