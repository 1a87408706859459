import { describe, expect, test } from 'vitest'
import { pick, topics } from '../src/lib/book.ts'
import { factName, factValue } from '../src/lib/capability.ts'
import { firmwareRow, isOver, quickCalls, stages, staging, steps, tally } from '../src/lib/commands.ts'
import { deviceTree, setCall } from '../src/lib/device.ts'
import { brief, exchanges, filterQuery, isCut, isError, readable, readFilter } from '../src/lib/messages.ts'
import { match } from '../src/lib/router.svelte.ts'
import { sorted } from '../src/lib/table.ts'
import type { Command, Fact, WireMessage } from '../src/lib/types.ts'
import en from '../src/i18n/en.json'

const message = (sequence: number, type: number, pair: number | null, frame = '[]', direction: 'in' | 'out' = 'in'): WireMessage =>
  ({ sequence, at: '2026-04-15T10:00:00Z', direction, type, frame, action: 'Heartbeat', messageId: 'a', pair, answerMilliseconds: type === 3 ? 12 : null })

describe('the message log', () => {
  test('a call takes its answer to itself, newest first', () => {
    const found = exchanges([message(5, 2, null), message(4, 3, 2), message(3, 6, null), message(2, 2, 4)])
    expect(found.map(x => [x.head.sequence, x.answer?.sequence ?? null])).toEqual([[5, null], [3, null], [2, 4]])
  })
  test('an answer whose call is on another page stands alone, and so does the call', () => {
    expect(exchanges([message(9, 3, 1), message(8, 2, 10)]).map(x => [x.head.sequence, x.answer])).toEqual([[9, null], [8, null]])
  })
  test('two calls with one message id keep their own answers', () => {
    const found = exchanges([message(4, 3, 3), message(3, 2, 4), message(2, 4, 1), message(1, 2, 2)])
    expect(found.map(x => [x.head.sequence, x.answer?.sequence])).toEqual([[3, 4], [1, 2]])
    expect(found.map(x => isError(x.answer))).toEqual([false, true])
  })
  test('the payload is what is read, and an error says its code', () => {
    expect(brief(message(1, 2, null, '[2,"a","Reset",{"type":"Soft"}]'))).toBe('{"type":"Soft"}')
    expect(brief(message(1, 3, null, '[3,"a",{"status":"Accepted"}]'))).toBe('{"status":"Accepted"}')
    expect(brief(message(1, 4, null, '[4,"a","NotSupported","no such thing",{}]'))).toBe('NotSupported: no such thing')
    expect(readable(message(1, 6, null, '[6,"a","X",{"b":1}]'))).toBe('{\n  "b": 1\n}')
  })
  test('a frame that is no JSON is shown as it came', () => {
    expect([brief(message(1, 0, null, 'hello [')), readable(message(1, 0, null, 'hello ['))]).toEqual(['hello [', 'hello ['])
  })
})

describe('a frame longer than the log keeps', () => {
  test('is told from one that was no OCPP message', () => {
    expect([isCut(message(1, 2, null, '[2,"a","NotifyReport",{"rep')), isCut(message(1, 0, null, 'hello [')), isCut(message(1, 2, null))]).toEqual([true, false, false])
  })
})

describe('the stages of a bulk', () => {
  test('are left out when nothing is chosen', () => expect(staging('', '1', '')).toEqual({}))
  test('are a number or a share, and a limit of failures that may be 0', () => {
    expect(staging('stations', 5, 0)).toEqual({ firstStations: 5, failuresMax: 0 })
    expect(staging('percent', '10', null)).toEqual({ firstPercent: 10 })
  })
  test('drop what is no whole number: the server would refuse it', () => expect(staging('stations', '1.5', '-1')).toEqual({}))
})

describe('what a station can', () => {
  const fact = (name: string, value: string): string => factValue({ name, value })
  test('has units, words and readable lists', () => {
    expect([fact('chargePowerMaxW', '60000'), fact('dcDerMaxW', '7400'), fact('v2xEnabled', 'true'), fact('rateUnits', 'A,W'), fact('discharge', 'CentralSetpoint')]).toEqual(['60 kW', '7.4 kW', 'yes', 'A, W', 'by setpoint'])
  })
  test('that no text knows is still words', () => expect([factName('periodsMax'), factName('someNewThingMax')]).toEqual(['periods of a schedule, at most', 'some new thing max']))
})

describe('the filter of the log', () => {
  test('goes into the address and comes back', () => {
    const filter = { action: 'Reset', text: 'a&b=中', direction: 'out', errors: true, unmasked: false, from: '2026-04-15T10:00:00Z', to: '2026-04-15T11:00:00Z', before: '77' }
    expect(readFilter(new URLSearchParams(filterQuery(filter)))).toEqual(filter)
  })
  test('leaves out what is not set and what is told to leave', () => {
    const none = readFilter(new URLSearchParams('tab=messages'))
    expect(filterQuery(none)).toBe('')
    expect(filterQuery({ ...none, action: 'Reset', before: '5' }, ['before'])).toBe('action=Reset')
  })
  test('a value that the server would refuse is dropped', () => {
    expect(readFilter(new URLSearchParams('direction=up&before=x&errors=1&from=soon'))).toMatchObject({ direction: '', before: '', errors: false, from: '' })
  })
})

const variable = (component: object, name: string, attributes: object[], characteristics?: object): Fact => {
  const c = component as { name: string; instance?: string; evse?: { id: number; connectorId?: number } }
  const place = c.evse ? `@${c.evse.id}${c.evse.connectorId === undefined ? '' : `.${c.evse.connectorId}`}` : ''
  return { key: `${c.name}${place}/${name}`, at: '2026-04-15T10:00:00Z', body: { component, variable: { name }, variableAttribute: attributes, variableCharacteristics: characteristics } }
}
const facts = [
  variable({ name: 'EVSE', evse: { id: 10 } }, 'Power', [{ value: '22000' }], { unit: 'W', dataType: 'decimal', maxLimit: 22000 }),
  variable({ name: 'EVSE', evse: { id: 2 } }, 'Power', [{ value: '7000' }]),
  variable({ name: 'Connector', evse: { id: 1, connectorId: 2 } }, 'Available', [{ value: 'true', mutability: 'ReadOnly' }]),
  variable({ name: 'EVSE', evse: { id: 2 } }, 'AvailabilityState', [{ value: 'Available', mutability: 'ReadOnly' }]),
]

describe('the device model', () => {
  test('is a tree by component and place, counted as people count', () => {
    expect(deviceTree(facts).map(c => [c.name, c.place, c.variables.map(v => v.name)])).toEqual([['Connector', '1.2', ['Available']], ['EVSE', '2', ['AvailabilityState', 'Power']], ['EVSE', '10', ['Power']]])
  })
  test('is searched by name, place, value and unit', () => {
    const names = (search: string): string[] => deviceTree(facts, search).flatMap(c => c.variables.map(v => v.key))
    expect(names('power')).toEqual(['EVSE@2/Power', 'EVSE@10/Power'])
    expect(names('22000')).toEqual(['EVSE@10/Power'])
    expect(names('@1.2')).toEqual(['Connector@1.2/Available'])
    expect(names('nothing')).toEqual([])
  })
  test('an attribute without a type is the actual one, a limit alone is a range', () => {
    const power = deviceTree(facts, '@10')[0]!.variables[0]!
    expect(power.attributes).toEqual([{ type: 'Actual', value: '22000', mutability: null, constant: false }])
    expect([power.unit, power.values]).toEqual(['W', ' … 22000'])
  })
  test('setting a variable is a call in the words of the version; what is read-only has none', () => {
    const [connector, evse] = deviceTree(facts)
    expect(setCall(connector!.variables[0]!, '2.1')).toBeNull()
    expect(setCall(evse!.variables[1]!, '2.1')).toEqual({ action: 'SetVariables', payload: { setVariableData: [{ attributeType: 'Actual', attributeValue: '7000', component: { name: 'EVSE', evse: { id: 2 } }, variable: { name: 'Power' } }] } })
    expect(setCall(deviceTree([variable({ name: 'Configuration' }, 'HeartbeatInterval', [{ value: '60' }])])[0]!.variables[0]!, '1.6')).toEqual({ action: 'ChangeConfiguration', payload: { key: 'HeartbeatInterval', value: '60' } })
  })
})

const command = (to: Partial<Command>): Command => ({
  commandId: 'c', stationId: 's', action: 'Reset', payload: {}, bulkId: null, state: 'queued', queuedAt: '2026-04-15T10:00:00Z', sentAt: null, answeredAt: null, effectAt: null, expectsEffect: true, answer: null, errorCode: null, errorText: null, ...to,
})
const at = '2026-04-15T10:00:01Z'

describe('a command', () => {
  const course = (to: Partial<Command>): string => steps(command(to)).map(s => `${s.name} ${s.state}`).join(', ')
  test('goes from queued to its effect', () => {
    expect(course({})).toBe('queued done, sent now, accepted todo, effect todo')
    expect(course({ state: 'sent', sentAt: at })).toBe('queued done, sent done, accepted now, effect todo')
    expect(course({ state: 'accepted', sentAt: at, answeredAt: at })).toBe('queued done, sent done, accepted done, effect now')
    expect(course({ state: 'accepted', answeredAt: at, expectsEffect: false })).toBe('queued done, sent done, accepted done')
    expect(course({ state: 'effective', sentAt: at, answeredAt: at, effectAt: at })).toBe('queued done, sent done, accepted done, effective done')
  })
  test('says where it stopped', () => {
    expect(course({ state: 'rejected', sentAt: at, answeredAt: at })).toBe('queued done, sent done, rejected failed')
    expect(course({ state: 'failed', sentAt: at, answeredAt: at, expectsEffect: false })).toBe('queued done, sent done, failed failed')
    expect(course({ state: 'failed', errorCode: 'offline' })).toBe('queued done, failed failed, accepted todo')
    expect(course({ state: 'noEffect', sentAt: at, answeredAt: at })).toBe('queued done, sent done, accepted done, noEffect failed')
  })
  test('without an effect to wait for is over when accepted', () => {
    expect(course({ state: 'accepted', sentAt: at, answeredAt: at, expectsEffect: false })).toBe('queued done, sent done, accepted done')
    expect([isOver(command({ state: 'accepted', expectsEffect: false })), isOver(command({ state: 'accepted' })), isOver(command({ state: 'failed' }))]).toEqual([true, false, true])
  })
  test('many are counted by state in the order of their course', () => {
    expect(tally([command({ state: 'failed' }), command({ state: 'sent' }), command({ state: 'failed' })])).toEqual([['sent', 1], ['failed', 2]])
  })
  test('the quick ones speak the version of the station and say what they do', () => {
    expect(quickCalls('1.6', 1).map(q => q.action)).toEqual(['Reset', 'GetConfiguration', 'TriggerMessage', 'ClearCache'])
    expect(quickCalls('2.1', 7)[1]).toEqual({ action: 'GetBaseReport', payload: { requestId: 7, reportBase: 'FullInventory' } })
    for (const { action } of [...quickCalls('1.6', 1), ...quickCalls('2.1', 1)]) expect(en).toHaveProperty([`effect.${action}`])
  })
})

test('firmware comes in stages, and an end that nobody wished is one', () => {
  const shown = (status: string): string => stages(status, firmwareRow).map(s => s.state).join(' ')
  expect(shown('Accepted')).toBe('todo todo todo todo')
  expect(shown('Installing')).toBe('done done now todo')
  expect(shown('Installed')).toBe('done done done done')
  expect(stages('InvalidSignature', firmwareRow)).toEqual([{ name: 'InvalidSignature', at: null, state: 'failed' }])
})

test('a fact is read by the first path that leads somewhere', () => {
  expect(pick({ idTagInfo: { status: 'Blocked' } }, ['idTokenInfo.status', 'idTagInfo.status'])).toBe('Blocked')
  expect([pick({ evseId: 0 }, ['evseId']), pick({ a: null }, ['a.b']), pick(null, ['a']), pick({ a: { b: 1 } }, ['a'])]).toEqual(['0', '', '', '{"b":1}'])
})

test('every topic, column, state and step that the pages may show has a text', () => {
  const keys = [...Object.entries(topics).flatMap(([topic, all]) => [`topic.${topic}`, `topicNone.${topic}`, ...all.map(c => `fact.${c.label}`)]),
    ...['queued', 'sent', 'accepted', 'effect', 'effective', 'rejected', 'failed', 'noEffect'].map(s => `step.${s}`), ...['overview', 'messages', 'device', 'commands', 'files', 'certificates', 'profiles'].map(s => `tab.${s}`),
    ...['accepted', 'blocked', 'expired', 'unknown'].map(s => `tokenStatus.${s}`), ...['Available', 'Occupied', 'Reserved', 'Unavailable', 'Faulted'].map(s => `connector.${s}`), ...[0, 2, 3, 4, 5, 6].map(n => `frame.${n}`),
    ...['centralSetpoint', 'negativeLimit', 'none'].flatMap(s => [`dischargeBy.${s}`, `dischargeHow.${s}`]), ...firmwareRow.map(s => `stage.${s}`),
    ...['quirk', 'protocol', 'deviceModel', 'needs', 'probe'].flatMap(s => [`dischargeReason.${s}`, `factSource.${s}`]), ...['none', 'refuses', 'underDelivers', 'chargesTooMuch', 'dischargesAgainstOrder', 'belowFloor', 'beyondLimit'].map(s => `deviation.${s}`)]
  for (const key of keys) expect(en, key).toHaveProperty([key])
})

test('a table sorts numbers as numbers and keeps what is empty last', () => {
  const rows = [{ v: 10 }, { v: null }, { v: 9 }]
  const column = { name: 'v', label: 'v', value: (r: { v: number | null }) => r.v }
  expect([sorted(rows, column, false).map(r => r.v), sorted(rows, column, true).map(r => r.v)]).toEqual([[9, 10, null], [10, 9, null]])
  expect(sorted([{ v: 'S-10' }, { v: 'S-9' }], { name: 'v', label: 'v', value: r => r.v }, false).map(r => r.v)).toEqual(['S-9', 'S-10'])
})

test('stations and tokens have pages', () => {
  expect([match('/stations'), match('/stations/CS%2F1'), match('/tokens')]).toEqual([{ page: 'stations', id: '' }, { page: 'station', id: 'CS/1' }, { page: 'tokens', id: '' }])
  expect(match('/tokens/x').page).toBe('notFound')
})
