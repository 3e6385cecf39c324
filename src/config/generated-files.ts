import { configJsonSchema } from './json-schema.ts'
import { listSettings } from './settings.ts'
import { sectionTable, settingsReference } from './settings-tables.ts'

/** The files that are made of the config file's schema, by their path in the repository: what each must hold. */
export const generatedFiles: Record<string, (present: string) => string> = {
  'qrsync.schema.json': () => `${JSON.stringify(configJsonSchema(), null, 2)}\n`,
  'README.md': (present) => withSettings(present, sectionTable(listSettings(configJsonSchema()))),
  'docs/configuration.md': (present) =>
    withSettings(present, settingsReference(listSettings(configJsonSchema()))),
}

const begin = '<!-- settings: made by npm run schema -->'
const end = '<!-- /settings -->'

/** A document with its part between two comments made anew. */
function withSettings(document: string, settings: string): string {
  const [before, rest] = document.split(begin)
  const after = rest?.split(end)[1]
  if (before === undefined || after === undefined) throw new Error(`no ${begin} … ${end}`)
  return `${before}${begin}\n${settings}\n${end}${after}`
}
