// One answer of the API on a page: loads, refreshes, keeps the last data when the server is away.
import { untrack } from 'svelte'
import { ApiError } from './api.ts'

export class Resource<T> {
  data = $state.raw<T | null>(null)
  error = $state.raw<ApiError | null>(null)
  /** Wall-clock milliseconds of the last good answer; 0 = none yet. */
  loadedAt = $state(0)
  #load: () => Promise<T>
  #busy = false
  #asked = 0

  constructor(load: () => Promise<T>) { this.#load = load }

  get loading(): boolean { return this.data === null && this.error === null }

  refresh = async (): Promise<void> => {
    if (this.#busy) return
    await this.#ask()
  }

  /** The question has changed: asks at once, and an answer to the old one is dropped. */
  restart = (): Promise<void> => this.#ask()

  async #ask(): Promise<void> {
    const mine = ++this.#asked
    this.#busy = true
    try {
      const data = await this.#load()
      if (mine !== this.#asked) return
      this.data = data
      this.error = null
      this.loadedAt = Date.now()
    } catch (failure) {
      if (mine === this.#asked) this.error = failure instanceof ApiError ? failure : new ApiError(-1, 'console', String(failure), '', null)
    } finally {
      if (mine === this.#asked) this.#busy = false
    }
  }

  /** Newer data that arrived on the stream. */
  put(data: T): void {
    this.data = data
    this.error = null
    this.loadedAt = Date.now()
  }
}

/** A resource that lives as long as the component: read at once and then every `everySeconds` while the page is visible. */
export function resource<T>(load: () => Promise<T>, everySeconds: number): Resource<T> {
  const made = new Resource(load)
  $effect(() => {
    untrack(() => void made.refresh())
    const timer = setInterval(() => { if (!document.hidden) void made.refresh() }, everySeconds * 1000)
    const seen = (): void => { if (!document.hidden) void made.refresh() }
    document.addEventListener('visibilitychange', seen)
    addEventListener('penstock:reconnected', seen)
    return () => {
      clearInterval(timer)
      document.removeEventListener('visibilitychange', seen)
      removeEventListener('penstock:reconnected', seen)
    }
  })
  return made
}
