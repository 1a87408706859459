export type Theme = 'auto' | 'light' | 'dark'
const order: Theme[] = ['auto', 'light', 'dark']

function saved(): Theme {
  const value = globalThis.localStorage?.getItem('penstock.theme')
  return value === 'light' || value === 'dark' ? value : 'auto'
}

class Appearance {
  theme = $state<Theme>(saved())
  #systemDark = $state(globalThis.matchMedia?.('(prefers-color-scheme: dark)').matches ?? false)
  dark = $derived(this.theme === 'dark' || (this.theme === 'auto' && this.#systemDark))

  start(): void {
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', change => { this.#systemDark = change.matches })
    this.#apply()
  }

  next(): void { this.set(order[(order.indexOf(this.theme) + 1) % order.length]!) }

  set(theme: Theme): void {
    this.theme = theme
    localStorage.setItem('penstock.theme', theme)
    this.#apply()
  }

  #apply(): void {
    if (this.theme === 'auto') delete document.documentElement.dataset.theme
    else document.documentElement.dataset.theme = this.theme
  }
}

export const appearance = new Appearance()
