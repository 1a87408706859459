// History routing; the server answers every unknown path outside /api with index.html.
export type PageName =
  | 'overview' | 'events' | 'event' | 'sites' | 'site' | 'stations' | 'station' | 'vehicles' | 'vehicle' | 'tokens'
  | 'certificates' | 'plan' | 'flexibility' | 'statements' | 'statement' | 'waiting' | 'notFound'
export interface Route { page: PageName; id: string }

const lists: Record<string, [PageName, PageName | null]> = {
  events: ['events', 'event'], sites: ['sites', 'site'], stations: ['stations', 'station'], tokens: ['tokens', null], certificates: ['certificates', null], vehicles: ['vehicles', 'vehicle'],
  statements: ['statements', 'statement'], plan: ['plan', null], flexibility: ['flexibility', null], waiting: ['waiting', null],
}

export function match(path: string): Route {
  const [head = '', id = '', ...rest] = path.replace(/^\/+|\/+$/g, '').split('/').map(decodeURIComponent)
  if (head === '' || head === 'index.html') return { page: 'overview', id: '' }
  const found = lists[head]
  if (!found || rest.length > 0) return { page: 'notFound', id: path }
  if (id === '') return { page: found[0], id: '' }
  return found[1] ? { page: found[1], id } : { page: 'notFound', id: path }
}

class Router {
  path = $state(globalThis.location?.pathname ?? '/')
  query = $state(new URLSearchParams(globalThis.location?.search ?? ''))
  route = $derived(match(this.path))

  go(to: string): void {
    if (to === location.pathname + location.search) return
    history.pushState(null, '', to)
    this.read()
    scrollTo(0, 0)
    document.getElementById('main')?.focus({ preventScroll: true })
  }

  /** Filters live in the address: every view can be shared. */
  setQuery(name: string, value: string): void { this.setQueries({ [name]: value }) }

  setQueries(values: Record<string, string>): void {
    const next = new URLSearchParams(location.search)
    for (const [name, value] of Object.entries(values)) {
      if (value) next.set(name, value)
      else next.delete(name)
    }
    const search = next.toString()
    history.replaceState(null, '', location.pathname + (search ? '?' + search : ''))
    this.query = next
  }

  read(): void {
    this.path = location.pathname
    this.query = new URLSearchParams(location.search)
  }
}

export const router = new Router()

/** Own links change the page without a reload. */
export function listen(): void {
  addEventListener('popstate', () => router.read())
  document.addEventListener('click', event => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    const link = (event.target as Element).closest?.('a')
    if (!link || link.target || link.hasAttribute('download') || link.origin !== location.origin) return
    if (/^\/(api|ocpp|healthz|readyz|metrics)\b/.test(link.pathname) || link.getAttribute('href')?.startsWith('#')) return
    event.preventDefault()
    router.go(link.pathname + link.search)
  })
}
