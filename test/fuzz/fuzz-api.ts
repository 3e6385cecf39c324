import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { frozenPackages, pythonVenv } from '../support/tools/python-venv.ts'
import {
  listQrCodes,
  startReferenceApi,
  type InProcessReferenceApi,
} from '../support/reference-api/reference-api.ts'
import { countAnswers, type Answers } from './count-answers.ts'
import { configFor, specificationFromRoot } from './schemathesis-config.ts'

export interface FuzzOptions {
  /** The number of random examples for each operation, besides those that schemathesis always makes. */
  examples: number
  seed: number
}

export interface FuzzResult {
  /** What is wrong, in schemathesis' words, with the requests that show it; null if nothing is. */
  failures: string | null
  seconds: number
  answers: Answers
  /** The share of valid requests that were accepted, by operation. */
  accepted: Record<string, number>
  /** The number of requests of the operation with the fewest. */
  fewest: number
}

interface Report {
  running_time: number
  valid_rates: Record<string, Record<string, { accepted: number; rejected: number }>>
}

const run = promisify(execFile)
const lifted = { per_minute: 1e9, per_month: 1e9 }
const maxOutputBytes = 64 * 1024 * 1024

/** The addresses of logos are random, and no server on the internet should be called. */
const nowhere = { resolve: () => Promise.resolve([]) }

/** Codes that are read and changed, and others that may be deleted. */
const kept = 20
const doomed = 60
/** Of 250. Further codes are deleted, so that more can be created. */
const mostCodes = 100
const makeRoomEveryMs = 100
/** Longer than schemathesis uses a code that it has created. */
const untouchedForMs = 5_000

/**
 * Runs schemathesis with all of its checks on a reference API in this process. Its responses are compared with
 * openapi.yaml a second time, with undocumented fields as errors. The same seed makes the same requests.
 */
export async function fuzzApi(options: FuzzOptions): Promise<FuzzResult> {
  const commands = await pythonVenv(frozenPackages('schemathesis'))
  const folder = mkdtempSync(join(tmpdir(), 'qrsync-fuzz-'))
  const api = await startReferenceApi({ codes: kept + doomed, scans: 2_000, logoNetwork: nowhere })
  await api.setLimits(lifted)
  const codes = await listQrCodes(api)
  const ids = codes.map(({ id }) => id)
  const slugs = codes.slice(0, kept).map(({ short_url }) => short_url.split('/').at(-1) ?? '')
  const janitor = setInterval(makeRoom, makeRoomEveryMs, api, new Set(ids))
  try {
    const config = configFor({ kept: ids.slice(0, kept), doomed: ids.slice(kept), slugs })
    writeFileSync(join(folder, 'schemathesis.toml'), config)
    return await runSchemathesis(join(commands, 'schemathesis'), folder, api, options)
  } finally {
    clearInterval(janitor)
    rmSync(folder, { recursive: true })
    await api.close()
  }
}

function makeRoom({ store, accountId }: InProcessReferenceApi, isNeeded: Set<string>): void {
  const filter = { accountId, includeDeleted: false, text: null, updatedSince: null }
  const codes = store.qrCodes.list(filter, 'created_at', mostCodes * 2, 0)
  const before = Date.now() - untouchedForMs
  const spare = codes.filter((code) => !isNeeded.has(code.id) && code.updated_at < before)
  for (const { id } of spare.slice(0, Math.max(codes.length - mostCodes, 0))) {
    store.qrCodes.delete(id, Date.now())
  }
}

async function runSchemathesis(
  command: string,
  cwd: string,
  { url, key }: InProcessReferenceApi,
  { examples, seed }: FuzzOptions,
): Promise<FuzzResult> {
  const specification = specificationFromRoot()
  writeFileSync(join(cwd, 'openapi.json'), JSON.stringify(specification))
  const report = join(cwd, 'report.json')
  const options = [
    '--url',
    url,
    '--header',
    `Authorization: Bearer ${key}`,
    '--max-redirects',
    '0',
    '--checks',
    'all',
    '--max-examples',
    String(examples),
    '--seed',
    String(seed),
    '--generation-database',
    'none',
    // With two workers, one can make the other give up early, and CPython 3.11 can fail while both read source
    // code.
    '--workers',
    '1',
    '--continue-on-failure',
    '--no-color',
    '--report-json-path',
    report,
  ]
  const { answers, stop } = countAnswers(new URL(url).host, Object.keys(specification.paths))
  let failures: string | null = null
  try {
    await run(command, ['run', 'openapi.json', ...options], { cwd, maxBuffer: maxOutputBytes })
  } catch (error) {
    failures = (error as { stdout?: string }).stdout ?? String(error)
  }
  stop()
  const { running_time, valid_rates } = JSON.parse(readFileSync(report, 'utf8')) as Report
  const accepted = Object.entries(valid_rates).map(([operation, phases]) => [operation, shareIn(phases)])
  return {
    failures,
    seconds: Math.round(running_time),
    answers,
    accepted: Object.fromEntries(accepted) as Record<string, number>,
    fewest: Math.min(...Object.keys(valid_rates).map((operation) => sumOf(answers[operation] ?? {}))),
  }
}

function sumOf(byStatus: Record<number, number>): number {
  return Object.values(byStatus).reduce((sum, count) => sum + count, 0)
}

function shareIn(phases: Report['valid_rates'][string]): number {
  const each = Object.values(phases)
  const accepted = each.reduce((sum, phase) => sum + phase.accepted, 0)
  const rejected = each.reduce((sum, phase) => sum + phase.rejected, 0)
  return Math.round((accepted / (accepted + rejected)) * 1_000) / 1_000
}
