import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'

export interface ScriptResult {
  code: number | null
  output: string
  errors: string
}

/** A process that runs an ES module given as text; `process.argv[1]` is `argument`. */
export function spawnScript(script: string, argument: string, env: NodeJS.ProcessEnv = {}) {
  return spawn(process.execPath, ['--input-type=module', '--eval', script, argument], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

export async function runScript(
  script: string,
  argument: string,
  env?: NodeJS.ProcessEnv,
): Promise<ScriptResult> {
  const child = spawnScript(script, argument, env)
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  return { code: child.exitCode, output: output.trim(), errors }
}
