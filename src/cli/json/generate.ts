import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { withShapes } from './document-shapes.ts'

/** `npm run schema` also writes the tables of docs/json.md. */
const file = join(import.meta.dirname, '../../../docs/json.md')
writeFileSync(file, withShapes(readFileSync(file, 'utf8')))
