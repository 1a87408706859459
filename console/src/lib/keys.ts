// Keys of the whole console. A chord is `g` and a letter within 1.2 s.
export const places: Record<string, string> = { o: '/', e: '/events', s: '/sites', c: '/stations', k: '/tokens', v: '/vehicles', p: '/plan', f: '/flexibility', w: '/waiting', m: '/statements' }
const chordMs = 1200

export interface Actions { go(path: string): void; search(): void; help(): void; table(): void; escape(): void }

export function keyboard(actions: Actions): (event: KeyboardEvent) => void {
  let chordAt = 0
  return event => {
    if (event.key === 'Escape') return actions.escape()
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return
    const inChord = event.timeStamp - chordAt < chordMs && chordAt > 0
    chordAt = 0
    if (inChord) {
      const path = places[event.key]
      if (path) { event.preventDefault(); actions.go(path) }
      return
    }
    if (event.key === 'g') chordAt = event.timeStamp
    else if (event.key === '/') { event.preventDefault(); actions.search() }
    else if (event.key === '?') { event.preventDefault(); actions.help() }
    else if (event.key === 't') actions.table()
  }
}

function typing(target: EventTarget | null): boolean {
  const element = target as HTMLElement | null
  return !!element?.closest?.('input, textarea, select, [contenteditable], dialog[open]')
}
