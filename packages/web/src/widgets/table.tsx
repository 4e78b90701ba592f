// A table of any length: only the rows in sight exist. Sorting is told, not done: the caller owns the order.
import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { useKeys } from '../state/keyboard.ts';
import { Icon } from './icon.tsx';

export interface TableColumn<R> {
  readonly id: string;
  readonly title: string;
  readonly help?: string;
  /** Pixels; a `grow` column takes what is left, at least this much. */
  readonly width: number;
  readonly grow?: boolean;
  readonly align?: 'right';
  readonly sortable?: boolean;
  readonly cell: (row: R) => ReactNode;
  readonly title_of?: (row: R) => string;
}

interface Props<R> {
  readonly columns: readonly TableColumn<R>[];
  readonly rows: readonly R[];
  readonly row_key: (row: R, index: number) => string;
  readonly row_data?: (row: R) => Readonly<Record<string, string | number>>;
  readonly selected?: string;
  readonly sort?: { readonly id: string; readonly descending: boolean };
  readonly onSort?: (id: string) => void;
  readonly onOpen?: (row: R) => void;
  /** Called when the last row comes into sight. */
  readonly onEnd?: () => void;
  readonly test_id: string;
  readonly dim?: boolean;
}

const ROW_PX = 34;

const template = <R,>(columns: readonly TableColumn<R>[]): string =>
  columns.map((c) => (c.grow ? `minmax(${c.width}px, 1fr)` : `${c.width}px`)).join(' ');

function HeaderCell<R>({
  column,
  sort,
  onSort,
}: {
  column: TableColumn<R>;
  sort: Props<R>['sort'];
  onSort: Props<R>['onSort'];
}) {
  const active = sort?.id === column.id;
  const content = (
    <>
      <span>{column.title}</span>
      {active && (
        <span className={`sort-mark ${sort.descending ? 'down' : 'up'}`}>
          <Icon name="chevron" size={12} />
        </span>
      )}
    </>
  );
  const className = `th ${column.align ?? ''} ${active ? 'active' : ''}`;
  if (column.sortable === false || !onSort)
    return (
      <div className={className} title={column.help}>
        {content}
      </div>
    );
  return (
    <button type="button" className={className} title={column.help} onClick={() => onSort(column.id)}>
      {content}
    </button>
  );
}

function BodyRow<R>(p: {
  table: Props<R>;
  row: R;
  index: number;
  top: number;
  grid: string;
  cursor: boolean;
  onPick: (index: number) => void;
}) {
  const { table, row } = p;
  const data = Object.entries(table.row_data?.(row) ?? {}).map(([k, v]) => [`data-${k}`, v]);
  const selected = table.selected !== undefined && table.row_key(row, p.index) === table.selected;
  const marks = `${table.onOpen ? 'opens' : ''} ${selected ? 'selected' : ''} ${p.cursor ? 'cursor' : ''}`;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: j, k and Enter work on the whole table
    // biome-ignore lint/a11y/noStaticElementInteractions: as above
    <div
      className={`tr ${marks}`}
      style={{ gridTemplateColumns: p.grid, transform: `translateY(${p.top}px)`, height: ROW_PX }}
      onClick={() => {
        p.onPick(p.index);
        table.onOpen?.(row);
      }}
      {...Object.fromEntries(data)}
    >
      {table.columns.map((c) => (
        <div key={c.id} className={`td ${c.align ?? ''}`} title={c.title_of?.(row)}>
          {c.cell(row)}
        </div>
      ))}
    </div>
  );
}

/** The row that the keyboard is at; -1 = none. */
function useCursor<R>(rows: readonly R[], onOpen: Props<R>['onOpen'], show: (index: number) => void) {
  const [cursor, set_cursor] = useState(-1);
  const move = (by: number) => (event: KeyboardEvent) => {
    event.preventDefault();
    const next = Math.min(Math.max(cursor + by, 0), rows.length - 1);
    set_cursor(next);
    if (next >= 0) show(next);
  };
  const open = (event: KeyboardEvent): void => {
    const row = rows[cursor];
    if (!row || !onOpen || (event.target instanceof HTMLElement && event.target.closest('button, a'))) return;
    event.preventDefault();
    onOpen(row);
  };
  useKeys({ j: move(1), k: move(-1), ArrowDown: move(1), ArrowUp: move(-1), Enter: open });
  return [cursor, set_cursor] as const;
}

export function Table<R>(p: Props<R>) {
  const scroller = useRef<HTMLDivElement>(null);
  const { rows, onEnd } = p;
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
  });
  const [cursor, set_cursor] = useCursor(rows, p.onOpen, (index) => virtual.scrollToIndex(index));
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? -1;
  useEffect(() => {
    if (onEnd && last >= 0 && last >= rows.length - 1) onEnd();
  }, [last, rows.length, onEnd]);

  const grid = template(p.columns);
  const least = p.columns.reduce((sum, c) => sum + c.width, 0);
  return (
    <div className={`table ${p.dim ? 'dim' : ''}`} ref={scroller} data-testid={p.test_id} data-rows={rows.length}>
      <div className="tr head" style={{ gridTemplateColumns: grid, minWidth: least }}>
        {p.columns.map((c) => (
          <HeaderCell key={c.id} column={c} sort={p.sort} onSort={p.onSort} />
        ))}
      </div>
      <div className="tbody" style={{ height: virtual.getTotalSize(), minWidth: least }}>
        {items.map(({ index, start }) => {
          const row = rows[index];
          if (row === undefined) return null;
          const place = { index, top: start, grid, cursor: index === cursor };
          return <BodyRow key={p.row_key(row, index)} table={p} row={row} {...place} onPick={set_cursor} />;
        })}
      </div>
    </div>
  );
}
