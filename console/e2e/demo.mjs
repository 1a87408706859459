// Starts the real demo on a free port and a headless Chromium in front of it.
import { spawn } from 'node:child_process'
import { chromium } from 'playwright-core'

const program = new URL('../../artifacts/bin/Penstock.Cli/release/penstock.dll', import.meta.url).pathname

export async function startDemo() {
  if (process.env.PENSTOCK_URL) return { url: process.env.PENSTOCK_URL.replace(/\/$/, ''), stop: () => {} }
  const demo = spawn('dotnet', [program, 'demo', '--port', '0', '--speed', '120', '--seed', '7'], { stdio: ['ignore', 'ignore', 'pipe'] })
  const url = await new Promise((resolve, reject) => {
    let text = ''
    demo.stderr.on('data', part => {
      text += part
      const found = /console\s+(http:\S+)\//.exec(text)
      if (found) resolve(found[1])
    })
    demo.on('exit', code => reject(new Error(`the demo ended with code ${code}:\n${text}`)))
    setTimeout(() => reject(new Error(`no address within 60 s:\n${text}`)), 60_000).unref()
  })
  return { url, stop: () => demo.kill('SIGKILL') }
}

export function openBrowser() {
  return chromium.launch({
    executablePath: process.env.PENSTOCK_CHROMIUM || '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  })
}
