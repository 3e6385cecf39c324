import { afterAll, beforeAll, beforeEach } from 'vitest'
import { createBigQueryDestination } from '../../../src/destinations/bigquery/bigquery-destination.ts'
import type { StreamName } from '../../../src/streams/streams.ts'
import type { BigQuerySettings } from '../../../src/destinations/bigquery/settings.ts'
import { bigQueryConfig } from './bigquery-config.ts'
import { installTimeoutMs } from './bqemulator.ts'
import { startFaultyProxy, type CallHandler, type FaultyProxy, type ProxiedAnswer } from '../faulty-proxy.ts'
import { withPatchedColumns } from './patched-columns.ts'
import { sharedBqEmulator } from './shared-bqemulator.ts'
import { queryBigQuery } from './query-bigquery.ts'
import { withUpsert, type Upserting } from '../destinations/with-upsert.ts'

/** A call that was sent to BigQuery. */
export interface SeenCall {
  /** Such as `POST /jobs`, without the project. */
  what: string
  /** The JSON of its body; for a load, its metadata. */
  body: Record<string, unknown>
}

export interface BigQueryWorld {
  /** The `api_endpoint` of the emulator itself. */
  emulatorUrl: string
  proxy: FaultyProxy
  /** The calls of this test so far. */
  calls: SeenCall[]
  /** May answer instead of the emulator, for one test. */
  handle: CallHandler
  /** The settings of the last destination that was made. */
  config: BigQuerySettings
  make(changes?: Partial<BigQuerySettings>): Upserting<StreamName>
  /** Queries the emulator directly; `{}` is replaced by the dataset. */
  query(sql: string): Promise<Record<string, unknown>[]>
}

/** A proxy for the tests of a file, which sees all calls to the emulator behind it. */
export function bigQueryWorld(): BigQueryWorld {
  const world = {
    calls: [] as SeenCall[],
    handle: pass,
    make(changes = {}) {
      world.config = bigQueryConfig(world.proxy.url, changes)
      return withUpsert(createBigQueryDestination({ name: 'tested', config: world.config }))
    },
    query: (sql) => queryBigQuery(world.emulatorUrl, sql.replaceAll('{}', world.config.dataset)),
  } as BigQueryWorld

  beforeAll(async () => {
    const url = await sharedBqEmulator()
    world.emulatorUrl = url
    world.proxy = await startFaultyProxy({
      target: url,
      handle: withPatchedColumns(url, (call, forward) => {
        world.calls.push(seen(call))
        return world.handle(call, forward)
      }),
    })
  }, installTimeoutMs)

  beforeEach(() => {
    world.calls = []
    world.handle = pass
    world.proxy.setRate(0)
  })

  afterAll(() => world.proxy.stop())

  return world
}

const pass: CallHandler = (_call, forward) => forward()

/** An error in BigQuery's format. */
export function refusal(status: number, reason: string, message: string): ProxiedAnswer {
  const error = { code: status, message, errors: [{ domain: 'global', reason, message }] }
  return jsonAnswer(status, { error })
}

export function jsonAnswer(status: number, body: unknown): ProxiedAnswer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}

export function seen({ method, path, body }: Parameters<CallHandler>[0]): SeenCall {
  const [where = ''] = path.split('?')
  const text = where.startsWith('/upload/') ? (/\{.*\}/.exec(body.toString())?.[0] ?? '') : body.toString()
  return {
    what: `${method} ${where.replace(/\/bigquery\/v2\/projects\/[^/]+/, '')}`,
    body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
  }
}
