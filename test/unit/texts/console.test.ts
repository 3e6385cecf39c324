import { PassThrough } from 'node:stream'
import { expect, it } from 'vitest'
import { createConsole } from '../../../src/cli/views/console.ts'
import type { LogFormat } from '../../../src/observability/log-settings.ts'

const evil = 'Menu\u001b[2J\u009b1A\u202e'

/** What is written to a log, or to a terminal. */
async function written(isTTY: boolean, format: LogFormat | null): Promise<string> {
  const nothing = () => true
  const terminal = {
    isTTY,
    columns: 80,
    rows: 24,
    clearLine: nothing,
    cursorTo: nothing,
    moveCursor: nothing,
  }
  const stream = Object.assign(new PassThrough(), terminal)
  const screen = await createConsole(stream as unknown as NodeJS.WriteStream, format)
  screen.status(`syncs ${evil}`)
  screen.line(`failed: ${evil}`)
  screen.stop()
  return String(stream.read())
}

it.each([
  ['a log', false, null],
  ['a log in JSON', false, 'json'],
  ['a terminal', true, null],
] as const)('a name commands nobody who reads %s of a running command', async (_, isTTY, format) => {
  const text = await written(isTTY, format)
  for (const state of ['syncs', 'failed:']) expect(text).toContain(`${state} Menu`)
  expect(text.replaceAll('\\\\', '\\')).toContain('failed: Menu\\u001b[2J\\u009b1A\\u202e')
  expect(text).not.toMatch(/\u001b\[2J|[\u0080-\u009f\u202e]/)
})
