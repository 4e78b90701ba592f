// Compression of columns by type, from measured bytes a row (docs/decisions/0022). A definition's own codec wins.
import type { Column, ColumnType } from '@sonde/records';

const BY_TYPE: Partial<Record<ColumnType, string>> = {
  DateTime: 'DoubleDelta, ZSTD(1)',
  'DateTime64(6)': 'Delta(8), ZSTD(1)',
};

export const codec_of = (column: Column): string => column.codec ?? BY_TYPE[column.type] ?? 'ZSTD(1)';
