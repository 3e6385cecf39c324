import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { dotEnvOf } from './environment-of.ts'
import { configFilesOf } from './load-configs.ts'
import { fileReferences } from './references.ts'

/**
 * Changes whenever what a config is made of does: the config file or the files of the folder, the `.env` beside them, and the files
 * that `${file:…}` names. It says nothing of what they hold. Files are few and small, so they are read as a whole: a secret that is
 * mounted into a container is replaced behind a link, which no time of change shows.
 */
export function fingerprintOfSources(path: string): string {
  const hash = createHash('sha256')
  const add = (file: string): string => {
    const text = textOf(file)
    hash.update(`${file}\0${text ?? ''}\0${text === null ? 'absent' : 'there'}\0`)
    return text ?? ''
  }
  for (const file of configFilesOf(path)) {
    for (const reference of fileReferences(add(file))) add(resolve(dirname(resolve(file)), reference))
    add(dotEnvOf(file))
  }
  return hash.digest('hex')
}

function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}
