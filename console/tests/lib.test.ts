import { describe, expect, test } from 'vitest'
import { csv } from '../src/lib/csv.ts'
import { match } from '../src/lib/router.svelte.ts'
import { align } from '../src/lib/series.ts'
import { fromLocalInput, toLocalInput, windowAhead } from '../src/lib/time.ts'
import { direction, energy, exact, margin, money, number, power, quantity, setLocale } from '../src/lib/units.ts'

setLocale('en')

describe('units', () => {
  test('a power is a magnitude; the direction is a word', () => {
    expect(quantity(power(-1052))).toBe('1.05 MW')
    expect(quantity(power(-22.87))).toBe('22.9 kW')
    expect([direction(-22.87), direction(7), direction(0.01), direction(null)]).toEqual(['toGrid', 'fromGrid', 'idle', 'idle'])
    expect(quantity(power(null))).toBe('– kW')
  })
  test('money keeps its digits', () => {
    expect(money({ amount: '88.10', currency: 'CNY' }, 'always')).toBe('+¥88.10')
    expect(money({ amount: '-1234567.89', currency: 'CNY' })).toBe('−¥1,234,567.89')
    expect(exact('0.7701')).toBe('0.7701')
  })
  test('no negative zero', () => expect(number(-0.01, 1)).toBe('0.0'))
  test('energy changes to MWh', () => expect([quantity(energy(1052)), quantity(energy(13_000))]).toEqual(['1,052 kWh', '13.0 MWh']))
  test('a margin is hours and minutes', () => expect([margin(48), margin(-11)]).toEqual(['+0:48', '−0:11']))
})

describe('series', () => {
  test('of different resolution share one axis, each value held for its slot', () => {
    const a = { start: '2026-04-15T00:00:00Z', resolutionSeconds: 1800, unit: 'kW', values: [1, 2] }
    const b = { start: '2026-04-15T00:15:00Z', resolutionSeconds: 900, unit: 'kW', values: [5, null] }
    const { x, y } = align([a, b])
    expect(x).toHaveLength(5)
    expect(y).toEqual([[1, 1, 2, 2, 2].slice(0, x.length), [null, 5, null, null, null].slice(0, x.length)])
  })
})

describe('csv', () => {
  test('quotes what must be quoted and disarms formulas', () => expect(csv(['a', 'b'], [['=1+1', 'x,"y"'], [-5, null]])).toBe('\ufeffa,b\r\n\'=1+1,"x,""y"""\r\n-5,\r\n'))
})

describe('router', () => {
  test('knows its pages', () => {
    expect(match('/')).toEqual({ page: 'overview', id: '' })
    expect(match('/vehicles/EV-0001')).toEqual({ page: 'vehicle', id: 'EV-0001' })
    expect(match('/statements/ST-a%3Ab')).toEqual({ page: 'statement', id: 'ST-a:b' })
    expect(match('/nowhere').page).toBe('notFound')
  })
})

describe('time', () => {
  test('a field in the zone of the site and back', () => {
    const at = '2026-04-15T10:00:00Z'
    expect(toLocalInput(at, 'Asia/Shanghai')).toBe('2026-04-15T18:00')
    expect(fromLocalInput('2026-04-15T18:00', 'Asia/Shanghai')).toBe(at)
  })
  test('a form begins an hour after the next quarter-hour and spans two', () =>
    expect(windowAhead(Date.parse('2026-04-15T10:01:00Z'), 'Asia/Shanghai')).toEqual({ start: '2026-04-15T19:15', end: '2026-04-15T21:15' }))
})
