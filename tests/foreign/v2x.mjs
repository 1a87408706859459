// A station of OCPP 2.1 on the package ocpp-ws-io (its schemas are strict in both directions): tells what the vehicle needs, follows the setpoint of its dynamic profile in both directions, counts import and export in registers of
// their own, and ends once enough was exported.
// usage: node v2x.mjs ws://host:port/ocpp STATION TOKEN SPEED EXPORT_WH      (SPEED: seconds of the central system's clock per second)
import { OCPPClient } from 'ocpp-ws-io'
import { limitOf, print, sleep, until } from './wire.mjs'

const [endpoint, identity, token, speed, enough] = process.argv.slice(2)
const version = 'ocpp2.1'
const client = new OCPPClient({ endpoint, identity, protocols: [version], strictMode: true, reconnect: false, logging: false })
const clock = { told: Date.now(), at: Date.now() } // the central system's time runs SPEED times faster than ours
const instant = () => new Date(clock.told + (Date.now() - clock.at) * Number(speed)).toISOString()
const car = { setpoint: 0, importWh: 1000, exportWh: 500, soc: 75, since: null, capacityWh: 60000 }
const heard = { profiles: [], updates: 0 }

async function call(action, payload) {
  const response = await client.call(version, action, payload)
  print({ kind: 'response', action, payload: response })
  return response
}

/** Registers and state of charge until now. */
function moved() {
  const at = Date.parse(instant())
  const wh = (car.setpoint * (at - (car.since ?? at))) / 3600000
  car.since = at
  if (wh > 0) car.importWh += wh
  else car.exportWh -= wh
  car.soc += (100 * wh) / car.capacityWh
}

const follow = setpoint => { moved(); car.setpoint = setpoint; return { status: 'Accepted' } }
const answers = {
  SetChargingProfile: ({ chargingProfile: profile }) => {
    heard.profiles.push({ purpose: profile.chargingProfilePurpose, kind: profile.chargingProfileKind, mode: [profile.chargingSchedule].flat()[0].chargingSchedulePeriod[0].operationMode ?? null })
    return profile.chargingProfilePurpose === 'TxProfile' ? follow(limitOf(profile) ?? 0) : { status: 'Accepted' }
  },
  UpdateDynamicSchedule: ({ scheduleUpdate: update }) => { heard.updates++; return follow(update.setpoint ?? update.limit) },
  GetBaseReport: () => ({ status: 'NotSupported' }),
}
client.handle((method, { params }) => {
  print({ kind: 'request', action: method, payload: params })
  if (!answers[method]) throw new Error(`${method} is not here`)
  return answers[method](params)
})

const of = (measurand, value, unit) => ({ measurand, value: Math.round(value * 1000) / 1000, unitOfMeasure: { unit } })
let seqNo = 0
const transactionId = `V2X-${Date.now()}`
function event(eventType, triggerReason, more = {}, info = {}) {
  moved()
  const timestamp = instant()
  return call('TransactionEvent', {
    eventType, triggerReason, timestamp, seqNo: seqNo++, transactionInfo: { transactionId, ...info }, evse: { id: 1, connectorId: 1 }, ...more,
    meterValue: [{
      timestamp,
      sampledValue: [
        of('Energy.Active.Import.Register', car.importWh, 'Wh'), of('Energy.Active.Export.Register', car.exportWh, 'Wh'), of('SoC', car.soc, 'Percent'),
        of('Power.Active.Import', Math.max(0, car.setpoint), 'W'), of('Power.Active.Export', Math.max(0, -car.setpoint), 'W'),
      ],
    }],
  })
}

await client.connect()
for (let i = 0; ; i++) {
  const boot = await call('BootNotification', { reason: 'PowerUp', chargingStation: { vendorName: 'Foreign', model: 'WS-IO' } })
  Object.assign(clock, { told: Date.parse(boot.currentTime), at: Date.now() })
  if (boot.status === 'Accepted') break
  if (i === 0) await call('StatusNotification', { timestamp: instant(), connectorStatus: 'Available', evseId: 1, connectorId: 1 })
  if (i > 120) throw new Error('never accepted')
  await sleep(500)
}
await call('StatusNotification', { timestamp: instant(), connectorStatus: 'Occupied', evseId: 1, connectorId: 1 })
await call('Authorize', { idToken: { idToken: token, type: 'Central' } })
await event('Started', 'Authorized', { idToken: { idToken: token, type: 'Central' } }, { chargingState: 'EVConnected', operationMode: 'Idle' })
await call('NotifyEVChargingNeeds', {
  evseId: 1,
  timestamp: instant(),
  chargingNeeds: {
    requestedEnergyTransfer: 'DC_BPT', controlMode: 'DynamicControl',
    v2xChargingParameters: { minChargePower: 0, maxChargePower: 7000, minDischargePower: 0, maxDischargePower: 7000, evTargetEnergyRequest: 3000, evMinEnergyRequest: -27000, evMaxEnergyRequest: 15000, targetSoC: 80 },
    dcChargingParameters: { evMaxCurrent: 20, evMaxVoltage: 500, evMaxPower: 7000, evEnergyCapacity: car.capacityWh, stateOfCharge: car.soc },
  },
})
print({ kind: 'needs' })
const before = car.exportWh
await until(() => heard.profiles.some(p => p.purpose === 'TxProfile'), 'a profile of the transaction')
while (car.exportWh - before < Number(enough)) {
  if (seqNo > 600) throw new Error(`only ${car.exportWh - before} Wh exported at setpoint ${car.setpoint}`)
  await event('Updated', 'MeterValuePeriodic', {}, { chargingState: 'Charging' })
  await sleep(250)
}
moved()
car.setpoint = 0
await event('Ended', 'EVDeparted', {}, { stoppedReason: 'EVDisconnected' })
print({ kind: 'done', profiles: heard.profiles, updates: heard.updates, importedWh: car.importWh - 1000, exportedWh: car.exportWh - before, transactionId })
await client.close()
process.exit() // an open standard input would keep it alive
