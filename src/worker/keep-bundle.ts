import { createHash } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { mkdir, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { WorkflowBundleOption, WorkflowBundleWithSourceMap } from '@temporalio/worker'
import envPaths from 'env-paths'

/** Enough for a few branches and for bundles with and without tracing; one has 2 MB. */
const mostKept = 8

/** The sources of a bundle: everything that workflows may import (lint), and the versions of all packages. */
const made = [
  'workflows/**/*.ts',
  'activities/contract.ts',
  'src/model/**/*.ts',
  'src/temporal/encryption/failure-converter.ts',
  'package-lock.json',
]

/**
 * Bundles the workflows of a checkout, or reuses the bundle that an earlier start made from the same sources:
 * bundling needs half of the CPU time of a start, and the bundler's memory stays with the process.
 *
 * @param root the checkout's folder
 * @param parts what becomes part of the bundle
 */
export async function keepBundle(
  root: URL,
  parts: object,
  bundle: () => Promise<WorkflowBundleWithSourceMap>,
): Promise<WorkflowBundleOption> {
  const folder = join(envPaths('qrsync', { suffix: '' }).cache, 'bundles')
  const codePath = join(folder, `${hashOf(fileURLToPath(root), parts)}.js`)
  const now = new Date()
  // The time of use decides which bundles are deleted. It fails if the file does not exist.
  if (await succeeds(utimes(codePath, now, now))) return { codePath }
  const fresh = await bundle()
  const unfinished = `${codePath}.${process.pid}`
  const isKept = await succeeds(
    mkdir(folder, { recursive: true, mode: 0o700 })
      .then(() => writeFile(unfinished, fresh.code, { mode: 0o600 }))
      .then(() => rename(unfinished, codePath)),
  )
  if (!isKept) return fresh
  await succeeds(removeOldest(folder))
  return { codePath }
}

function hashOf(root: string, parts: object): string {
  const hash = createHash('sha256')
  // The bundle contains absolute paths.
  hash.update(JSON.stringify([root, process.version, parts]))
  for (const file of globSync(made, { cwd: root }).toSorted()) {
    hash.update(`\0${file}\0`).update(readFileSync(join(root, file)))
  }
  return hash.digest('hex')
}

async function removeOldest(folder: string): Promise<void> {
  const names = await readdir(folder)
  const files = await Promise.all(
    names.map(async (name) => ({ name, usedAtMs: (await stat(join(folder, name))).mtimeMs })),
  )
  const oldest = files.toSorted((a, b) => b.usedAtMs - a.usedAtMs).slice(mostKept)
  for (const { name } of oldest) await rm(join(folder, name), { force: true })
}

/** A cache that cannot be used only costs time. */
const succeeds = (work: Promise<unknown>): Promise<boolean> =>
  work.then(
    () => true,
    () => false,
  )
