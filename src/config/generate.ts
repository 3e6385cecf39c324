import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generatedFiles } from './generated-files.ts'

/** `npm run schema`: writes the files that are generated from the config file's schema. */
for (const [path, make] of Object.entries(generatedFiles)) {
  const file = join(import.meta.dirname, '../..', path)
  writeFileSync(file, make(existsSync(file) ? readFileSync(file, 'utf8') : ''))
}
