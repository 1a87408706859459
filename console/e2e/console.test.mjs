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
  for (const [key, path] of [['e', '/events'], ['s', '/sites'], ['c', '/stations'], ['k', '/tokens'], ['v', '/vehicles'], ['p', '/plan'], ['f', '/flexibility'], ['m', '/statements'], ['w', '/waiting'], ['o', '/']]) {
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

/** A station of OCPP 1.6 in a page of its own: answers every call as told, and says what it is told to say. */
async function station(id) {
  const page = await open('/')
  await page.evaluate(url => new Promise(resolve => {
    window.answers = {}
    window.socket = new WebSocket(url, 'ocpp1.6')
    window.socket.onmessage = m => {
      const [type, id, action] = JSON.parse(m.data)
      if (type === 2) window.socket.send(JSON.stringify([3, id, window.answers[action] ?? { status: 'Accepted' }]))
      else window.told?.(id)
    }
    window.tell = (id, action, payload) => new Promise(done => { window.told = told => told === id && done(); window.socket.send(JSON.stringify([2, id, action, payload])) })
    window.socket.onopen = () => window.tell('boot', 'BootNotification', { chargePointVendor: 'V', chargePointModel: 'M' }).then(resolve)
  }), demo.url.replace('http', 'ws') + '/ocpp/' + id)
  return page
}

test('the message log pairs a call with its answer, filters, and hides secrets until asked', async () => {
  const talks = await station('LOG-1')
  await talks.evaluate(() => window.tell('a1', 'Authorize', { idTag: 'SECRET-1' }))
  await talks.evaluate(() => window.tell('n1', 'Nonsense', {}))
  const page = await open('/stations/LOG-1?tab=messages')
  const row = page.locator('[data-test=log] tr[data-action=Authorize]')
  await row.waitFor()
  assert.match(await row.innerText(), /"SE\*\*\*"[\s\S]*idTagInfo[\s\S]*\d/)
  for (const action of ['BootNotification', 'Nonsense']) assert.equal(await page.locator(`[data-test=log] tr[data-action=${action}]`).count(), 1)
  await row.locator('button').click()
  assert.equal(await page.locator('[data-test=log] pre').count(), 2)
  await page.locator('input[name=unmasked]').check()
  await page.getByText('"SECRET-1"').first().waitFor()
  await page.locator('input[name=errors]').check()
  await page.waitForURL(/errors=true/)
  await row.waitFor({ state: 'detached' })
  assert.match(await page.locator('[data-test=log] tr[data-action=Nonsense]').innerText(), /NotImplemented/)
  await page.locator('input[name=errors]').uncheck()
  await page.locator('input[name=action]').fill('BootNotification')
  await page.keyboard.press('Tab')
  await page.waitForURL(/action=BootNotification/)
  await row.waitFor({ state: 'detached' })
  assert.equal(await page.locator('[data-test=log] tr[data-action]').count(), 1)
  await page.reload()
  await page.locator('[data-test=log] tr[data-action=BootNotification]').waitFor()
  const kept = await (await fetch(demo.url + await page.getByText('Export (ndjson)').getAttribute('href'))).text()
  assert.deepEqual(kept.trim().split('\n').map(line => JSON.parse(line).action), ['BootNotification', 'BootNotification'])
})

test('a command says what it will do and goes from queued to its effect', async () => {
  const asked = await station('COMMAND-1')
  await asked.evaluate(() => window.socket.addEventListener('message', m => { if (m.data.includes('"TriggerMessage"')) setTimeout(() => window.tell('h1', 'Heartbeat', {}), 300) }))
  const page = await open('/stations/COMMAND-1?tab=commands')
  await page.getByRole('group').getByRole('button', { name: 'TriggerMessage' }).click()
  await page.getByRole('dialog').getByText('Nothing changes.').waitFor()
  await page.locator('dialog[open] [data-test=confirm]').click()
  await page.locator('[data-test=commands] [data-state=effective]').waitFor()
  assert.match(await page.locator('[data-test=commands] tbody tr').first().innerText(), /queued[\s\S]*sent[\s\S]*accepted[\s\S]*effect seen/)
  await page.locator('[data-tab=device]').click()
  await page.waitForURL(/tab=device/)
  await page.locator('[data-test=device]').waitFor()
})

test('the same command to many stations has a result for each, and what failed is given again', async () => {
  const [good, bad] = [await station('BULK-1'), await station('BULK-2')]
  await bad.evaluate(() => { window.answers.ClearCache = { status: 'Rejected' } })
  const page = await open('/stations?q=bulk-')
  await page.locator('[data-test=stations] tbody tr').nth(1).waitFor()
  await page.locator('[data-test=stations] thead input').check()
  await page.locator('[data-test=bulk] button.primary').click()
  await page.locator('select[name=action]').selectOption('ClearCache')
  await page.locator('[data-test=command-form] button.primary').click()
  await page.locator('dialog[open] [data-test=confirm]').click()
  const result = page.locator('[data-test=bulk-results] tbody tr')
  await result.filter({ hasText: 'BULK-1' }).locator('[data-state=accepted]').waitFor()
  await result.filter({ hasText: 'BULK-2' }).locator('[data-state=rejected]').waitFor()
  await bad.evaluate(() => { window.answers = {} })
  await page.locator('[data-test=retry-failed]').click()
  await result.filter({ hasText: 'BULK-2' }).locator('[data-state=accepted]').waitFor()
  assert.equal(await result.count(), 1)
  await good.close()
})

test('a bulk begins with one station, waits until its result was seen, and goes on', async () => {
  for (const id of ['STAGE-1', 'STAGE-2', 'STAGE-3']) await station(id)
  const page = await open('/stations?q=stage-')
  await page.locator('[data-test=stations] tbody tr').nth(2).waitFor()
  await page.locator('[data-test=stations] thead input').check()
  await page.locator('[data-test=bulk] button.primary').click()
  await page.locator('select[name=stage]').selectOption('stations')
  await page.locator('input[name=failures-max]').fill('0')
  await page.locator('select[name=action]').selectOption('ClearCache')
  await page.locator('[data-test=command-form] button.primary').click()
  await page.locator('dialog[open] [data-test=confirm]').click()
  const [card, result] = [page.locator('[data-test=bulk-result]'), page.locator('[data-test=bulk-results] tbody tr')]
  await page.locator('[data-bulk=waiting]').waitFor()
  assert.equal(await result.count(), 1)
  assert.match(await card.innerText(), /first stage over[\s\S]*not asked yet 2/)
  await page.reload()                                              // the bulk stands in the address
  await page.locator('[data-test=continue]').click()
  await page.locator('dialog[open]').getByText('Go on with the other 2').waitFor()
  await page.locator('dialog[open] [data-test=confirm]').click()
  await page.locator('[data-bulk=done]').waitFor()
  assert.equal(await result.count(), 3)
  await page.getByRole('button', { name: 'Close' }).last().click()
  await page.locator('[data-test=bulks] summary').click()
  await page.locator('[data-test=bulks] tbody tr').first().getByText('every station asked').waitFor()
  assert.match(await page.locator('[data-test=bulks] tbody tr').first().innerText(), /ClearCache\s+3\s+0\s+every station asked/)
})

test('a word of an answer finds the call too, and the time narrows the log', async () => {
  const talks = await station('LOG-2')
  await talks.evaluate(() => window.tell('h2', 'Heartbeat', {}))
  const page = await open('/stations/LOG-2?tab=messages&text=currenttime&action=Heartbeat')
  const row = page.locator('[data-test=log] tr[data-action=Heartbeat]')
  await row.waitFor()
  assert.match(await row.innerText(), /from the station[\s\S]*\{\}[\s\S]*currentTime/)
  await page.locator('input[name=to]').fill('2020-01-01T00:00')
  await page.waitForURL(/to=20(19|20)-/)
  await page.getByText('No message fits the filter').waitFor()
})

test('the certificates of the platform say how long they last, and a stop without a session is seen', async () => {
  await fetch(demo.url + '/api/v1/certificates/authority')             // it is made when it is first asked for
  const page = await open('/certificates')
  assert.match(await page.locator('[data-test=platform-certificates] tbody tr').innerText(), /signs stations\s+CN=Penstock station authority[\s\S]*3,6\d\d\s+in order/)
  const stops = await station('STOP-1')
  await stops.evaluate(() => window.tell('s1', 'StopTransaction', { transactionId: -1, idTag: 'LOST', meterStop: 4200, timestamp: '2026-01-01T00:00:00Z', reason: 'PowerLoss' }))
  await page.goto(demo.url + '/stations/STOP-1')
  assert.match(await page.locator('[data-test=facts-unmatchedStop] tbody tr').innerText(), /LOST\s+4200\s+PowerLoss/)
  await page.goto(demo.url + '/stations/STOP-1?tab=certificates')
  await page.locator('[data-test=security]').getByText('no credentials are set').waitFor()
})

test('a token is added, blocked, let expire and deleted', async () => {
  const page = await open('/tokens')
  await page.locator('input[name=token]').fill('CARD-1')
  await page.locator('[data-test=add-token] button').click()
  const row = page.locator('[data-test=tokens] tr[data-id="CARD-1"]')
  await row.locator('[data-status=accepted]').waitFor()
  await row.getByRole('button', { name: 'Block' }).click()
  await row.locator('[data-status=blocked]').waitFor()
  await row.getByRole('button', { name: 'Unblock' }).click()
  await row.getByRole('button', { name: 'Expire now' }).click()
  await row.locator('[data-status=expired]').waitFor()
  await row.getByRole('button', { name: 'Delete' }).click()
  await page.locator('dialog[open] [data-test=confirm]').click()
  await row.waitFor({ state: 'detached' })
})

test('a firmware file is uploaded and deleted', async () => {
  const page = await open('/stations/lianhua-01?tab=files')
  await page.locator('[data-test=upload]').setInputFiles({ name: 'sim-2.bin', mimeType: 'application/octet-stream', buffer: Buffer.alloc(70_000, 1) })
  await page.locator('[data-test=firmware-files] tr', { hasText: 'sim-2.bin' }).getByText('70,000').waitFor()
  await page.getByRole('button', { name: 'Delete sim-2.bin' }).click()
  await page.locator('dialog[open] [data-test=confirm]').click()
  await page.locator('[data-test=firmware-files]').waitFor({ state: 'detached' })
})

test('the pages of stations and tokens have every text in both languages, and fit a telephone', async () => {
  for (const [locale, phone] of [['en', false], ['zh-CN', true]]) {
    const page = await open('/stations', { locale, viewport: phone ? { width: 390, height: 844 } : { width: 1280, height: 900 } })
    for (const path of ['/stations', '/tokens', '/certificates', ...['overview', 'messages', 'device', 'commands', 'files', 'certificates', 'profiles'].map(tab => `/stations/lianhua-01?tab=${tab}`)]) {
      await page.goto(demo.url + path)
      await page.locator('h1').waitFor()
      await page.waitForFunction(() => document.querySelector('main .card, main .filters') && !document.querySelector('main [role=status]')?.textContent?.match(/^(Loading…|加载中…)$/))
      const text = await page.locator('main').innerText()
      assert.doesNotMatch(text, /\b(nav|state|table|confirm|stations?|discharge\w+|bulk\w*|probe|security\w*|capability|tab|connector|messages|frame|device|command|step|effect|files|logKind|stage|certificate\w*|topic\w*|fact|tokens?|tokenStatus)\.[a-z]\w+/, path) // keys begin small; Connector.ConnectorType is a name of the device model
      if (phone) {
        assert.match(text, /[\u4e00-\u9fff]/, path)
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth) <= 390, path)
      }
    }
  }
})

test('on a telephone nothing is wider than the screen', async () => {
  const page = await open('/', { viewport: { width: 390, height: 844 } })
  await page.locator('[data-test=chart-load] canvas').waitFor()
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth) <= 390)
})

test('no page made a script error or asked a foreign host', () => assert.deepEqual(faults, []))
