// The live side: server-sent events, the platform's clock (it may run faster than ours), the offline state, notices.
import { get } from './api.ts'
import { i18n } from './i18n.svelte.ts'
import type { GridEvent, Info, Overview, SiteSummary } from './types.ts'

export interface Notice { id: number; severity: 'alarm' | 'warning' | 'info'; code: string; params: Record<string, string>; link: string | null }

const retrySeconds = [1, 2, 5, 10, 20]
const noticeLimit = 3
const noticeMs = 12_000
/** The stream is silent for no longer than this: the server sends its clock or a comment more often. */
const silenceMs = 20_000

class Live {
  info = $state.raw<Info | null>(null)
  /** The platform's time in milliseconds, advanced once a second. */
  now = $state(Date.now())
  speed = $state(1)
  connected = $state(false)
  /** When the connection was lost, wall clock; null while it holds. */
  lostAt = $state<number | null>(null)
  overview = $state.raw<Overview | null>(null)
  sites = $state.raw<Record<string, SiteSummary>>({})
  events = $state.raw<Record<string, GridEvent>>({})
  waiting = $state<number | null>(null)
  notices = $state.raw<Notice[]>([])

  #source: EventSource | null = null
  #failures = 0
  #heard = 0
  #base = { platform: Date.now(), wall: performance.now() }
  #nextNotice = 1

  get zone(): string { return this.info?.timeZone ?? 'UTC' }
  get offline(): boolean { return this.lostAt !== null }

  async start(): Promise<void> {
    setInterval(() => this.#tick(), 1000)
    addEventListener('offline', () => this.#lost())
    addEventListener('online', () => this.#connect())
    await this.readInfo()
    this.#connect()
  }

  async readInfo(): Promise<void> {
    try {
      this.info = await get<Info>('/info')
      i18n.zone = this.info.timeZone
      this.#setClock(this.info.now, this.info.clockSpeed)
    } catch { this.#lost() }
  }

  dismiss(id: number): void { this.notices = this.notices.filter(n => n.id !== id) }

  /** A sentence for the corner of the page: an answer to something the operator did. */
  say(code: string, params: Record<string, string> = {}, severity: Notice['severity'] = 'info', link: string | null = null): void {
    this.#notice({ severity, code, params, link })
  }

  #connect(): void {
    this.#source?.close()
    const source = new EventSource('/api/v1/stream')
    this.#source = source
    source.onopen = () => this.#opened()
    source.onerror = () => {
      this.#lost()
      if (source.readyState !== EventSource.CLOSED) return
      const wait = retrySeconds[Math.min(this.#failures++, retrySeconds.length - 1)]!
      setTimeout(() => { if (this.#source === source) this.#connect() }, wait * 1000)
    }
    const on = <T>(name: string, take: (data: T) => void): void =>
      source.addEventListener(name, event => {
        this.#heard = Date.now()
        take(JSON.parse((event as MessageEvent<string>).data) as T)
      })
    on<Overview>('overview', data => { this.overview = data })
    on<SiteSummary>('site', data => { this.sites = { ...this.sites, [data.siteId]: data } })
    on<GridEvent>('event', data => { this.events = { ...this.events, [data.eventId]: data } })
    on<{ now: string; clockSpeed: number }>('clock', data => this.#setClock(data.now, data.clockSpeed))
    on<{ count: number }>('waiting', data => { this.waiting = data.count })
    on<Omit<Notice, 'id'>>('notice', data => this.#notice(data))
  }

  #opened(): void {
    const again = this.lostAt !== null
    this.#failures = 0
    this.#heard = Date.now()
    this.connected = true
    this.lostAt = null
    if (!again) return
    void this.readInfo()
    dispatchEvent(new Event('penstock:reconnected'))
  }

  #lost(): void {
    this.connected = false
    this.lostAt ??= Date.now()
  }

  #notice(notice: Omit<Notice, 'id'>): void {
    const made = { ...notice, id: this.#nextNotice++ }
    const others = this.notices.filter(n => !(n.code === made.code && n.link === made.link))
    this.notices = [...others, made].slice(-noticeLimit)
    if (made.severity !== 'alarm') setTimeout(() => this.dismiss(made.id), noticeMs)
  }

  #setClock(now: string, speed: number): void {
    this.#base = { platform: Date.parse(now), wall: performance.now() }
    this.speed = speed
    this.now = this.#base.platform
  }

  #tick(): void {
    if (this.offline) return                      // a clock that nobody confirms must not run on
    this.now = this.#base.platform + (performance.now() - this.#base.wall) * this.speed
    if (this.connected && Date.now() - this.#heard > silenceMs) { this.#heard = Date.now(); this.#lost(); this.#connect() }
  }
}

export const live = new Live()

/** How long ago, in seconds of the operator's own clock: the platform's clock may run faster. */
export function ageSeconds(at: string | null): number | null {
  return at === null ? null : Math.max(0, (live.now - Date.parse(at)) / 1000 / Math.max(live.speed, 0.01))
}

/** A value is stale after three of its intervals. */
export function isStale(ageInSeconds: number | null, intervalSeconds = 10): boolean {
  return ageInSeconds === null || ageInSeconds > 3 * intervalSeconds
}
