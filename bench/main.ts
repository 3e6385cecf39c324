/**
 * Runs all benchmarks. Prints one JSON document on stdout, and a table on stderr that compares this checkout
 * with the previous version, both measured in turn in the same run, and with a script on dlt (`--dlt`, which
 * needs Python and PyPI).
 *
 * node bench/main.ts [--previous REF|TARBALL] [--dlt] [--scans N,…] [--rounds N] [PART …]
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import { compareVersions } from './compare/compare-versions.ts'
import { tableOf } from './compare/table.ts'
import { buildCurrent, installDltScript, installVersion } from './compare/versions.ts'

const others = ['api', 'deliver', 'freshness', 'idle', 'plan', 'window'] as const
const parts = ['compare', ...others] as const
type Part = (typeof parts)[number]

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    previous: { type: 'string' },
    dlt: { type: 'boolean', default: false },
    scans: { type: 'string', default: '20000,200000' },
    rounds: { type: 'string', default: '3' },
  },
})
const unknown = positionals.find((word) => !parts.some((part) => part === word))
if (unknown !== undefined) throw new Error(`there is no part ${unknown}: the parts are ${parts.join(', ')}`)
const chosen = positionals.length > 0 ? parts.filter((part) => positionals.includes(part)) : parts

async function runPart(part: Part): Promise<unknown> {
  return part === 'compare' ? compare() : runScript(part)
}

async function compare() {
  const folder = mkdtempSync(join(tmpdir(), 'qrsync-versions-'))
  try {
    const versions = [await buildCurrent()]
    if (values.previous !== undefined) versions.push(await installVersion(values.previous, folder))
    if (values.dlt) versions.push(await installDltScript())
    const sizes = values.scans.split(',').map(Number)
    const compared = await compareVersions(versions, { sizes, rounds: Number(values.rounds) })
    console.error(tableOf(compared))
    return compared
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A benchmark that is a separate program, and prints JSON. */
async function runScript(part: (typeof others)[number]): Promise<unknown> {
  const script = new URL(`${part}.ts`, import.meta.url).pathname
  const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] })
  const output = await text(child.stdout)
  if (output === '') throw new Error(`bench/${part}.ts printed nothing`)
  return JSON.parse(output)
}

const results: Partial<Record<Part, unknown>> = {}
for (const part of chosen) results[part] = await runPart(part)
const [cpu] = cpus()
const machine = { cpus: cpus().length, model: cpu?.model ?? '', node: process.version }
console.log(JSON.stringify({ machine, ...results }))
