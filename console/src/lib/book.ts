// What the station's book holds, topic by topic: each column is a label and where in the body its value stands.
export interface FactColumn { label: string; paths: string[] }

const columns = (...all: [string, ...string[]][]): FactColumn[] => all.map(([label, ...paths]) => ({ label, paths }))

export const topics = {
  monitor: columns(['component', 'component.name'], ['variable', 'variable.name'], ['kind', 'monitor.type', 'type'], ['value', 'monitor.value', 'value'], ['severity', 'monitor.severity', 'severity']),
  eventStream: columns(['state', 'state'], ['variable', 'stream.variableMonitoringId'], ['interval', 'stream.params.interval'], ['value', 'values']),
  event: columns(['kind', 'trigger'], ['component', 'component.name'], ['variable', 'variable.name'], ['value', 'actualValue'], ['time', 'timestamp']),
  certificate: columns(['use', 'certificateType', 'use'], ['hash', 'certificateHashData.hashAlgorithm'], ['issuer', 'certificateHashData.issuerNameHash']),
  securityEvent: columns(['kind', 'type'], ['time', 'timestamp'], ['detail', 'techInfo']),
  unmatchedStop: columns(['token', 'idTag'], ['meterStop', 'meterStop'], ['reason', 'reason'], ['time', 'timestamp']),
  chargingProfile: columns(['evse', 'evseId'], ['purpose', 'profile.chargingProfilePurpose'], ['level', 'profile.stackLevel'], ['kind', 'profile.chargingProfileKind'], ['source', 'source']),
  tariff: columns(['evse', 'evseId'], ['currency', 'tariff.currency'], ['transaction', 'transactionId']),
  localList: columns(['state', 'idTokenInfo.status', 'idTagInfo.status'], ['kind', 'idToken.type'], ['until', 'idTokenInfo.cacheExpiryDateTime', 'idTagInfo.expiryDate']),
  displayMessage: columns(['state', 'state'], ['priority', 'priority'], ['detail', 'message.content'], ['until', 'endDateTime']),
  availability: columns(['evse', 'evse.id', 'connectorId'], ['state', 'operationalStatus', 'type']),
} satisfies Record<string, FactColumn[]>

export type TopicName = keyof typeof topics

/** The first of the paths that leads to something, as text. */
export function pick(body: unknown, paths: readonly string[]): string {
  for (const path of paths) {
    const found = path.split('.').reduce<unknown>((from, part) => (from as Record<string, unknown> | null | undefined)?.[part], body)
    if (found !== undefined && found !== null) return typeof found === 'object' ? JSON.stringify(found) : String(found)
  }
  return ''
}
