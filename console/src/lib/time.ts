// Times arrive in UTC and are shown in the zone of the site or portfolio.
import { getLocale } from './units.ts'

const formats = new Map<string, Intl.DateTimeFormat>()

function format(zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${getLocale()}|${zone}|${JSON.stringify(options)}`
  let found = formats.get(key)
  if (!found) formats.set(key, found = new Intl.DateTimeFormat(getLocale(), { ...options, timeZone: zone, hourCycle: 'h23' }))
  return found
}

type When = string | number | Date
const date = (at: When): Date => at instanceof Date ? at : new Date(at)

export const clock = (at: When, zone: string): string => format(zone, { hour: '2-digit', minute: '2-digit' }).format(date(at))
export const clockSeconds = (at: When, zone: string): string =>
  format(zone, { hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(date(at))
export const day = (at: When, zone: string): string => format(zone, { weekday: 'short', day: 'numeric', month: 'short' }).format(date(at))
export const fullDay = (at: When, zone: string): string => format(zone, { year: 'numeric', month: 'long', day: 'numeric' }).format(date(at))
export const dayClock = (at: When, zone: string): string => `${day(at, zone)} ${clock(at, zone)}`

/** With its year: what may lie far away. */
export const fullWhen = (at: When, zone: string): string => `${fullDay(at, zone)} ${clock(at, zone)}`

/** The hour only when it is the same day as `reference`, else with the day. */
export function shortWhen(at: When, zone: string, reference: When): string {
  return day(at, zone) === day(reference, zone) ? clock(at, zone) : dayClock(at, zone)
}

/** Offset of a zone at an instant in minutes east of UTC. */
export function offsetMinutes(at: When, zone: string): number {
  const parts = new Intl.DateTimeFormat('en', {
    timeZone: zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric',
  }).formatToParts(date(at))
  const of = (type: string): number => Number(parts.find(p => p.type === type)?.value ?? 0)
  const local = Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'))
  return Math.round((local - date(at).getTime()) / 60_000)
}

/** An instant as the value of a datetime-local field in the zone. */
export function toLocalInput(at: When, zone: string): string {
  const shifted = new Date(date(at).getTime() + offsetMinutes(at, zone) * 60_000)
  return shifted.toISOString().slice(0, 16)
}

/** A window that a form may begin with: from the next quarter-hour but an hour on, two hours long; as values of datetime-local fields. */
export function windowAhead(now: number, zone: string): { start: string; end: string } {
  const from = Math.ceil(now / 900_000) * 900_000 + 3_600_000
  return { start: toLocalInput(from, zone), end: toLocalInput(from + 2 * 3_600_000, zone) }
}

/** The value of a datetime-local field as an instant in UTC; the later one of two in the hour that repeats. */
export function fromLocalInput(value: string, zone: string): string {
  const wall = Date.parse(value + ':00Z')
  if (Number.isNaN(wall)) return ''
  const guess = wall - offsetMinutes(wall, zone) * 60_000
  return new Date(wall - offsetMinutes(guess, zone) * 60_000).toISOString().replace('.000Z', 'Z')
}

export function isoDuration(start: string, end: string): number {
  return (Date.parse(end) - Date.parse(start)) / 1000
}
