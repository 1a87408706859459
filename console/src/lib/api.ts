// Calls to /api/v1. A failure is always an ApiError with a code; status 0 means that the server was not reached.
import type { Page, Problem } from './types.ts'

export class ApiError extends Error {
  constructor(readonly status: number, readonly code: string, readonly detail: string, readonly traceId: string, readonly problem: Problem | null) {
    super(detail)
  }
}

const base = '/api/v1'
const timeoutMs = 15_000
/** A call to a station is answered when the station answers. */
const stationTimeoutMs = 120_000
/** A firmware file may be large and the line slow. */
const uploadTimeoutMs = 30 * 60_000
export const pageLimit = 500
/** A list is read to the end, up to this many rows; the page says when there are more. */
export const rowLimit = 20_000

export async function request<T>(method: string, path: string, body?: unknown, waitMs = timeoutMs): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json' }
  const file = body instanceof Blob
  if (body !== undefined) headers['Content-Type'] = file ? 'application/octet-stream' : 'application/json'
  if (method === 'POST') headers['Idempotency-Key'] = key()
  let response: Response
  try {
    response = await fetch(base + path, {
      method, headers, body: body === undefined ? null : file ? body : JSON.stringify(body), signal: AbortSignal.timeout(waitMs), cache: 'no-store',
    })
  } catch (failure) {
    throw new ApiError(0, 'unreachable', failure instanceof Error ? failure.message : String(failure), '', null)
  }
  if (!response.ok) throw await problem(response)
  if (response.status === 204) return undefined as T
  const text = await response.text()
  return (text ? JSON.parse(text) : undefined) as T
}

export const get = <T>(path: string): Promise<T> => request<T>('GET', path)
export const post = <T>(path: string, body: unknown): Promise<T> => request<T>('POST', path, body)
export const put = <T>(path: string, body: unknown): Promise<T> => request<T>('PUT', path, body)
export const remove = (path: string): Promise<void> => request<void>('DELETE', path)
/** Waits as long as a station may take to answer. */
export const call = <T>(path: string, body: unknown): Promise<T> => request<T>('POST', path, body, stationTimeoutMs)
export const upload = <T>(path: string, file: Blob): Promise<T> => request<T>('PUT', path, file, uploadTimeoutMs)

/** What went wrong, for a person. */
export const told = (failure: unknown): string => failure instanceof ApiError ? failure.problem?.errors?.map(e => `${e.pointer} ${e.message}`.trim()).join(' ') || failure.detail : String(failure)

/** All rows of a list, page after page. */
export async function getAll<T>(path: string): Promise<{ items: T[]; more: boolean }> {
  const items: T[] = []
  let after: string | null = null
  do {
    const sign: string = path.includes('?') ? '&' : '?'
    const page: Page<T> = await get<Page<T>>(`${path}${sign}limit=${pageLimit}${after === null ? '' : `&after=${encodeURIComponent(after)}`}`)
    items.push(...page.items)
    if (page.next === after && after !== null) break
    after = page.next
  } while (after !== null && items.length < rowLimit)
  return { items, more: after !== null }
}

async function problem(response: Response): Promise<ApiError> {
  let body: Problem | null = null
  try { body = await response.json() as Problem } catch { /* a proxy's own error page */ }
  return new ApiError(response.status, body?.code ?? `http.${response.status}`, body?.detail || body?.title || response.statusText, body?.traceId ?? '', body)
}

function key(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, b => b.toString(16).padStart(2, '0')).join('')
}
