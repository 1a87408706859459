// How far a command has come: queued > sent > accepted > effect. Accepted is not obeyed.
import type { Command, CommandState } from './types.ts'

export interface Step { name: string; at: string | null; state: 'done' | 'now' | 'todo' | 'failed' }

export function steps(c: Command): Step[] {
  const answered = c.state === 'rejected' || (c.state === 'failed' && c.sentAt !== null) ? c.state : 'accepted'
  const line: Step[] = [
    { name: 'queued', at: c.queuedAt, state: 'done' },
    { name: c.state === 'failed' && c.sentAt === null ? 'failed' : 'sent', at: c.sentAt, state: c.state === 'failed' && c.sentAt === null ? 'failed' : c.state === 'queued' ? 'now' : 'done' },
    { name: answered, at: c.answeredAt, state: c.state === 'rejected' || c.state === 'failed' ? c.sentAt === null ? 'todo' : 'failed' : c.state === 'queued' ? 'todo' : c.state === 'sent' ? 'now' : 'done' },
  ]
  if ((c.expectsEffect || c.effectAt !== null) && c.state !== 'rejected' && c.state !== 'failed')
    line.push({ name: c.state === 'noEffect' || c.state === 'effective' ? c.state : 'effect', at: c.effectAt, state: c.state === 'effective' ? 'done' : c.state === 'noEffect' ? 'failed' : c.state === 'accepted' ? 'now' : 'todo' })
  return line
}

export const isOver = (c: Command): boolean => ['effective', 'rejected', 'failed', 'noEffect'].includes(c.state) || (c.state === 'accepted' && !c.expectsEffect)
export const hasFailed = (c: Command): boolean => ['rejected', 'failed', 'noEffect'].includes(c.state)

/** The stages of a bulk as its form says them; what is no number is left out. */
export function staging(stage: string, first: unknown, failuresMax: unknown): { firstStations?: number; firstPercent?: number; failuresMax?: number } {
  const whole = (value: unknown): number | null => /^\d+$/.test(String(value ?? '')) ? Number(value) : null
  const [n, most] = [whole(first), whole(failuresMax)]
  return { ...(n === null ? {} : stage === 'stations' ? { firstStations: n } : stage === 'percent' ? { firstPercent: n } : {}), ...(most === null ? {} : { failuresMax: most }) }
}

/** How many commands of a bulk are in each state, in the order of their course. */
export function tally(all: readonly Command[]): [CommandState, number][] {
  const order: CommandState[] = ['queued', 'sent', 'accepted', 'effective', 'rejected', 'failed', 'noEffect']
  return order.map(state => [state, all.filter(c => c.state === state).length] as [CommandState, number]).filter(([, n]) => n > 0)
}

/** What stations are asked most, in the words of their version; 2.x wants a request id of its own each time. */
export function quickCalls(protocol: string | null, requestId: number): { action: string; payload: unknown }[] {
  const old = protocol === '1.6'
  return [
    { action: 'Reset', payload: { type: old ? 'Soft' : 'OnIdle' } },
    old ? { action: 'GetConfiguration', payload: {} } : { action: 'GetBaseReport', payload: { requestId, reportBase: 'FullInventory' } },
    { action: 'TriggerMessage', payload: { requestedMessage: 'Heartbeat' } },
    { action: 'ClearCache', payload: {} },
  ]
}

/** Firmware and logs come in stages, each told by a status of OCPP; a status outside the row is an end that nobody wished. */
export function stages(status: string, row: readonly string[]): Step[] {
  const at = row.indexOf(status)
  const early = status === 'Accepted' || status === 'Asked' || status === 'Idle' || /Scheduled$/.test(status)
  if (at < 0 && !early) return [{ name: status, at: null, state: 'failed' }]
  return row.map((name, i) => ({ name, at: null, state: i < at || (i === at && i === row.length - 1) ? 'done' : i === at ? 'now' : 'todo' }))
}
export const firmwareRow = ['Downloading', 'Downloaded', 'Installing', 'Installed'] as const
export const logRow = ['Uploading', 'Uploaded'] as const
