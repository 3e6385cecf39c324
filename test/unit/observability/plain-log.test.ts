import { ApplicationFailure } from '@temporalio/common'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createLogger } from '../../../src/observability/logger.ts'
import { readLogSettings } from '../../../src/observability/log-settings.ts'
import { createPlainLog } from '../../../src/observability/plain-log.ts'

const key = `qrs_${'0123456789abcdef'.repeat(4)}`

let lines: string[]
let logger: ReturnType<typeof createLogger>
beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse('2026-03-14T01:09:30Z') })
  lines = []
  logger = createLogger({ secrets: new Set([key]), stream: createPlainLog((line) => void lines.push(line)) })
})
afterEach(() => {
  vi.useRealTimers()
})

const failed = (attempt: number) => {
  const error = ApplicationFailure.create({
    type: 'DESTINATION_BUSY',
    message: 'Destination warehouse: another process has locked a.duckdb.\nClose the file there.',
    nextRetryDelay: 45_000,
  })
  logger.warn({ connector: 'acme', destination: 'warehouse', attempt, error }, 'Activity failed')
}

it('a failure is one line: when, what fails, why, and when it is tried again', () => {
  failed(1)
  expect(lines).toEqual([
    '01:09 ! warehouse: DESTINATION_BUSY: another process has locked a.duckdb. Close the file there. (attempt 1), next try 01:10 UTC',
  ])
})

it('a repeated failure is short, and a different one is complete', () => {
  failed(1)
  vi.advanceTimersByTime(45_000)
  failed(2)
  logger.warn({ connector: 'acme', attempt: 1, error: new Error('odd') }, 'Activity failed')
  expect(lines.slice(1)).toEqual([
    '01:10 ! warehouse: still DESTINATION_BUSY (attempt 2), next try 01:11 UTC',
    '01:10 ! acme: Error: odd (attempt 1)',
  ])
})

it('calls that are refused together are one event, and again a minute later', () => {
  const refused = () => {
    logger.warn(
      { connector: 'acme', endpoint: 'GET /qr-codes', outcome: 'refused', httpStatus: 429, callId: 7 },
      'call',
    )
  }
  for (let call = 0; call < 8; call++) refused()
  const line = 'acme: the API refuses a call for now (429): GET /qr-codes'
  expect(lines).toEqual([`01:09 ! ${line}`])
  vi.advanceTimersByTime(61_000)
  refused()
  expect(lines).toEqual([`01:09 ! ${line}`, `01:10 ! ${line}`])
})

it('refused rows and lines of other programs appear in words', () => {
  logger.warn({ destination: 'crm', stream: 'scans', rows: 100, rejected: 3 }, 'batch')
  logger.level = 'info'
  logger.info({ connector: 'acme' }, `a key ${key}`)
  expect(lines).toEqual([
    '01:09 ! crm: refuses 3 of 100 rows of scans: see "qrsync rejects list"',
    '01:09   acme: a key …',
  ])
})

it('an unknown level or format is reported with the known ones', () => {
  expect(readLogSettings({})).toEqual({ level: null, format: null })
  expect(readLogSettings({ LOG_LEVEL: 'debug', LOG_FORMAT: 'plain' })).toEqual({
    level: 'debug',
    format: 'plain',
  })
  expect(() => readLogSettings({ LOG_LEVEL: 'verbose' })).toThrow(
    'The environment variable LOG_LEVEL is "verbose", and must be one of error, warn, info, debug, silent.',
  )
})

it('text of other systems commands no terminal and starts no line, in words and as JSON', () => {
  const evil = 'no\u001b[2J\u009b1A\r\n01:09   all is well\u202e'
  const json: string[] = []
  const asJson = createLogger({ stream: { write: (line: string) => void json.push(line) } })
  for (const each of [logger, asJson]) {
    each.warn({ connector: 'acme', attempt: 1, error: new Error(evil) }, evil)
    each.warn({ destination: evil }, 'batch')
  }
  expect(lines).toHaveLength(2)
  expect(lines[0]).toBe('01:09 ! acme: Error: no\\u001b[2J\\u009b1A. 01:09   all is well\\u202e (attempt 1)')
  for (const line of [...lines, ...json.map((each) => each.trimEnd())]) {
    expect(line).not.toMatch(/[\0-\x1f\x7f-\x9f\u202e]/)
  }
  expect(JSON.parse(json[0] ?? '')).toMatchObject({ msg: evil })
})
