import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { controlPath } from './routes/control-path.ts'

export interface HubSpotProcess {
  url: string
  token: string
  portalId: number
  /** Calls one of the paths of `routes-control.ts`, with `POST` if there is a body: `control('state')`. */
  control(path: string, body?: unknown): Promise<unknown>
  stop(): Promise<void>
}

const main = fileURLToPath(new URL('main.ts', import.meta.url))

/**
 * Starts the fake HubSpot in its own process, which ends with this one.
 *
 * @param args the arguments of `main.ts`
 */
export async function startHubSpotProcess(args: readonly string[] = []): Promise<HubSpotProcess> {
  const child = spawn(process.execPath, [main, '--exit-with-parent', ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const [line] = (await Promise.race([
    once(createInterface(child.stdout), 'line'),
    exited.then(([code]) => Promise.reject(new Error(`the fake HubSpot ended with ${String(code)}`))),
  ])) as [string]
  const told = JSON.parse(line) as { url: string; token: string; portalId: number }
  return {
    ...told,
    control: async (path, body) => {
      const response = await fetch(`${told.url}${controlPath}/${path}`, {
        ...(body !== undefined && {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        }),
      })
      if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
      return response.status === 204 ? undefined : await response.json()
    },
    stop: async () => {
      child.stdin.end()
      await exited
    },
  }
}
