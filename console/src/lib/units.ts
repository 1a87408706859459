// Every quantity that the console shows is formatted here. Power: positive = from the grid, negative = to the grid (kW).
import type { Money } from './types.ts'

export type Direction = 'toGrid' | 'fromGrid' | 'idle'
export interface Quantity { text: string; unit: string }

/** Below this a flow is shown as no flow: meter noise of an idle connector. */
export const idleKw = 0.05
export const unknown = '–'

let locale = 'en'
const formats = new Map<string, Intl.NumberFormat>()

export function setLocale(next: string): void {
  locale = next
  formats.clear()
}

export function getLocale(): string { return locale }

/** A plain number with a fixed count of decimals, grouped by the locale. */
export function number(value: number, decimals = 0): string {
  const key = String(decimals)
  let format = formats.get(key)
  if (!format) formats.set(key, format = new Intl.NumberFormat(locale, { minimumFractionDigits: decimals, maximumFractionDigits: decimals }))
  const text = format.format(value)
  return /^-0([.,]0*)?$/.test(text) ? text.slice(1) : text.replace('-', '−')
}

export function direction(kw: number | null): Direction {
  if (kw === null || Math.abs(kw) < idleKw) return 'idle'
  return kw < 0 ? 'toGrid' : 'fromGrid'
}

export type PowerScale = 'kW' | 'MW'

/** One scale for a whole column or chart: MW once the largest magnitude reaches 1,000 kW. */
export function powerScale(values: readonly (number | null | undefined)[]): PowerScale {
  return values.some(v => v !== null && v !== undefined && Math.abs(v) >= 1000) ? 'MW' : 'kW'
}

/** Magnitude of a power; the direction is said by a word and an arrow, never by a bare sign. */
export function power(kw: number | null, scale: PowerScale = powerScale([kw])): Quantity {
  if (kw === null) return { text: unknown, unit: scale }
  const size = Math.abs(kw)
  if (scale === 'MW') return { text: number(size / 1000, size >= 99_950 ? 1 : 2), unit: 'MW' }
  return { text: number(size, size >= 99.95 ? 0 : 1), unit: 'kW' }
}

/** With its sign: for axes and exported tables, where the column says which side is which. */
export function signedPower(kw: number | null, scale: PowerScale = 'kW'): string {
  if (kw === null) return unknown
  return scale === 'MW' ? number(kw / 1000, 2) : number(kw, 1)
}

export function energy(kwh: number | null): Quantity {
  if (kwh === null) return { text: unknown, unit: 'kWh' }
  const size = Math.abs(kwh)
  if (size >= 10_000) return { text: number(kwh / 1000, 1), unit: 'MWh' }
  return { text: number(kwh, size >= 1000 ? 0 : size >= 100 ? 1 : 2), unit: 'kWh' }
}

/** A register or statement quantity: the digits as they were issued, nothing rounded. */
export function exact(decimal: string): string {
  const [whole = '0', fraction] = decimal.replace('-', '').split('.')
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ',')
  return (decimal.startsWith('-') ? '−' : '') + grouped + (fraction ? '.' + fraction : '')
}

export function percent(value: number | null, decimals = 0): string {
  return value === null ? unknown : `${number(value, decimals)} %`
}

export function ratio(value: number | null, decimals = 0): string {
  return value === null ? unknown : percent(value * 100, decimals)
}

const currencySigns: Record<string, string> = { CNY: '¥', EUR: '€', USD: '$', GBP: '£', NOK: 'kr' }

export function currency(code: string): string { return currencySigns[code] ?? code }

/** Money keeps its digits: amounts are decimal strings and are never put through a float. */
export function money(value: Money | null, sign: 'always' | 'negative' = 'negative'): string {
  if (!value) return unknown
  const text = exact(value.amount)
  const plus = sign === 'always' && !text.startsWith('−') && Number(value.amount) !== 0 ? '+' : ''
  return text.startsWith('−') ? `−${currency(value.currency)}${text.slice(1)}` : `${plus}${currency(value.currency)}${text}`
}

/** A planner's amount: a number, not settled money. */
export function amount(value: number, code: string): string {
  const size = Math.abs(value)
  return `${value < 0 && size >= 0.005 ? '−' : ''}${currency(code)}${number(size, size >= 1000 ? 0 : 2)}`
}

/** How far a plan may be from the best one, as a share. */
export function gap(share: number): string {
  return share < 1e-6 ? '< 0.0001 %' : `${number(share * 100, share < 1e-3 ? 4 : 2)} %`
}

export function price(perKwh: string, code: string): string {
  return `${currency(code)}${exact(perKwh)}`
}

/** How old a value is, in the shortest words that keep its size: 3 s, 4 min, 2 h, 5 d. */
export function age(seconds: number | null): Quantity {
  if (seconds === null) return { text: unknown, unit: '' }
  const s = Math.max(0, seconds)
  if (s < 90) return { text: number(s), unit: 's' }
  if (s < 5400) return { text: number(s / 60), unit: 'min' }
  if (s < 129_600) return { text: number(s / 3600), unit: 'h' }
  return { text: number(s / 86_400), unit: 'd' }
}

/** Minutes as h:mm, with its sign: +0:48, −0:11. */
export function margin(minutes: number): string {
  const size = Math.round(Math.abs(minutes))
  return `${minutes < 0 ? '−' : '+'}${Math.floor(size / 60)}:${String(size % 60).padStart(2, '0')}`
}

export function quantity(q: Quantity): string { return q.unit ? `${q.text} ${q.unit}` : q.text }
