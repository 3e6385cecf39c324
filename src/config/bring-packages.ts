import { readFileSync } from 'node:fs'
import { createRequire, isBuiltin } from 'node:module'
import { join, resolve } from 'node:path'
import { isDefinedVendor, type DefinedVendor } from '../destinations/define-vendor.ts'
import { bringVendor, broughtVendors, vendors } from '../destinations/vendors.ts'
import { reasonOf, type ConfigFile } from './config-file.ts'
import { configInvalid } from './config-invalid.ts'
import { nearest } from './nearest.ts'

const packageName = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/

/**
 * Loads the packages that destinations name as their `type`. A package is a destination type if it names qrsync
 * among its `peerDependencies`: no code of any other package runs. It is searched for from the config file's
 * folder, then next to qrsync.
 *
 * @throws ConnectorError CONFIG_INVALID if it cannot be loaded, or is not a destination type
 */
export function bringPackages(file: ConfigFile, content: unknown): void {
  // Their schema reports everything else that is wrong with them.
  const { destinations } = (content ?? {}) as { destinations?: unknown }
  if (typeof destinations !== 'object' || destinations === null) return
  const known = [...vendors, ...broughtVendors()].map(({ type }) => type)
  for (const [name, entry] of Object.entries(destinations as Record<string, { type?: unknown } | null>)) {
    const type = entry?.type
    if (typeof type !== 'string' || known.includes(type) || isBuiltin(type) || !packageName.test(type)) {
      continue
    }
    const path = ['destinations', name, 'type']
    const at = `${file.placeOf(file.offsetOf(path))}: ${path.join('.')}`
    const found = findPackage(type, resolve(file.path))
    if (found !== null) {
      bringVendor(load(found, at))
    } else if (/[/-]/.test(type) && nearest(type, known) === null) {
      throw configInvalid(
        `${at}: qrsync has no such type, and no destination ${type} is installed: "npm install ${type}" in the folder of qrsync`,
      )
    }
  }
}

interface FoundPackage {
  name: string
  /** Loads its main module. */
  require: NodeJS.Require
}

function findPackage(name: string, configPath: string): FoundPackage | null {
  for (const from of [configPath, import.meta.url]) {
    const require = createRequire(from)
    for (const folder of require.resolve.paths(name) ?? []) {
      if (isDestination(join(folder, name, 'package.json'))) return { name, require }
    }
  }
  return null
}

function isDestination(packageFile: string): boolean {
  try {
    const { peerDependencies } = JSON.parse(readFileSync(packageFile, 'utf8')) as {
      peerDependencies?: object | null
    }
    return Object.hasOwn(peerDependencies ?? {}, 'qrsync')
  } catch {
    // It does not exist, or is not that of a package.
    return false
  }
}

function load({ name, require }: FoundPackage, at: string): DefinedVendor {
  const exported = attempt(() => require(name) as { default?: unknown } | undefined, `${at}: ${name}`)
  const defined = exported?.default ?? exported
  if (!isDefinedVendor(defined)) {
    throw configInvalid(
      `${at}: the default export of ${name} is not what defineVendor of this qrsync returns. If it is what another copy returns, ` +
        'install both in one folder',
    )
  }
  if (defined.vendor.type !== name) {
    throw configInvalid(
      `${at}: ${name} defines a destination of type ${defined.vendor.type}, not its own name`,
    )
  }
  return defined
}

function attempt<Result>(work: () => Result, what: string): Result {
  try {
    return work()
  } catch (error) {
    throw configInvalid(`${what} cannot be loaded: ${reasonOf(error)}`)
  }
}
