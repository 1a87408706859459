import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import en from '../src/i18n/en.json'
import zh from '../src/i18n/zh-CN.json'

const sources = ['src', 'src/pages', 'src/pages/station', 'src/parts', 'src/lib'].flatMap(dir => readdirSync(dir).filter(f => /\.(svelte|ts)$/.test(f)).map(f => readFileSync(`${dir}/${f}`, 'utf8'))).join('\n')

describe('the catalogues', () => {
  test('have the same keys, each with a text', () => {
    expect(Object.keys(zh)).toEqual(Object.keys(en))
    for (const text of [...Object.values(en), ...Object.values(zh)]) expect(text.trim()).not.toBe('')
  })
  test('use the same parameters in both languages', () => {
    const names = (s: string): string[] => [...s.matchAll(/\{(\w+)\}/g)].map(m => m[1]!).sort()
    for (const key of Object.keys(en) as (keyof typeof en)[]) expect(names(zh[key]), key).toEqual(names(en[key]))
  })
  test('have every key that the pages name', () => {
    for (const [, key] of sources.matchAll(/\bt\('([\w.]+)'/g)) expect(en, key).toHaveProperty([key!])
  })
})
