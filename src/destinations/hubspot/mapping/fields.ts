import type { Scan } from '../../../streams/scans.ts'
import { mostCodeNames, type CodeSummary, type LinkSummary } from '../../../streams/summaries.ts'
import type { HubSpotSettings } from '../settings.ts'
import { codeFields } from './code-fields.ts'
import { countField, field, text, textField, type Field } from './field.ts'
import { scanFields } from './scan-fields.ts'
import { totalFields } from './total-fields.ts'

/** What is written to records of each kind. */
export interface Fields {
  codes: readonly Field<CodeSummary>[]
  scans: readonly Field<Scan>[]
  links: readonly Field<LinkSummary>[]
}

/** On a record that QR codes name, such as a contact whose e-mail address is in their destination URL. */
const linkFields: readonly Field<LinkSummary>[] = [
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

/** A line for each name: names may have commas. */
function namesOf(names: readonly string[], codes: number): string {
  const more = codes > names.length && names.length === mostCodeNames
  return text([...names, more ? '…' : ''].join('\n').trimEnd())
}

/** @param timeZone of the account; UTC where it is not known */
export function fieldsOf({ parameters }: Pick<HubSpotSettings, 'parameters'>, timeZone = 'UTC'): Fields {
  return { codes: codeFields(parameters), scans: scanFields(timeZone), links: linkFields }
}
