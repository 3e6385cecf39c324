import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ConnectorError } from '../../../src/model/connector-error.ts'
import { findTemporalExecutable } from '../../../src/temporal/server/find-executable.ts'

let folder: string
let bin: string
let cache: string
let progress: string[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'qrsync-find-'))
  bin = join(folder, 'bin')
  cache = join(folder, 'cache', 'bin')
  progress = []
  mkdirSync(bin)
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

/** A command that prints its folder. */
function stub(directory: string, command: string, script = `echo ${directory}`): string {
  mkdirSync(directory, { recursive: true })
  const path = join(directory, command)
  writeFileSync(path, `#!/bin/sh\n${script}\n`)
  chmodSync(path, 0o755)
  return path
}

/** The output of a command that Go has built. */
const printsVersion = (server: string) => `echo 'temporal version 0.0.0-DEV (Server ${server}, UI 2.42.1)'`

/** A `go` that builds what says "built", as `go install` does it. */
const builds = `
[ "$1 $2" = "install -v" ] || { echo "go: unknown command $*" >&2; exit 2; }
case "$3" in github.com/temporalio/cli/cmd/temporal@v*) ;; *) echo "go: no such package $3" >&2; exit 1 ;; esac
for package in runtime net/http go.temporal.io/server; do echo $package >&2; done
printf '#!/bin/sh\\necho built\\n' > "$GOBIN/temporal"
chmod +x "$GOBIN/temporal"`
/** A \`go\` that leaves half a file behind and fails. */
const fails = `
printf half > "$GOBIN/temporal"
echo go.temporal.io/server >&2
echo "go: go.mod requires go >= 1.26" >&2
exit 1`

const refused = () => Promise.reject(new Error('the download was refused\nat length'))
const downloads = (directory: string) => {
  stub(directory, 'temporal-sdk-1.24.0', 'echo downloaded')
  return Promise.resolve()
}

function find(download: (directory: string) => Promise<void> = refused, searchPath = bin) {
  return findTemporalExecutable({
    onProgress: (text) => progress.push(text),
    searchPath,
    cacheDirectory: cache,
    download,
  })
}

const says = (path: string) => execFileSync(path, { encoding: 'utf8' }).trim()

describe('the temporal command', () => {
  it('comes from the first folder of the PATH that has one', async () => {
    const second = stub(join(folder, 'second'), 'temporal', printsVersion('1.29.1'))
    stub(join(folder, 'third'), 'temporal', printsVersion('1.29.1'))
    stub(cache, 'temporal')
    const searchPath = ['', bin, join(folder, 'none'), join(folder, 'second'), join(folder, 'third')]
    expect(await find(downloads, searchPath.join(delimiter))).toEqual({
      path: second,
      origin: 'found on the PATH',
    })
    expect(progress).toEqual([])
  })

  it.each([
    ['cannot be run', 'exit 126', /^Not using .*: it cannot be run \(/],
    ['is too old', printsVersion('1.20.4'), /: it is too old \(server 1\.20, required: /],
    ['prints something else', 'echo hello', /: it does not print the version of a Temporal server$/],
  ])(
    'on the PATH is skipped if it %s: qrsync uses the next source, and reports this',
    async (_, script, why) => {
      stub(bin, 'temporal', script)
      const cached = stub(cache, 'temporal')
      expect(await find(downloads)).toEqual({ path: cached, origin: "from qrsync's cache" })
      expect(progress).toEqual([expect.stringMatching(why)])
    },
  )

  it('is never a file that cannot be run: a folder, or a file without execute permission', async () => {
    mkdirSync(join(bin, 'temporal'))
    mkdirSync(join(folder, 'second'))
    writeFileSync(join(folder, 'second', 'temporal'), '', { mode: 0o644 })
    const cached = stub(cache, 'temporal')
    expect(await find(downloads, [bin, join(folder, 'second')].join(delimiter))).toEqual({
      path: cached,
      origin: "from qrsync's cache",
    })
    expect(progress).toEqual([])
  })

  it('is downloaded if neither has it, and comes from the cache afterwards', async () => {
    stub(bin, 'go', builds)
    const found = await find(downloads)
    expect(found).toEqual({ path: join(cache, 'temporal'), origin: "downloaded by Temporal's SDK" })
    expect(says(found.path)).toBe('downloaded')
    expect(progress).toEqual(['Downloading the Temporal server'])
    expect(readdirSync(cache)).toEqual(['temporal', 'temporal.sha256'])
    expect(await find()).toEqual({ path: found.path, origin: "from qrsync's cache" })
  })

  it('is built by Go if it cannot be downloaded, and the progress is shown', async () => {
    stub(bin, 'go', builds)
    const found = await find()
    expect(found).toEqual({ path: join(cache, 'temporal'), origin: 'built by go install' })
    expect(says(found.path)).toBe('built')
    expect(progress).toHaveLength(4)
    expect(progress.at(-1)).toMatch(/Building .* with Go, once, about 3 minutes: 3 of about/)
    expect(readdirSync(cache)).toEqual(['temporal', 'temporal.sha256'])
    expect(await find()).toMatchObject({ origin: "from qrsync's cache" })
  })
})

describe('if no temporal command is available, qrsync', () => {
  async function refusal(...options: Parameters<typeof find>): Promise<string> {
    const error: unknown = await find(...options).catch((reason: unknown) => reason)
    if (!(error instanceof ConnectorError)) throw new Error('not refused as it should be', { cause: error })
    expect(error).toMatchObject({ code: 'TEMPORAL_MISSING', retry: 'never' })
    expect(error.message).toMatch(/Install it \(https:\S+\), or set TEMPORAL_ADDRESS/)
    return error.message
  }

  it('says what it tried and what to install', async () => {
    expect(await refusal()).toBe(
      'No Temporal server: there is no temporal command on the PATH, it cannot be downloaded ' +
        '(the download was refused), and Go cannot build it (Go is not installed).\n' +
        'Install it (https://docs.temporal.io/cli#install), or set TEMPORAL_ADDRESS to a running server.',
    )
  })

  it('says why Go failed, and leaves no file behind', async () => {
    stub(bin, 'go', fails)
    expect(await refusal()).toContain('Go cannot build it (go: go.mod requires go >= 1.26)')
    expect(readdirSync(cache)).toEqual([])
  })

  it('reports that Go succeeded but built no command', async () => {
    stub(bin, 'go', 'exit 0')
    expect(await refusal()).toContain('Go cannot build it (no file was produced)')
    expect(readdirSync(cache)).toEqual([])
  })

  it('keeps nothing of an interrupted download', async () => {
    const breaksOff = (directory: string) => {
      writeFileSync(join(directory, 'half'), 'half', { mode: 0o755 })
      return Promise.reject(new Error('the line went dead'))
    }
    expect(await refusal(breaksOff)).toContain('downloaded (the line went dead)')
    expect(readdirSync(cache)).toEqual([])
  })

  it('reports that it cannot write the cache', async () => {
    mkdirSync(join(folder, 'cache'))
    writeFileSync(cache, 'a file where the folder should be')
    stub(bin, 'go', builds)
    expect(await refusal(downloads)).toMatch(/downloaded \((EEXIST|ENOTDIR)/)
    expect(readFileSync(cache, 'utf8')).toContain('a file')
  })
})
