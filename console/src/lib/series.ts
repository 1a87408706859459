import type { Series } from './types.ts'

/** Start of slot i in seconds since the epoch. */
export function slotStart(series: Series, index: number): number {
  return Date.parse(series.start) / 1000 + index * series.resolutionSeconds
}

/** The value that holds at an instant (seconds), or null. */
export function valueAt(series: Series, seconds: number): number | null {
  const index = Math.floor((seconds - Date.parse(series.start) / 1000) / series.resolutionSeconds)
  return series.values[index] ?? null
}

/** Several series on one axis: the union of their slot starts, each value held for its slot; one more point closes the last slot. */
export function align(all: readonly Series[]): { x: number[]; y: (number | null)[][] } {
  const times = new Set<number>()
  for (const series of all)
    for (let i = 0; i <= series.values.length; i++) times.add(slotStart(series, i))
  const x = [...times].sort((a, b) => a - b)
  return { x, y: all.map(series => x.map((at, i) => held(series, at, x[i - 1]))) }
}

function held(series: Series, at: number, before: number | undefined): number | null {
  const value = valueAt(series, at)
  if (value !== null) return value
  const end = slotStart(series, series.values.length)
  return at === end && before !== undefined ? valueAt(series, before) : null
}
