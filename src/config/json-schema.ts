import { z } from 'zod'
import { configSchema } from './schema.ts'

/** The part of JSON Schema that the config file uses. */
export interface JsonSchema {
  $schema?: string
  title?: string
  type?: string
  description?: string
  default?: unknown
  examples?: unknown[]
  properties?: Record<string, JsonSchema>
  required?: string[]
  additionalProperties?: JsonSchema | false
  items?: JsonSchema
  anyOf?: JsonSchema[]
  oneOf?: JsonSchema[]
  const?: unknown
  enum?: unknown[]
  pattern?: string
  format?: string
  minLength?: number
  maximum?: number
}

/** Returns the config file's JSON Schema, for editors: `qrsync.schema.json`. */
export function configJsonSchema(schema = configSchema): JsonSchema {
  const generated = z.toJSONSchema(schema, {
    io: 'input',
    target: 'draft-7',
    override: ({ zodSchema, jsonSchema }) => {
      // Zod leaves out those of a transformed value, as if they described its result.
      const { examples, default: standard } = z.globalRegistry.get(zodSchema) ?? {}
      Object.assign(jsonSchema, examples && { examples }, standard !== undefined && { default: standard })
      allowReferences(jsonSchema as JsonSchema)
    },
  }) as JsonSchema
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'qrsync.yaml',
    ...generated,
    description:
      'The config file of qrsync. In a value, ${NAME} is replaced from the environment, and ${file:PATH} from a file.',
  }
}

const aReference = String.raw`\$\{`

/** A value may be `${NAME}`, whose value an editor cannot know. */
function allowReferences(schema: JsonSchema): void {
  delete schema.format
  if (schema.minLength !== undefined) schema.minLength = 1
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum
  if (schema.pattern !== undefined && !schema.pattern.startsWith(aReference)) {
    schema.pattern = `${aReference}|${schema.pattern}`
  }
}

/** Returns the schemas for a place of the file: usually several if the file does not say which one applies. */
export function schemasAt(root: JsonSchema, path: readonly PropertyKey[], content: unknown): JsonSchema[] {
  const here = alternatives(root, content)
  const [key, ...rest] = path
  if (key === undefined) return here
  const inside =
    typeof content === 'object' && content !== null
      ? (content as Record<PropertyKey, unknown>)[key]
      : undefined
  return here
    .map((schema) => childOf(schema, key))
    .filter((child) => child !== undefined)
    .flatMap((child) => schemasAt(child, rest, inside))
}

function childOf(
  { properties, additionalProperties, items }: JsonSchema,
  key: PropertyKey,
): JsonSchema | undefined {
  if (typeof key === 'number') return items
  const name = String(key)
  if (properties !== undefined && Object.hasOwn(properties, name)) return properties[name]
  return additionalProperties === false ? undefined : additionalProperties
}

/** For destinations, the one whose `type` the file names, if it does. */
function alternatives(schema: JsonSchema, content: unknown): JsonSchema[] {
  const all = schema.oneOf ?? schema.anyOf
  if (all === undefined) return [schema]
  const named = all.filter(
    ({ properties }) =>
      properties?.['type'] !== undefined &&
      properties['type'].const === (content as { type?: unknown } | null | undefined)?.type,
  )
  return named.length > 0 ? named : all
}
