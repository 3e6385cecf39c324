import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { run } from '../../support/tools/cached-tool.ts'
import { prometheusTools } from '../../support/tools/deployment-tools.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const toolsMs = 900_000

describe('Prometheus', () => {
  let promtool: string
  beforeAll(async () => {
    promtool = (await prometheusTools()).promtool
  }, toolsMs)

  it('accepts its config and the alert rules', async () => {
    const { stdout } = await run(promtool, [
      'check',
      'config',
      join(root, 'deploy/prometheus/prometheus.yml'),
    ])
    expect(stdout).toContain('18 rules found')
  })

  it('fires each alert when its condition holds, and not earlier', async () => {
    await run(promtool, ['test', 'rules', join(root, 'deploy/prometheus/alerts.test.yml')])
  })

  it('accepts every query of the dashboard', async () => {
    const dashboard = JSON.parse(read('deploy/grafana/dashboards/qrsync.json')) as {
      panels: { targets: { expr: string }[] }[]
    }
    const rules = dashboard.panels
      .flatMap(({ targets }) => targets)
      .map(({ expr }, index) => ({ record: `query:${index}`, expr: expr.replaceAll('$connector', '.*') }))
    const folder = await mkdtemp(join(tmpdir(), 'qrsync-dashboard-'))
    const file = join(folder, 'rules.yml')
    // JSON is YAML.
    await writeFile(file, JSON.stringify({ groups: [{ name: 'dashboard', rules }] }))
    const { stdout } = await run(promtool, ['check', 'rules', file])
    expect(stdout).toContain(`${rules.length} rules found`)
    await rm(folder, { recursive: true })
  })
})
