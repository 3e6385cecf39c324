import type { Scan } from '../../../streams/scans.ts'
import type { CodeSummary, LinkSummary } from '../../../streams/summaries.ts'
import type { HubSpotSettings } from '../settings.ts'
import { codeFields } from './code-fields.ts'
import { countField, type Field } from './field.ts'
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
  ...totalFields,
]

export function fieldsOf({ parameters }: Pick<HubSpotSettings, 'parameters'>): Fields {
  return { codes: codeFields(parameters), scans: scanFields, links: linkFields }
}
