import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { isRecentCompose } from '../../support/tools/deployment-tools.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'qrsync-compose-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

it.each([
  ['version 1 of Debian', 'echo 1.29.2', false],
  ['garbage', 'echo "usage: docker-compose <command>"', false],
  ['nothing', 'true', false],
  ['a failure', 'echo 2.30.0; exit 1', false],
  ['version 2', 'echo 2.30.0', true],
  ['version 5 with a "v"', 'echo v5.5.1', true],
])('docker-compose on the PATH that prints %s', async (_, script, isUsable) => {
  const command = join(folder, 'docker-compose')
  writeFileSync(command, `#!/bin/sh\n${script}\n`)
  chmodSync(command, 0o755)
  expect(await isRecentCompose(command)).toBe(isUsable)
})
