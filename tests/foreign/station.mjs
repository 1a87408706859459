// A station on the package ocpp-rpc: boots until it is let in, charges one vehicle, stops. Prints one JSON line for everything that the central system says.
// usage: node station.mjs ws://host:port/ocpp STATION 1.6|2.0.1|2.1 TOKEN
import { RPCClient } from 'ocpp-rpc'

const [endpoint, identity, version, token] = process.argv.slice(2)
const protocol = `ocpp${version}`
const strict = version !== '2.1' // the package's 2.1 schemas do not load
const print = line => console.log(JSON.stringify(line))
const client = new RPCClient({ endpoint, identity, protocols: [protocol], strictMode: strict, reconnect: false })
const sleep = ms => new Promise(r => setTimeout(r, ms))
const now = () => new Date().toISOString()
const profiles = []

async function call(action, payload) {
  const response = await client.call(action, payload)
  print({ kind: 'response', action, payload: response })
  return response
}

const answers = {
  SetChargingProfile: () => ({ status: 'Accepted' }),
  UpdateDynamicSchedule: () => ({ status: 'Accepted' }),
  TriggerMessage: () => ({ status: 'Accepted' }),
}
client.handle(({ method, params }) => {
  print({ kind: 'request', action: method, payload: params })
  if (method === 'SetChargingProfile' || method === 'UpdateDynamicSchedule') profiles.push(params)
  if (!answers[method]) throw Object.assign(new Error('not here'), { rpcErrorCode: 'NotImplemented' })
  return answers[method]()
})

await client.connect()
const old = version === '1.6'
const boot = old ? { chargePointVendor: 'Foreign', chargePointModel: 'RPC' } : { reason: 'PowerUp', chargingStation: { vendorName: 'Foreign', model: 'RPC' } }
const status = state => old
  ? { connectorId: 1, errorCode: 'NoError', status: state === 'Occupied' ? 'Charging' : state, timestamp: now() }
  : { evseId: 1, connectorId: 1, connectorStatus: state, timestamp: now() }
for (let i = 0; (await call('BootNotification', boot)).status !== 'Accepted'; i++) {
  if (i === 0) await call('StatusNotification', status('Available'))
  if (i > 60) throw new Error('never accepted')
  await sleep(500)
}
await call('Heartbeat', {})
await call('StatusNotification', status('Occupied'))
await call('Authorize', old ? { idTag: token } : { idToken: { idToken: token, type: 'Central' } })

const value = (measurand, v, unit) => old ? { measurand, value: String(v), unit } : { measurand, value: v, unitOfMeasure: { unit } }
const sample = wh => [{ timestamp: now(), sampledValue: [value('Energy.Active.Import.Register', wh, 'Wh'), value('Power.Active.Import', 7000, 'W'), value('SoC', 55, 'Percent')] }]
let [transactionId, seqNo] = [`T-${Date.now()}`, 0]
const event = (eventType, triggerReason, wh, more = {}) => call('TransactionEvent', {
  eventType, triggerReason, timestamp: now(), seqNo: seqNo++, transactionInfo: { transactionId }, evse: { id: 1, connectorId: 1 }, meterValue: sample(wh), ...more,
})
if (old) transactionId = (await call('StartTransaction', { connectorId: 1, idTag: token, meterStart: 1000, timestamp: now() })).transactionId
else await event('Started', 'Authorized', 1000, { idToken: { idToken: token, type: 'Central' } })
const meter = wh => old ? call('MeterValues', { connectorId: 1, transactionId, meterValue: sample(wh) }) : event('Updated', 'MeterValuePeriodic', wh)
await meter(1500)
for (let i = 0; profiles.length === 0 && i < 60; i++) await sleep(500)
await meter(3500)
if (old) await call('StopTransaction', { transactionId, meterStop: 4000, timestamp: now(), idTag: token })
else await event('Ended', 'EVDeparted', 4000)
await call('StatusNotification', status('Available'))
print({ kind: 'done', profiles: profiles.length })
await client.close()
