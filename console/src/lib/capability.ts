// Facts of a station's ability in words and units; the server tells W, true and lists with commas.
import { has, t } from './i18n.svelte.ts'
import type { CapabilityFact } from './types.ts'
import { number } from './units.ts'

/** A name that no text knows is shown as words: periodsMax, "periods max". */
export const factName = (name: string): string => has(`capability.${name}`) ? t(`capability.${name}`) : name.replace(/([a-z\d])([A-Z])/g, (_, before: string, after: string) => `${before} ${after.toLowerCase()}`)

export function factValue(fact: Pick<CapabilityFact, 'name' | 'value'>): string {
  const watts = Number(fact.value)
  if (/W$/.test(fact.name) && fact.value.trim() !== '' && !Number.isNaN(watts)) return `${number(watts / 1000, watts % 1000 === 0 ? 0 : 1)} kW`
  if (fact.value === 'true' || fact.value === 'false') return t(fact.value === 'true' ? 'station.yes' : 'station.no')
  if (fact.name === 'discharge') { const way = `dischargeBy.${fact.value[0]?.toLowerCase() ?? ''}${fact.value.slice(1)}`; if (has(way)) return t(way) }
  return fact.value.split(',').join(', ')
}
