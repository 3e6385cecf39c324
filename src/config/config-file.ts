import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Document, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
import { configInvalid } from './config-invalid.ts'

/** A config file that is valid YAML, whatever it contains. */
export interface ConfigFile {
  path: string
  document: Document
  /** The place of an offset into the text, such as "qrsync.yaml:12". */
  placeOf: (offset?: number) => string
  /**
   * Where a setting is in the text. For a missing setting: the deepest existing part of its path, because its
   * parent shows best where it is missing.
   */
  offsetOf: (path: readonly PropertyKey[]) => number
}

/** Frequent mistakes in YAML, in words for people who do not know YAML's. */
const yamlTexts: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: 'this name is already above: keep one of the two',
  TAB_AS_INDENT: 'a tab: indent with spaces',
}

/** @throws ConnectorError CONFIG_INVALID if it cannot be read, or is not YAML */
export function openConfigFile(path: string): ConfigFile {
  const lines = new LineCounter()
  const document: Document = parseDocument(readText(path), {
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'error',
  })
  const placeOf = (offset = 0) => `${path}:${lines.linePos(offset).line || 1}`
  const [error] = document.errors
  if (error) throw configInvalid(`${placeOf(error.pos[0])}: ${yamlTexts[error.code] ?? error.message}`)
  return { path, document, placeOf, offsetOf: (setting) => offsetOf(document, setting) }
}

/** A setting as a config file has it, such as `${DATABASE_URL}`; null if it is not in the file. */
export type Written = (...path: readonly string[]) => string | null

/** @throws ConnectorError CONFIG_INVALID if the file cannot be read, or is not YAML */
export function writtenSettings(path: string): Written {
  const { document } = openConfigFile(path)
  return (...setting) => {
    const value = document.getIn(setting)
    return typeof value === 'string' ? value : null
  }
}

/**
 * The config that a program passes instead of a file.
 *
 * @param folder where its relative paths start
 */
export function configInMemory(content: object, folder: string): ConfigFile {
  const document = new Document(content)
  return { path: join(folder, 'config'), document, placeOf: () => 'config', offsetOf: () => 0 }
}

function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length--) {
    const parent = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true)
    const item = isSeq(parent) ? parent.items[Number(path[length - 1])] : undefined
    if (isNode(item) && item.range) return item.range[0]
    if (!isMap(parent)) continue
    const pair = parent.items.find(({ key }) => isScalar(key) && String(key.value) === path[length - 1])
    if (pair && isScalar(pair.key)) return pair.key.range?.[0] ?? 0
  }
  return 0
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EISDIR') {
      throw configInvalid(`${path} is a folder: name one config file in it with --config.`)
    }
    throw configInvalid(
      `The config file ${path} cannot be read: ${reasonOf(error)}. Write one with "qrsync init", or name another with --config.`,
    )
  }
}

export const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
