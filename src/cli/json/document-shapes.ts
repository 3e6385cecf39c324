import { z } from 'zod'
import { errorShape, shapes } from './shapes.ts'

/** The part of JSON Schema that our shapes use. */
interface Schema {
  type?: string
  description?: string
  format?: string
  enum?: string[]
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  anyOf?: Schema[]
  additionalProperties?: Schema | boolean
}

const begin = '<!-- shapes: made by npm run schema -->'

/** Returns docs/json.md with new tables: everything below the comment. */
export function withShapes(document: string): string {
  const [before] = document.split(begin)
  return `${before ?? ''}${begin}\n\n${documentShapes()}\n`
}

/** Returns a table of fields for each command. */
function documentShapes(): string {
  const commands = Object.entries(shapes).map(([command, shape]) => section(`qrsync ${command}`, shape))
  return [section('A command that fails', errorShape), ...commands].join('\n\n')
}

function section(title: string, shape: z.ZodType): string {
  const schema = z.toJSONSchema(shape) as Schema
  const variants = schema.anyOf ?? [schema]
  return [`### ${title}`, ...variants.map(table)].join('\n\n')
}

function table(schema: Schema): string {
  const rows = fieldsOf(schema, '').map(
    ({ path, type, description }) => `| \`${path}\` | ${type} | ${description} |`,
  )
  return ['| Field | Type | Meaning |', '| --- | --- | --- |', ...rows].join('\n')
}

interface Field {
  path: string
  type: string
  description: string
}

function fieldsOf({ properties = {}, required = [] }: Schema, prefix: string): Field[] {
  return Object.entries(properties).flatMap(([name, schema]) => {
    const path = `${prefix}${name}`
    const { own, isNull } = withoutNull(schema)
    const optional = required.includes(name) ? '' : ', may be missing'
    const type = `${typeOf(own)}${isNull ? ' or null' : ''}${optional}`
    const field = { path, type, description: schema.description ?? own.description ?? '' }
    const list = own.items
    const inner = list === undefined ? fieldsOf(own, `${path}.`) : fieldsOf(list, `${path}[].`)
    return [field, ...inner]
  })
}

function withoutNull(schema: Schema): { own: Schema; isNull: boolean } {
  const others = (schema.anyOf ?? []).filter(({ type }) => type !== 'null')
  const [own] = others
  return own === undefined ? { own: schema, isNull: false } : { own, isNull: true }
}

function typeOf({
  type,
  format,
  enum: words,
  items,
  additionalProperties: more,
  properties,
}: Schema): string {
  if (words !== undefined) return words.map((word) => `\`${word}\``).join(', ')
  if (format === 'date-time') return 'time'
  if (items !== undefined) return `list of ${typeOf(items)}`
  if (type === 'string') return 'text'
  if (type === 'object' && properties === undefined && typeof more === 'object') {
    return `object of ${typeOf(more)}`
  }
  return type ?? 'any'
}
