import type { Scan } from '../../../streams/scans.ts'
import { mostCodeNames, type CodeSummary, type LinkSummary } from '../../../streams/summaries.ts'
import { parameterProperty } from '../settings.ts'
import { codeFields } from './code-fields.ts'
import { countField, field, text, textField, type Field } from './field.ts'
import { scanFields } from './scan-fields.ts'
import { totalFields } from './total-fields.ts'

/** The fields that are written to records of codes and of scans. */
export interface Fields {
  codes: readonly Field<CodeSummary>[]
  scans: readonly Field<Scan>[]
}

/** The fields that are written to the records that a rule finds. */
export type LinkFields = readonly Field<LinkSummary>[]

/** What a record stands for: a code, a scan, or somebody whom codes name. */
export type RecordKind = keyof Fields | 'links'

/** On a record that QR codes name, such as a contact whose e-mail address is in their destination URL. */
const allLinkFields: LinkFields = [
  countField(
    'codes',
    {
      label: ['QR codes', 'QR-Codes'],
      description: ['How many QR codes name this record.', 'Wie viele QR-Codes diesen Datensatz nennen.'],
    },
    (link) => link.codes,
  ),
  field(
    'long_text',
    'code_names',
    {
      label: ['QR code names', 'QR-Code-Namen'],
      description: [
        'The names of the QR codes that name this record.',
        'Die Namen der QR-Codes, die diesen Datensatz nennen.',
      ],
    },
    ({ codes, code_names: names }) => namesOf(names, codes),
  ),
  textField(
    'last_code',
    {
      label: ['Last QR scan: code', 'Letzter QR-Scan: Code'],
      description: ['The QR code that was scanned last.', 'Der QR-Code, der zuletzt gescannt wurde.'],
    },
    (link) => link.last_code,
  ),
  ...totalFields,
]

/** One line per name, because names may contain commas. */
function namesOf(names: readonly string[], codes: number): string {
  const more = codes > names.length && names.length === mostCodeNames
  return text([...names, more ? '…' : ''].join('\n').trimEnd())
}

/** `verify` compares this total of a record. */
const total = 'total_scans'

/** Always written, because they identify, name and compare records. */
const required: Readonly<Record<RecordKind, readonly string[]>> = {
  codes: ['code_id', 'name', total],
  scans: ['scan_id', 'title', 'qr_code_id'],
  links: [total],
}

/** Whether a property of a kind is always written. */
export const isRequired = (kind: RecordKind, { key }: Pick<Field<never>, 'key'>): boolean =>
  required[kind].includes(key)

/** Returns the name of the property that `verify` compares. */
export function totalNameOf(fields: readonly Pick<Field<never>, 'key' | 'name'>[]): string {
  const field = fields.find(({ key }) => key === total)
  if (field === undefined) throw new Error('the total of scans is always written')
  return field.name
}

/** Undefined: all of them. */
type Chosen = readonly string[] | undefined
/** By the usual names without their prefix. */
type OtherNames = Readonly<Partial<Record<string, string>>> | undefined

/** The selection in the settings. */
export interface FieldChoice {
  /** Parameters of a code's destination URL besides those that always have properties. */
  parameters: readonly string[]
  properties: Readonly<Partial<Record<RecordKind, Chosen>>>
  names: Readonly<Partial<Record<RecordKind, OtherNames>>>
}

/** @param timeZone of the account; UTC if it is unknown */
export function fieldsOf({ parameters, properties, names }: FieldChoice, timeZone = 'UTC'): Fields {
  const further = parameters.map(parameterProperty)
  const codes = properties.codes === undefined ? undefined : [...properties.codes, ...further]
  return {
    codes: choose('codes', codeFields(parameters), codes, names.codes),
    scans: choose('scans', scanFields(timeZone), properties.scans, names.scans),
  }
}

/** @param own the selection of the rule, which applies in place of the one for all rules */
export function linkFieldsOf(
  { properties, names }: Pick<FieldChoice, 'properties' | 'names'>,
  own: { properties?: Chosen; names?: OtherNames },
): LinkFields {
  return choose('links', allLinkFields, own.properties ?? properties.links, own.names ?? names.links)
}

function choose<Row>(
  kind: RecordKind,
  fields: readonly Field<Row>[],
  chosen: Chosen,
  others: OtherNames = {},
): Field<Row>[] {
  const isChosen = (each: Field<Row>) =>
    chosen === undefined || isRequired(kind, each) || chosen.includes(each.key)
  return fields.filter(isChosen).map((each): Field<Row> => ({ ...each, name: others[each.key] ?? each.name }))
}
