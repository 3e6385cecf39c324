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
  /** The variables in its environment. */
  key?: string
  url?: string
}

/** Such as `node/me.js`. */
export function exampleFile(language: Language, name: ExampleName): string {
  return `${language}/${name}.${runners[language].extension}`
}

/** Runs a file of `examples/` like a developer whose environment contains only the given variables. */
export async function runExample(language: Language, name: ExampleName, given: ExampleRun) {
  const file = fileURLToPath(new URL(`../../../examples/${exampleFile(language, name)}`, import.meta.url))
  const child = spawn(runners[language].command, [file, ...(given.args ?? [])], {
    env: {
      PATH: process.env['PATH'],
      // The encoding of today's terminals: Python guarantees it, a bare environment does not.
      PYTHONUTF8: '1',
      ...(given.key !== undefined && { QRCS_API_KEY: given.key }),
      ...(given.url !== undefined && { QRCS_API_URL: `${given.url}/api/v1` }),
    },
  })
  // An example may fail before it reads its input, which does not matter.
  child.stdin.on('error', () => undefined).end(given.stdin ?? '')
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  return { code: child.exitCode, stdout, stderr }
}
