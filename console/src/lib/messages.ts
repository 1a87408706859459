// The message log: calls paired with their answers, and its filter as the address holds it.
import type { WireMessage } from './types.ts'

/** One line of the log: a call with its answer, or a frame that stands alone. */
export interface Exchange { key: number; head: WireMessage; answer: WireMessage | null }

export interface LogFilter { action: string; text: string; direction: string; errors: boolean; unmasked: boolean; from: string; to: string; before: string }

const parts = ['action', 'text', 'direction', 'errors', 'unmasked', 'from', 'to', 'before'] as const

const instant = (text: string | null): string => text && !Number.isNaN(Date.parse(text)) ? text : ''

export const readFilter = (query: URLSearchParams): LogFilter => ({
  action: query.get('action') ?? '', text: query.get('text') ?? '', direction: ['in', 'out'].includes(query.get('direction') ?? '') ? query.get('direction')! : '',
  errors: query.get('errors') === 'true', unmasked: query.get('unmasked') === 'true', from: instant(query.get('from')), to: instant(query.get('to')), before: /^\d+$/.test(query.get('before') ?? '') ? query.get('before')! : '',
})

/** As parameters of the address and of the API alike; what is not set is left out. */
export function filterQuery(filter: LogFilter, without: readonly (typeof parts)[number][] = []): string {
  const query = new URLSearchParams()
  for (const part of parts) if (filter[part] && !without.includes(part)) query.set(part, String(filter[part]))
  return query.toString()
}

/** Newest first, as the log comes. A call takes its answer to itself; an answer whose call is not on the page stands alone. */
export function exchanges(log: readonly WireMessage[]): Exchange[] {
  const all = new Map(log.map(m => [m.sequence, m]))
  const partner = (m: WireMessage): WireMessage | null => (m.pair === null ? null : all.get(m.pair)) ?? null
  return log.filter(m => !(isAnswer(m) && partner(m))).map(m => ({ key: m.sequence, head: m, answer: isAnswer(m) ? null : partner(m) }))
}

export const isAnswer = (m: WireMessage): boolean => m.type === 3 || m.type === 4
/** Longer than the log keeps: what is left is no JSON. */
export const isCut = (m: WireMessage): boolean => m.type !== 0 && parsed(m.frame) === null
export const isError = (m: WireMessage | null): boolean => m !== null && (m.type === 0 || m.type === 4 || m.type === 5)

/** [2,id,action,payload] [3,id,payload] [4,id,code,description,details] [6,id,action,payload]: the payload laid out, or the frame as it came. */
export function readable(m: WireMessage): string {
  const frame = parsed(m.frame)
  if (!Array.isArray(frame)) return m.frame
  const body: unknown = m.type === 2 || m.type === 6 ? frame[3] : m.type === 3 ? frame[2] : frame.slice(2)
  return JSON.stringify(body ?? frame, null, 2)
}

/** The payload on one line, or the error's code and words. */
export function brief(m: WireMessage): string {
  const frame = parsed(m.frame)
  if (!Array.isArray(frame)) return m.frame
  if (m.type === 4 || m.type === 5) return [frame[2], frame[3]].filter(Boolean).join(': ')
  return JSON.stringify((m.type === 3 ? frame[2] : frame[3]) ?? frame)
}

function parsed(frame: string): unknown {
  try { return JSON.parse(frame) as unknown } catch { return null }
}
