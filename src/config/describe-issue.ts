import type { z } from 'zod'
import type { ConfigFile } from './config-file.ts'
import { schemasAt, type JsonSchema } from './json-schema.ts'
import { listed, nearest } from './nearest.ts'
import type { Origins } from './references.ts'
import { isSecretSetting } from './settings/secret-settings.ts'
import { listSettings } from './settings.ts'

type Issue = z.core.$ZodIssue
type Path = readonly PropertyKey[]

export interface Described {
  file: ConfigFile
  origins: Origins
  /** The file's content, if it could be parsed. */
  content: unknown
  /** The schema of config files. */
  schema: JsonSchema
}

/**
 * Describes each mistake on one line: where it is, what is allowed, what was probably meant, and (never for a
 * secret) what was found.
 */
export function describeIssue(described: Described, issue: Issue, at: Path = []): string {
  const path = [...at, ...issue.path]
  const line = (text: string, of: Path = path) =>
    `${described.file.placeOf(described.file.offsetOf(of))}: ${of.join('.') || 'the file'}: ${text}`

  if (issue.code === 'unrecognized_keys') {
    return issue.keys
      .map((key) => line(`there is no such setting${insteadOf(key, path, described)}`, [...path, key]))
      .join('\n')
  }
  if (issue.code === 'invalid_key') return line(`the name must be ${issue.issues[0]?.message ?? 'another'}`)
  if (issue.code === 'invalid_union') {
    const inner = meant(issue)
    if (inner !== null) return inner.map((each) => describeIssue(described, each, path)).join('\n')
  }
  const found = foundText(issue, path, described)
  if (issue.code === 'invalid_type' && issue.input === undefined) return line('is missing')
  return line(`${ruleOf(issue)}${found}`)
}

/** If one of several forms is required, returns the mistakes in the one that was begun; null if none was. */
function meant({ errors }: z.core.$ZodIssueInvalidUnion): readonly Issue[] | null {
  return (
    errors.find((issues) => issues.every(({ path, code }) => path.length > 0 || code !== 'invalid_type')) ??
    null
  )
}

function ruleOf(issue: Issue): string {
  const names = namesOf(issue)
  if (names === null) return issue.message
  const written = writtenIn(issue)
  const near = typeof written === 'string' ? nearest(written, names) : null
  const rule = `one of ${listed(names.map((name) => `'${name}'`))}`
  return near === null ? rule : `${rule}; did you mean ${near}?`
}

/** Returns the allowed words. */
function namesOf(issue: Issue): string[] | null {
  if (issue.code === 'invalid_value') return issue.values.map(String)
  if (issue.code === 'invalid_union' && 'options' in issue) return (issue.options ?? []).map(String)
  return null
}

function writtenIn(issue: Issue): unknown {
  if (issue.code !== 'invalid_union' || issue.discriminator === undefined) return issue.input
  return (issue.input as Record<string, unknown> | undefined)?.[issue.discriminator]
}

function foundText(issue: Issue, path: Path, { origins }: Described): string {
  const written = writtenIn(issue)
  const origin = origins.get(written)
  if (isSecret(path)) return ''
  if (origin !== undefined) return ` (found something else in ${origin})`
  switch (typeof written) {
    case 'string':
      if (mayHoldSecret.test(written)) return ''
      return ` (found "${written.length > 80 ? `${written.slice(0, 80)}…` : written}")`
    case 'number':
    case 'boolean':
      return ` (found ${String(written)})`
    default:
      return written === null ? ' (found nothing)' : ''
  }
}

/** Returns what was probably meant: a similar setting next to it, or one of a section; otherwise the settings that exist here. */
function insteadOf(key: string, parent: Path, { content, schema }: Described): string {
  const names = schemasAt(schema, parent, content).flatMap(({ properties }) => Object.keys(properties ?? {}))
  const near = nearest(key, names) ?? names.find((name) => name.endsWith(`_${key}`)) ?? null
  if (near !== null) return `; did you mean ${near}?`
  // Inside of a section, a setting with the same name in another one is no help.
  const inSection = parent.length === 0 ? findInSection(key, schema) : undefined
  return inSection === undefined
    ? `, only ${listed([...new Set(names)])}`
    : ` here; did you mean ${inSection}?`
}

function findInSection(key: string, schema: JsonSchema): string | undefined {
  const depth = (path: string) => path.split('.').length
  const [highest] = listSettings(schema)
    .map(({ path }) => path)
    .filter((path) => path.endsWith(`.${key}`))
    .sort((a, b) => depth(a) - depth(b))
  return highest
}

const isSecret = (path: Path) => isSecretSetting(path.at(-1))

/** A URL of a database, or any with a user; a certificate or its key. */
const mayHoldSecret = /^postgres|:\/\/.*@|-----BEGIN/is

/** The types that a setting can have, as an author of a config file knows them. */
const typeTexts: Readonly<Record<string, string>> = {
  object: 'settings, each as "name: value"',
  record: 'settings, each as "name: value"',
  array: 'a list, each entry after a "-"',
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
}

/** Returns what a setting must be if its schema has no text of its own. zod's texts are for programmers. */
export function defaultMessage(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return typeTexts[issue.expected] ?? `of the type ${issue.expected}`
    case 'too_small':
      return issue.origin === 'string' ? 'a text that is not empty' : `at least ${issue.minimum}`
    case 'too_big':
      return issue.origin === 'string' ? `at most ${issue.maximum} characters` : `at most ${issue.maximum}`
    case 'invalid_format':
      return `a valid ${issue.format}`
    default:
      return 'another value'
  }
}
