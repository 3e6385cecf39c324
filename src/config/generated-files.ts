import { configJsonSchema } from './json-schema.ts'
import { listSettings } from './settings.ts'
import { sectionTable, settingsReference } from './settings-tables.ts'

/** The files that are generated from the config file's schema: their content, by their path in the repository. */
export const generatedFiles: Record<string, (present: string) => string> = {
  'qrsync.schema.json': () => `${JSON.stringify(configJsonSchema(), null, 2)}\n`,
  'README.md': (present) => withSettings(present, sectionTable(listSettings(configJsonSchema()))),
  'docs/configuration.md': (present) =>
    withSettings(present, settingsReference(listSettings(configJsonSchema()))),
}

const begin = '<!-- settings: made by npm run schema -->'
const end = '<!-- /settings -->'

/** Replaces the part of a document between two comments. */
function withSettings(document: string, settings: string): string {
  const [before, rest] = document.split(begin)
  const after = rest?.split(end)[1]
  if (before === undefined || after === undefined) throw new Error(`no ${begin} … ${end}`)
  return `${before}${begin}\n${settings}\n${end}${after}`
}
