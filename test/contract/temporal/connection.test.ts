import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, type ScheduleDescription } from '@temporalio/client'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { ScheduleConfig } from '../../../src/config/settings/schedule-settings.ts'
import { configuredTemporal, connectClient, connectToTemporal } from '../../../src/temporal/connect.ts'
import { startDevServer, type DevServer } from '../../../src/temporal/server/dev-server.ts'
import { dueMs } from '../../../src/temporal/due-ms.ts'
import { names } from '../../../src/temporal/names.ts'
import { applySchedule } from '../../../src/temporal/schedule.ts'
import { watchServer } from '../../../src/temporal/server/watch-server.ts'
import { nextCronMs } from '../../simulation/temporal/next-cron.ts'
import { configText } from '../../support/config-text.ts'
import {
  makeCertificates,
  startTlsFront,
  type Certificates,
  type TlsFront,
} from '../../support/temporal/tls-front.ts'
import { until } from '../../support/until.ts'

let server: DevServer
let certificates: Certificates
let open: TlsFront
let guarded: TlsFront
const text = configText()
const folder = mkdtempSync(join(tmpdir(), 'qrsync-temporal-'))
beforeAll(async () => {
  server = await startDevServer({ executable: inject('temporalExecutable') })
  certificates = await makeCertificates()
  open = await startTlsFront(server.address, certificates, { asksForCertificate: false })
  guarded = await startTlsFront(server.address, certificates, { asksForCertificate: true })
  for (const [name, content] of [
    ['ca.pem', certificates.ca],
    ['client.pem', certificates.client.cert],
    ['client.key', certificates.client.key],
  ] as const) {
    for (const directory of [folder, text.folder]) writeFileSync(join(directory, name), content)
  }
})
afterAll(async () => {
  await open.close()
  await guarded.close()
  await server.stop()
  text[Symbol.dispose]()
  rmSync(folder, { recursive: true })
})

/** "connected", or the error message. */
async function connecting(target: ReturnType<typeof configuredTemporal>): Promise<string> {
  if (target === null) return 'none is configured'
  try {
    const connection = await connectToTemporal(target)
    await connection.close()
    return 'connected'
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

const byConfig = (settings: string) =>
  connecting(configuredTemporal(text.load(`temporal: ${settings}`).temporal, {}))

describe('the server that the config file names', () => {
  it('is reached with TLS and without, with a client certificate if the server requires one', async () => {
    const ca = 'ca: "${file:ca.pem}"'
    const own = 'cert: "${file:client.pem}", key: "${file:client.key}"'
    expect(await byConfig(`{address: "${server.address}"}`)).toBe('connected')
    expect(await byConfig(`{address: "${server.address}", tls: false}`)).toBe('connected')
    expect(await byConfig(`{address: "${open.address}", tls: {${ca}}}`)).toBe('connected')
    expect(await byConfig(`{address: "${open.address}", api_key: a-key, tls: {${ca}}}`)).toBe('connected')
    expect(await byConfig(`{address: "${guarded.address}", tls: {${ca}, ${own}}}`)).toBe('connected')
  })

  it('is not reached with other TLS settings, and the error names the settings that were used', async () => {
    const told = (address: string, tls: string) =>
      `No Temporal server answers at ${address} (namespace default, ${tls} TLS). ` +
      'Start it, or correct temporal.address and temporal.tls in the config file, or TEMPORAL_ADDRESS and related variables.'
    const [plain, unknown, uninvited] = await Promise.all([
      byConfig(`{address: "${open.address}"}`),
      byConfig(`{address: "${open.address}", tls: true}`),
      byConfig(`{address: "${guarded.address}", tls: {ca: "\${file:ca.pem}"}}`),
    ])
    expect(plain).toBe(told(open.address, 'without'))
    // The system does not know the authority.
    expect(unknown).toBe(told(open.address, 'with'))
    expect(uninvited).toBe(told(guarded.address, 'with'))
  })
})

describe("the server of Temporal's standard environment", () => {
  const profiles = (address: string) => {
    const file = join(folder, 'temporal.toml')
    const tls = `server_ca_cert_path = "${join(folder, 'ca.pem')}"`
    writeFileSync(
      file,
      `[profile.default]\naddress = "127.0.0.1:1"\n[profile.tests]\naddress = "${address}"\nnamespace = "default"\n[profile.tests.tls]\n${tls}\n`,
    )
    return file
  }

  it('is reached by its address, and by a profile of a file', async () => {
    const { address } = server
    expect(await connecting(configuredTemporal(undefined, { TEMPORAL_ADDRESS: address }))).toBe('connected')
    const environment = { TEMPORAL_CONFIG_FILE: profiles(open.address), TEMPORAL_PROFILE: 'tests' }
    expect(await connecting(configuredTemporal(undefined, environment))).toBe('connected')
    expect(
      configuredTemporal(undefined, {
        ...environment,
        TEMPORAL_ADDRESS: 'other:7233',
        TEMPORAL_NAMESPACE: 'n',
      }),
    ).toMatchObject({ namespace: 'n', connection: { address: 'other:7233' } })
  })

  it('is not used if the config file names a server, and is absent if neither names one', () => {
    const config = text.load('temporal: {address: "a:1"}').temporal
    expect(configuredTemporal(config, { TEMPORAL_ADDRESS: 'b:2' })).toMatchObject({
      connection: { address: 'a:1' },
    })
    expect(configuredTemporal(undefined, { TEMPORAL_ADDRESS: '', TEMPORAL_NAMESPACE: 'n' })).toBeNull()
  })

  it.each([
    [{ TEMPORAL_CONFIG_FILE: '/nowhere/temporal.toml' }, /cannot be used: it sets no address/],
    [{ TEMPORAL_PROFILE: 'missing' }, /cannot be used: Profile 'missing' not found/],
  ])('is an error if the named file or profile is missing: %j', (given, message) => {
    const environment = { TEMPORAL_CONFIG_FILE: profiles('a:1'), ...given }
    expect(() => configuredTemporal(undefined, environment)).toThrow(message)
  })
})

describe('the Schedule', () => {
  it('follows the config file, also after a change', async () => {
    const target = configuredTemporal(undefined, { TEMPORAL_ADDRESS: server.address })
    if (target === null) throw new Error('no server')
    const connection = await connectToTemporal(target)
    const client = new Client({ connection })
    const applied = async (schedule: ScheduleConfig) => {
      await applySchedule({ client, taskQueue: 'acme', hasSearchAttributes: false }, 'acme', schedule)
      return client.schedule.getHandle(names.schedule('acme')).describe()
    }
    try {
      const hourly = await applied({ every: 3_600_000, jitter: 60_000 })
      expect(hourly.spec).toMatchObject({ intervals: [{ every: 3_600_000 }], jitter: 60_000 })
      expect(hourly.action).toMatchObject({ args: [{ everyMs: 3_600_000 }] })

      const daily = await applied({ cron: '30 7 * * 1-5', time_zone: 'America/New_York' })
      expect(daily.spec).toMatchObject({ intervals: [], timezone: 'America/New_York' })
      expect(daily.spec.jitter ?? 0).toBe(0)
      expect(daily.action).toMatchObject({ args: [{ everyMs: 0 }] })
      expect(daily.info.nextActionTimes.length).toBeGreaterThan(4)
      const inNewYork = new Intl.DateTimeFormat('en-US', {
        timeZone: 'America/New_York',
        weekday: 'short',
        hour: '2-digit',
        minute: '2-digit',
        hour12: false,
      })
      for (const time of daily.info.nextActionTimes) {
        expect(inNewYork.format(time)).toMatch(/^(Mon|Tue|Wed|Thu|Fri),? 07:30$/)
      }
      mustMatchModel(daily, '30 7 * * 1-5', 'America/New_York')

      // One of these nights has no half past two.
      const inSpring = { cron: '30 2 8-16 3 *', time_zone: 'America/New_York' }
      mustMatchModel(await applied(inSpring), inSpring.cron, inSpring.time_zone)
      // One of these nights has two.
      const inAutumn = { cron: '30 1 1-9 11 *', time_zone: 'America/New_York' }
      mustMatchModel(await applied(inAutumn), inAutumn.cron, inAutumn.time_zone)
    } finally {
      await connection.close()
    }
  })

  it.each(['* * * * *', '0 7 1,15 * *', '*/5 0-23/2 * jan-dec SUN', '59 23 31 12 7', '5/10 * * * *'])(
    'is accepted by the server at the times %s',
    async (cron) => {
      const target = configuredTemporal(undefined, { TEMPORAL_ADDRESS: server.address })
      if (target === null) throw new Error('no server')
      const connection = await connectToTemporal(target)
      try {
        const client = new Client({ connection })
        const place = { client, taskQueue: 'cron', hasSearchAttributes: false }
        await applySchedule(place, 'cron', { cron, time_zone: 'UTC' })
        mustMatchModel(await client.schedule.getHandle(names.schedule('cron')).describe(), cron, 'UTC')
      } finally {
        await connection.close()
      }
    },
  )
})

/** The simulation's model of the server starts runs at the same times, as far ahead as it looks. */
function mustMatchModel({ info }: ScheduleDescription, cron: string, timeZone: string): void {
  const times = info.nextActionTimes.map((time) => time.getTime())
  for (const [index, timeMs] of times.slice(1).entries()) {
    const afterMs = times[index] ?? 0
    if (timeMs - afterMs > 172_800_000) continue
    expect(nextCronMs(cron, timeZone, afterMs)).toBe(timeMs)
    // Of a time that comes twice, it knows the first.
    expect(times).toContain(dueMs({ cron, time_zone: timeZone }, afterMs, afterMs))
  }
}

describe('the watch of a running worker', () => {
  it('creates a lost Schedule again, and pauses it if it was paused; it creates none that never existed', async () => {
    const target = configuredTemporal(undefined, { TEMPORAL_ADDRESS: server.address })
    if (target === null) throw new Error('no server')
    const connection = await connectToTemporal(target)
    const client = new Client({ connection })
    const place = { client, taskQueue: 'watched', hasSearchAttributes: false }
    const schedule: ScheduleConfig = { every: 3_600_000 }
    const steps: string[] = []
    await applySchedule(place, 'watched', schedule)
    const handle = client.schedule.getHandle(names.schedule('watched'))
    await handle.pause('by an operator')
    const connectors = ['never-applied', 'watched'].map((connector) => ({
      connector,
      schedule,
      destinations: [],
    }))
    const watch = await watchServer({
      connection,
      address: server.address,
      namespace: 'default',
      place,
      connectors: () => connectors,
      onStep: (text) => steps.push(text),
      onTrouble: () => undefined,
      onOtherServer: () => undefined,
      everyMs: 50,
    })
    try {
      await handle.delete()
      await until(() => steps.length > 0)
      expect(steps).toEqual([expect.stringContaining('Schedule of watched was missing') as string])
      expect(steps[0]).toContain('paused as before')
      expect((await handle.describe()).state).toMatchObject({ paused: true, note: 'by an operator' })
      const other = client.schedule.getHandle(names.schedule('never-applied'))
      await expect(other.describe()).rejects.toMatchObject({ name: 'ScheduleNotFoundError' })
    } finally {
      await watch.stop()
      await connection.close()
    }
  })
})

it('a call that is being retried ends when its connection closes', async () => {
  const short = await startDevServer({ executable: inject('temporalExecutable') })
  const connection = await connectClient({ connection: { address: short.address }, namespace: 'default' })
  await short.stop()
  const call = connection.workflowService.getSystemInfo({})
  // Otherwise its failure counts as unhandled until it is awaited.
  call.catch(() => undefined)
  await connection.close()
  await expect(call).rejects.toThrow(/UNAVAILABLE|CANCELLED/)
})
