import type { Cell } from './csv.ts'

export interface Column<T> { name: string; label: string; n?: boolean; value: (row: T) => Cell }

/** Sorted by a column, numbers as numbers; empty cells are last in both directions. */
export function sorted<T>(rows: readonly T[], column: Column<T> | undefined, down: boolean): T[] {
  if (!column) return [...rows]
  const order = new Intl.Collator('en', { numeric: true })
  return [...rows].sort((a, b) => {
    const [x, y] = [column.value(a), column.value(b)]
    if (x === null || y === null || x === '' || y === '') return Number(x === null || x === '') - Number(y === null || y === '')
    const by = typeof x === 'number' && typeof y === 'number' ? x - y : order.compare(String(x), String(y))
    return down ? -by : by
  })
}
