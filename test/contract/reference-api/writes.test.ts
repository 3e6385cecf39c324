import { describe, expect, onTestFinished, test } from 'vitest'
import { addKey } from '../../../reference-api/account/keys.ts'
import { seedAccount } from '../../../reference-api/seed/seed.ts'
import {
  anyQrCode,
  callApi,
  listQrCodes,
  startReferenceApi,
  type CallOptions,
  type InProcessReferenceApi,
  type ListedQrCode,
  type StartOptions,
} from '../../support/reference-api/reference-api.ts'

const start = Date.UTC(2026, 2, 14, 12)
const clock = { now: start }
const unknownId = '00000000-0000-4000-8000-000000000000'
const menu = { name: 'Menu', type: 'url', destination_url: 'https://example.com/menu' }

async function startAt(now: number, options: StartOptions = {}): Promise<InProcessReferenceApi> {
  clock.now = now
  const api = await startReferenceApi({ plan: 'pro', codes: 2, scans: 4, now: () => clock.now, ...options })
  onTestFinished(() => api.close())
  return api
}

const create = (api: InProcessReferenceApi, json: object = menu) =>
  callApi<ListedQrCode>(api, '/qr-codes', { method: 'POST', json })
const change = (api: InProcessReferenceApi, id: string, json: object) =>
  callApi<ListedQrCode>(api, `/qr-codes/${id}`, { method: 'PATCH', json })
const remove = (api: InProcessReferenceApi, id: string, options: CallOptions = {}) =>
  callApi(api, `/qr-codes/${id}`, { method: 'DELETE', ...options })
const opened = (url: string) => fetch(url, { redirect: 'manual' })

describe('POST /qr-codes', () => {
  test('creates a code with every default, which is listed and redirects to its destination', async () => {
    const api = await startAt(start)
    const { status, body } = await create(api)
    expect(status).toBe(201)
    expect(body).toEqual({
      success: true,
      data: {
        ...menu,
        id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
        short_url: expect.stringMatching(new RegExp(`^${api.url}/r/\\w{7}$`)) as string,
        status: 'active',
        render_customizations: {
          dot_color: '#000000',
          dot_shape: 'square',
          background: '#FFFFFF',
          logo_url: null,
          frame: 'none',
        },
        scan_count: 0,
        last_scanned_at: null,
        created_at: '2026-03-14T12:00:00.000Z',
        updated_at: '2026-03-14T12:00:00.000Z',
      },
    })
    expect((await callApi(api, `/qr-codes/${body.data.id}`)).body.data).toEqual(body.data)
    expect((await listQrCodes(api))[0]).toEqual(body.data)
    expect((await opened(body.data.short_url)).headers.get('location')).toBe(menu.destination_url)
    expect((await callApi(api, '/me')).body.data).toMatchObject({ usage: { dynamic_qr_count: 3 } })
  })

  test('stores all values unchanged', async () => {
    const api = await startAt(start)
    const given = {
      name: '  Café \u0000 "menu" 👩🏽‍🍳 ',
      type: 'url',
      destination_url: 'HTTPS://example.com:8443/a%20b?q=%F0%9F%8D%9C#top',
      render_customizations: {
        dot_color: '#0f172a',
        dot_shape: 'dots',
        background: '#fefefe',
        logo_url: 'https://example.com/logo.png?v=2',
        frame: 'scan-me-top',
      },
    }
    const { id } = (await create(api, given)).body.data
    expect((await callApi(api, `/qr-codes/${id}`)).body.data).toMatchObject(given)
  })

  test('accepts the longest name, in characters of any size, and the longest address', async () => {
    const api = await startAt(start)
    const address = `https://example.com/${'x'.repeat(2048 - 'https://example.com/'.length)}`
    const { status, body } = await create(api, { ...menu, name: '🍜'.repeat(200), destination_url: address })
    expect([status, body.data.destination_url.length]).toEqual([201, 2048])
    expect((await opened(body.data.short_url)).headers.get('location')).toBe(address)
  })

  test('403 beyond 250 codes; deleted codes do not count', async () => {
    const api = await startAt(start, { codes: 249, scans: 0 })
    expect((await create(api)).status).toBe(201)
    const refused = await create(api)
    expect([refused.status, refused.body.code]).toEqual([403, 'QR_LIMIT_REACHED'])
    expect((await callApi(api, '/qr-codes')).body.pagination.total).toBe(250)
    await remove(api, (await anyQrCode(api)).id)
    expect((await create(api)).status).toBe(201)
  })
})

describe('PATCH /qr-codes/{id}', () => {
  test('changes the given fields only, and printed codes redirect to the new destination', async () => {
    const api = await startAt(start)
    const code = await anyQrCode(api)
    clock.now += 1_000
    const destination_url = 'https://example.com/summer'
    const { status, body } = await change(api, code.id, { destination_url })
    expect(status).toBe(200)
    expect(body.data).toEqual({ ...code, destination_url, updated_at: '2026-03-14T12:00:01.000Z' })
    expect((await callApi(api, `/qr-codes/${code.id}`)).body.data).toEqual(body.data)
    expect((await opened(code.short_url)).headers.get('location')).toBe(destination_url)
  })

  test('changes single customizations, and null removes the logo', async () => {
    const api = await startAt(start)
    const render_customizations = { dot_color: '#1D4ED8', logo_url: 'https://example.com/logo.png' }
    const { id } = (await create(api, { ...menu, render_customizations })).body.data
    const changed = await change(api, id, { render_customizations: { dot_shape: 'dots', logo_url: null } })
    expect(changed.body.data.render_customizations).toEqual({
      dot_color: '#1D4ED8',
      dot_shape: 'dots',
      background: '#FFFFFF',
      logo_url: null,
      frame: 'none',
    })
  })

  test('updates updated_at even if every value stays the same', async () => {
    const api = await startAt(start)
    const code = await anyQrCode(api)
    clock.now += 1_000
    const { body } = await change(api, code.id, { name: code.name })
    expect(body.data).toEqual({ ...code, updated_at: '2026-03-14T12:00:01.000Z' })
  })
})

describe('DELETE /qr-codes/{id}', () => {
  test('204 without a body; afterwards the code is 404 on its path, 410 on its short URL, and not in lists', async () => {
    const api = await startAt(start)
    const code = await anyQrCode(api)
    clock.now += 1_000
    const { status, body, headers } = await remove(api, code.id)
    expect([status, body, headers.get('content-type')]).toEqual([204, {}, null])
    for (const path of ['', '/scans', '/analytics']) {
      expect((await callApi(api, `/qr-codes/${code.id}${path}`)).status).toBe(404)
    }
    expect((await change(api, code.id, { name: 'Back' })).status).toBe(404)
    expect((await opened(code.short_url)).status).toBe(410)
    expect((await listQrCodes(api)).map(({ id }) => id)).not.toContain(code.id)
    expect(await listQrCodes(api, 'include_deleted=true')).toContainEqual({
      ...code,
      status: 'deleted',
      updated_at: '2026-03-14T12:00:01.000Z',
      deleted_at: '2026-03-14T12:00:01.000Z',
    })
  })

  test('the second time is 404 and changes nothing', async () => {
    const api = await startAt(start)
    const { id } = await anyQrCode(api)
    await remove(api, id)
    const before = await listQrCodes(api, 'include_deleted=true')
    clock.now += 1_000
    const second = await remove(api, id)
    expect([second.status, second.body.code]).toEqual([404, 'NOT_FOUND'])
    expect(await listQrCodes(api, 'include_deleted=true')).toEqual(before)
  })

  test.each([
    ['none, with a type', undefined, 'application/json'],
    ['broken JSON', '{"', 'application/json'],
    ['anything', '<x/>', 'nonsense'],
    ['a large one', 'x'.repeat(300_000), 'text/plain'],
  ])('ignores the body: %s', async (_, body, type) => {
    const api = await startAt(start)
    const { id } = await anyQrCode(api)
    const answer = await remove(api, id, { headers: { 'content-type': type }, ...(body && { body }) })
    expect(answer.status).toBe(204)
  })
})

test("another account's code is 404 for every method, and stays unchanged", async () => {
  const api = await startAt(start)
  const other = seedAccount(api.store, { codes: 1, scans: 2, seed: 99, now: start })
  const key = addKey(api.store, other, start)
  const code = await anyQrCode({ ...api, key })
  expect((await callApi(api, `/qr-codes/${code.id}`)).status).toBe(404)
  expect((await change(api, code.id, { name: 'Mine' })).status).toBe(404)
  expect((await remove(api, code.id)).status).toBe(404)
  expect((await callApi({ ...api, key }, `/qr-codes/${code.id}`)).body.data).toEqual(code)
})

test('lists by updated_since contain the codes that were created, changed or deleted since then', async () => {
  const api = await startAt(start, { codes: 3 })
  const [changed, deleted] = await listQrCodes(api)
  clock.now += 1_000
  const since = new Date(clock.now).toISOString()
  const created = (await create(api)).body.data
  await change(api, String(changed?.id), { name: 'New' })
  await remove(api, String(deleted?.id))
  const rows = await listQrCodes(api, `include_deleted=true&updated_since=${since}`)
  expect(rows.map(({ id }) => id).toSorted()).toEqual([created.id, changed?.id, deleted?.id].toSorted())
})

test('every write counts in both windows, whether it succeeds or not', async () => {
  const api = await startAt(start)
  const { id } = (await create(api)).body.data
  await create(api, {})
  await change(api, id, { name: 'New' })
  await change(api, unknownId, { name: 'New' })
  await remove(api, id)
  await remove(api, id)
  const bulk = await callApi(api, '/qr-codes/bulk', { method: 'POST', json: { qr_codes: [menu] } })
  expect(bulk.status).toBe(403)
  expect((await callApi(api, '/me')).body.data).toMatchObject({ usage: { api_calls_this_month: 8 } })
  expect(await api.audit()).toMatchObject({
    by_endpoint: {
      'POST /qr-codes': 2,
      'PATCH /qr-codes/{id}': 2,
      'DELETE /qr-codes/{id}': 2,
      'POST /qr-codes/bulk': 1,
    },
    peak_per_minute: 8,
  })
})

test('a write that a full window refuses changes nothing', async () => {
  const api = await startAt(start)
  const code = await anyQrCode(api)
  await api.setLimits({ per_minute: 1, per_month: 100 })
  for (const answer of [
    await create(api),
    await change(api, code.id, { name: 'New' }),
    await remove(api, code.id),
  ]) {
    expect([answer.status, answer.body.code]).toEqual([429, 'RATE_LIMITED_MINUTE'])
  }
  await api.setLimits({ per_minute: 100, per_month: 100 })
  expect((await listQrCodes(api)).map(({ name }) => name)).toContain(code.name)
  expect((await listQrCodes(api)).length).toBe(2)
})
