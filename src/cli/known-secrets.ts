import { environmentOf } from '../config/environment-of.ts'
import { loadConfig } from '../config/load-config.ts'
import { configFilesOf } from '../config/load-configs.ts'
import { valuesReferredTo } from '../config/references.ts'
import { secretsOf, secretsOfEnvironment } from '../observability/secrets-of.ts'

/**
 * The secrets of a command's config files, to be kept out of an error that nobody foresaw. Never throws: the config may be what is
 * wrong. Of a file that does not load, all that it takes from elsewhere is taken for secret.
 *
 * @param words the command line
 */
export function knownSecrets(words: readonly string[]): ReadonlySet<string> {
  const files = orNothing(() => configFilesOf(configPathIn(words)))
  const secrets = files.flatMap((file) => {
    const loaded = orNothing(() => secretsOf(loadConfig(file, process.env, { mayLackSecrets: true })))
    return loaded.length > 0
      ? loaded
      : orNothing(() => valuesReferredTo(file, environmentOf(file, process.env)))
  })
  return new Set([...secrets, ...secretsOfEnvironment(process.env)])
}

function configPathIn(words: readonly string[]): string {
  const index = words.findIndex((word) => /^(-c|--config=?)/.test(word))
  const word = words[index] ?? ''
  const attached = word.replace(/^(-c|--config=?)/, '')
  if (index === -1) return 'qrsync.yaml'
  return attached === '' ? (words[index + 1] ?? '') : attached
}

function orNothing(read: () => string[]): string[] {
  try {
    return read()
  } catch {
    return []
  }
}
