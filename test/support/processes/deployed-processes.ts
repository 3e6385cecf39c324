import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { callControl } from '../reference-api/reference-control.ts'
import type { AccountAudit } from '../../../reference-api/account/audit.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))

interface ComposeFile {
  services: Record<'worker' | 'reference-api', { entrypoint: string[]; command: string[] }>
}

const { services } = parse(readFileSync(join(root, 'docker-compose.yml'), 'utf8'), {
  merge: true,
}) as ComposeFile

/** The worker's command in docker-compose.yml, with a config file of this machine. */
export function workerCommand(config: string): string[] {
  return services.worker.command.map((word) => (word === '/etc/qrsync/qrsync.yaml' ? config : word))
}

/**
 * The worker's deployed config file.
 *
 * @param secrets the folder of this machine with its secrets
 */
export function deployedConfig(secrets: string): Record<string, object> {
  const text = readFileSync(join(root, 'deploy/qrsync.yaml'), 'utf8')
  return parse(text.replaceAll('/run/secrets/qrsync', secrets)) as Record<string, object>
}

export interface DeployedApi extends AsyncDisposable {
  url: string
  key: string
  audit(): Promise<AccountAudit>
  scanIds(): Promise<string[]>
}

/** Starts the reference API like docker-compose.yml, on a free port and with a store of this machine. */
export async function startDeployedApi(
  store: string,
  keyFile: string,
  flags: string[] = [],
): Promise<DeployedApi> {
  const { entrypoint, command } = services['reference-api']
  const here: Record<string, string> = {
    '--host': '127.0.0.1',
    '--port': '0',
    '--store': store,
    '--visitors-per-minute': '0',
    '--key-file': keyFile,
  }
  const words = command.map((word) => {
    const [name = '', value] = word.split('=', 2)
    return value === undefined ? word : `${name}=${here[name] ?? value}`
  })
  const own = ['--json', '--control', '--exit-with-parent', ...flags]
  const child = spawn(process.execPath, [join(root, entrypoint[1] ?? ''), ...words, ...own], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  const { url, control_token: token } = JSON.parse(line) as { url: string; control_token: string }
  const control = { url, token }
  return {
    url,
    key: readFileSync(keyFile, 'utf8'),
    audit: async () => (await (await callControl(control, 'GET', '/audit')).json()) as AccountAudit,
    scanIds: async () =>
      (await (await callControl(control, 'GET', '/scan-ids')).text()).split('\n').filter(Boolean).sort(),
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    },
  }
}
