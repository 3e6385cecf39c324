import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { startDevServer, type DevServer } from '../../../src/temporal/server/dev-server.ts'
import { runScript } from '../../support/processes/child-script.ts'
import { createWorkspace, syncOnce } from '../../support/processes/connector-process.ts'
import { startOtlpReceiver, type ReceivedSpan } from '../../support/observability/otlp-receiver.ts'
import { startReferenceApi } from '../../support/reference-api/reference-api.ts'

let temporal: DevServer
beforeAll(async () => {
  temporal = await startDevServer({ executable: inject('temporalExecutable') })
})
afterAll(() => temporal.stop())

it('a sync is one trace, from its start to the last batch of its delivery', async () => {
  await using collector = await startOtlpReceiver()
  const api = await startReferenceApi({ codes: 5, scans: 300 })
  using workspace = createWorkspace({ connector: 'traced' })
  const result = await syncOnce(workspace, {
    api,
    temporalAddress: temporal.address,
    environment: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_RESOURCE_ATTRIBUTES: 'host.name=here' },
  }).finally(() => api.close())
  expect(result).toMatchObject({ scans: 300 })

  const { spans } = collector
  expect(collector.services).toEqual(new Set(['qrsync']))
  const named = (name: string) => spans.filter((span) => span.name === name)
  const parentOf = (span: ReceivedSpan | undefined) =>
    spans.find(({ spanId }) => spanId === span?.parentSpanId)
  const [start] = named('StartWorkflow:sync')
  const [page] = named('GET /qr-codes/{id}/scans')
  const [batch] = named('upsert scans')

  expect(page?.attributes).toMatchObject({
    'qrsync.connector': 'traced',
    'qrsync.purpose': 'history',
    'qrsync.outcome': 'ok',
    'http.response.status_code': 200,
    'qrsync.call_id': expect.any(Number) as number,
  })
  expect(parentOf(page)?.name).toBe('RunActivity:collectScans')
  expect(batch?.attributes).toMatchObject({
    'qrsync.destination': 'duckdb',
    'qrsync.rows_confirmed': 300,
    'qrsync.rows_rejected': 0,
  })
  expect(parentOf(batch)?.name).toBe('RunActivity:deliver')
  expect(new Set([start, page, batch].map((span) => span?.traceId)).size).toBe(1)

  // The first call, to /me, was made before there was a workflow.
  const calls = spans.filter(({ name }) => name.startsWith('GET '))
  expect(calls.length).toBe(result.calls)
  expect(collector.text()).not.toContain(api.key)
})

it('a call that fails is a failed span, without the text of the vendor', async () => {
  await using collector = await startOtlpReceiver()
  const api = await startReferenceApi({ codes: 1, scans: 0 })
  using workspace = createWorkspace({ connector: 'refused' })
  const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }
  const wrongKey = { url: api.url, key: `qrs_${'0'.repeat(64)}` }
  const failed = syncOnce(workspace, { api: wrongKey, temporalAddress: temporal.address, environment })
  await expect(failed.finally(() => api.close())).rejects.toThrow('API_KEY_REJECTED')
  const [call] = collector.spans.filter(({ name }) => name === 'GET /me')
  expect(call).toMatchObject({
    status: 2,
    attributes: { 'qrsync.outcome': 'failed', 'http.response.status_code': 401 },
  })
})

it('without an endpoint, no tracing code is loaded', async () => {
  const script = `
    import { createRequire } from 'node:module'
    const { startObservability } = await import(process.argv[1])
    const observability = await startObservability([{ alerts: {}, observability: { metrics_host: '127.0.0.1' } }])
    await observability.close()
    const loaded = Object.keys(createRequire(process.argv[1]).cache)
    const hasMetrics = loaded.some((file) => file.includes('prom-client'))
    const traces = loaded.filter((file) => /opentelemetry.(sdk|exporter)|interceptors-opentelemetry/.test(file))
    console.log(String(hasMetrics), String(traces.length))`
  const module = new URL('../../../src/observability/start-observability.ts', import.meta.url).href
  const { output, errors } = await runScript(script, module, { OTEL_EXPORTER_OTLP_ENDPOINT: '' })
  expect(output, errors).toBe('true 0')
})
