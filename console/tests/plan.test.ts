import { expect, test } from 'vitest'
import { exchanged, grouped } from '../src/lib/plan.ts'
import type { Plan } from '../src/lib/types.ts'
import { amount, gap } from '../src/lib/units.ts'

const plan = (values: number[], binding: Plan['binding'] = []): Plan => ({
  planId: 'p', siteId: 's', madeAt: '2026-04-15T04:00:00Z', trigger: 'clock', vehicles: 1, cost: 0, lowerBound: 0, gap: 0, iterations: 1, currency: 'CNY',
  aggregate: { start: '2026-04-15T04:00:00Z', resolutionSeconds: 900, unit: 'kW', values }, binding, relaxed: [], price: null, costs: null, solveSeconds: null, bands: null,
})
const limit = (nodeId: string, step: number, shadowPricePerKwh: number): Plan['binding'][number] => ({ siteId: 's', nodeId, name: nodeId, source: 'transformer', step, shadowPricePerKwh })

test('energies are split by direction', () => {
  expect(exchanged(plan([100, -40, 0, 60]))).toEqual({ given: 10, taken: 40, peak: 100 })
  expect(exchanged(plan([-1, -2])).peak).toBe(0)
})

test('consecutive slots of one limit are one line, dearest first, and its two sides stay apart', () => {
  const spans = grouped(plan([], [limit('a', 3, 0.1), limit('a', 2, 0.4), limit('b', 2, 0.9), limit('a', 6, 0.2), limit('a', 4, -0.3), limit('c', 4, 0.004)]))
  expect(spans.map(s => [s.name, (s.end - s.start) / 900_000, s.shadow])).toEqual([['b', 1, 0.9], ['a', 2, 0.4], ['a', 1, -0.3], ['a', 1, 0.2]])
  expect(spans[1]!.start).toBe(Date.parse('2026-04-15T04:30:00Z'))
})

test('amounts and gaps are told in few digits', () => {
  expect(amount(-12.345, 'CNY')).toBe('−¥12.35')
  expect(amount(-0.001, 'CNY')).toBe('¥0.00')
  expect(amount(12_345.6, 'EUR')).toBe('€12,346')
  expect(gap(0)).toBe('< 0.0001 %')
  expect(gap(0.00012)).toBe('0.0120 %')
  expect(gap(0.0123)).toBe('1.23 %')
})
