// Bytes of records: Native blocks, quantile sketches, frames between agent and server. Node only.
export * from './frame.ts';
export * from './native/builder.ts';
export * from './native/bytes.ts';
export * from './native/layout.ts';
export * from './native/reader.ts';
export * from './profile-id.ts';
export * from './sketch.ts';
