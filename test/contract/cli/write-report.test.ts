import crypto from 'node:crypto'
import { lstatSync, mkdtempSync, readFileSync, rmSync, symlinkSync, watch, writeFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, it, onTestFinished } from 'vitest'
import { writeReport } from '../../../src/cli/write-report.ts'
import { until } from '../../support/until.ts'

let folder: string
/** A file that the user may write, and that somebody else wants to have overwritten. */
let victim: string
let report: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'qrsync-report-'))
  victim = join(folder, 'victim')
  report = join(folder, 'report.html')
  writeFileSync(victim, 'kept')
  return () => {
    rmSync(folder, { recursive: true })
  }
})

it('a report is for its user only, and replaces a link instead of what the link names', async () => {
  symlinkSync(victim, report)
  await writeReport(report, 'scans')
  const { mode } = lstatSync(report)
  expect([lstatSync(report).isFile(), (mode & 0o777).toString(8)]).toEqual([true, '600'])
  expect([readFileSync(report, 'utf8'), readFileSync(victim, 'utf8')]).toEqual(['scans', 'kept'])
})

it('nobody can know the name of an unfinished report before', async () => {
  const seen: string[] = []
  const watcher = watch(folder, (event, name) => {
    if (event === 'rename' && name?.startsWith('.') === true) seen.push(name)
  })
  onTestFinished(() => {
    watcher.close()
  })
  for (const text of ['one', 'two']) await writeReport(report, text)
  // One event when the file appears, and one when it gets its own name.
  await until(() => seen.length >= 4)
  const names = new Set(seen)
  expect(names.size).toBe(2)
  for (const name of names) expect(name).toMatch(/^\.qrsync-report-[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/)
})

it('a link at that name is not written to, even if somebody has known it', async () => {
  const { randomUUID } = crypto
  crypto.randomUUID = () => '0-0-0-0-0'
  syncBuiltinESMExports()
  onTestFinished(() => {
    crypto.randomUUID = randomUUID
    syncBuiltinESMExports()
  })
  symlinkSync(victim, join(folder, '.qrsync-report-0-0-0-0-0'))
  await expect(writeReport(report, 'scans')).rejects.toThrow(`The report cannot be written to ${report}: `)
  expect(readFileSync(victim, 'utf8')).toBe('kept')
})
