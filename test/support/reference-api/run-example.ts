import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

export const languages = ['curl', 'node', 'python'] as const
export type Language = (typeof languages)[number]

export const exampleNames = ['me', 'create-qr', 'list-qrs', 'update-qr', 'analytics', 'bulk'] as const
export type ExampleName = (typeof exampleNames)[number]

const runners = {
  curl: { command: 'bash', extension: 'sh' },
  node: { command: process.execPath, extension: 'js' },
  python: { command: 'python3', extension: 'py' },
}

export interface ExampleRun {
  args?: string[]
  stdin?: string
  /** What it finds in its environment. */
  key?: string
  url?: string
}

/** As in `node/me.js`. */
export function exampleFile(language: Language, name: ExampleName): string {
  return `${language}/${name}.${runners[language].extension}`
}

/** Runs a file of `examples/` as a developer would who has set nothing but what is given. */
export async function runExample(language: Language, name: ExampleName, given: ExampleRun) {
  const file = fileURLToPath(new URL(`../../../examples/${exampleFile(language, name)}`, import.meta.url))
  const child = spawn(runners[language].command, [file, ...(given.args ?? [])], {
    env: {
      PATH: process.env['PATH'],
      // As on any terminal of today, of which Python makes sure and a bare environment does not.
      PYTHONUTF8: '1',
      ...(given.key !== undefined && { QRCS_API_KEY: given.key }),
      ...(given.url !== undefined && { QRCS_API_URL: `${given.url}/api/v1` }),
    },
  })
  // One that fails before it has read its input is no news.
  child.stdin.on('error', () => undefined).end(given.stdin ?? '')
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  return { code: child.exitCode, stdout, stderr }
}
