import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openBrowser, startDemo } from './demo.mjs'

let demo, browser
const faults = []

before(async () => {
  demo = await startDemo()
  browser = await openBrowser()
}, { timeout: 120_000 })

after(async () => {
  await browser?.close()
  demo?.stop()
})

async function open(path, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'en', ...options })
  const page = await context.newPage()
  page.on('pageerror', fault => faults.push(`${path}: ${fault.message}`))
  page.on('console', message => { if (message.type() === 'error') faults.push(`${path}: ${message.text()}`) })
  page.on('request', request => { if (!request.url().startsWith(demo.url) && !request.url().startsWith('data:')) faults.push(`foreign request ${request.url()}`) })
  await page.goto(demo.url + path)
  return page
}

const api = async (path, init) => (await fetch(demo.url + '/api/v1' + path, init)).json()

test('the overview shows figures, both load lines, the map and the watermark', async () => {
  const page = await open('/')
  await page.locator('[data-test=simulated]').waitFor()
  await page.locator('[data-test=chart-load] canvas').waitFor()
  assert.match(await page.locator('[data-test=power] .value').innerText(), /\d/)
  assert.equal(await page.locator('svg[role=group] circle').count(), 13)
  await page.keyboard.press('t')
  assert.ok(await page.locator('[data-test=chart-load] tbody tr').count() > 50)
})

test('keys lead through the console and every page has a heading', async () => {
  const page = await open('/')
  for (const [key, path] of [['e', '/events'], ['s', '/sites'], ['v', '/vehicles'], ['p', '/plan'], ['f', '/flexibility'], ['m', '/statements'], ['w', '/waiting'], ['o', '/']]) {
    await page.keyboard.press('g')
    await page.keyboard.press(key)
    await page.waitForURL(demo.url + path)
    await page.locator('h1').first().waitFor()
  }
})

test('Chinese and the dark theme change everything and stay after a reload', async () => {
  const page = await open('/')
  await page.locator('[data-test=language]').click()
  await page.getByRole('heading', { name: '总览' }).waitFor()
  await page.locator('[data-test=theme]').click()
  await page.locator('[data-test=theme]').click()
  await page.reload()
  await page.getByRole('heading', { name: '总览' }).waitFor()
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark')
  assert.doesNotMatch(await page.locator('main').innerText(), /\b(vehicles|stations|to the grid)\b/)
})

test('a site shows its limits and leads to a vehicle that says why', async () => {
  const page = await open('/sites/lianhua')
  await page.locator('[data-test=limits]').getByText('Transformer').first().waitFor()
  await page.locator('a.tile[href^="/vehicles/"]').first().click()
  await page.locator('[data-test=why] .why').waitFor()
  assert.match(await page.locator('[data-test=why] .why').innerText(), /\w+ \w+/)
  await page.locator('[data-test=chart-vehicle-soc] canvas').waitFor()
})

test('the plan has its certificate, its parts add up, and a site has prices', async () => {
  const page = await open('/plan')
  await page.locator('[data-test=chart-plan] canvas').waitFor()
  assert.match(await page.locator('[data-test=plan-gap] .value').innerText(), /%/)
  const all = await api('/plans/current')
  const { costs: c } = all
  assert.ok(Math.abs(c.energy + c.wear + c.shortfall - c.leftover + c.orders + c.limits - c.subsidies - all.cost) < 0.01)
  assert.ok(all.lowerBound <= all.cost && all.gap < 0.01, `gap ${all.gap}`)
  await page.locator('[data-test=plan-site]').selectOption('lianhua')
  await page.waitForURL(/site=lianhua/)
  await page.locator('[data-test=chart-plan-prices]').waitFor()
  const one = await api('/plans/current?siteId=lianhua')
  assert.equal(one.price.values.length, 96)
  assert.equal(one.siteId, 'lianhua')
})

test('a what-if answers with two plans side by side and names what cannot be asked', async () => {
  const page = await open('/plan?site=lianhua')
  await page.locator('input[name=participation-b]').fill('0')
  await page.getByRole('button', { name: 'Compare' }).click()
  await page.locator('[data-test=what-if-table]').waitFor({ timeout: 60_000 })
  const given = await page.locator('[data-test=what-if-table] tr', { hasText: 'Discharged, net' }).locator('td').allInnerTexts()
  assert.match(given[2], /^0\.00 kWh$/)
  const asked = await fetch(demo.url + '/api/v1/plans/what-if', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ siteId: 'lianhua', b: { participation: 2, subsidyPerKwh: 1 } }) })
  assert.equal(asked.status, 422)
  assert.deepEqual((await asked.json()).errors.map(e => e.pointer), ['/b/participation', '/b/subsidyStart'])
})

test('the flexibility page shows P50 over P90 for every duration and offers that rise with the price', async () => {
  const page = await open('/flexibility?site=lianhua')
  await page.locator('[data-test=flexibility-bars] tbody tr').first().waitFor()
  assert.equal(await page.locator('[data-test=flexibility-bars] tbody tr').count(), 4)
  await page.locator('[data-test=chart-envelope] canvas').waitFor()
  const one = await api('/flexibility?siteId=lianhua')
  for (const n of one.now) assert.ok(n.dischargeP90 <= n.dischargeP50 && n.chargeP90 <= n.chargeP50, JSON.stringify(n))
  for (const [i, v] of one.envelope.planned.values.entries()) assert.ok(v >= one.envelope.latest.values[i] - 0.5 && v <= one.envelope.earliest.values[i] + 0.5)
  await page.locator('[data-test=offer] summary').click()
  await page.getByRole('button', { name: 'Make offers' }).click()
  await page.locator('[data-test=offer-table] tbody tr').first().waitFor({ timeout: 60_000 })
  const refused = await fetch(demo.url + '/api/v1/flexibility/offer', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ points: 99 }) })
  assert.deepEqual([refused.status, (await refused.json()).errors.map(e => e.pointer)], [422, ['/points', '/start', '/end']])
})

test('a statement adds up to its total', async () => {
  const { items } = await api('/statements')
  const one = items[0]
  const page = await open('/statements/' + encodeURIComponent(one.statementId))
  await page.locator('[data-test=total]').waitFor()
  const cents = one.lines.filter(l => !l.informational).reduce((sum, l) => sum + Math.round(Number(l.amount.amount) * 100), 0)
  assert.equal(cents, Math.round(Number(one.total.amount) * 100))
  assert.equal(one.postings.reduce((sum, p) => sum + Math.round(Number(p.credit) * 100) - Math.round(Number(p.debit) * 100), 0), 0)
})

test('the event is followed within its band', { timeout: 120_000 }, async () => {
  let event
  for (let i = 0; i < 200; i++) {
    event = (await api('/events')).items[0]
    if (event && event.state !== 'armed' && event.deliveredKwh > 100) break
    await new Promise(r => setTimeout(r, 500))
  }
  const page = await open('/events/' + event.eventId)
  await page.locator('[data-test=chart-event] canvas').waitFor()
  assert.match(await page.locator('[data-test=delivered] .value').innerText(), /\d/)
  const detail = await api('/events/' + event.eventId)
  const inside = detail.delivered.values.filter((v, i) => v !== null && detail.target.values[i - 1] !== null && detail.target.values[i] !== null && i > 62)
  assert.ok(inside.length > 2 && inside.every(kw => kw <= -1052 * 0.9 && kw >= -1052 * 1.2), `delivered ${inside}`)
})

test('an order from the form is refused with its reason or armed', async () => {
  const page = await open('/events')
  await page.locator('summary').click()
  await page.locator('input[name=name]').fill('Night test')
  await page.locator('input[name=target]').fill('100')
  await page.getByRole('button', { name: 'Order', exact: true }).click()
  await page.getByRole('heading', { name: /Night test/ }).waitFor()
  await page.getByRole('button', { name: 'Abort' }).click()
  await page.locator('h1 .pill.aborted').waitFor()
})

test('an unknown station waits, is let in, and becomes a site', async () => {
  const station = await open('/')
  await station.evaluate(url => new Promise(resolve => {
    const socket = new WebSocket(url, 'ocpp1.6')
    window.heard = ''
    socket.onmessage = m => { window.heard += m.data }
    socket.onopen = () => {
      socket.send('[2,"1","BootNotification",{"chargePointVendor":"V","chargePointModel":"M"}]')
      socket.send('[2,"2","StatusNotification",{"connectorId":1,"errorCode":"NoError","status":"Available"}]')
      resolve()
    }
  }), demo.url.replace('http', 'ws') + '/ocpp/NEW-1')
  const page = await open('/waiting')
  await page.getByRole('button', { name: 'Let it in' }).click()
  await page.waitForURL(/\/sites\/site-NEW-1/)
  await page.getByText('NEW-1/1').first().waitFor()
  assert.match(await station.evaluate(() => window.heard), /"Pending"/)
})

test('on a telephone nothing is wider than the screen', async () => {
  const page = await open('/', { viewport: { width: 390, height: 844 } })
  await page.locator('[data-test=chart-load] canvas').waitFor()
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth) <= 390)
})

test('no page made a script error or asked a foreign host', () => assert.deepEqual(faults, []))
