import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import getPort from 'get-port'
import { parse, stringify } from 'yaml'
import { until } from '../until.ts'

const deployed = fileURLToPath(new URL('../../../deploy/prometheus', import.meta.url))

export interface PrometheusServer extends AsyncDisposable {
  /** The values of an instant query, by their labels as JSON. */
  query(expression: string): Promise<Map<string, number>>
  /** The names of firing and pending alerts. */
  alerts(): Promise<string[]>
}

interface PrometheusConfig {
  global: object
  rule_files: string[]
  scrape_configs: Record<string, unknown>[]
}

/** A Prometheus with the deployed config, which scrapes its worker at a port of this machine every second. */
export async function startPrometheus(command: string, workerPort: number): Promise<PrometheusServer> {
  const folder = mkdtempSync(join(tmpdir(), 'qrsync-prometheus-'))
  const config = parse(readFileSync(join(deployed, 'prometheus.yml'), 'utf8')) as PrometheusConfig
  const [job] = config.scrape_configs
  writeFileSync(
    join(folder, 'prometheus.yml'),
    stringify({
      global: { scrape_interval: '1s', evaluation_interval: '1s' },
      rule_files: config.rule_files.map((file) => join(deployed, file)),
      scrape_configs: [
        { job_name: job?.['job_name'], static_configs: [{ targets: [`127.0.0.1:${workerPort}`] }] },
      ],
    }),
  )
  const url = `127.0.0.1:${await getPort({ host: '127.0.0.1' })}`
  const child = spawn(
    command,
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${url}`,
    ],
    { stdio: 'ignore' },
  )
  const killChild = () => child.kill('SIGKILL')
  process.once('exit', killChild)
  const get = async (path: string) => {
    const answer = await fetch(`http://${url}/api/v1/${path}`)
    const { data, error } = (await answer.json()) as { data: unknown; error?: string }
    if (error !== undefined) throw new Error(error)
    return data
  }
  await until(() =>
    fetch(`http://${url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    ),
  )
  return {
    async query(expression) {
      const { result } = (await get(`query?query=${encodeURIComponent(expression)}`)) as {
        result: { metric: Record<string, string>; value: [number, string] }[]
      }
      return new Map(result.map(({ metric, value }) => [JSON.stringify(metric), Number(value[1])]))
    },
    async alerts() {
      const { alerts } = (await get('alerts')) as { alerts: { labels: { alertname: string } }[] }
      return alerts.map(({ labels }) => labels.alertname)
    },
    async [Symbol.asyncDispose]() {
      process.off('exit', killChild)
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
