import type { FieldErrors } from './api-error.ts'

/** One error of a JSON Schema validator, in Ajv's form. */
export interface SchemaError {
  instancePath: string
  keyword: string
  params: Record<string, unknown>
  message?: string
}

/** Describes errors by parameter or field, in words for the sender of the request. */
export function toFieldErrors(errors: readonly SchemaError[]): FieldErrors {
  // Without a prototype, because the names come from the request.
  const fields = Object.create(null) as FieldErrors
  for (const error of errors) {
    const name = fieldOf(error)
    const text = messageOf(error)
    const known = fields[name]
    // Format and pattern of one field often say the same.
    if (known === undefined) fields[name] = [text]
    else if (!known.includes(text)) known.push(text)
  }
  return fields
}

/** Turns `/qr_codes/17` and `destination_url` into `qr_codes[17].destination_url`; the whole body is `body`. */
function fieldOf({ instancePath, params }: SchemaError): string {
  const parent = instancePath
    .slice(1)
    .replaceAll(/\/(\d+)(?=\/|$)/g, '[$1]')
    .replaceAll('/', '.')
  const member = params['missingProperty'] ?? params['additionalProperty']
  if (typeof member !== 'string') return parent === '' ? 'body' : parent
  return parent === '' ? member : `${parent}.${member}`
}

const webAddress = 'must be a web address that starts with http:// or https://'

/** Each pattern and format of openapi.yaml's requests in words. */
export const rulesInWords: Record<string, string> = {
  '\\S': 'must not be blank',
  '^#[0-9A-Fa-f]{6}$': 'must be a colour as #RRGGBB, like #0F172A',
  '^[Hh][Tt][Tt][Pp][Ss]?://': webAddress,
  '^[Hh][Tt][Tt][Pp][Ss]://': 'must be a web address that starts with https://',
  uri: 'must be a valid web address',
  date: 'must be a day that exists, like 2026-03-14',
  'date-time': 'must be a time with a time zone, like 2026-03-14T09:26:53Z',
}

function messageOf({ keyword, params, message = 'is not valid' }: SchemaError): string {
  const limit = Number(params['limit'])
  switch (keyword) {
    case 'required':
      return 'is required'
    case 'additionalProperties':
      return 'is not a known field'
    case 'enum':
      return `must be ${listed(params['allowedValues'])}`
    case 'type':
      return `must be ${typesInWords[String(params['type'])] ?? String(params['type'])}`
    case 'minimum':
      return `must be at least ${limit}`
    case 'maximum':
      return `must be at most ${limit}`
    case 'minLength':
      return limit === 1 ? 'must not be empty' : `must have at least ${limit} characters`
    case 'maxLength':
      return `must have at most ${limit} characters`
    case 'minItems':
      return `must have at least ${counted(limit, 'item')}`
    case 'maxItems':
      return `must have at most ${counted(limit, 'item')}`
    case 'minProperties':
      return `must have at least ${counted(limit, 'field')}`
    case 'pattern':
    case 'format':
      return rulesInWords[String(params[keyword])] ?? message
    default:
      return message
  }
}

const typesInWords: Record<string, string> = {
  string: 'a text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
}

function listed(values: unknown): string {
  return new Intl.ListFormat('en', { type: 'disjunction' }).format([values].flat().map(String))
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
