// A station on the package ocpp-rpc. With a token it boots until it is let in, charges one vehicle by the profile that comes and stops; without one it lives on and does what it is asked: by calls of the central system, and by
// lines on standard input: charge TOKEN, end, authorize TOKEN, transfer, security, quit.
// usage: node station.mjs ws://host:port/ocpp STATION 1.6|2.0.1|2.1 [TOKEN]
import { createInterface } from 'node:readline'
import { RPCClient } from 'ocpp-rpc'
import { limitOf, now, print, sleep, until, upload } from './wire.mjs'

const [endpoint, identity, version, token] = process.argv.slice(2)
const old = version === '1.6'
const strict = version !== '2.1' // the package's 2.1 schemas do not load
const client = new RPCClient({ endpoint, identity, protocols: [`ocpp${version}`], strictMode: strict, reconnect: false })
const wish = 11000 // W: what the car takes when nothing limits it
const known = { profiles: 0, limit: null, listVersion: 0, reservations: new Set() }
let running = null // the transaction

async function call(action, payload) {
  const response = await client.call(action, payload)
  print({ kind: 'response', action, payload: response })
  return response
}

// What a call asks for is done after its answer.
const later = work => { setTimeout(() => work().catch(fault), 20) }
const fault = error => { print({ kind: 'fault', text: String(error) }); process.exitCode = 1 }

const power = () => Math.min(wish, known.limit ?? wish)
const limited = profile => { known.profiles++; known.limit = limitOf(profile) ?? known.limit; return { status: 'Accepted' } }

const answers = {
  SetChargingProfile: p => limited(p.csChargingProfiles ?? p.chargingProfile),
  UpdateDynamicSchedule: p => { known.profiles++; known.limit = p.scheduleUpdate.setpoint ?? p.scheduleUpdate.limit ?? known.limit; return { status: 'Accepted' } },
  TriggerMessage: () => ({ status: 'Accepted' }),
  ReserveNow: p => { known.reservations.add(p.reservationId ?? p.id); return { status: 'Accepted' } },
  CancelReservation: p => ({ status: known.reservations.delete(p.reservationId) ? 'Accepted' : 'Rejected' }),
  SendLocalList: p => { known.listVersion = p.listVersion ?? p.versionNumber; return { status: 'Accepted' } },
  GetLocalListVersion: () => (old ? { listVersion: known.listVersion } : { versionNumber: known.listVersion }),
  DataTransfer: p => ({ status: p.vendorId === 'Foreign' ? 'Accepted' : 'UnknownVendorId' }),
  RemoteStartTransaction: p => { later(() => start(p.idTag, 'RemoteStart')); return { status: 'Accepted' } },
  RequestStartTransaction: p => { later(() => start(p.idToken.idToken, 'RemoteStart', p.remoteStartId)); return { status: 'Accepted' } },
  RemoteStopTransaction: p => stopped(p),
  RequestStopTransaction: p => stopped(p),
  GetDiagnostics: p => { later(() => bring(p.location)); return { fileName: 'station.log' } },
  GetLog: p => { later(() => bring(p.log.remoteLocation, p.requestId)); return { status: 'Accepted', filename: 'station.log' } },
  UpdateFirmware: p => { later(() => install(p.location ?? p.firmware.location, p.requestId)); return old ? {} : { status: 'Accepted' } },
}
client.handle(({ method, params }) => {
  print({ kind: 'request', action: method, payload: params })
  if (!answers[method]) throw Object.assign(new Error('not here'), { rpcErrorCode: 'NotImplemented' })
  return answers[method](params)
})

const value = (measurand, v, unit) => old ? { measurand, value: String(v), unit } : { measurand, value: v, unitOfMeasure: { unit } }
const sample = (wh, w) => [{ timestamp: now(), sampledValue: [value('Energy.Active.Import.Register', wh, 'Wh'), value('Power.Active.Import', w, 'W'), value('SoC', 55, 'Percent')] }]
const event = (eventType, triggerReason, wh, w, more = {}, info = {}) => call('TransactionEvent', {
  eventType, triggerReason, timestamp: now(), seqNo: running.seqNo++, transactionInfo: { transactionId: running.id, ...info }, evse: { id: 1, connectorId: 1 }, meterValue: sample(wh, w), ...more,
})

async function start(who, reason = 'Authorized', remoteStartId) {
  running = { id: `T-${Date.now()}`, seqNo: 0, wh: 1000, token: who }
  if (old) running.id = (await call('StartTransaction', { connectorId: 1, idTag: who, meterStart: 1000, timestamp: now() })).transactionId
  else await event('Started', reason, 1000, 0, { idToken: { idToken: who, type: 'Central' } }, remoteStartId === undefined ? {} : { remoteStartId })
  return running
}

const meter = (wh, w) => old ? call('MeterValues', { connectorId: 1, transactionId: running.id, meterValue: sample(wh, w) }) : event('Updated', 'MeterValuePeriodic', wh, w)

async function stop(reason, trigger, wh = Math.round(running.wh)) {
  const ended = running
  if (old) await call('StopTransaction', { transactionId: ended.id, meterStop: wh, timestamp: now(), idTag: ended.token, reason })
  else await event('Ended', trigger, wh, 0, {}, { stoppedReason: reason })
  running = null
}

function stopped({ transactionId }) {
  if (running?.id !== transactionId) return { status: 'Rejected' }
  later(() => stop('Remote', 'RemoteStop'))
  return { status: 'Accepted' }
}

const numbered = id => (id === undefined ? {} : { requestId: id })

async function bring(url, requestId) {
  const action = old ? 'DiagnosticsStatusNotification' : 'LogStatusNotification'
  await call(action, { status: 'Uploading', ...numbered(requestId) })
  const status = await upload(url, `log of ${identity}`)
  print({ kind: 'uploaded', status })
  await call(action, { status: status < 300 ? 'Uploaded' : old ? 'UploadFailed' : 'UploadFailure', ...numbered(requestId) })
}

async function install(url, requestId) {
  const told = status => call('FirmwareStatusNotification', { status, ...numbered(requestId) })
  await told('Downloading')
  const text = await (await fetch(url)).text()
  print({ kind: 'firmware', text })
  for (const status of ['Downloaded', 'Installing', 'Installed']) await told(status)
}

const status = state => old
  ? { connectorId: 1, errorCode: 'NoError', status: state === 'Occupied' ? 'Charging' : state, timestamp: now() }
  : { evseId: 1, connectorId: 1, connectorStatus: state, timestamp: now() }

/** One whole stay: 3 kWh by the registers. */
async function stay() {
  await call('StatusNotification', status('Occupied'))
  await call('Authorize', old ? { idTag: token } : { idToken: { idToken: token, type: 'Central' } })
  await start(token)
  await meter(1500, power())
  await until(() => known.profiles > 0, 'a charging profile')
  print({ kind: 'power', w: power(), limit: known.limit })
  await meter(3500, power())
  await stop(old ? 'Local' : 'EVDisconnected', 'EVDeparted', 4000)
  await call('StatusNotification', status('Available'))
}

const commands = {
  charge: who => start(who),
  end: () => stop('Local', 'StopAuthorized'),
  authorize: who => call('Authorize', old ? { idTag: who } : { idToken: { idToken: who, type: 'Central' } }),
  transfer: () => call('DataTransfer', { vendorId: 'Foreign', messageId: 'Hello', data: 'x' }),
  security: () => call('SecurityEventNotification', { type: 'TamperDetectionActivated', timestamp: now() }),
}

/** Does what lines on standard input say, and meters while a transaction runs, until it is told to quit. */
async function live() {
  let leaving = false
  const metering = (async () => {
    for (; !leaving; await sleep(500)) if (running) await meter(Math.round(running.wh += power() / 7200), power()).catch(() => running)
  })()
  for await (const line of createInterface({ input: process.stdin })) {
    const [verb, argument] = line.trim().split(' ')
    if (verb === 'quit') break
    await commands[verb](argument).catch(error => print({ kind: 'error', command: verb, code: error.rpcErrorCode ?? String(error) }))
    print({ kind: 'ready', command: line.trim() })
  }
  leaving = true
  await metering
}

await client.connect()
const boot = old ? { chargePointVendor: 'Foreign', chargePointModel: 'RPC' } : { reason: 'PowerUp', chargingStation: { vendorName: 'Foreign', model: 'RPC' } }
for (let i = 0; (await call('BootNotification', boot)).status !== 'Accepted'; i++) {
  if (i === 0) await call('StatusNotification', status('Available'))
  if (i > 120) throw new Error('never accepted')
  await sleep(500)
}
await call('Heartbeat', {})
print({ kind: 'booted' })
await (token ? stay() : live())
print({ kind: 'done', profiles: known.profiles })
await client.close()
process.exit() // an open standard input would keep it alive
