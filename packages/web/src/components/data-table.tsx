import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useLayoutEffect, useRef, useState, type ReactElement, type ReactNode } from "react";
import { classNames } from "./class-names.ts";

/** One column: its heading, and what it shows of a row. */
export interface Column<Row> {
  heading: string;
  cell: (row: Row) => ReactNode;
  /** True of figures, which stand at the right. */
  isNumber?: boolean;
  /** True of what a narrow screen can do without. */
  isMinor?: boolean;
}

interface TableProps<Row> {
  /** What the table lists, for screen readers. */
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf: (row: Row) => string;
  /** Called when the end comes near and there may be more. */
  onEnd?: (() => void) | undefined;
  isLoadingMore?: boolean;
}

const ROW_PX = 41;
const OVERSCAN_ROWS = 12;
const END_ROWS = 20;

/**
 * A list with columns. Only the rows near the screen are in the page, so a hundred thousand scroll like ten. The first
 * column names its row and is a heading of it.
 */
export function DataTable<Row>({
  label,
  columns,
  rows,
  keyOf,
  onEnd,
  isLoadingMore = false,
}: TableProps<Row>): ReactElement {
  const body = useRef<HTMLTableSectionElement>(null);
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    if (body.current !== null) setTop(body.current.getBoundingClientRect().top + window.scrollY);
  }, []);
  const virtual = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => ROW_PX,
    overscan: OVERSCAN_ROWS,
    scrollMargin: top,
    getItemKey: (index) => keyOf(rows[index] as Row),
  });
  const items = virtual.getVirtualItems();
  const first = items[0];
  const last = items.at(-1);
  useEffect(() => {
    if (last !== undefined && last.index >= rows.length - END_ROWS) onEnd?.();
  }, [last, rows.length, onEnd]);
  const above = first === undefined ? 0 : first.start - top;
  const below = last === undefined ? 0 : virtual.getTotalSize() - (last.end - top);
  return (
    // Where it is too wide for its place, the keyboard has to be able to scroll it.
    <div className="overflow-x-auto" tabIndex={0}>
      <table aria-label={label} aria-rowcount={rows.length + 1} className="w-full border-collapse text-left">
        <thead>
          <tr className="border-b border-line">
            {columns.map((column) => (
              <th
                key={column.heading}
                scope="col"
                className={cellClass(column, "py-2 text-xs font-medium text-soft")}
              >
                {column.heading}
              </th>
            ))}
          </tr>
        </thead>
        <tbody ref={body}>
          <Spacer px={above} columns={columns.length} />
          {items.map(({ index, key }) => (
            <tr
              key={key}
              data-index={index}
              ref={virtual.measureElement}
              aria-rowindex={index + 2}
              className="border-b border-line last:border-0 hover:bg-inset"
            >
              {columns.map((column, at) => {
                const Cell = at === 0 ? "th" : "td";
                return (
                  <Cell
                    key={column.heading}
                    scope={at === 0 ? "row" : undefined}
                    className={cellClass(column, "py-2.5 font-normal")}
                  >
                    {column.cell(rows[index] as Row)}
                  </Cell>
                );
              })}
            </tr>
          ))}
          <Spacer px={below} columns={columns.length} />
        </tbody>
      </table>
      {isLoadingMore && (
        <p role="status" className="px-4 py-2 text-soft">
          Loading more…
        </p>
      )}
    </div>
  );
}

function cellClass<Row>({ isNumber, isMinor }: Column<Row>, more: string): string {
  return classNames(
    "px-4 align-top",
    isNumber === true && "text-right",
    isMinor === true && "hidden md:table-cell",
    more,
  );
}

// Stands for the rows that are not in the page.
function Spacer({ px, columns }: { px: number; columns: number }): ReactElement | null {
  if (px <= 0) return null;
  return (
    <tr aria-hidden="true">
      <td colSpan={columns} style={{ height: px }} />
    </tr>
  );
}
