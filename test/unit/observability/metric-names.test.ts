import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { describeClockSkew } from '../../../src/model/clock-skew.ts'
import { thresholds } from '../../../src/observability/alerts/conditions.ts'
import { createMetrics } from '../../../src/observability/metrics.ts'

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')

interface Target {
  expr: string
}
interface Dashboard {
  panels: { title: string; datasource: { uid: string }; targets: Target[] }[]
  templating: { list: { query: { query: string } }[] }
}
interface Rules {
  groups: { rules: { alert: string; expr: string }[] }[]
}

const metrics = await createMetrics().registry.getMetricsAsJSON()
const own = metrics.filter(({ name }) => name.startsWith('qrsync_'))
const kinds = new Map<string, string>(own.map(({ name, type }) => [name, String(type)]))
/** What a query may name. */
const series = new Set(
  own.flatMap(({ name, type }) =>
    String(type) === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
  ),
)
const namedIn = (query: string) => query.match(/qrsync_\w+/g) ?? []
const dashboard = JSON.parse(read('deploy/grafana/dashboards/qrsync.json')) as Dashboard
const rules = (parse(read('deploy/prometheus/alerts.yml')) as Rules).groups.flatMap(({ rules }) => rules)

describe('queries use only metrics that exist', () => {
  it.each(
    dashboard.panels.map(({ title, targets }) => ({ title, queries: targets.map(({ expr }) => expr) })),
  )('in the panel $title', ({ queries }) => {
    for (const query of queries) {
      expect(namedIn(query)).not.toEqual([])
      for (const name of namedIn(query)) expect([...series]).toContain(name)
    }
  })

  it('in the list of connectors, and in every alert', () => {
    const queries = [
      ...dashboard.templating.list.map(({ query }) => query.query),
      ...rules.map(({ expr }) => expr),
    ]
    for (const name of queries.flatMap(namedIn)) expect([...series]).toContain(name)
  })

  it('every panel uses the provisioned data source', () => {
    const { datasources } = parse(read('deploy/grafana/provisioning/datasources/prometheus.yml')) as {
      datasources: { uid: string }[]
    }
    expect(new Set(dashboard.panels.map(({ datasource }) => datasource.uid))).toEqual(
      new Set(datasources.map(({ uid }) => uid)),
    )
  })

  it('counters are summed, gauges are not: every worker reports the same gauge of the ledger', () => {
    const queries = [...dashboard.panels.flatMap(({ targets }) => targets), ...rules].map(({ expr }) => expr)
    for (const query of queries) {
      for (const name of namedIn(query)) {
        const isCounted = name.endsWith('_bucket') || kinds.get(name) === 'counter'
        const aggregation = isCounted ? /sum by \([^)]*\) \(increase\($/ : /(max by \([^)]*\) |max)\($/
        expect(query.slice(0, query.indexOf(name))).toMatch(aggregation)
      }
    }
  })
})

it('the alert rules have the thresholds of the webhook', () => {
  const exprOf = (alert: string) => rules.find((rule) => rule.alert === alert)?.expr ?? ''
  expect(exprOf('QrsyncBudgetAheadOfPace')).toContain(`> ${thresholds.budgetAheadShare} * `)
  expect(exprOf('QrsyncDestinationStuck').match(/> (\d+) \+/g)).toEqual(
    Array(2).fill(`> ${thresholds.destinationStuckMs / 1_000} +`),
  )
  for (const alert of ['QrsyncSourceOutage', 'QrsyncCodesFailing']) {
    expect(rules.find((rule) => rule.alert === alert)).toMatchObject({
      for: `${thresholds.sourceFailingMs / 60_000}m`,
    })
  }
  expect(describeClockSkew(59_999)).toBeNull()
  expect(describeClockSkew(60_000)).not.toBeNull()
  expect(exprOf('QrsyncClockWrong')).toContain('> 60')
  expect(exprOf('QrsyncSyncOverdue').match(/> \d+/g)).toEqual(
    Array(2).fill(`> ${thresholds.syncOverdueMs / 1_000}`),
  )
})

it('docs/observability.md lists the metrics of the code, in the same order', () => {
  const rows = read('docs/observability.md').matchAll(/^\| `(qrsync_\w+)` \| (\w+) \| ([^|]*) \| (.*?) \|$/gm)
  const labelsOf = (text = '') => [...text.matchAll(/`(\w+)`/g)].map(([, label]) => label)
  const documented = [...rows].map(([, name, type, labels, help]) => [name, type, labelsOf(labels), help])
  const registry = createMetrics().registry
  expect(documented).toEqual(
    own.map(({ name, type, help }) => {
      const { labelNames } = registry.getSingleMetric(name) as unknown as { labelNames: string[] }
      return [name, String(type), labelNames, help]
    }),
  )
})
