// One catalogue per language; parameters in braces. Codes from the server that the catalogue does not know are shown as they came.
import en from '../i18n/en.json'
import zh from '../i18n/zh-CN.json'
import { clock } from './time.ts'
import * as units from './units.ts'

export type Language = 'en' | 'zh-CN'
export type Params = Record<string, string | number>

const catalogues: Record<Language, Record<string, string>> = { en, 'zh-CN': zh }

function initial(): Language {
  const saved = globalThis.localStorage?.getItem('penstock.language')
  if (saved === 'en' || saved === 'zh-CN') return saved
  return globalThis.navigator?.language?.startsWith('zh') ? 'zh-CN' : 'en'
}

class I18n {
  language = $state<Language>(initial())
  zone = $state('UTC')

  set(next: Language): void {
    this.language = next
    units.setLocale(next)
    document.documentElement.lang = next
    localStorage.setItem('penstock.language', next)
  }
}

export const i18n = new I18n()
units.setLocale(i18n.language)

export function has(key: string): boolean { return key in catalogues[i18n.language] }

export function t(key: string, params?: Params): string {
  const text = catalogues[i18n.language][key]
  if (text === undefined) return key
  return params ? fill(text, params) : text
}

/** explain.*, log.* and notice.*: the sentence of a code from the server, or the code with its parameters. */
export function sentence(family: 'explain' | 'log' | 'notice', code: string, params: Record<string, string>): string {
  const key = `${family}.${code}`
  const shown = Object.fromEntries(Object.entries(params).map(([name, value]) => [name, parameter(name, value)]))
  if (has(key)) return fill(t(key), shown)
  const rest = Object.entries(shown).map(([name, value]) => `${name} ${value}`).join(', ')
  return rest ? `${code}: ${rest}` : code
}

function fill(text: string, params: Params): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => name in params ? String(params[name]) : whole === '' ? '' : '–')
}

/** The unit of a parameter is the end of its name: powerKw, floorPercent, until (an instant). */
export function parameter(name: string, value: string): string {
  if (/^\d{4}-\d\d-\d\dT/.test(value)) return clock(value, i18n.zone)
  if (/source$/i.test(name) && has(`source.${value}`)) return t(`source.${value}`)
  if (/band$/i.test(name) && has(`band.${value}`)) return t(`band.${value}`)
  const amount = Number(value)
  if (value.trim() === '' || Number.isNaN(amount)) return value
  if (/kwh$/i.test(name) && !/per/i.test(name)) return units.quantity(units.energy(Math.abs(amount)))
  if (/kw$/i.test(name)) return units.quantity(units.power(amount))
  if (/percent$/i.test(name)) return units.percent(amount, Number.isInteger(amount) ? 0 : 1)
  if (/ratio$/i.test(name)) return units.ratio(amount)
  if (/minutes$/i.test(name)) return `${units.number(amount)} min`
  if (/seconds$/i.test(name)) return units.quantity(units.age(amount))
  return value
}
