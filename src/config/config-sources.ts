import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { dotEnvOf } from './environment-of.ts'
import { configFilesOf } from './load-configs.ts'
import { fileReferences } from './references.ts'

/**
 * Returns a fingerprint that changes if any source of a config changes: the config file or the files of the
 * folder, the `.env` beside them, and the files that `${file:…}` names. It does not reveal their content. The
 * few small files are read completely: a secret that is mounted into a container is replaced behind a link,
 * which no modification time shows.
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
