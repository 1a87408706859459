// The shapes of /api/v1. Power: positive = from the grid into the vehicle or site, negative = to the grid (kW).
// Times are RFC 3339 in UTC. Money amounts are decimal strings. null = unknown.

export interface Money { amount: string; currency: string }

/** A regular series: values[i] holds from start + i * resolutionSeconds; null = gap. */
export interface Series { start: string; resolutionSeconds: number; unit: string; values: (number | null)[] }

export interface Page<T> { items: T[]; next: string | null }

/** GET /api/v1/info */
export interface Info {
  name: string; version: string; simulated: boolean; scenario: string | null; seed: number | null;
  now: string; clockSpeed: number; timeZone: string; currency: string; ocppUrl: string;
}

/** GET /api/v1/overview */
export interface Overview {
  asOf: string;
  powerToGridKw: number; powerFromGridKw: number; powerNetKw: number;
  flexibility: { downKw: number; upKw: number; downFor1hKw: number };   // down = could still give to the grid, up = could still take
  stations: { online: number; total: number }; vehiclesConnected: number;
  guarantees: { kept: number; atRisk: number; broken: number };
  today: { energyImportedKwh: number; energyExportedKwh: number; ownersNet: Money; statements: number };
  needsYou: { severity: 'alarm' | 'warning' | 'info'; code: string; params: Record<string, string>; link: string }[];
  bindingLimits: { source: LimitSource; share: number }[];              // what limits the setpoints now, shares sum to 1
}

/** GET /api/v1/overview/load — the current local day in the portfolio's zone */
export interface OverviewLoad {
  now: string; withV2g: Series; withoutV2g: Series; planned: Series;    // kW; withoutV2g = the same cars charged uncontrolled
  priceBands: PriceBand[]; peakCutKw: number | null;
}
export type BandName = 'valley' | 'flat' | 'peak' | 'sharp' | 'deepValley';
export interface PriceBand { start: string; end: string; band: BandName; buyPerKwh: string; sellPerKwh: string; currency: string }

export type LimitSource =
  | 'owner' | 'vehicle' | 'cable' | 'pile' | 'cabinet' | 'transformer' | 'pointOfConnection' | 'gridEvent' | 'tariff' | 'plan' | 'capability' | 'external' | 'der';

/** GET /api/v1/sites -> Page<SiteSummary>; GET /api/v1/sites/{siteId} -> Site */
export interface SiteSummary {
  siteId: string; name: string; latitude: number | null; longitude: number | null; stationsOnline: number; stationsTotal: number;
  evsesTotal: number; vehiclesConnected: number; powerKw: number; importMaxKw: number; exportMaxKw: number; asOf: string;
}
export interface LimitNode {
  nodeId: string; parentId: string | null; source: LimitSource; name: string; importMaxKw: number; exportMaxKw: number;
  powerKw: number | null; binding: boolean;
}
export interface Site extends SiteSummary {
  timeZone: string; buildingLoadKw: number | null; limits: LimitNode[]; evses: Evse[]; activeEventId: string | null; planId: string | null;
}
export type ConnectorStatus = 'Available' | 'Occupied' | 'Reserved' | 'Unavailable' | 'Faulted';
export interface LimitEntry { source: LimitSource; importMaxKw: number; exportMaxKw: number; binding: boolean; name: string }
export interface Evse {
  evseId: string; stationId: string; status: ConnectorStatus; vehicleId: string | null; sessionId: string | null;
  powerKw: number | null; setpointKw: number | null; socPercent: number | null; ageSeconds: number | null;
  following: boolean; bindingSource: LimitSource | null;
  refusedDischarge: string[] | null;                      // conditions of discharge that do not hold; null = no session
  operationMode: string | null; chargeNow: boolean;
  externalLimits: { source: string; stationWide: boolean; gridCritical: boolean; chargeKw: number | null; dischargeKw: number | null; until: string | null }[];
  deviation: { deviation: string; since: string; tried: { remedy: string; at: string }[] } | null;
  dischargedKwh: number | null; dischargeLeftKwh: number | null; // given in this session; what the vehicle still gives by its own word
  vehiclePlan: { start: string; steps: { offsetSeconds: number; powerKw: number | null }[]; powerKw: number | null } | null;
}
/** GET /api/v1/sites/{siteId}/series — today */
export interface SiteSeries { power: Series; planned: Series; importMaxKw: number; exportMaxKw: number }

/** GET /api/v1/stations -> Page<Station>; /stations/{id}; /stations/{id}/messages -> Page<WireMessage> */
export interface Station {
  stationId: string; siteId: string | null; protocol: '1.6' | '2.0.1' | '2.1' | null; online: boolean; vendor: string | null; model: string | null;
  firmwareVersion: string | null; serialNumber: string | null; lastSeen: string | null; clockSkewSeconds: number | null; evses: Evse[];
  discharge: { supported: boolean; by: 'centralSetpoint' | 'negativeLimit' | 'dataTransfer' | 'none'; reason: string | null };
}
/** type: 2 CALL, 3 CALLRESULT, 4 CALLERROR, 5 CALLRESULTERROR, 6 SEND, 0 no OCPP-J frame; pair: sequence of the call's answer, or of the answered call. */
export interface WireMessage { sequence: number; at: string; direction: 'in' | 'out'; type: number; frame: string; action: string | null; messageId: string | null; pair: number | null; answerMilliseconds: number | null }
/** GET /api/v1/stations/{id}/actions -> Page<Action> */
export interface Action { action: string; template: unknown }
/** POST /api/v1/stations/{id}/calls {action, payload} -> Command; GET /stations/{id}/commands, /commands?bulkId= -> Page<Command>; POST /commands, /commands/{bulkId}/retry -> Bulk */
export type CommandState = 'queued' | 'sent' | 'accepted' | 'effective' | 'rejected' | 'failed' | 'noEffect'
export interface Command {
  commandId: string; stationId: string; action: string; payload: unknown; bulkId: string | null; state: CommandState; queuedAt: string; sentAt: string | null; answeredAt: string | null; effectAt: string | null;
  expectsEffect: boolean; answer: unknown; errorCode: string | null; errorText: string | null;
}
/** GET /api/v1/bulks -> Page<Bulk>, /bulks/{id}; POST /commands {stationIds, action, payload, firstStations?, firstPercent?, failuresMax?}; POST /commands/{bulkId}/continue, /stop */
export interface Bulk {
  bulkId: string; beganAt: string; action: string; stations: number; firstStations: number | null; failuresMax: number | null;
  state: 'running' | 'waiting' | 'stopped' | 'done'; left: number; stopReason: 'failures' | 'operator' | 'restarted' | null;
}
/** GET /api/v1/certificates/platform (role, warning), /certificates (stationId, state, expiresSoon) -> Page<Certificate> */
export interface Certificate {
  subject: string; serialNumber: string; notAfter: string; daysLeft: number; role?: 'server' | 'serverChain' | 'stationAuthority' | 'trustedAuthority'; warning?: 'soon' | 'urgent' | 'expired' | null;
  stationId?: string; state?: string; expiresSoon?: boolean;
}
/** GET /api/v1/stations/{id}/security */
export interface StationSecurity {
  stationId: string; securityProfile: number | null; awaitedProfile: number | null; hasPassword: boolean; cameWithProfile: number | null; lastSeen: string | null; remoteAddress: string | null;
  certificates: Certificate[]; events: { at: string; type: string; source: string; detail: string | null }[];
}
/** GET /api/v1/stations/{id}/book/{topic} -> Page<Fact> */
export interface Fact { key: string; at: string; body: unknown }
/** GET /api/v1/stations/{id}/reservations -> Page<Reservation> */
export interface Reservation { reservationId: string; evseId: string | null; token: string | null; expiresAt: string | null; status: string; at: string }
/** GET /api/v1/stations/{id}/capability; counts: the most trusted fact of its name */
export interface CapabilityFact { name: string; evse: number | null; value: string; source: 'quirk' | 'protocol' | 'deviceModel' | 'needs' | 'probe' | 'operator'; at: string; detail: string | null; counts: boolean }
export interface StationCapability {
  stationId: string; quirk: string | null; facts: CapabilityFact[]; probes: { evseId: string; askedW: number; startedAt: string; verdict: string; said: string | null; measuredW: number | null }[];
  clockSkewSeconds: number | null; clockSkewKnown: boolean; clockCorrectedSeconds: number
}
/** GET /api/v1/firmware -> Page<StoredFile>; PUT, DELETE /api/v1/firmware/{name} */
export interface StoredFile { name: string; bytes: number; sha256: string; at: string }
/** GET /api/v1/tokens -> Page<Token>; PUT, DELETE /api/v1/tokens/{token} */
export interface Token { token: string; status: 'accepted' | 'blocked' | 'expired' | 'unknown'; blocked: boolean; expiresAt: string | null; groupId: string | null; note: string | null }

/** GET /api/v1/waiting-stations -> Page<WaitingStation>; POST /api/v1/waiting-stations/{id}/accept {siteName?, siteId?} -> Site */
export interface WaitingStation {
  stationId: string; firstSeen: string; lastSeen: string; protocol: string; vendor: string | null; model: string | null; firmwareVersion: string | null;
  serialNumber: string | null; evsesReported: { evse: number; connectors: number; status: ConnectorStatus | null }[]; messages: number; remoteAddress: string | null;
}

/** GET /api/v1/vehicles -> Page<VehicleSummary>; GET /api/v1/vehicles/{id} -> VehicleDetail; PATCH terms: PUT /api/v1/vehicles/{id}/terms OwnerTerms */
export interface OwnerTerms { floorPercent: number; targetPercent: number; departure: string | null; dischargeAllowed: boolean }
export interface VehicleSummary {
  vehicleId: string; ownerId: string; model: string | null; batteryKwh: number; connectedEvseId: string | null; siteId: string | null; socPercent: number | null;
  powerKw: number | null; terms: OwnerTerms; state: VehicleState; ageSeconds: number | null;
}
export type VehicleState = 'away' | 'waiting' | 'charging' | 'giving' | 'paused' | 'noLink';
export interface VehicleDetail extends VehicleSummary { chargeMaxKw: number; dischargeMaxKw: number; sessionId: string | null; explanation: Explanation | null }
/** "Why is it doing that?" */
export interface Explanation {
  at: string; planId: string | null; setpointKw: number | null; powerKw: number | null;
  code: string; params: Record<string, string>;          // one line, translated by the console: explain.<code>
  limits: LimitEntry[];                                   // one bar per limiting source, the binding one marked
  refusedDischarge: string[];                             // which of capability, contract, stateOfCharge, gridPermission, version did not hold
  plan: { power: Series; soc: Series; thresholds: { chargeUpToPercent: (number | null)[]; dischargeDownToPercent: (number | null)[] } } | null;
  history: { power: Series; soc: Series };
  floorPercent: number; targetPercent: number; departure: string | null; readyAt: string | null; marginMinutes: number | null;
  relaxed: { what: string; by: number; unit: string }[];
}

/** GET /api/v1/sessions?siteId&vehicleId&status=open|closed -> Page<Session>; GET /api/v1/sessions/{id} */
export interface Session {
  sessionId: string; transactionId: string; stationId: string; evseId: string; siteId: string; vehicleId: string | null; start: string; end: string | null;
  energyImportedKwh: number; energyExportedKwh: number; socStartPercent: number | null; socEndPercent: number | null;
  guarantee: 'kept' | 'atRisk' | 'broken' | 'relaxed'; statementId: string | null; status: 'open' | 'closed' | 'settled' | 'waitingForMeter'; waitingFor: string | null;
}

/** GET /api/v1/events -> Page<GridEvent>; GET /api/v1/events/{id} -> GridEventDetail; POST /api/v1/events CreateEvent (Idempotency-Key); POST /api/v1/events/{id}/abort {reason} */
export type EventState = 'armed' | 'running' | 'measured' | 'aborted' | 'refused';
export interface GridEvent {
  eventId: string; name: string; source: string; scope: { kind: 'portfolio' | 'site'; siteId: string | null }; targetKw: number; bandPercent: [number, number];
  start: string; end: string; state: EventState; subsidyPerKwh: string; currency: string; notifiedAt: string;
  deliveredKw: number | null; deliveredKwh: number; orderedKwh: number; complianceRatio: number | null; meanTrackingErrorRatio: number | null;
}
export interface GridEventDetail extends GridEvent {
  baseline: Series; target: Series; delivered: Series;   // kW over [start - 1 h, end + 30 min]; baseline = the frozen plan without the event
  participants: { vehicles: number; giving: number; atFloor: number; unreachable: number; optedOut: number; reserveKw: number };
  bySite: { siteId: string; name: string; askedKw: number; givingKw: number; vehicles: number; why: string | null }[];
  log: { at: string; code: string; params: Record<string, string> }[];
}
export interface CreateEvent { name: string; siteId: string | null; targetKw: number; start: string; end: string; bandPercent?: [number, number]; subsidyPerKwh: string }

/** GET /api/v1/plans?siteId -> Page<Plan>; /plans/{id}; /plans/current?siteId (no site: the portfolio, siteId null). Amounts are the planner's, not settled money. */
export interface PlanCosts { energy: number; wear: number; shortfall: number; leftover: number; orders: number; limits: number; subsidies: number }
export interface Plan {
  planId: string | null; siteId: string | null; madeAt: string; trigger: string; vehicles: number; cost: number; lowerBound: number; gap: number; iterations: number; currency: string;
  aggregate: Series; binding: { siteId: string | null; nodeId: string; name: string; source: LimitSource; step: number; shadowPricePerKwh: number }[];
  relaxed: { vehicleId: string | null; siteId: string | null; what: string; by: number; unit: string }[];
  price: Series | null; costs: PlanCosts | null; solveSeconds: number | null; bands: PriceBand[] | null;
}
/** POST /api/v1/plans/what-if { siteId, a, b } -> WhatIfAnswer */
export interface WhatIfQuestion { subsidyPerKwh: number; subsidyStart?: string; subsidyEnd?: string; priceSpread: number; participation: number; connectionLimit: number }
export interface WhatIfAnswer { a: Plan; b: Plan }

/** GET /api/v1/flexibility?siteId -> Flexibility. Magnitudes in kW against the plan; discharge = less import or more export. Only vehicles that are plugged in count. */
export interface Capability {
  hours: number; discharge: number | null; dischargeP50: number | null; dischargeP90: number | null; charge: number | null; chargeP50: number | null; chargeP90: number | null; block: number | null; blockP90: number | null;
}
export interface Flexibility {
  siteId: string | null; asOf: string; vehicles: number; draws: number; now: Capability[];
  ahead: { hours: number; dischargeP50: Series; dischargeP90: Series; chargeP50: Series; chargeP90: Series }[];
  envelope: { earliest: Series; latest: Series; planned: Series } | null;
}
/** POST /api/v1/flexibility/offer { siteId, start, end, points? } -> Offer */
export interface Offer { siteId: string | null; start: string; end: string; currency: string; points: { pricePerKwh: number; meanKw: number; guaranteedKw: number; extraCost: number; gap: number }[] }

/** GET /api/v1/statements?vehicleId&ownerId -> Page<StatementSummary>; GET /api/v1/statements/{id} -> Statement */
export interface StatementSummary { statementId: string; ownerId: string; vehicleId: string; sessionId: string; start: string; end: string; total: Money; energyImportedKwh: number; energyExportedKwh: number; issuedAt: string }
export type StatementLineKind = 'tariffCost' | 'exportCredit' | 'eventSubsidy' | 'serviceFee' | 'aggregatorShare' | 'wearInformation';
export interface StatementLine {
  kind: StatementLineKind; band: BandName | null; eventId: string | null; quantityKwh: string; pricePerKwh: string; amount: Money; rule: string; evidence: string; informational: boolean;
}
export interface Statement extends StatementSummary {
  timeZone: string; lines: StatementLine[]; registers: { importStartKwh: string; importEndKwh: string; exportStartKwh: string; exportEndKwh: string };
  estimatedIntervals: number; intervals: number; postings: { account: string; debit: string; credit: string }[]; tariffVersion: string; simulated: boolean;
}

/** GET /api/v1/stream — server-sent events; every event: data = JSON. Names and data:
 *  overview (Overview, at most once a second) | site (SiteSummary) | event (GridEvent) | clock ({now, clockSpeed}) | waiting ({count}) | notice ({severity, code, params, link}) */

/** Errors: application/problem+json */
export interface Problem { type: string; title: string; status: number; detail: string; code: string; traceId: string; errors?: { pointer: string; code: string; message: string }[] }
