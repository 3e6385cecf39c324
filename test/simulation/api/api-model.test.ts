import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { withholdable, type Withholdable } from '../../../reference-api/context.ts'
import type { Scan } from '../../../src/streams/scans.ts'
import {
  callApi,
  listQrCodes,
  startReferenceApi,
  type InProcessReferenceApi,
} from '../../support/reference-api/reference-api.ts'
import { ApiModel, type ApiAnswer } from './api-model.ts'
import { Random } from '../machines/random.ts'

const startMs = Date.UTC(2026, 3, 28, 12)
const limits = { plan: 'pro', perMinute: 60, perMonth: 5_000 } as const

/** Sends everything that the simulated connector relies on to both: they must answer the same. */
describe('the model of the API', () => {
  let nowMs: number
  let reference: InProcessReferenceApi
  let model: ApiModel

  async function start(without: Withholdable[] = []): Promise<void> {
    nowMs = startMs
    reference = await startReferenceApi({
      plan: 'pro',
      codes: 4,
      scans: 150,
      seed: 7,
      now: () => nowMs,
      ...(without.length > 0 && { without }),
    })
    const key = reference.key
    const random = new Random(1)
    model = new ApiModel({ limits, without: new Set(without), key, random, now: () => nowMs })
    await copyAccount()
  }

  /** Copies the reference's account to the model. One of its codes is deleted afterwards. */
  async function copyAccount(): Promise<void> {
    const codes = await listQrCodes(reference, 'sort=created_at')
    for (const { id, name, created_at, updated_at } of codes) {
      const code = model.addCode(Date.parse(created_at))
      code.id = id
      code.name = name
      code.updatedMs = Date.parse(updated_at)
      for (const scan of await scansOf(id)) {
        const made = model.addScan(code, Date.parse(scan.scanned_at))
        made.id = scan.id
        made.json = JSON.stringify(scan)
      }
      code.scans.sort((a, b) => a.timeMs - b.timeMs || (a.id < b.id ? -1 : 1))
    }
    const [deleted] = model.codes
    if (deleted === undefined) throw new Error('the account has no code')
    nowMs += 1_000
    await reference.deleteQrCode(deleted.id)
    deleted.updatedMs = nowMs
    deleted.deletedMs = nowMs
    // The calls for that have left the minute again.
    nowMs += 61_000
    model.windows.spendEarlier((await reference.audit()).accepted)
  }

  async function scansOf(id: string): Promise<Scan[]> {
    const scans: Scan[] = []
    for (let page = 1; ; page++) {
      const { body } = await callApi<Scan[]>(
        reference,
        `/qr-codes/${id}/scans?per_page=100&order=asc&page=${page}`,
      )
      scans.push(...body.data)
      if (body.data.length < 100) return scans
    }
  }

  async function expectAlike(path: string, key = reference.key): Promise<ApiAnswer> {
    const asked = await callApi<unknown>(reference, path, { key })
    const admitted = model.admit(`Bearer ${key}`)
    const answer = admitted ?? model.answer(`/api/v1${path}`)
    const told = comparable(JSON.parse(answer.body))
    expect({ path, status: answer.status, told }).toEqual({
      path,
      status: asked.status,
      told: comparable(asked.body),
    })
    expect(answer.headers['retry-after'] ?? null).toBe(asked.headers.get('retry-after'))
    return answer
  }

  beforeEach(() => {
    nowMs = startMs
  })

  afterEach(() => reference.close())

  const dayOf = (timeMs: number) => new Date(timeMs).toISOString().slice(0, 10)

  async function askEverything(): Promise<void> {
    const codes = model.codes.filter(({ deletedMs }) => deletedMs === null)
    await expectAlike('/me')
    await expectAlike('/qr-codes?page=1&per_page=100&sort=-last_scanned_at')
    await expectAlike('/qr-codes?page=1&per_page=100&sort=-last_scanned_at&include_deleted=true')
    await expectAlike('/qr-codes?page=2&per_page=2&sort=-last_scanned_at')
    const since = new Date(codes[1]?.updatedMs ?? 0).toISOString()
    await expectAlike(`/qr-codes?page=1&per_page=100&include_deleted=true&updated_since=${since}`)
    for (const { id, scans, deletedMs } of model.codes) {
      const fromMs = scans[Math.floor(scans.length / 2)]?.timeMs ?? startMs
      const from = new Date(fromMs).toISOString()
      await expectAlike(`/qr-codes/${id}/scans?page=1&per_page=100&order=asc`)
      await expectAlike(`/qr-codes/${id}/scans?page=2&per_page=7`)
      await expectAlike(`/qr-codes/${id}/scans?page=1&per_page=10&order=asc&from=${from}`)
      await expectAlike(
        `/qr-codes/${id}/scans?page=1&per_page=10&order=asc&from=${from}&to=${new Date(startMs).toISOString()}`,
      )
      if (deletedMs === null) {
        await expectAlike(`/qr-codes/${id}/analytics?from=${dayOf(fromMs)}&to=${dayOf(startMs)}`)
      }
    }
    await expectAlike('/qr-codes/0b3a4f2e-1111-4222-8333-444455556666/scans?page=1')
    await expectAlike('/me', `qrs_${'0'.repeat(64)}`)
  }

  test('answers like the reference API', async () => {
    await start()
    await askEverything()
  })

  test.each(withholdable)('answers like a reference API without %s', async (feature) => {
    await start([feature])
    await askEverything()
  })

  test('refuses at the same moment, and asks for the same wait', async () => {
    await start()
    const statuses = []
    for (let call = 0; call < 70; call++) {
      nowMs += 450
      statuses.push((await expectAlike('/me')).status)
    }
    expect(statuses.filter((status) => status === 429).length).toBe(10)
    nowMs += 30_000
    await expectAlike('/me')
  })

  test('refuses once the month is spent, until the next month', async () => {
    await start()
    const left = limits.perMonth - model.windows.callsThisMonth
    await reference.spendCalls(left)
    model.windows.spendEarlier(left)
    expect((await expectAlike('/me')).status).toBe(429)
    nowMs = Date.UTC(2026, 4, 1)
    expect((await expectAlike('/me')).status).toBe(200)
  })
})

/** The parts of an answer that the connector reads, without texts for people and shares of analytics. */
function comparable(body: unknown): unknown {
  return JSON.parse(JSON.stringify(body), (name, value: unknown) => (unread.has(name) ? undefined : value))
}

const unread = new Set([
  'error',
  'account_id',
  'email',
  'dynamic_qr_count',
  'destination_url',
  'campaign',
  'short_url',
  'render_customizations',
  'unique_scans',
  'devices',
  'operating_systems',
  'browsers',
])
