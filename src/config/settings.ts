import type { JsonSchema } from './json-schema.ts'

/** A setting of the config file, for the documentation. */
export interface Setting {
  /** Such as `schedule.every`, `destinations.<name>.path` or `codes[].match`. */
  path: string
  /** The type that the setting belongs to, such as `duckdb`; null if it applies to all. */
  type: string | null
  description: string
  isRequired: boolean
  /** As written in the file; undefined if there is none. */
  default: unknown
  example: unknown
  /** Whether it contains other settings, and has no value of its own. */
  isGroup: boolean
}

/** Returns all settings, in the order of the schema. */
export function listSettings(root: JsonSchema): Setting[] {
  return settingsIn(root, '', null)
}

function settingsIn(schema: JsonSchema, prefix: string, type: string | null): Setting[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, child]) => {
    const path = `${prefix}${name}`
    const inner = insideOf(child, path, type)
    const setting: Setting = {
      path,
      type,
      description: child.description ?? '',
      default: child.default,
      isRequired: schema.required?.includes(name) ?? false,
      example: child.examples?.[0] ?? child.const,
      isGroup: inner.length > 0 && child.examples === undefined,
    }
    return [setting, ...inner]
  })
}

function insideOf(schema: JsonSchema, path: string, type: string | null): Setting[] {
  const { additionalProperties, items } = schema
  const own = settingsIn(schema, `${path}.`, type)
  const named =
    additionalProperties === undefined || additionalProperties === false
      ? []
      : settingsOfEach(additionalProperties, `${path}.<name>.`, type)
  const listed = items === undefined ? [] : settingsOfEach(items, `${path}[].`, type)
  const either = (schema.anyOf ?? []).flatMap((each) => settingsIn(each, `${path}.`, type))
  return [...own, ...named, ...listed, ...either]
}

function settingsOfEach(schema: JsonSchema, prefix: string, type: string | null): Setting[] {
  const typeOf = ({ properties }: JsonSchema) => properties?.['type']?.const
  return (schema.oneOf ?? [schema]).flatMap((each) => {
    const own = typeOf(each)
    return settingsIn(each, prefix, typeof own === 'string' ? own : type)
  })
}
