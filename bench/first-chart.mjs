// Time from starting the built program to the first painted chart in a real browser, five times. The browser itself is started before.
// node bench/first-chart.mjs
import { spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { openBrowser } from '../console/e2e/demo.mjs'

const program = new URL('../artifacts/bin/Penstock.Cli/release/penstock', import.meta.url).pathname
const port = await new Promise(done => { const s = createServer().listen(0, () => { const p = s.address().port; s.close(() => done(p)) }) })
const browser = await openBrowser()
const seconds = []
for (let run = 0; run < 5; run++) {
  const page = await browser.newPage()
  const start = performance.now()
  const demo = spawn(program, ['demo', '--port', String(port), '--seed', '7'], { stdio: 'ignore' })
  for (;;) {
    try { await fetch(`http://127.0.0.1:${port}/healthz`); break } catch { await new Promise(r => setTimeout(r, 20)) }
  }
  await page.goto(`http://127.0.0.1:${port}/`, { waitUntil: 'commit' })
  await page.locator('[data-test=chart-load] canvas').waitFor()
  await page.evaluate(() => new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r))))
  seconds.push((performance.now() - start) / 1000)
  await page.close()
  demo.kill('SIGKILL')
  await new Promise(r => demo.on('exit', r))
}
await browser.close()
console.log(`start to first painted chart, s: ${seconds.map(s => s.toFixed(2)).join(' ')}`)
